"""`atelier demo`: a bundled photo through the whole bot, the answer into a folder."""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bot import text
from bot.app import open_atelier
from bot.config import Config, QueueConfig, StorageConfig, load_config
from bot.errors import AtelierError, SetupError
from bot.requests import Answer, Job, Queued, Running, StylizeRequest
from bot.telemetry import configure_logs

PHOTO = "oakland_zoo_otters"
STYLE = "starry_night"


class FolderFront:
    """A front-end that answers into a folder and shows the status on standard error."""

    platform = "folder"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answered = asyncio.Event()
        self.failure = ""

    async def run(self) -> None:
        """Nothing is asked here; serve until cancelled."""
        await asyncio.Event().wait()

    async def check(self) -> str:
        """Where the answer will be."""
        return str(self.folder)

    async def show(self, job: Job, event: Queued | Running) -> None:
        """Show the status line."""
        line = text.running(event) if isinstance(event, Running) else text.queued(event)
        print(f"\r{line:<70}", end="", file=sys.stderr, flush=True)

    async def answer(self, job: Job, answer: Answer) -> None:
        """Write picture, loss curve, time-lapse and losses."""
        print(file=sys.stderr)
        if answer.picture is None or answer.curve is None or answer.summary is None:
            self.failure = text.over(answer)
        else:
            files = {"picture.png": answer.picture, "curve.png": answer.curve, "timelapse.mp4": answer.timelapse}
            files["losses.json"] = json.dumps(answer.summary.to_dict()).encode()
            await asyncio.to_thread(self._write, files)
            print(answer.summary.text())
            print(f"The picture is {self.folder / 'picture.png'}, the loss curve {self.folder / 'curve.png'}.")
        self.answered.set()

    def _write(self, files: Mapping[str, bytes | None]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            if data is not None:
                (self.folder / name).write_bytes(data)


def run(arguments: argparse.Namespace) -> None:
    """Stylise the photo in a bot with a ledger of its own, so that nothing else is disturbed."""
    config = load_config(arguments.config)
    configure_logs(config.log.model_copy(update={"level": "warning"}))
    with tempfile.TemporaryDirectory() as folder:
        own = {"storage": StorageConfig(path=Path(folder)), "queue": QueueConfig()}
        asyncio.run(_demonstrate(config.model_copy(update=own), arguments.out))


async def _demonstrate(config: Config, out: Path) -> None:
    front = FolderFront(out)
    try:
        await asyncio.to_thread(out.mkdir, parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(f"The folder {out} cannot be made: {error.strerror}.") from None
    async with open_atelier(config) as atelier:
        serving = asyncio.create_task(atelier.serve(front))
        gallery = atelier.studio.gallery
        photo = await asyncio.to_thread(gallery.photos[PHOTO].read)
        origin = secrets.token_hex(8)
        request = StylizeRequest("folder", "demo", "demo", origin, photo, (STYLE,))
        await atelier.studio.submit(request)
        await front.answered.wait()
        serving.cancel()
    if front.failure:
        raise AtelierError(front.failure)

"""A bot without a platform's library, for loops that kill it: `python -m tests.standins.fast_bot SOCKET COUNT`.

It submits COUNT requests of fixed origins, as many as the platform at SOCKET has let people send by now, and ends once
all of them are answered. The configuration comes from the environment.
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
from typing import Any

from PIL import Image

from bot.app import Atelier, open_atelier
from bot.config import load_config
from bot.requests import Answer, Job, Options, Queued, Running, StylizeRequest
from bot.telemetry import configure_logs
from tests.standins.fast_worker import fast_engines

PERSONS = 7


class Platform:
    """One line to the platform; it answers each question."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._turn = asyncio.Lock()

    async def ask(self, **question: Any) -> Any:
        """Shielded, so that no answer is left for the next question."""
        return await asyncio.shield(self._ask(question))

    async def _ask(self, question: dict[str, Any]) -> Any:
        async with self._turn:
            self._writer.write(json.dumps(question).encode() + b"\n")
            return json.loads(await self._reader.readline())


class SocketFront:
    platform = "socket"

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def check(self) -> str:
        return "the stand-in"

    async def show(self, job: Job, event: Queued | Running) -> None:
        await self._platform.ask(do="show", job=job.id)

    async def answer(self, job: Job, answer: Answer) -> None:
        message = await self._platform.ask(do="send", nonce=job.id)
        size = len(answer.picture or b"")
        await self._platform.ask(do="edit", message=message, text=f"{job.id} {answer.state} {answer.sentence} {size}")


async def submit_all(atelier: Atelier, platform: Platform, count: int) -> list[str]:
    """Each message as soon as it was sent; what was accepted before is the same job again."""
    jobs: list[str] = []
    photo = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(photo, "PNG")
    while len(jobs) < count:
        if len(jobs) >= await platform.ask(do="sent"):
            await asyncio.sleep(0.05)
            continue
        who = ("socket", "here", f"person {len(jobs) % PERSONS}", f"message {len(jobs)}")
        request = StylizeRequest(*who, photo.getvalue(), ("waves",), options=Options(steps=5 + len(jobs) % 20))
        jobs.append((await atelier.studio.submit(request)).id)
        await platform.ask(do="accepted", job=jobs[-1])
    return jobs


async def main(socket: str, count: int) -> None:
    config = load_config()
    configure_logs(config.log)
    platform = Platform(*await asyncio.open_unix_connection(socket))
    engines = fast_engines(config)
    async with open_atelier(config, *engines) as atelier:
        serving = asyncio.create_task(atelier.serve(SocketFront(platform)))
        for job_id in await submit_all(atelier, platform, count):
            while not (await atelier.studio.job(job_id)).replied:
                await asyncio.sleep(0.05)
        serving.cancel()
    await asyncio.gather(*(engine.stop() for engine in engines))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))

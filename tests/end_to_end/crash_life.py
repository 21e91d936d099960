"""One life of a bot that may end in the middle: the people, their platform, and how it should all have ended."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import sqlite3
import tempfile
import zlib
from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from PIL import Image

from bot.app import Atelier
from bot.requests import Answer, Job, Queued, Running, StylizeRequest

PLATFORM: Final = "platform.jsonl"
PERSONS: Final = ("ann", "bob", "cid")
CHANGES_HIS_MIND: Final = "cid"
LEDGER: Final = "data/ledger.sqlite3"
LOOK_EVERY: Final = 0.004


def _png(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (32, 24), colour).save(out, "PNG")
    return out.getvalue()


PHOTO: Final = _png("olive")
STYLE: Final = _png("teal")


class Platform:
    """A platform that outlives the bot: what reached it stands in a file. It knows a nonce, as Discord does."""

    platform = "test"

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        self._path = path

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def check(self) -> str:
        return "a file"

    async def show(self, job: Job, event: Queued | Running) -> None:
        if "message" in job.address:
            self.note(what="status", job=job.id, message=job.address["message"])

    async def answer(self, job: Job, answer: Answer) -> None:
        """Make the status message the answer; without one, send a message whose nonce is the job's id."""
        message = job.address.get("message", f"nonce {job.id}")
        picture = zlib.crc32(answer.picture or b"")
        self.note(what="answer", job=job.id, message=message, state=answer.state, picture=picture)

    async def post(self, origin: str) -> str:
        """A new status message."""
        message = f"status of {origin} {len(self.lines())}"
        self.note(what="message", message=message)
        return message

    def note(self, **facts: Any) -> None:
        os.write(self._file, json.dumps(facts).encode() + b"\n")

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._path.read_text().splitlines()]

    def acknowledged(self, what: str) -> dict[str, str]:
        """The job of each origin of which the platform knows that."""
        return {line["origin"]: line["job"] for line in self.lines() if line["what"] == what}


async def live(atelier: Atelier, path: Path) -> None:
    """Serve until every job is answered. People whose request was not acknowledged send it again."""
    front = Platform(path)
    serving = asyncio.create_task(atelier.serve(front))
    for person in PERSONS:
        await ask(atelier, front, person)
    jobs = front.acknowledged("accepted")
    while not all([(await atelier.studio.job(job_id)).replied for job_id in jobs.values()]):
        await asyncio.sleep(LOOK_EVERY)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def ask(atelier: Atelier, front: Platform, person: str) -> None:
    origin = f"message of {person}"
    if origin not in front.acknowledged("accepted"):
        request = StylizeRequest(front.platform, "here", person, origin, PHOTO, (STYLE,))
        job = await atelier.studio.submit(request)
        front.note(what="accepted", origin=origin, job=job.id)
        if job.is_new:
            await atelier.studio.remember(job.id, message=await front.post(origin))
    if person == CHANGES_HIS_MIND and origin not in front.acknowledged("cancelled"):
        job_id = front.acknowledged("accepted")[origin]
        await atelier.studio.cancel(job_id, person)
        front.note(what="cancelled", origin=origin, job=job_id)


def unnoted(folder: Path) -> set[str]:
    """The jobs whose answer a crash left sent and not noted: it is brought again, to the same message."""
    with tempfile.TemporaryDirectory() as copy:  # whoever opens a ledger mends it
        for path in (folder / LEDGER).parent.glob("ledger*"):
            shutil.copy(path, copy)
        with closing(sqlite3.connect(Path(copy) / "ledger.sqlite3")) as db:
            try:
                noted = {row[0] for row in db.execute("SELECT id FROM jobs WHERE replied > 0")}
            except sqlite3.OperationalError:
                noted = set()  # the crash came before the tables
    return {line["job"] for line in Platform(folder / PLATFORM).lines() if line["what"] == "answer"} - noted


def verdict(folder: Path, repeats: Counter[str]) -> str:
    """What is wrong after the last life, or nothing. `repeats` tells how often which answer may have come again."""
    answers: dict[str, list[dict[str, Any]]] = defaultdict(list)
    platform = Platform(folder / PLATFORM)
    for line in platform.lines():
        if line["what"] == "answer":
            answers[line["job"]].append(line)
    states = _states(folder / LEDGER)
    if isinstance(states, str):
        return states
    accepted = set(platform.acknowledged("accepted").values())
    if len(accepted) != len(PERSONS) or accepted != set(states) or accepted != set(answers):
        return f"accepted {sorted(accepted)}, in the ledger {sorted(states)}, answered {sorted(answers)}"
    for job_id, lines in answers.items():
        told = {(line["message"], line["state"], line["picture"]) for line in lines}
        if len(told) != 1 or lines[0]["state"] != states[job_id]:
            return f"{job_id} ended as {states[job_id]} and was answered with {told}"
        if len(lines) > 1 + repeats[job_id]:
            return f"{job_id} was answered {len(lines)} times"
    return ""


def _states(ledger: Path) -> dict[str, str] | str:
    with closing(sqlite3.connect(ledger)) as db:
        (whole,) = db.execute("PRAGMA integrity_check").fetchone()
        rows = db.execute("SELECT id, state, replied > 0 FROM jobs").fetchall()
    if whole != "ok" or not all(replied for _, _, replied in rows):
        return f"the ledger is {whole}, and says {rows}"
    return {job_id: state for job_id, state, _ in rows}

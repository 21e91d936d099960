"""A small bot for the crash test, run in a process of its own: `crash_bot.py DATA PHOTO COUNT`.

It submits COUNT requests of fixed origins, printing `accepted ID` for each; its front prints `answered ID STATE`. It
ends by itself once all that the ledger knows are answered.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bot.app import open_atelier
from bot.config import Config
from bot.requests import Answer, Job, Queued, Running, StylizeRequest


class PrintingFront:
    platform = "print"

    def __init__(self) -> None:
        self.answered: set[str] = set()
        self.news = asyncio.Event()

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def show(self, job: Job, event: Queued | Running) -> None:
        if isinstance(event, Running):
            print("running", job.id, event.step, flush=True)

    async def answer(self, job: Job, answer: Answer) -> None:
        print("answered", job.id, answer.state, flush=True)
        self.answered.add(job.id)
        self.news.set()


async def main(data: Path, photo: bytes, count: int) -> None:
    engine = {"device": "cpu", "default_size": 64, "default_steps": 20}
    config = Config.model_validate({"storage": {"path": data}, "engine": engine})
    front = PrintingFront()
    async with open_atelier(config) as atelier:
        serving = asyncio.create_task(atelier.serve(front))
        mine = []
        for number in range(count):
            request = StylizeRequest("print", "here", f"p{number % 2}", f"message {number}", photo, ("waves",))
            job = await atelier.studio.submit(request)
            print("accepted", job.id, flush=True)
            mine.append(job.id)
        while not all([(await atelier.studio.job(job_id)).replied for job_id in mine]):
            await asyncio.sleep(0.05)
        serving.cancel()
    print("all answered", flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]).read_bytes(), int(sys.argv[3])))

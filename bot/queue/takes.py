"""How often a job was taken up by workers that did not come back from it, counted where every worker sees it."""

from __future__ import annotations

from typing import Final

from bot.queue.blobs import Blobs

MOST_TAKES: Final = 3


def take_key(job_id: str, number: int) -> str:
    """Where the mark of one take lies; it goes with the job's results."""
    return f"result/{job_id}/take-{number}"


async def begin_take(blobs: Blobs, job_id: str) -> int | None:
    """Mark that a job is taken up, durably, and return which take this is; None when all are used up."""
    for number in range(1, MOST_TAKES + 1):
        if await blobs.put_new(take_key(job_id, number), b"taken"):
            return number
    return None


async def excuse_take(blobs: Blobs, job_id: str, number: int) -> None:
    """Take a mark back: that the work on the job ends is not the job's fault."""
    await blobs.delete(take_key(job_id, number))

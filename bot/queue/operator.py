"""What an operator may ask of the queue, in the bot or beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from statistics import median
from typing import Final

from bot.errors import NoSuchJob
from bot.languages import N_
from bot.queue.estimates import Estimates
from bot.queue.ledger import Ledger
from bot.requests import QueueLine, QueueView
from bot.speed import Pace

CANCELLED: Final = N_("The operator of this bot cancelled this picture; ask for it again later.")
EMPTIED: Final = N_("The operator of this bot emptied the queue; ask for your picture again later.")


def _not_measured() -> Pace | None:
    return None


class Operator:
    """Sees, pauses, resumes and empties the queue through its ledger, whether the bot runs or not.

    `wake` is called where something changed, and `measured` gives the pace of the machine that paints; both where the
    bot is this very process. A bot elsewhere sees what changed within a second.
    """

    def __init__(
        self,
        ledger: Ledger,
        wake: Callable[[], None] = lambda: None,
        measured: Callable[[], Pace | None] = _not_measured,
    ) -> None:
        self._ledger = ledger
        self._wake = wake
        self._measured = measured

    async def view(self) -> QueueView:
        """The queue as it stands."""
        overview = await self._ledger.call(self._ledger.overview)
        outlook = overview.outlook
        estimates = Estimates(outlook.done, await asyncio.to_thread(self._measured))

        def line(job_id: str, seconds: float | None) -> QueueLine:
            entry = overview.entries[job_id]
            return QueueLine(entry.id, entry.platform, entry.place, entry.person, entry.created, seconds)

        return QueueView(
            paused=outlook.paused,
            running=tuple(
                line(job_id, overview.entries[job_id].expected or estimates.seconds(cost))
                for job_id, cost in outlook.released
            ),
            waiting=tuple(line(job_id, estimates.seconds(cost)) for job_id, cost in outlook.waiting),
            error=median(overview.errors) if overview.errors else None,
        )

    async def pause(self, reason: str = "") -> None:
        """Start no more jobs; those that run go on."""
        await self._ledger.call(self._ledger.pause, reason.strip())
        self._wake()

    async def resume(self) -> bool:
        """Start jobs again; False when the queue was not paused."""
        was_paused = await self._ledger.call(self._ledger.resume)
        self._wake()
        return was_paused

    async def empty(self, *, running: bool = False) -> int:
        """Cancel all that waits, with `running` also what runs; returns how many that were."""
        ended = await self._ledger.call(self._ledger.recall, "open" if running else "waiting", EMPTIED)
        self._wake()
        return len(ended)

    async def cancel(self, job_id: str) -> bool:
        """Cancel one job, waiting or running; False when it was over already. Raises `NoSuchJob`."""
        if await self._ledger.call(self._ledger.recall, (job_id,), CANCELLED):
            self._wake()
            return True
        try:
            await self._ledger.call(self._ledger.job, job_id)
        except NoSuchJob:
            raise NoSuchJob(f"There is no job {job_id} here; `atelier queue` lists those that wait and run.") from None
        return False

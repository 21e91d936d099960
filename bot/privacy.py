"""What the bot keeps of a person, and how they have it deleted: the same for every front-end.

The sentences for it are in `bot.privacy_text`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from bot.belongings import Left
from bot.languages import _
from bot.takings import Taking, Takings

NOTHING_LEFT: Final = Left()


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one person; times are in seconds since the epoch, None where there is nothing.

    `under_way` jobs wait or run, `undelivered` answers are not known to have arrived, `finished` jobs still have their
    pictures, the last of them up to `finished_until`. `records` are the jobs written down, the first one at `since`;
    those in `coded` count for the limits within 24 hours after an erasure, without the person's name.
    `leaving` jobs of an erasure wait for their answer to arrive. `left` is what there is beside jobs.
    """

    under_way: int = 0
    undelivered: int = 0
    finished: int = 0
    finished_until: float | None = None
    records: int = 0
    since: float | None = None
    coded: int = 0
    leaving: int = 0
    left: Left = NOTHING_LEFT

    @property
    def can_be_erased(self) -> bool:
        """Whether there is anything to delete that is not on its way out by itself."""
        return self.records > 0 or self.left.is_anything


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did: it forgot `records` jobs, `cancelled` of them on the way, the pictures of `finished`
    ones, and what the person had `left` beside jobs.

    `leaving` jobs go once their answer has arrived, a day from now at the latest. `is_held`: the storage does not work
    at present, so that the bot goes on with it later, by itself.
    """

    records: int = 0
    cancelled: int = 0
    finished: int = 0
    leaving: int = 0
    left: Left = NOTHING_LEFT
    is_held: bool = False


class Keeper(Protocol):
    """Who looks into the bot's storage, and deletes there."""

    async def what_is_kept(self, platform: str, person: str) -> Kept:
        """Count what is there."""

    async def erase(self, platform: str, person: str, sentence: str) -> Erased:
        """Write down that all of it goes, and begin; `sentence` answers the jobs that this cancels."""


class Privacy:
    """Reached as `studio.privacy`. A person is named by their platform and their id there, as in a request."""

    def __init__(self, keeper: Keeper, takings: Takings) -> None:
        self._keeper = keeper
        self._takings = takings

    async def what_is_kept(self, platform: str, person: str) -> Kept:
        """What is kept of a person at present. Raises `StorageTrouble`."""
        return await self._keeper.what_is_kept(platform, person)

    async def erase(self, platform: str, person: str) -> Erased:
        """Delete all that is kept of a person: cancel what is under way, delete pictures, forget whose they were.

        Once this returns it is carried out to its end, over crashes and restarts. What this person asked for before
        and what is not accepted yet is refused. Raises `StorageTrouble` where it could not even begin.
        """
        self._takings.outdate(platform, person)
        return await self._keeper.erase(platform, person, _("Cancelled, as you had your data deleted."))

    def taking(self, platform: str, person: str) -> AbstractContextManager[Taking]:
        """While a request of a person is being taken: tells whether they had everything deleted meanwhile.

        To be entered before the first thing of the request is fetched; what is then submitted, noted, kept or added to
        a gallery within it is refused after an erasure.
        """
        return self._takings.open(platform, person)

"""What waits for a style, noted durably: the pictures that somebody sent, and how they want them."""

from __future__ import annotations

import asyncio
import time
import weakref
from dataclasses import asdict, dataclass
from typing import Any

from adapters.telegram.manner import Manner
from adapters.telegram.orders import PLATFORM
from adapters.telegram.pictures import Picture
from bot.notes import Notes


@dataclass(frozen=True, slots=True)
class Sent:
    """A picture and the id of the message to answer."""

    picture: Picture
    message_id: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Pictures of one person in one chat that wait for a style.

    `asked` is the message that asked, `thread_id` its topic, `album` the album that the pictures are, `messages` what
    the bot said about it. `wants_own`: the next picture is the style. `until` is in seconds since the epoch. `taken_by`
    is the message or button that brought the style, once one did: what comes again then makes no second job.
    """

    photos: tuple[Sent, ...]
    asked: int
    until: float
    strength: int | None = None
    thread_id: int | None = None
    messages: tuple[int, ...] = ()
    wants_own: bool = False
    taken_by: str = ""
    album: str = ""
    is_faithful: bool = False

    @classmethod
    def of(
        cls, photos: tuple[Sent, ...], asked: int, until: float, manner: Manner, thread_id: int | None, album: str
    ) -> Waiting:
        """What waits to be painted in that manner."""
        return cls(photos, asked, until, manner.strength, thread_id, album=album, is_faithful=manner.is_faithful)

    @property
    def manner(self) -> Manner:
        """How they are to be painted."""
        return Manner(self.strength, self.is_faithful)

    def is_open(self, taker: str = "") -> bool:
        """Whether a style is still awaited, or this very taker brought it before."""
        return (self.taken_by == taker and bool(taker)) or (not self.taken_by and time.time() < self.until)


@dataclass(frozen=True, slots=True)
class Begun:
    """An order of several pictures of which only some were taken: what asked for it first, and what for the rest."""

    origin: str
    finished_by: str = ""

    def origin_for(self, asked: str) -> str:
        """Under which origin what is asked now goes: the first one's, so that only what is missing is painted."""
        return self.origin if self.finished_by in ("", asked) else asked


class WaitingRoom:
    """Keeps the latest `Waiting` of each person in each chat, and one for each album. Raises `StorageTrouble`."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._locks: weakref.WeakValueDictionary[tuple[int, str], asyncio.Lock] = weakref.WeakValueDictionary()

    def turn(self, chat_id: int, person: str) -> asyncio.Lock:
        """What is sent one after another is dealt with one after another: hold this meanwhile."""
        return self._locks.setdefault((chat_id, person), asyncio.Lock())

    async def find(self, chat_id: int, person: str, album: str = "") -> Waiting | None:
        """What waits, taken or not, or None."""
        note = await self._notes.read(PLATFORM, person, _subject(chat_id, album))
        return None if note is None else _loaded(dict(note))

    async def keep(self, chat_id: int, person: str, waiting: Waiting, album: str = "") -> None:
        """Note it instead of what waited before."""
        await self._notes.write(PLATFORM, person, _subject(chat_id, album), asdict(waiting))

    async def find_begun(self, chat_id: int, person: str, order: str) -> Begun | None:
        """What is known of an order, told by its words, that was taken only in part; None for all others."""
        note = await self._notes.read(PLATFORM, person, f"{chat_id}:begun:{order}")
        return None if note is None else Begun(**note)

    async def keep_begun(self, chat_id: int, person: str, order: str, begun: Begun) -> None:
        """Note it."""
        await self._notes.write(PLATFORM, person, f"{chat_id}:begun:{order}", asdict(begun))

    async def has_asked(self, chat_id: int, person: str, press: str) -> bool:
        """Whether the bot has asked what it asks for after a press, which is told by its id."""
        return await self._notes.read(PLATFORM, person, f"{chat_id}:asked:{press}") is not None

    async def keep_asked(self, chat_id: int, person: str, press: str) -> None:
        """Note that it has."""
        await self._notes.write(PLATFORM, person, f"{chat_id}:asked:{press}", {})


def _subject(chat_id: int, album: str) -> str:
    return f"{chat_id}:{album}"


def _loaded(note: dict[str, Any]) -> Waiting:
    photos = tuple(Sent(Picture(**sent["picture"]), sent["message_id"]) for sent in note.pop("photos"))
    return Waiting(photos=photos, messages=tuple(note.pop("messages")), **note)

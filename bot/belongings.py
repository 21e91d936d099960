"""What a person leaves with the bot beside their jobs: found together, and forgotten together."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from dataclasses import dataclass

from bot.errors import StorageTrouble
from bot.gallery.own import PlaceGalleries
from bot.keepsakes import Keepsakes
from bot.notes import Notes
from bot.places import Places


@dataclass(frozen=True, slots=True)
class Left:
    """What one person left.

    `style_until` (seconds since the epoch) is of the picture kept as a style, `own_styles` are in the gallery and
    `has_settings` is about what they have chosen where they are alone with the bot; `added` styles are in galleries of
    other places; `is_noted`: it is written down which pictures of theirs wait for a style.
    """

    style_until: float | None = None
    own_styles: int = 0
    added: int = 0
    has_settings: bool = False
    is_noted: bool = False

    @property
    def is_anything(self) -> bool:
        """Whether there is anything."""
        return bool(self.style_until or self.own_styles or self.added or self.has_settings or self.is_noted)


class Belongings:
    """Looks into all places where such things are kept. Every method raises `StorageTrouble`."""

    def __init__(self, keepsakes: Keepsakes, notes: Notes, places: Places, galleries: PlaceGalleries) -> None:
        self._keepsakes = keepsakes
        self._notes = notes
        self._places = places
        self._galleries = galleries

    async def left(self, platform: str, person: str) -> Left:
        """What a person left."""
        own, added = await self._galleries.of_person(platform, person)
        return Left(
            style_until=await self._keepsakes.kept_until(platform, person),
            own_styles=own,
            added=added,
            has_settings=await self._places.has_chosen(platform, person),
            is_noted=await self._notes.are_there(platform, person),
        )

    async def forget(self, platform: str, person: str, through: set[str]) -> None:
        """Delete all of it; a style in the gallery of another place stays, without a word on who added it.

        `through` gets the names of those keepers that have forgotten the person; one that is in it is not asked again.
        """
        keepers: dict[str, Keepsakes | Notes | Places | PlaceGalleries] = {
            "keepsakes": self._keepsakes,
            "notes": self._notes,
            "places": self._places,
            "galleries": self._galleries,
        }

        async def have_forgotten(name: str) -> None:
            await keepers[name].forget(platform, person)
            through.add(name)

        await _all_of(have_forgotten(name) for name in keepers if name not in through)

    async def sweep(self) -> None:
        """Delete what was kept for too long."""
        await _all_of(keeper.sweep() for keeper in (self._keepsakes, self._notes, self._galleries))


async def _all_of(works: Iterable[Awaitable[None]]) -> None:
    """Do one after the other, all of them, then raise the first trouble that there was."""
    troubles = []
    for work in works:
        try:
            await work
        except StorageTrouble as error:
            troubles.append(error)
    if troubles:
        raise troubles[0]

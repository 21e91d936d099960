"""The settings of all places, one file for each, remembered once they were read."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import structlog

from bot.errors import BadSetting, DamagedSettings
from bot.languages import _
from bot.place_settings import PlaceSettings
from bot.shelf import Shelf, write

MOST_REMEMBERED: Final = 10_000
_PLAIN: Final = re.compile(r"[A-Za-z0-9-]{1,40}")

log = structlog.get_logger(__name__)


class Places:
    """What each place has chosen, in a folder that this process alone writes; every method may raise `StorageTrouble`.

    A file that cannot be understood is never written over and opens nothing: whoever asks there is refused until the
    operator has put it right.
    """

    def __init__(self, folder: Path) -> None:
        self._shelf = Shelf(folder)
        self._known: dict[tuple[str, str], PlaceSettings] = {}
        """Set with the files, in the shelf's turns: a caller that gives up must not part the two."""

    async def of(self, platform: str, place: str) -> PlaceSettings:
        """What a place has chosen. Raises `DamagedSettings`."""
        known = self._known.get((platform, place))
        return known if known is not None else await self._shelf.do(self._read, platform, place)

    async def change(self, platform: str, place: str, **changes: Any) -> PlaceSettings:
        """Change some settings of a place, durably, and give all of them. Raises `BadSetting`, `DamagedSettings`."""
        return await self._shelf.do(self._change, platform, place, lambda before: replace(before, **changes).checked())

    async def reset(self, platform: str, place: str) -> PlaceSettings:
        """Have a place choose nothing, as in the beginning. Raises `DamagedSettings`."""
        return await self._shelf.do(self._change, platform, place, lambda _before: PlaceSettings())

    async def move(self, platform: str, old: str, new: str) -> PlaceSettings:
        """Have what one place has chosen hold for another, and no longer for it. Raises `DamagedSettings`."""
        return await self._shelf.do(self._move, platform, old, new)

    async def has_chosen(self, platform: str, place: str) -> bool:
        """Whether anything is kept of what a place has chosen, be it damaged."""
        return await self._shelf.look(self.path_of(platform, place).exists)

    async def forget(self, platform: str, person: str) -> None:
        """Forget what a person has chosen where they are alone with the bot: the place with an id like theirs."""
        await self._shelf.do(self._forget, platform, person)

    def _read(self, platform: str, place: str) -> PlaceSettings:
        path = self.path_of(platform, place)
        try:
            settings = PlaceSettings.load(json.loads(path.read_bytes())["settings"])
        except FileNotFoundError:
            settings = PlaceSettings()
        except (ValueError, KeyError, TypeError, BadSetting) as error:
            self._shelf.complaints.tell(
                f"The settings {path} are damaged ({error}); nobody is served there until they are corrected, or "
                "deleted to forget them."
            )
            raise DamagedSettings(
                _(
                    "What was set here cannot be read, so I do not know what is allowed; tell the bot's operator, "
                    "whose log names the file."
                )
            ) from None
        self._remember(platform, place, settings)
        return settings

    def _change(self, platform: str, place: str, changed: Callable[[PlaceSettings], PlaceSettings]) -> PlaceSettings:
        return self._write(platform, place, changed(self._read(platform, place)))

    def _move(self, platform: str, old: str, new: str) -> PlaceSettings:
        settings = self._read(platform, old)
        if settings != PlaceSettings():
            self._write(platform, new, settings)
            self._forget(platform, old)
        return settings

    def _forget(self, platform: str, place: str) -> None:
        self.path_of(platform, place).unlink(missing_ok=True)
        self._known.pop((platform, place), None)

    def _write(self, platform: str, place: str, settings: PlaceSettings) -> PlaceSettings:
        held = {"platform": platform, "place": place, "settings": settings.dump()}
        write(self.path_of(platform, place), json.dumps(held, indent=2, ensure_ascii=False).encode())
        if settings == PlaceSettings():
            self.path_of(platform, place).unlink()
        self._remember(platform, place, settings)
        # Not which place: of a private chat the id is its person's.
        log.info("settings of a place changed", platform=platform, settings=settings.dump())
        return settings

    def _remember(self, platform: str, place: str, settings: PlaceSettings) -> None:
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[platform, place] = settings

    def path_of(self, platform: str, place: str) -> Path:
        """The file of a place."""
        return self._shelf.folder / f"{name_of(platform, place)}.json"


def name_of(platform: str, place: str) -> str:
    """What the files of a place are called: `discord_1234`."""
    if _PLAIN.fullmatch(place) and _PLAIN.fullmatch(platform):
        return f"{platform}_{place}"
    return hashlib.sha256(f"{platform}:{place}".encode()).hexdigest()

"""The settings of all places, one file for each, remembered once they were read."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar

import structlog

from bot.errors import BadSetting, DamagedSettings, StorageTrouble
from bot.languages import _
from bot.place_settings import PlaceSettings
from nst_engine.files import write_synced

T = TypeVar("T")

MOST_REMEMBERED: Final = 10_000
_PLAIN: Final = re.compile(r"[A-Za-z0-9-]{1,40}")

log = structlog.get_logger(__name__)


class Places:
    """What each place has chosen, in a folder that this process alone writes; every method may raise `StorageTrouble`.

    A file that cannot be understood is never written over and opens nothing: whoever asks there is refused until the
    operator has put it right.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[tuple[str, str], PlaceSettings] = {}
        self._turn = Lock()

    async def of(self, platform: str, place: str) -> PlaceSettings:
        """What a place has chosen. Raises `DamagedSettings`."""
        known = self._known.get((platform, place))
        return known if known is not None else await self._call(self._read, platform, place)

    async def change(self, platform: str, place: str, **changes: Any) -> PlaceSettings:
        """Change some settings of a place, durably, and give all of them. Raises `BadSetting`, `DamagedSettings`."""
        return await self._call(self._change, platform, place, lambda before: replace(before, **changes).checked())

    async def reset(self, platform: str, place: str) -> PlaceSettings:
        """Have a place choose nothing, as in the beginning. Raises `DamagedSettings`."""
        return await self._call(self._change, platform, place, lambda _before: PlaceSettings())

    async def move(self, platform: str, old: str, new: str) -> PlaceSettings:
        """Have what one place has chosen hold for another, and no longer for it. Raises `DamagedSettings`."""
        return await self._call(self._move, platform, old, new)

    async def has_chosen(self, platform: str, place: str) -> bool:
        """Whether anything is kept of what a place has chosen, be it damaged."""
        return await self._call(lambda: self.path_of(platform, place).exists())

    async def forget(self, platform: str, person: str) -> None:
        """Forget what a person has chosen where they are alone with the bot: the place with an id like theirs."""
        await self._call(self._forget, platform, person)

    async def _call(self, work: Callable[..., T], *arguments: Any) -> T:
        try:
            return await asyncio.to_thread(self._alone, work, *arguments)
        except OSError as error:
            log.error("settings of a place not kept", folder=str(self._folder), reason=error.strerror)
            raise StorageTrouble(f"The folder {self._folder}: {error.strerror}; check storage.path.") from error

    def _alone(self, work: Callable[..., T], *arguments: Any) -> T:
        # What is remembered is set with the file, on the thread: a caller that gives up must not part the two.
        with self._turn:
            return work(*arguments)

    def _read(self, platform: str, place: str) -> PlaceSettings:
        path = self.path_of(platform, place)
        try:
            held = json.loads(path.read_bytes())
            settings = PlaceSettings.load(held["settings"])
        except FileNotFoundError:
            settings = PlaceSettings()
        except (ValueError, KeyError, TypeError, BadSetting) as error:
            log.error(
                "settings of a place are damaged; nobody is served there until the file is corrected, or deleted to "
                "forget them",
                file=str(path),
                reason=str(error),
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
        self._folder.mkdir(parents=True, exist_ok=True)
        held = {"platform": platform, "place": place, "settings": settings.dump()}
        data = json.dumps(held, indent=2, ensure_ascii=False).encode()
        write_synced(self.path_of(platform, place), data)
        if settings == PlaceSettings():
            self.path_of(platform, place).unlink()
        self._remember(platform, place, settings)
        log.info("settings of a place changed", platform=platform, place=place, settings=settings.dump())
        return settings

    def _remember(self, platform: str, place: str, settings: PlaceSettings) -> None:
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[platform, place] = settings

    def path_of(self, platform: str, place: str) -> Path:
        """The file of a place."""
        return self._folder / f"{name_of(platform, place)}.json"


def name_of(platform: str, place: str) -> str:
    """What the files of a place are called: `discord_1234`."""
    if _PLAIN.fullmatch(place) and _PLAIN.fullmatch(platform):
        return f"{platform}_{place}"
    return hashlib.sha256(f"{platform}:{place}".encode()).hexdigest()

"""The inbox: what Telegram brings is written down before it counts as delivered, and deleted once it is dealt with."""

from __future__ import annotations

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import structlog

from nst_engine.files import DRAFT, write_synced

TRIES: Final = 3
"""So often an update is begun that never comes to its end, because the bot dies meanwhile."""
KEPT_SECONDS: Final = 24 * 3600.0
_REMEMBERED: Final = 10_000
_T = TypeVar("_T")
log = structlog.get_logger(__name__)


class Inbox:
    """Updates that are not dealt with, as Telegram sent them: one file each, named by id and how often it was begun.

    What a crash or a stop leaves here is dealt with first at the next start. Where the folder cannot be written, that
    is logged, and updates are dealt with all the same.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._begun: OrderedDict[int, None] = OrderedDict()
        self._files: dict[int, Path] = {}
        self._put_off: set[int] = set()
        self._left: list[Any] = []

    async def keep(self, updates: Sequence[Any]) -> None:
        """Write updates down, durably, those that are new."""
        numbers = {update["update_id"]: update for update in updates if _is_update(update)}
        fresh = {number: numbers[number] for number in numbers if not self._knows(number)}
        if fresh:
            self._files |= {number: self._folder / f"{number}.1" for number in fresh}
            await self._call(lambda: self._write(fresh), None)

    async def look(self) -> None:
        """Look what was not dealt with when the bot ended: before anything new is kept."""
        nothing: list[tuple[Path, Any]] = []
        found = await self._call(lambda: list(self._read()), nothing)
        self._files = {update["update_id"]: path for path, update in found}
        self._left = [update for _path, update in found]
        for number in self._files:
            self._begun.pop(number, None)

    def left(self) -> list[Any]:
        """These updates, oldest first, which are tried once more from now on; less what has come again since.

        In one go, so that nothing of it is dealt with meanwhile: names are changed within microseconds.
        """
        left = [update for update in self._left if update["update_id"] not in self._begun]
        self._left = []
        for update in left:
            path = self._files[update["update_id"]]
            with suppress(OSError):
                self._files[update["update_id"]] = path.replace(path.with_suffix(f".{_tries(path) + 1}"))
        if left:
            log.info("updates of before the start are dealt with", count=len(left))
        return left

    def begin(self, number: int) -> bool:
        """Whether this update is to be dealt with now; not if it was before."""
        if number in self._begun:
            return False
        self._begun[number] = None
        while len(self._begun) > _REMEMBERED:
            self._begun.popitem(last=False)
        return True

    def put_off(self, number: int) -> None:
        """This update is dealt with at the next start, for the bot stops."""
        self._put_off.add(number)

    async def end(self, number: int) -> None:
        """This update is dealt with, or put off."""
        path = self._files.pop(number, None)
        is_put_off = number in self._put_off
        self._put_off.discard(number)
        if path is not None:
            await self._call(partial(_ended, path, is_put_off=is_put_off), None)

    def _knows(self, number: int) -> bool:
        return number in self._begun or number in self._files

    async def _call(self, work: Callable[[], _T], otherwise: _T) -> _T:
        try:
            return await asyncio.to_thread(work)
        except OSError as error:
            log.warning("updates are not written down", folder=str(self._folder), reason=error.strerror)
            return otherwise

    def _write(self, updates: dict[int, Any]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for number, update in updates.items():
            write_synced(self._folder / f"{number}.1", json.dumps(update).encode())

    def _read(self) -> Iterator[tuple[Path, Any]]:
        for draft in self._folder.glob(f"*{DRAFT}"):
            draft.unlink()
        paths = [path for path in self._folder.glob("*.*") if _is_name(path.name.split("."))]
        for path in sorted(paths, key=lambda path: int(path.stem)):
            reason = _reason_to_drop(path)
            update = None if reason else _loaded(path)
            if update is None:
                log.error("an update is given up", update=path.stem, reason=reason or "it cannot be read")
                path.unlink(missing_ok=True)
            else:
                yield path, update


def _is_update(update: Any) -> bool:
    return isinstance(update, dict) and isinstance(update.get("update_id"), int)


def _is_name(parts: list[str]) -> bool:
    return len(parts) == 2 and all(part.isdecimal() for part in parts)


def _tries(path: Path) -> int:
    return int(path.suffix[1:])


def _reason_to_drop(path: Path) -> str:
    if _tries(path) >= TRIES:
        return f"the bot died {TRIES} times while it was dealt with"
    return "it is too old" if path.stat().st_mtime < time.time() - KEPT_SECONDS else ""


def _loaded(path: Path) -> Any:
    try:
        update = json.loads(path.read_bytes())
    except ValueError:
        return None
    return update if _is_update(update) else None


def _ended(path: Path, *, is_put_off: bool) -> None:
    if is_put_off:
        path.replace(path.with_suffix(".0"))
    else:
        path.unlink(missing_ok=True)

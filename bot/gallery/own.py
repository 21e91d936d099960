"""The galleries of places: styles that people add to the bot's own where they are."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar

import structlog

from bot import intake
from bot.errors import NotForGallery, StorageTrouble, UnknownStyle
from bot.gallery import Gallery
from bot.gallery.names import id_of_file, is_id, key, quoted
from bot.gallery.style import Style
from bot.languages import _, ngettext, number
from bot.picture_threads import on_picture_thread
from bot.places import name_of
from nst_engine.files import write_synced

T = TypeVar("T")

LIST: Final = "styles.json"
LONGEST_SIDE: Final = 2048
"""Pixels of the longer side of what is kept; a larger picture is made smaller."""
QUALITY: Final = 92
NAME_CHARS: Final = 60
MOST_REMEMBERED: Final = 1000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Added:
    """One style of a place: its id and title, who added it (a person's id) and when, and the file of its picture."""

    id: str
    title: str
    person: str
    added: float
    file: str


class PlaceGalleries:
    """The galleries of all places, in a folder that this process alone writes; each joined with the bot's.

    A list that cannot be understood is never written over: its place has the bot's gallery until it is put right.
    """

    def __init__(self, folder: Path, shared: Gallery, most: int) -> None:
        self.most = most
        self._folder = folder
        self._shared = shared
        self._known: dict[tuple[str, str], Gallery] = {}
        self._turn = Lock()

    async def of(self, platform: str, place: str) -> Gallery:
        """The gallery of a place: its own styles, which win by name, then the bot's. Raises `StorageTrouble`."""
        known = self._known.get((platform, place))
        return known if known is not None else await self._call(self._gallery, platform, place)

    async def add(self, platform: str, place: str, person: str, title: str, picture: bytes) -> Style:
        """Add a picture under a name, durably. Raises `BadPicture`, `NotForGallery` and `StorageTrouble`."""
        await intake.check_style(picture)
        title = checked_name(title)
        data = await on_picture_thread(kept_bytes, picture)
        return await self._call(self._add, platform, place, person, title, data)

    async def remove(self, platform: str, place: str, style_id: str) -> Style:
        """Take a style of a place away and give what it was. Raises `UnknownStyle` and `StorageTrouble`."""
        return await self._call(self._remove, platform, place, style_id)

    async def move(self, platform: str, old: str, new: str) -> None:
        """Have the styles of one place be those of another that has none yet. Raises `StorageTrouble`."""
        await self._call(self._move, platform, old, new)

    async def of_person(self, platform: str, person: str) -> tuple[int, int]:
        """How many styles there are where a person is alone with the bot, and how many they added elsewhere.

        Raises `StorageTrouble`.
        """
        return await self._call(self._of_person, platform, person)

    async def forget(self, platform: str, person: str) -> None:
        """Forget that a person added what they added; the styles stay, as the places' own.

        Where they are alone with the bot, which is the place with an id like theirs, the styles go. Raises
        `StorageTrouble`.
        """
        await self._call(self._forget, platform, person)

    async def _call(self, work: Callable[..., T], *arguments: Any) -> T:
        try:
            return await asyncio.to_thread(self._alone, work, *arguments)
        except OSError as error:
            log.error("gallery of a place not kept", folder=str(self._folder), reason=error.strerror)
            raise StorageTrouble(f"The folder {self._folder}: {error.strerror}; check storage.path.") from error

    def _alone(self, work: Callable[..., T], *arguments: Any) -> T:
        # What is remembered is set with the files, on the thread: a caller that gives up must not part the two.
        with self._turn:
            return work(*arguments)

    def _gallery(self, platform: str, place: str) -> Gallery:
        try:
            return self._remember(platform, place, self._read(platform, place))
        except NotForGallery:
            return self._shared

    def _add(self, platform: str, place: str, person: str, title: str, data: bytes) -> Style:
        styles = self._read(platform, place)
        if not self.most:
            raise NotForGallery(_("This gallery takes no styles of its own; the bot's operator has set it so."))
        if len(styles) >= self.most:
            raise NotForGallery(
                ngettext(
                    "This gallery holds one style, which is all it can; take it away first.",
                    "This gallery holds {count} styles, which is all it can; take one of them away first.",
                    len(styles),
                )
            )
        style_id = id_of_title(title)
        for style in styles.values():
            if style.id == style_id or key(style.title) == key(title):
                raise NotForGallery(
                    _("There is a style named {title} here already; choose another name.", title=quoted(style.title))
                )
        file = f"{hashlib.sha256(data).hexdigest()[:32]}.jpg"
        for style in styles.values():
            if style.file == file:
                raise NotForGallery(
                    _("This picture is in the gallery already; it is called {title}.", title=quoted(style.title))
                )
        folder = self._folder_of(platform, place)
        folder.mkdir(parents=True, exist_ok=True)
        write_synced(folder / file, data)
        added = Added(style_id, title, person, time.time(), file)
        self._write(platform, place, {**styles, style_id: added})
        log.info("style added to a gallery", platform=platform, place=place, person=person, style=style_id)
        return self._style(platform, place, added)

    def _remove(self, platform: str, place: str, style_id: str) -> Style:
        styles = self._read(platform, place)
        gone = styles.pop(style_id, None)
        if gone is None:
            raise UnknownStyle(_("This style is not in the gallery any more; the list of styles shows what is."))
        self._write(platform, place, styles)
        log.info("style taken from a gallery", platform=platform, place=place, style=style_id)
        return self._style(platform, place, gone)

    def _move(self, platform: str, old: str, new: str) -> None:
        before, after = self._folder_of(platform, old), self._folder_of(platform, new)
        if before.exists() and not after.exists():
            before.rename(after)
        for place in (old, new):
            self._known.pop((platform, place), None)

    def _of_person(self, platform: str, person: str) -> tuple[int, int]:
        elsewhere = sum(
            sum(style.person == person for style in styles.values())
            for place, styles in self._all(platform)
            if place != person
        )
        try:
            return len(self._read(platform, person)), elsewhere
        except NotForGallery:
            return 1, elsewhere

    def _forget(self, platform: str, person: str) -> None:
        for place, styles in self._all(platform):
            if place != person and any(style.person == person for style in styles.values()):
                kept = [replace(style, person="") if style.person == person else style for style in styles.values()]
                self._write(platform, place, {style.id: style for style in kept})
        alone = self._folder_of(platform, person)
        if alone.exists():
            shutil.rmtree(alone)
        self._known.pop((platform, person), None)

    def _all(self, platform: str) -> Iterator[tuple[str, dict[str, Added]]]:
        """The places with a list that can be understood, and their styles."""
        for path in self._folder.glob(f"{platform}_*/{LIST}"):
            place = path.parent.name.removeprefix(f"{platform}_")
            with suppress(NotForGallery):
                yield place, self._read(platform, place)

    def _read(self, platform: str, place: str) -> dict[str, Added]:
        """The styles of a place by id, oldest first. Raises `NotForGallery` where its list is damaged."""
        path = self._folder_of(platform, place) / LIST
        try:
            styles = [_checked(entry) for entry in json.loads(path.read_bytes())]
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, KeyError) as error:
            log.error("list of a gallery is damaged; correct or delete it", file=str(path), reason=str(error))
            raise NotForGallery(
                _("The gallery here cannot be read; tell the bot's operator, whose log names the file.")
            ) from None
        return {style.id: style for style in styles}

    def _write(self, platform: str, place: str, styles: Mapping[str, Added]) -> None:
        """Keep the list, then delete the pictures that it does not name."""
        folder = self._folder_of(platform, place)
        listed = [dataclasses.asdict(style) for style in styles.values()]
        write_synced(folder / LIST, json.dumps(listed, indent=2, ensure_ascii=False).encode())
        self._remember(platform, place, styles)
        needed = {LIST, *(style.file for style in styles.values())}
        for path in folder.iterdir():
            if path.name not in needed:
                path.unlink(missing_ok=True)

    def _remember(self, platform: str, place: str, styles: Mapping[str, Added]) -> Gallery:
        own = {style.id: self._style(platform, place, style) for style in styles.values()}
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        persons = {style.id: style.person for style in styles.values()}
        self._known[platform, place] = gallery = self._shared.joined(own, persons) if own else self._shared
        return gallery

    def _style(self, platform: str, place: str, style: Added) -> Style:
        path = self._folder_of(platform, place) / style.file
        return Style(style.id, style.title, "", "", "", "", path)

    def _folder_of(self, platform: str, place: str) -> Path:
        return self._folder / name_of(platform, place)


def checked_name(title: str) -> str:
    """The name of a style with single spaces. Raises `NotForGallery`."""
    name = " ".join(title.split())
    if not key(name) or not name.isprintable():
        raise NotForGallery(_("A style needs a name with letters or digits; write one that people will know it by."))
    if len(name) > NAME_CHARS:
        raise NotForGallery(_("This name is too long; write at most {most} characters.", most=number(NAME_CHARS)))
    return name


def id_of_title(title: str) -> str:
    """The id of a style that people named."""
    return id_of_file("".join(" " if sign in "./\\" else sign for sign in title).strip())


def kept_bytes(picture: bytes) -> bytes:
    """The picture as it is kept: upright, not too large, and without what a camera writes into it. Blocking."""
    from nst_engine.images import open_picture, to_jpeg

    return to_jpeg(open_picture(picture), QUALITY, LONGEST_SIDE, full_colour=True)


def _checked(entry: Any) -> Added:
    style = Added(**entry)
    texts = (style.id, style.title, style.person, style.file)
    if not all(isinstance(text, str) for text in texts) or not is_id(style.id) or Path(style.file).name != style.file:
        raise ValueError(f"{style.id!r} is no entry of a gallery")
    return style

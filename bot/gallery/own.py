"""The galleries of places: styles that people add to the bot's own where they are."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import structlog

from bot import intake
from bot.errors import NotForGallery, UnknownStyle
from bot.gallery import Gallery
from bot.gallery.names import id_of_file, is_id, key, quoted
from bot.gallery.style import Style
from bot.languages import _, ngettext, number
from bot.places import name_of
from bot.shelf import Shelf, remove_folder, write
from bot.takings import Taking, Takings

LIST: Final = "styles.json"
LONGEST_SIDE: Final = 2048
"""Pixels of the longer side of what is kept; a larger picture is made smaller."""
MOST_BYTES: Final = 1_000_000
"""Of a picture that is kept; one with so much detail that it takes more is made smaller."""
SIZES: Final = ((LONGEST_SIDE, 92), (LONGEST_SIDE, 80), (1448, 80), (1024, 80), (724, 80))
"""Longer sides and JPEG qualities that are tried; noise fits with the last one."""
NAME_CHARS: Final = 60
UNTOUCHED_SECONDS: Final = 3600.0
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

    def __init__(self, folder: Path, shared: Gallery, most: int, takings: Takings | None = None) -> None:
        self.most = most
        self._shelf = Shelf(folder)
        self._shared = shared
        self._takings = takings or Takings()
        self._known: dict[tuple[str, str], Gallery] = {}
        """Set with the files, in the shelf's turns: a caller that gives up must not part the two."""

    async def of(self, platform: str, place: str) -> Gallery:
        """The gallery of a place: its own styles, which win by name, then the bot's. Raises `StorageTrouble`."""
        known = self._known.get((platform, place))
        return known if known is not None else await self._shelf.do(self._gallery, platform, place)

    async def add(self, platform: str, place: str, person: str, title: str, picture: bytes) -> Style:
        """Add a picture under a name, durably.

        Raises `BadPicture`, `NotForGallery`, `StorageTrouble` and, where the person had everything deleted meanwhile,
        a `Refusal`.
        """
        with self._takings.open(platform, person) as taking:
            title = checked_name(title)
            await self._shelf.do(self._check_room, platform, place, title)
            data = await intake.convert_style(kept_bytes, picture)
            return await self._shelf.do(self._add, platform, place, person, title, data, taking)

    async def remove(self, platform: str, place: str, style_id: str) -> Style:
        """Take a style of a place away and give what it was. Raises `UnknownStyle` and `StorageTrouble`."""
        return await self._shelf.do(self._remove, platform, place, style_id)

    async def move(self, platform: str, old: str, new: str) -> None:
        """Have the styles of one place be those of another that has none yet. Raises `StorageTrouble`."""
        await self._shelf.do(self._move, platform, old, new)

    async def of_person(self, platform: str, person: str) -> tuple[int, int]:
        """How many styles there are where a person is alone with the bot, and how many they added elsewhere.

        Raises `StorageTrouble`.
        """
        return await self._shelf.look(self._of_person, platform, person)

    async def forget(self, platform: str, person: str) -> None:
        """Forget that a person added what they added; the styles stay, as the places' own.

        Where they are alone with the bot, which is the place with an id like theirs, the styles go. Raises
        `StorageTrouble`, also where a list that may name them cannot be understood.
        """
        await self._shelf.do(self._forget_alone, platform, person)
        # After a turn of the shelf: what was being added by then is in the lists.
        added, damaged = await self._shelf.look(self._added, platform, person)
        for place in added:
            await self._shelf.do(self._forget_in, platform, place, person)
        if damaged:
            raise self._shelf.complaints.trouble(
                f"The list {damaged[0]} is damaged and names a person who had their data deleted; correct or delete it."
            )

    async def sweep(self) -> None:
        """Delete the pictures that a crash left without a list that names them. Raises `StorageTrouble`."""
        for folder in await self._shelf.look(self._untidy):
            await self._shelf.do(_sweep, folder)

    def _gallery(self, platform: str, place: str) -> Gallery:
        try:
            return self._remember(platform, place, self._read(platform, place))
        except NotForGallery:
            return self._shared

    def _check_room(self, platform: str, place: str, title: str) -> dict[str, Added]:
        """The styles that are there already. Raises `NotForGallery` where one with this title is one too many."""
        if not self.most:
            raise NotForGallery(_("This gallery takes no styles of its own; the bot's operator has set it so."))
        styles = self._read(platform, place)
        if len(styles) >= self.most:
            raise NotForGallery(
                ngettext(
                    "This gallery holds one style, which is all it can; take it away first.",
                    "This gallery holds {count} styles, which is all it can; take one of them away first.",
                    len(styles),
                )
            )
        for style in styles.values():
            if style.id == id_of_title(title) or key(style.title) == key(title):
                raise NotForGallery(
                    _("There is a style named {title} here already; choose another name.", title=quoted(style.title))
                )
        return styles

    def _add(self, platform: str, place: str, person: str, title: str, data: bytes, taking: Taking) -> Style:
        taking.check()
        styles = self._check_room(platform, place, title)
        file = f"{hashlib.sha256(data).hexdigest()[:32]}.jpg"
        for style in styles.values():
            if style.file == file:
                raise NotForGallery(
                    _("This picture is in the gallery already; it is called {title}.", title=quoted(style.title))
                )
        folder = self._folder_of(platform, place)
        # First the picture: a list never names one that is not there.
        write(folder / file, data)
        added = Added(id_of_title(title), title, person, time.time(), file)
        try:
            self._write(platform, place, {**styles, added.id: added})
        except OSError:
            self._known.pop((platform, place), None)
            with suppress(OSError):
                _sweep(folder)  # by the list that is there now, which may be the new one
            raise
        # Not who, nor where: the id of a private chat is its person's.
        log.info("style added to a gallery", platform=platform)
        return self._style(platform, place, added)

    def _remove(self, platform: str, place: str, style_id: str) -> Style:
        styles = self._read(platform, place)
        gone = styles.pop(style_id, None)
        if gone is None:
            raise UnknownStyle(_("This style is not in the gallery any more; the list of styles shows what is."))
        self._write(platform, place, styles)
        log.info("style taken from a gallery", platform=platform)
        return self._style(platform, place, gone)

    def _move(self, platform: str, old: str, new: str) -> None:
        with suppress(NotForGallery):
            before, after = self._folder_of(platform, old), self._folder_of(platform, new)
            if before.exists() and not self._read(platform, new):
                remove_folder(after)
                before.rename(after)
        for place in (old, new):
            self._known.pop((platform, place), None)

    def _of_person(self, platform: str, person: str) -> tuple[int, int]:
        added, damaged = self._added(platform, person)
        elsewhere = sum(added.values()) + len(damaged)
        try:
            return len(self._read(platform, person)), elsewhere
        except NotForGallery:
            return 1, elsewhere

    def _forget_alone(self, platform: str, person: str) -> None:
        remove_folder(self._folder_of(platform, person))
        self._known.pop((platform, person), None)

    def _forget_in(self, platform: str, place: str, person: str) -> None:
        styles = self._read(platform, place)
        kept = [replace(style, person="") if style.person == person else style for style in styles.values()]
        self._write(platform, place, {style.id: style for style in kept})

    def _added(self, platform: str, person: str) -> tuple[dict[str, int], list[Path]]:
        """How many styles a person added to which places, but their own, and damaged lists that name them."""
        added, damaged = {}, []
        for path in self._shelf.folder.glob(f"{platform}_*/{LIST}"):
            place = path.parent.name.removeprefix(f"{platform}_")
            if place == person:
                continue
            try:
                added[place] = sum(style.person == person for style in self._read(platform, place).values())
            except NotForGallery:
                if person.encode() in path.read_bytes():
                    damaged.append(path)
        return {place: count for place, count in added.items() if count}, damaged

    def _untidy(self) -> list[Path]:
        """The folders with something to sweep; not within the hour, as an operator may just be correcting a list."""
        before = time.time() - UNTOUCHED_SECONDS
        folders = [path for path in self._shelf.folder.glob("*") if path.is_dir() and path.stat().st_mtime < before]
        return [folder for folder in folders if _leftovers(folder)]

    def _read(self, platform: str, place: str) -> dict[str, Added]:
        """The styles of a place by id, oldest first. Raises `NotForGallery` where its list is damaged."""
        path = self._folder_of(platform, place) / LIST
        try:
            styles = [_checked(entry) for entry in json.loads(path.read_bytes())]
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, KeyError) as error:
            self._shelf.complaints.tell(f"The list {path} is damaged ({error}); correct or delete it.")
            raise NotForGallery(
                _("The gallery here cannot be read; tell the bot's operator, whose log names the file.")
            ) from None
        return {style.id: style for style in styles}

    def _write(self, platform: str, place: str, styles: Mapping[str, Added]) -> None:
        """Keep the list, then delete the pictures that it does not name; without any styles, all of it."""
        folder = self._folder_of(platform, place)
        listed = [dataclasses.asdict(style) for style in styles.values()]
        write(folder / LIST, json.dumps(listed, indent=2, ensure_ascii=False).encode())
        self._remember(platform, place, styles)
        _sweep(folder)

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
        return self._shelf.folder / name_of(platform, place)


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

    opened = open_picture(picture)
    for side, quality in SIZES:
        data = to_jpeg(opened, quality, side, full_colour=True)
        if len(data) <= MOST_BYTES:
            break
    return data


def _leftovers(folder: Path) -> list[Path]:
    """The files that the list of a gallery does not name, or the folder of one that names none."""
    try:
        listed = json.loads((folder / LIST).read_bytes())
        needed = {LIST, *(entry["file"] for entry in listed)}
    except FileNotFoundError:
        return [folder]
    except (ValueError, TypeError, KeyError):
        return []  # damaged; told where it is read
    return [path for path in folder.iterdir() if path.name not in needed] if listed else [folder]


def _sweep(folder: Path) -> None:
    for path in _leftovers(folder):
        if path == folder:
            remove_folder(folder)
        else:
            path.unlink()


def _checked(entry: Any) -> Added:
    style = Added(**entry)
    texts = (style.id, style.title, style.person, style.file)
    if not all(isinstance(text, str) for text in texts) or not is_id(style.id) or Path(style.file).name != style.file:
        raise ValueError(f"{style.id!r} is no entry of a gallery")
    return style

"""The gallery as people see it: each page of styles as one picture, with its titles."""

from __future__ import annotations

import asyncio
import io
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import structlog
from telegram import InlineKeyboardMarkup, Message
from telegram.error import BadRequest

from adapters.telegram import sentences
from adapters.telegram.keyboard import page_of
from adapters.telegram.limits import TelegramLimits
from adapters.telegram.outbox import Outbox
from adapters.telegram.pace import Rank
from adapters.telegram.spot import Spot, file_is_unknown, picture_is_refused, pictures_are_forbidden
from adapters.telegram.uploads import Upload
from bot.errors import BadPicture
from bot.gallery import Gallery, Style
from bot.languages import _

if TYPE_CHECKING:
    from PIL import Image
    from PIL.ImageFont import FreeTypeFont

SIDE: Final = 320
EDGE: Final = 16
TITLE_HEIGHT: Final = 44
TITLE_SIZE: Final = 26
GROUND: Final = (250, 248, 244)
INK: Final = (40, 36, 32)
_SHEETS_KEPT: Final = 1024
_T = TypeVar("_T")
log = structlog.get_logger(__name__)


class Sheets:
    """Sends pages of the gallery. Each is drawn and uploaded once; after that Telegram's own copy is shown."""

    def __init__(self, outbox: Outbox, limits: TelegramLimits) -> None:
        self._outbox = outbox
        self._limits = limits
        self._uploaded: OrderedDict[tuple[Style, ...], str] = OrderedDict()
        self._drawing = asyncio.Lock()

    def words(self, gallery: Gallery, page: int) -> str:
        """What stands under a page of the gallery where nothing is to be chosen."""
        page, pages, shown = page_of(gallery, page, self._limits)
        if not shown:
            return _(sentences.NO_STYLES)
        return sentences.gallery_page(page + 1, pages, [style.title for style in shown])

    async def send(
        self, gallery: Gallery, spot: Spot, page: int, words: str, keyboard: InlineKeyboardMarkup | None
    ) -> Message:
        """A page with its keyboard as a new message; without the picture where that may not be."""
        page, _pages, shown = page_of(gallery, page, self._limits)
        if not shown:
            return await self._outbox.say(spot, words, keyboard)
        try:
            send = partial(self._outbox.send, spot, caption=words, keyboard=keyboard, rank=Rank.WORD)
            message = await self._fresh(page, shown, send)
        except BadRequest as error:
            if not (pictures_are_forbidden(error) or picture_is_refused(error)):
                raise
            return await self._outbox.say(spot, words, keyboard)
        if message.photo:
            self._uploaded[tuple(shown)] = message.photo[-1].file_id
            while len(self._uploaded) > _SHEETS_KEPT:
                self._uploaded.popitem(last=False)
        return message

    async def turn(self, gallery: Gallery, spot: Spot, page: int, words: str, keyboard: InlineKeyboardMarkup) -> None:
        """Another page in the message of the one before."""
        page, _pages, shown = page_of(gallery, page, self._limits)
        repaint = partial(self._outbox.repaint, spot, caption=words, keyboard=keyboard, rank=Rank.WORD)
        await self._fresh(page, shown, repaint)

    async def _fresh(self, page: int, shown: list[Style], use: Callable[[Upload], Awaitable[_T]]) -> _T:
        """`use` with Telegram's copy of a page, and with a new one where that is no longer known."""
        if (known := self._uploaded.get(tuple(shown))) is not None:
            try:
                return await use(Upload(known, f"styles-{page + 1}.jpg"))
            except BadRequest as error:
                if not file_is_unknown(error):
                    raise
                self._uploaded.pop(tuple(shown), None)
        return await use(Upload(await self._drawn(shown), f"styles-{page + 1}.jpg"))

    async def _drawn(self, shown: list[Style]) -> bytes:
        async with self._drawing:
            return await asyncio.to_thread(contact_sheet, shown, self._limits.sheet_columns)


def contact_sheet(styles: Sequence[Style], columns: int) -> bytes:
    """Thumbnails in rows of `columns`, each with its title below, as a JPEG. Blocking: call it in a thread."""
    from PIL import Image, ImageDraw

    from nst_engine.images import to_jpeg

    columns = min(columns, len(styles))
    rows = -(-len(styles) // columns)
    pitch, line = SIDE + EDGE, SIDE + TITLE_HEIGHT + EDGE
    sheet = Image.new("RGB", (columns * pitch + EDGE, rows * line + EDGE), GROUND)
    draw = ImageDraw.Draw(sheet)
    font, letters = _lettering()
    for number, style in enumerate(styles):
        left, top = EDGE + number % columns * pitch, EDGE + number // columns * line
        sheet.paste(_square(style), (left, top))
        draw.text((left, top + SIDE + 4), _title(style, number, font, letters), fill=INK, font=font)
    return to_jpeg(sheet, 88)


def _square(style: Style) -> Image.Image:
    """The middle of a style's picture; an empty place where its file cannot be opened."""
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(style.thumbnail(2 * SIDE))) as picture:
            return ImageOps.fit(picture.convert("RGB"), (SIDE, SIDE), Image.Resampling.LANCZOS)
    except BadPicture as error:
        log.warning("a style has no thumbnail", style=style.id, reason=str(error))
        return Image.new("RGB", (SIDE, SIDE), INK)


@cache
def _lettering() -> tuple[FreeTypeFont, frozenset[int]]:
    """The font of the titles, and the letters that it has: those of Europe's scripts and some more."""
    from matplotlib import get_data_path
    from matplotlib.ft2font import FT2Font
    from PIL import ImageFont

    path = Path(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    return ImageFont.truetype(path, TITLE_SIZE), frozenset(FT2Font(path).get_charmap())


def _title(style: Style, number: int, font: FreeTypeFont, letters: frozenset[int]) -> str:
    """As much of the title as fits; its place among the buttons where the font lacks its letters."""
    title = style.title
    if any(ord(letter) not in letters for letter in title):
        return str(number + 1)
    while font.getlength(title) > SIDE:
        title = f"{title.removesuffix('...').rstrip()[:-1].rstrip(' ,')}..."
    return title

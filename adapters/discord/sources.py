"""Pictures as they lie at Discord: attached, embedded, forwarded, replied to, or somebody's avatar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

import discord
from yarl import URL

ENDINGS: Final = frozenset(
    {".avif", ".bmp", ".gif", ".heic", ".heif", ".jfif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
)
SPOILER: Final = "SPOILER_"
"""How the name of a file begins that Discord hides until it is clicked."""
AVATAR_SIDE: Final = 1024


@dataclass(frozen=True, slots=True)
class Source:
    """A picture's address and its file's name; `size` in bytes, where Discord told it."""

    url: str
    name: str
    size: int | None = None
    is_spoiler: bool = False

    @classmethod
    def of(cls, attachment: discord.Attachment, *, is_hidden: bool = False) -> Source:
        """An attachment; `is_hidden` when its message hides it, whatever it is called."""
        return cls(attachment.url, attachment.filename, attachment.size, is_hidden or attachment.is_spoiler())

    @classmethod
    def at(cls, url: str, *, is_spoiler: bool = False) -> Source:
        """A picture of which only the address is known."""
        name = PurePosixPath(URL(url).path).name
        return cls(url, name, None, is_spoiler or name.startswith(SPOILER))


def avatar_of(user: discord.User | discord.Member) -> Source:
    """The avatar that people see, as a still picture."""
    return Source.at(user.display_avatar.replace(format="png", size=AVATAR_SIDE).url)


def pictures_of(message: discord.Message, is_known: Callable[[str], bool]) -> list[Source]:
    """The pictures of a message, else those that it forwards, else those of the message that it replies to.

    Embedded ones count where `is_known` says that they lie at Discord.
    """
    own = list(_shown(message, is_known))
    forwarded = [source for snapshot in message.message_snapshots for source in _shown(snapshot, is_known)]
    if own or forwarded:
        return own or forwarded
    replied = message.reference.resolved if message.reference is not None else None
    return list(_shown(replied, is_known)) if isinstance(replied, discord.Message) else []


def _shown(message: discord.Message | discord.MessageSnapshot, is_known: Callable[[str], bool]) -> Iterator[Source]:
    for attachment in message.attachments:
        if _is_picture(attachment):
            yield Source.of(attachment)
    hidden = "||" in message.content
    for embed in message.embeds:
        for image in (embed.image, embed.thumbnail):
            address = _address(image, is_known)
            if address:
                yield Source.at(address, is_spoiler=hidden)


def _address(image: Any, is_known: Callable[[str], bool]) -> str:
    """Where an embedded picture lies at Discord; empty where it lies elsewhere, or is another attachment's."""
    found = [address for address in (image.url, image.proxy_url) if address and is_known(address)]
    return str(found[0]) if found else ""


def _is_picture(attachment: discord.Attachment) -> bool:
    """Whether it calls itself a picture; what it is, its bytes will tell."""
    kind = attachment.content_type
    if kind is not None and kind.startswith("image/"):
        return True
    return PurePosixPath(attachment.filename.lower()).suffix in ENDINGS

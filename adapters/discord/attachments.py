"""Attachments, checked before a byte is downloaded and downloaded with a cap."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import aiohttp
import discord
import structlog
from yarl import URL

from adapters.discord import limits, sentences
from bot.errors import BadPicture

log = structlog.get_logger(__name__)


class Attachments:
    """Downloads attachments from the places that the configuration names, and from nowhere else."""

    def __init__(self, prefixes: Iterable[str]) -> None:
        self._prefixes = tuple(URL(prefix) for prefix in prefixes)
        self._turns = asyncio.Semaphore(limits.DOWNLOADS_AT_ONCE)

    def check(self, attachment: discord.Attachment) -> None:
        """Refuse what is too large or lies elsewhere; raises `BadPicture`."""
        name = _name(attachment)
        if attachment.size > limits.ATTACHMENT_CAP:
            raise BadPicture(sentences.too_large(name))
        if not self._is_known(attachment.url):
            raise BadPicture(sentences.ELSEWHERE.format(name=name))

    async def fetch(self, attachment: discord.Attachment) -> bytes:
        """The attachment's bytes; raises `BadPicture` when they cannot be had or are more than was announced."""
        self.check(attachment)
        timeout = aiohttp.ClientTimeout(total=limits.DOWNLOAD_TIMEOUT)
        try:
            async with self._turns, aiohttp.ClientSession(timeout=timeout) as session:
                return await self._read(session, attachment)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("attachment not downloaded", attachment=attachment.id, error=type(error).__name__)
            raise BadPicture(sentences.NOT_DOWNLOADED.format(name=_name(attachment))) from None

    async def _read(self, session: aiohttp.ClientSession, attachment: discord.Attachment) -> bytes:
        async with session.get(attachment.url, allow_redirects=False) as response:
            if response.status != 200:
                log.warning("attachment not downloaded", attachment=attachment.id, status=response.status)
                raise BadPicture(sentences.NOT_DOWNLOADED.format(name=_name(attachment)))
            data = bytearray()
            async for chunk in response.content.iter_chunked(limits.REQUEST_OVERHEAD):
                data += chunk
                if len(data) > limits.ATTACHMENT_CAP:
                    raise BadPicture(sentences.too_large(_name(attachment)))
            return bytes(data)

    def _is_known(self, address: str) -> bool:
        try:
            url = URL(address)
            return any(_lies_under(url, prefix) for prefix in self._prefixes)
        except ValueError:
            return False


def _lies_under(url: URL, prefix: URL) -> bool:
    here, there = [(address.scheme, address.host, address.port) for address in (url, prefix)]
    return here == there and url.user is None and url.path.startswith(prefix.path)


def _name(attachment: discord.Attachment) -> str:
    """The file's name as it may stand in a sentence: short, and without anything that Discord would format."""
    return f"`{attachment.filename.replace('`', '')[:80]}`"

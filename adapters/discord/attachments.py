"""Pictures of people, checked before a byte is downloaded and downloaded with a cap."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import aiohttp
import structlog
from yarl import URL

from adapters.discord import limits, sentences
from adapters.discord.sources import Source
from bot.errors import BadPicture
from bot.languages import _

log = structlog.get_logger(__name__)


class Attachments:
    """Downloads pictures from the places that the configuration names, and from nowhere else."""

    def __init__(self, prefixes: Iterable[str]) -> None:
        self._prefixes = tuple(URL(prefix) for prefix in prefixes)
        self._turns = asyncio.Semaphore(limits.DOWNLOADS_AT_ONCE)

    def check(self, source: Source) -> None:
        """Refuse what is too large or lies elsewhere; raises `BadPicture`."""
        name = _name(source)
        if source.size is not None and source.size > limits.ATTACHMENT_CAP:
            raise BadPicture(sentences.too_large(name))
        if not self.is_known(source.url):
            raise BadPicture(_(sentences.ELSEWHERE, name=name))

    async def fetch(self, source: Source) -> bytes:
        """The picture's bytes; raises `BadPicture` when they cannot be had or are more than was announced."""
        self.check(source)
        timeout = aiohttp.ClientTimeout(total=limits.DOWNLOAD_TIMEOUT)
        try:
            async with self._turns, aiohttp.ClientSession(timeout=timeout) as session:
                return await self._read(session, source)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("picture not downloaded", picture=source.name, error=type(error).__name__)
            raise BadPicture(_(sentences.NOT_DOWNLOADED, name=_name(source))) from None

    async def _read(self, session: aiohttp.ClientSession, source: Source) -> bytes:
        async with session.get(source.url, allow_redirects=False) as response:
            if response.status != 200:
                log.warning("picture not downloaded", picture=source.name, status=response.status)
                raise BadPicture(_(sentences.NOT_DOWNLOADED, name=_name(source)))
            data = bytearray()
            async for chunk in response.content.iter_chunked(limits.REQUEST_OVERHEAD):
                data += chunk
                if len(data) > limits.ATTACHMENT_CAP:
                    raise BadPicture(sentences.too_large(_name(source)))
            return bytes(data)

    def is_known(self, address: str) -> bool:
        """Whether pictures may be downloaded from there."""
        try:
            url = URL(address)
            return any(_lies_under(url, prefix) for prefix in self._prefixes)
        except ValueError:
            return False


def _lies_under(url: URL, prefix: URL) -> bool:
    here, there = [(address.scheme, address.host, address.port) for address in (url, prefix)]
    return here == there and url.user is None and url.path.startswith(prefix.path)


def _name(source: Source) -> str:
    """The file's name as it may stand in a sentence: short, and without anything that Discord would format."""
    return f"`{source.name.replace('`', '')[:80]}`"

"""Frames between a worker and its engine process: a JSON header and raw bytes, each with its length before it."""

from __future__ import annotations

import asyncio
import json
import struct
from typing import Any, BinaryIO, Final

LENGTHS: Final = struct.Struct(">II")
Header = dict[str, Any]


def pack(header: Header, payload: bytes = b"") -> bytes:
    """A frame as bytes."""
    text = json.dumps(header).encode()
    return LENGTHS.pack(len(text), len(payload)) + text + payload


async def read_frame(stream: asyncio.StreamReader) -> tuple[Header, bytes]:
    """The next frame; raises `asyncio.IncompleteReadError` at the end of the stream."""
    text, payload = LENGTHS.unpack(await stream.readexactly(LENGTHS.size))
    return json.loads(await stream.readexactly(text)), await stream.readexactly(payload)


def read_frame_blocking(stream: BinaryIO) -> tuple[Header, bytes]:
    """The next frame, for a thread; raises `EOFError` at the end of the stream."""
    text, payload = LENGTHS.unpack(_exactly(stream, LENGTHS.size))
    return json.loads(_exactly(stream, text)), _exactly(stream, payload)


def _exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data

"""An engine process that paints nothing, at once; it speaks the frames of `bot.queue.frames`.

It starts in some 20 ms, since it imports none of the bot. `python -S instant_engine_process.py OPTIONS`, with OPTIONS
as JSON: `seconds` that a picture takes, `steps` in which it tells its progress, `picture_bytes` more of a result,
`film` whether there is a time-lapse. What is asked to take the most steps that there are ends only when cancelled.
"""

from __future__ import annotations

import json
import math
import os
import select
import struct
import sys
import time
import zlib
from typing import Any

LENGTHS = struct.Struct(">II")
ENDLESS = 10_000
FILM = b"\0\0\0\x0eftypa film"
LOSSES = ("content", "style", "total_variation", "total")


class InstantEngine:
    """Reads orders from one descriptor and answers on another until the first one ends."""

    def __init__(self, source: int, sink: int, options: dict[str, Any]) -> None:
        self._source = source
        self._sink = sink
        self._options = options
        self._cancelled: set[str] = set()
        self._orders: list[dict[str, Any]] = []

    def serve(self) -> None:
        self._send({"type": "ready", "device": "none", "precision": "float32", "seconds": 0.0})
        while True:
            while not self._orders:
                self._read()
            self._paint(self._orders.pop(0))

    def _paint(self, order: dict[str, Any]) -> None:
        job, steps = order["job"], self._options.get("steps", 1)
        seconds = math.inf if order["settings"].get("steps") == ENDLESS else self._options.get("seconds", 0.0)
        for step in range(1, steps + 1):
            self._wait(seconds / steps, job)
            if job in self._cancelled:
                self._send({"type": "cancelled", "job": job})
                return
            losses = dict.fromkeys(LOSSES, 1.0 / step)
            progress = {"step": step, "steps": steps, "share": step / steps, "seconds_left": None, "losses": losses}
            self._send({"type": "progress", "job": job, **progress})
        payload = order["payload"]
        self._send({"type": "picture", "job": job}, png(job, payload, self._options.get("picture_bytes", 0)))
        self._send({"type": "curve", "job": job}, png(job, b"curve"))
        if self._options.get("film"):
            self._send({"type": "timelapse", "job": job}, FILM)
        self._send({"type": "done", "job": job, "summary": summary()})

    def _wait(self, seconds: float, job: str) -> None:
        """Let time pass, or a cancel come."""
        end = time.monotonic() + seconds
        while job not in self._cancelled:
            left = max(end - time.monotonic(), 0)
            if select.select([self._source], [], [], min(left, 60))[0]:
                self._read()
            elif left == 0:
                return

    def _read(self) -> None:
        text, payload = LENGTHS.unpack(self._exactly(LENGTHS.size))
        header = json.loads(self._exactly(text))
        header["payload"] = self._exactly(payload)
        if header["type"] == "cancel":
            self._cancelled.add(header["job"])
        else:
            self._orders.append(header)

    def _exactly(self, count: int) -> bytes:
        parts = []
        while count:
            part = os.read(self._source, min(count, 1 << 20))
            if not part:
                os._exit(0)
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def _send(self, header: dict[str, Any], payload: bytes = b"") -> None:
        text = json.dumps(header).encode()
        data = memoryview(LENGTHS.pack(len(text), len(payload)) + text + payload)
        while data:
            data = data[os.write(self._sink, data) :]


def png(job: str, payload: bytes, padding: int = 0) -> bytes:
    """A picture of one pixel that tells in its text of which job and which pictures it was made."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    about = f"job\0{job} {zlib.crc32(payload):08x}".encode()
    pixel = chunk(b"IDAT", zlib.compress(b"\0\0\0\0"))
    size = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + size + chunk(b"tEXt", about + b" " * padding) + pixel + chunk(b"IEND", b"")


def summary() -> dict[str, Any]:
    """A `LossSummary` of one step as plain values."""
    losses = {name: [2.0, 1.0] for name in LOSSES}
    return {
        "losses": losses, "steps": 1, "seconds": 0.01, "device": "none", "precision": "float32", "width": 1,
        "height": 1, "notes": [], "scales": [],
    }  # fmt: skip


if __name__ == "__main__":
    InstantEngine(0, 1, json.loads(sys.argv[1])).serve()

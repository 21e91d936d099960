"""The child that owns the device and imports torch; nobody else does. Started by `EngineDriver`.

It reads `paint` and `cancel` frames from standard input and writes `ready`, `unfit`, `progress`, `picture`, `curve`,
`done`, `failed` and `cancelled` frames to standard output. It ends when its input does, so it never outlives its
worker.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from bot.queue.frames import Header, pack, read_frame_blocking
from nst_engine.errors import Cancelled, EngineError
from nst_engine.images import open_picture, to_jpeg, to_png
from nst_engine.settings import Settings

if TYPE_CHECKING:
    from nst_engine.engine import Engine, Progress

PROGRESS_EVERY: Final = 0.5
PREVIEW_EVERY: Final = 2.0
PREVIEW_SIDE: Final = 384
NICENESS: Final = 5
"""So that a bot on the same cores still acknowledges interactions in time."""

Order = tuple[Header, list[bytes]]


class EngineChild:
    """Takes orders from one stream, paints them one after the other, and answers on another."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source = source
        self._sink = sink
        self._orders: queue.Queue[Order] = queue.Queue()
        self._cancelled: set[str] = set()

    def serve(self, options: dict[str, Any]) -> None:
        """Load the engine with its `options`, then paint until the input ends."""
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            from nst_engine.engine import Engine

            engine = Engine(**options)
        except EngineError as error:
            self.send({"type": "unfit", "sentence": str(error)})
            return
        self.send({"type": "ready", "device": engine.device_name, "precision": engine.precision})
        while True:
            self._answer(engine, *self._orders.get())

    def _listen(self) -> None:
        """Runs on a thread of its own, so that a cancel is seen while a picture is painted."""
        try:
            while True:
                header, payload = read_frame_blocking(self._source)
                if header["type"] == "cancel":
                    self._cancelled.add(header["job"])
                else:
                    self._orders.put((header, _split(payload, header["lengths"])))
        except EOFError:
            os._exit(0)

    def _answer(self, engine: Engine, header: Header, pictures: list[bytes]) -> None:
        try:
            self._paint(engine, header, pictures)
        except Cancelled:
            self.send({"type": "cancelled", "job": header["job"]})
        except EngineError as error:
            self.send({"type": "failed", "job": header["job"], "sentence": str(error)})
        self._cancelled.discard(header["job"])

    def _paint(self, engine: Engine, header: Header, pictures: list[bytes]) -> None:
        content, *styles = [open_picture(data) for data in pictures]
        settings = Settings.from_dict(header["settings"])
        job = header["job"]
        reporter = _Reporter(self, job)
        result = engine.stylize(content, styles, settings, reporter, lambda: job in self._cancelled)
        self.send({"type": "picture", "job": job}, to_png(result.picture))
        self.send({"type": "curve", "job": job}, result.summary.curve())
        self.send({"type": "done", "job": job, "summary": result.summary.to_dict()})

    def send(self, header: Header, payload: bytes = b"") -> None:
        """Write a frame."""
        self._sink.write(pack(header, payload))
        self._sink.flush()


class _Reporter:
    """Passes progress on, at most every `PROGRESS_EVERY` seconds, with a preview every `PREVIEW_EVERY`."""

    def __init__(self, child: EngineChild, job: str) -> None:
        self._child = child
        self._job = job
        self._last_progress = self._last_preview = -PREVIEW_EVERY

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._last_progress < PROGRESS_EVERY and progress.step != progress.steps:
            return
        self._last_progress = now
        preview = b""
        if now - self._last_preview >= PREVIEW_EVERY:
            self._last_preview = now
            preview = to_jpeg(progress.picture(), longest=PREVIEW_SIDE)
        header = {"type": "progress", "job": self._job, "step": progress.step, "steps": progress.steps}
        self._child.send({**header, "seconds": progress.seconds, "losses": progress.losses}, preview)


def _split(payload: bytes, lengths: list[int]) -> list[bytes]:
    ends = [sum(lengths[: place + 1]) for place in range(len(lengths))]
    return [payload[end - length : end] for end, length in zip(ends, lengths, strict=True)]


def main() -> None:
    """Serve on standard input and output; whatever a library prints goes to standard error instead."""
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    os.nice(NICENESS)
    # A stop meant for the bot reaches the whole process group; this process ends when its input does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    EngineChild(source, sink).serve(json.loads(sys.argv[1]))


if __name__ == "__main__":
    main()

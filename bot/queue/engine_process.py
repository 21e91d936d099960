"""The child that owns the device and imports torch; nobody else does. Started by `EngineDriver`.

It reads `paint` and `cancel` frames from standard input and writes `ready`, `unfit`, `progress`, `done`, `failed` and
`cancelled` frames to standard output, and before `done` one for each part of the answer. It ends when its input does,
so it never outlives its worker.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from PIL import Image

from bot.languages import packed
from bot.queue.frames import Header, pack, read_frame_blocking
from bot.queue.painting import Painting, Reporter
from bot.queue.pictures import Pictures
from nst_engine.errors import Cancelled, EngineError
from nst_engine.images import to_png
from nst_engine.settings import Settings

if TYPE_CHECKING:
    from nst_engine.engine import Engine

WARM_UP: Final = Settings(size=64, steps=2)
NICENESS: Final = 5
"""So that a bot on the same cores still acknowledges interactions in time."""


class EngineChild:
    """Takes orders from one stream, paints them one after the other, and answers on another.

    `films`: whether a time-lapse is made of every picture.
    """

    def __init__(self, source: BinaryIO, sink: BinaryIO, *, films: bool = True) -> None:
        self._source = source
        self._sink = sink
        self._films = films
        self._orders: queue.Queue[tuple[Header, bytes]] = queue.Queue()
        self._cancelled: set[str] = set()

    def serve(self, options: dict[str, Any]) -> None:
        """Load the engine with its `options`, warm it up while nobody waits, and paint until the input ends."""
        threading.Thread(target=self._listen, daemon=True).start()
        began = time.monotonic()
        try:
            from nst_engine.engine import Engine

            engine = Engine(**options)
        except EngineError as error:
            self.send({"type": "unfit", "sentence": str(error)})
            return
        seconds = time.monotonic() - began
        self.send({"type": "ready", "device": engine.device_name, "precision": engine.precision, "seconds": seconds})
        self._warm_up(engine)
        while True:
            self._answer(engine, *self._orders.get())

    def _warm_up(self, engine: Engine) -> None:
        """Paint a tiny picture for nobody: first uses are slow, of the device as of what draws curves and films.

        Ends within a step when an order comes; what was used by then is warm.
        """
        gradients = [Image.linear_gradient("L"), Image.radial_gradient("L")]
        photo, style = [to_png(gradient.convert("RGB")) for gradient in gradients]
        painting = Painting(Pictures(photo, (style,)), WARM_UP, None, self._films)
        with suppress(Cancelled, EngineError):  # what does not work is told to the first job's person
            painting.paint(engine, Reporter(_unheard, "", WARM_UP.steps), lambda: not self._orders.empty())

    def _listen(self) -> None:
        """Runs on a thread of its own, so that a cancel is seen while a picture is painted."""
        try:
            while True:
                header, payload = read_frame_blocking(self._source)
                if header["type"] == "cancel":
                    self._cancelled.add(header["job"])
                else:
                    self._orders.put((header, payload))
        except EOFError:
            os._exit(0)

    def _answer(self, engine: Engine, header: Header, payload: bytes) -> None:
        try:
            self._paint(engine, header, payload)
        except Cancelled:
            self.send({"type": "cancelled", "job": header["job"]})
        except EngineError as error:
            self.send({"type": "failed", "job": header["job"], "sentence": packed(error.sentence, **error.values)})
        self._cancelled.discard(header["job"])

    def _paint(self, engine: Engine, header: Header, payload: bytes) -> None:
        job, settings = header["job"], Settings.from_dict(header["settings"])
        painting = Painting(
            pictures=Pictures.from_payload(header["lengths"], payload),
            settings=settings,
            folder=None if header["checkpoint"] is None else Path(header["checkpoint"]),
            is_filmed=self._films,
        )
        reporter = Reporter(self.send, job, settings.steps)
        summary, parts = painting.paint(engine, reporter, lambda: job in self._cancelled)
        for part, data in parts.items():
            self.send({"type": part, "job": job}, data)
        self.send({"type": "done", "job": job, "summary": summary.to_dict()})

    def send(self, header: Header, payload: bytes = b"") -> None:
        """Write a frame."""
        self._sink.write(pack(header, payload))
        self._sink.flush()


def _unheard(header: Header, payload: bytes) -> None:
    """Send nothing to nobody."""


def main() -> None:
    """Serve on standard input and output; whatever a library prints goes to standard error instead."""
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    os.nice(NICENESS)
    # A stop meant for the bot reaches the whole process group; this process ends when its input does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    options = json.loads(sys.argv[1])
    EngineChild(source, sink, films=options["timelapse"]).serve(options["engine"])


if __name__ == "__main__":
    main()

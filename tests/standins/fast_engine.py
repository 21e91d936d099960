"""An engine process that paints nothing, in no time: `python -m tests.standins.fast_engine OPTIONS`.

It speaks the frames of the real one. Each step takes FAST_ENGINE_STEP seconds; FAST_ENGINE_LOG is a file to which it
writes `begin JOB` and `end JOB`. A job of seed `DEADLY` ends the worker, one of seed `FRAIL` the engine.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from bot.queue.frames import Header, pack, read_frame_blocking

DEADLY, FRAIL = 13, 14
STEP = float(os.environ.get("FAST_ENGINE_STEP", "0.01"))
PICTURE = b"a picture"


class FastEngine:
    def __init__(self) -> None:
        self.orders: queue.Queue[Header] = queue.Queue()
        self.cancelled: set[str] = set()
        self.sink = os.fdopen(os.dup(1), "wb")

    def listen(self) -> None:
        source = os.fdopen(os.dup(0), "rb")
        try:
            while True:
                header, _ = read_frame_blocking(source)
                if header["type"] == "cancel":
                    self.cancelled.add(header["job"])
                else:
                    self.orders.put(header)
        except EOFError:
            os._exit(0)

    def send(self, header: Header, payload: bytes = b"") -> None:
        self.sink.write(pack(header, payload))
        self.sink.flush()

    def serve(self) -> None:
        threading.Thread(target=self.listen, daemon=True).start()
        self.send({"type": "ready", "device": "cpu", "precision": "float32", "seconds": 0.0})
        while True:
            order = self.orders.get()
            note("begin", order["job"])
            self.paint(order["job"], order["settings"])
            note("end", order["job"])

    def paint(self, job: str, settings: dict[str, Any]) -> None:
        steps = settings.get("steps", 5)
        if settings.get("seed") == DEADLY:
            os.kill(os.getppid(), signal.SIGKILL)
        if settings.get("seed") == FRAIL:
            os._exit(1)
        for step in range(1, steps + 1):
            time.sleep(STEP)
            if job in self.cancelled:
                return self.send({"type": "cancelled", "job": job})
            facts = {"step": step, "steps": steps, "share": step / steps, "seconds_left": (steps - step) * STEP}
            self.send({"type": "progress", "job": job, "losses": {"total": 1.0}, **facts}, b"preview" * (step == 1))
        self.send({"type": "picture", "job": job}, PICTURE)
        self.send({"type": "curve", "job": job}, b"a curve")
        self.send({"type": "done", "job": job, "summary": summary(steps)})
        return None


def summary(steps: int) -> dict[str, Any]:
    losses = dict.fromkeys(("content", "style", "total_variation", "total"), [1.0] * (steps + 1))
    size = {"width": 8, "height": 8}
    return {"losses": losses, "steps": steps, "seconds": steps * STEP, "device": "cpu", "precision": "float32", **size}


def note(word: str, job: str) -> None:
    if "FAST_ENGINE_LOG" in os.environ:
        with Path(os.environ["FAST_ENGINE_LOG"]).open("a") as file:
            file.write(f"{word} {job}\n")


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    engine = FastEngine()
    os.dup2(2, 1)
    engine.serve()


if __name__ == "__main__":
    sys.exit(main())

"""A driver whose engine process paints nothing, at once: for tests and measurements of all that is not the engine."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

from bot.config import EngineConfig
from bot.queue.engine_driver import EngineDriver

PROGRAM: Final = Path(__file__).with_name("instant_engine_process.py")


class InstantEngineDriver(EngineDriver):
    """Drives `instant_engine_process`; `options` are that program's."""

    def __init__(self, **options: Any) -> None:
        super().__init__(EngineConfig(device="cpu"))
        self._command = [sys.executable, "-S", "-E", str(PROGRAM), json.dumps(options)]

"""The engine as the configuration wants it, for commands that work without bot and queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.config import EngineConfig

if TYPE_CHECKING:
    from nst_engine.engine import Engine


def open_engine(config: EngineConfig) -> Engine:
    """Load it; raises `EngineError`."""
    from nst_engine.engine import Engine  # takes seconds, which a mistyped option need not wait for

    return Engine(
        config.device,
        config.precision,
        config.weights,
        deterministic=config.deterministic,
        preview=config.preview,
    )

"""Neural style transfer by optimisation (Gatys, Ecker, Bethge), as a library.

    from PIL import Image
    from nst_engine import Engine, Settings

    result = Engine().stylize(Image.open("photo.jpg"), [Image.open("painting.jpg")], Settings(size=512))
    result.picture.save("painted.png")
    print(result.summary.text())

Importing this package imports neither torch nor numpy: what needs them is loaded when it is first asked for, so that a
program which only wants to know the settings starts at once. Import it before torch, though: then the threads of torch
leave their cores to others while they wait (`nst_engine.threads`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nst_engine.errors import (
    Cancelled,
    DeviceError,
    EngineError,
    PictureError,
    PreviewError,
    SettingsError,
    WeightsError,
)
from nst_engine.settings import PRESETS, Preset, Settings, style_weight_for
from nst_engine.summary import LossSummary
from nst_engine.threads import wait_passively

if TYPE_CHECKING:
    from nst_engine.engine import Engine, Forecast, FramesResult, Progress, Result, Score
    from nst_engine.images import open_picture

__all__ = [
    "PRESETS",
    "Cancelled",
    "DeviceError",
    "Engine",
    "EngineError",
    "Forecast",
    "FramesResult",
    "LossSummary",
    "PictureError",
    "Preset",
    "PreviewError",
    "Progress",
    "Result",
    "Score",
    "Settings",
    "SettingsError",
    "WeightsError",
    "open_picture",
    "style_weight_for",
]

wait_passively()


def __getattr__(name: str) -> Any:
    if name in ("Engine", "Forecast", "FramesResult", "Progress", "Result", "Score"):
        from nst_engine import engine

        return getattr(engine, name)
    if name == "open_picture":
        from nst_engine.images import open_picture

        return open_picture
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

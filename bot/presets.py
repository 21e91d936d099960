"""The presets in force: on a machine that is fast enough by what was measured, they are larger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.config import Config
from bot.speed import Cost, Pace, latest_pace
from nst_engine.settings import PRESETS, Preset, Settings


@dataclass(frozen=True, slots=True)
class Larger:
    """What a preset becomes where painting that takes less than so many `seconds`."""

    preset: Preset
    seconds: float


LARGER: Final[Mapping[str, Larger]] = {
    "draft": Larger(Preset(size=512, steps=100), 5.0),
    "standard": Larger(Preset(size=1536, steps=200), 20.0),
    "fine": Larger(Preset(size=2048, steps=400), 60.0),
}


def forecast(preset: Preset, pace: Pace) -> float:
    """The seconds that a photo of 4:3 takes at that pace."""
    from nst_engine.schedule import work  # with numpy, a good part of the bot's start

    return pace.seconds(
        Cost(preset.steps, work(preset.size, preset.size * 3 // 4, Settings(preset.size, preset.steps)))
    )


def presets_for(pace: Pace | None) -> Mapping[str, Preset]:
    """The presets at a pace; the smaller ones where none was measured."""
    if pace is None:
        return PRESETS
    return {
        name: LARGER[name].preset if forecast(LARGER[name].preset, pace) < LARGER[name].seconds else preset
        for name, preset in PRESETS.items()
    }


def presets_in_force(config: Config) -> Mapping[str, Preset]:
    """The presets of a bot that starts now: no larger than results may be. Of workers elsewhere no pace is known."""
    if not config.queue.is_local:
        return PRESETS
    engine = config.engine
    found = presets_for(latest_pace(config.storage.path, engine.device, engine.precision))
    return {name: each if each.size**2 <= engine.max_pixels else PRESETS[name] for name, each in found.items()}

"""`atelier stylize`: one picture or animation by the engine alone, without bot and queue."""

from __future__ import annotations

import argparse
import dataclasses
import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from bot.commands.engine import open_engine
from bot.commands.output import FILMS, MOVING, STILL, check_writable, ending, save_bytes, save_picture
from bot.commands.pictures import find_style, read_animation, read_picture, read_style
from bot.config import load_config
from bot.errors import BadOption
from bot.gallery import Gallery
from bot.gallery.defaults import suited
from bot.intake import MASK_FOR_EACH, WEIGHT_FOR_EACH, check_one_each, moving_size, settings_for
from bot.presets import presets_in_force
from bot.requests import Options, read_option
from nst_engine.animation import Animation, to_bytes
from nst_engine.film import TimeLapse
from nst_engine.settings import Settings
from nst_engine.summary import LossSummary

if TYPE_CHECKING:
    from nst_engine.engine import Engine
    from nst_engine.engine import Progress as EngineProgress

NO_MASK: Final = "-"


@dataclasses.dataclass(frozen=True, slots=True)
class Commission:
    """What is to be painted: a still picture or the frames of an `animation`, in which styles, where, and how."""

    content: Image.Image
    animation: Animation | None
    styles: list[Image.Image]
    masks: list[Image.Image | None]
    settings: Settings


def run(arguments: argparse.Namespace) -> None:
    """Repaint the picture, write it, print its losses."""
    config = load_config(arguments.config)
    gallery, options = Gallery.load(config.gallery.path), _options(arguments)
    named = [find_style(style, gallery) for style in arguments.styles]
    suits = suited(named, config.engine.default_strength, options.style_weights or ())
    settings = settings_for(options, config.engine, suits, presets_in_force(config))
    commission = _commission(arguments, settings, gallery)
    engine = open_engine(config.engine)
    if note := engine.forecast(commission.content.size, commission.settings).note:
        print(note, file=sys.stderr)
    if arguments.preview is not None:
        save_picture(engine.preview(commission.content, commission.styles, commission.settings), arguments.preview)
    summary = _paint(engine, commission, arguments)
    if arguments.curve is not None:
        save_picture(Image.open(io.BytesIO(summary.curve())), arguments.curve)
    print(json.dumps({**summary.to_dict(), "out": str(arguments.out)}) if arguments.json else summary.text())


def _options(arguments: argparse.Namespace) -> Options:
    """What was given."""
    given = {field.name: getattr(arguments, field.name) for field in dataclasses.fields(Options)}
    return Options(**{name: read_option(name, text) for name, text in given.items() if text is not None})


def _commission(arguments: argparse.Namespace, settings: Settings, gallery: Gallery) -> Commission:
    """What was asked for, with everything about it checked that can be wrong."""
    animation = read_animation(arguments.content)
    if animation is not None and ending(arguments.out) not in MOVING:
        animation = None
    check_writable(arguments.out, STILL if animation is None else MOVING)
    check_writable(arguments.curve, (".png",))
    check_writable(arguments.preview, STILL)
    check_writable(arguments.timelapse, FILMS)
    if animation is not None and arguments.timelapse is not None:
        raise BadOption("A time-lapse is made of a still picture; leave --timelapse out, or give one frame.")
    masks = [None if name == NO_MASK else read_picture(Path(name)) for name in arguments.mask]
    styles = [read_style(style, gallery) for style in arguments.styles]
    check_one_each(MASK_FOR_EACH, len(masks), len(styles))
    check_one_each(WEIGHT_FOR_EACH, len(settings.style_weights), len(styles))
    if animation is None:
        return Commission(read_picture(arguments.content), None, styles, masks, settings)
    size = moving_size(settings.size, is_chosen=arguments.size is not None)
    return Commission(animation.frames[0], animation, styles, masks, dataclasses.replace(settings, size=size))


def _paint(engine: Engine, commission: Commission, arguments: argparse.Namespace) -> LossSummary:
    """Paint and write what came of it."""
    masks, checkpoint, out = commission.masks, arguments.checkpoint, arguments.out
    lapse = TimeLapse(commission.settings.steps)
    lapse.begin(commission.content)
    with _bar() as show:

        def on_progress(progress: EngineProgress) -> None:
            show(progress)
            if arguments.timelapse is not None:
                lapse(progress)

        how = (commission.styles, commission.settings, on_progress)
        if commission.animation is not None:
            frames = engine.stylize_frames(commission.animation.frames, *how, masks=masks, checkpoint=checkpoint)
            durations, loop = commission.animation.durations_ms, commission.animation.loop
            save_bytes(to_bytes(frames.frames, durations, MOVING[ending(out)], loop), out)
            return frames.summary
        result = engine.stylize(commission.content, *how, masks=masks, checkpoint=checkpoint)
    save_picture(result.picture, out)
    if arguments.timelapse is not None:
        lapse.finish(result.picture)
        save_bytes(lapse.film(FILMS[ending(arguments.timelapse)]), arguments.timelapse)
    return result.summary


@contextmanager
def _bar() -> Iterator[Callable[[EngineProgress], None]]:
    columns = (TextColumn("painting"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[loss]}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(file=sys.stderr)) as bar:
        task = bar.add_task("painting", total=1.0, loss="")

        def show(progress: EngineProgress) -> None:
            bar.update(task, completed=progress.share, loss=f"loss {progress.losses['total']:,.0f}")

        yield show

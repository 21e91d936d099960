"""`atelier stylize`: one picture by the engine alone, without bot and queue."""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from bot.commands.pictures import read_picture, read_style
from bot.config import Config, load_config
from bot.errors import BadOption
from bot.gallery import Gallery
from bot.intake import settings_for
from bot.requests import Options
from nst_engine.images import flatten
from nst_engine.settings import Settings

if TYPE_CHECKING:
    from nst_engine.engine import Progress as EngineProgress
    from nst_engine.engine import Result

SAVED_AS: Final = (".png", ".jpg", ".jpeg", ".webp")
OPTION_NAMES: Final = ("size", "steps", "optimizer", "content_weight", "style_weight", "tv_weight", "seed")


def run(arguments: argparse.Namespace) -> None:
    """Repaint the picture, write it, print its losses."""
    config = load_config(arguments.config)
    settings = settings_for(Options(**{name: getattr(arguments, name) for name in OPTION_NAMES}), config.engine)
    check_writable(arguments.out, SAVED_AS)
    if arguments.curve is not None:
        check_writable(arguments.curve, (".png",))
    content = read_picture(arguments.content)
    gallery = Gallery.load(config.gallery.path)
    styles = [read_style(style, gallery) for style in arguments.styles]
    result = _paint(config, content, styles, settings)
    save_picture(result.picture, arguments.out)
    if arguments.curve is not None:
        save_picture(Image.open(io.BytesIO(result.summary.curve())), arguments.curve)
    print(
        json.dumps({**result.summary.to_dict(), "out": str(arguments.out)}) if arguments.json else result.summary.text()
    )


def _paint(config: Config, content: Image.Image, styles: list[Image.Image], settings: Settings) -> Result:
    from nst_engine.engine import Engine  # takes seconds, which a mistyped option need not wait for

    engine = Engine(config.engine.device, config.engine.precision, config.engine.weights)
    columns = (TextColumn("painting"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[loss]}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(file=sys.stderr)) as bar:
        task = bar.add_task("painting", total=settings.steps, loss="")

        def on_progress(progress: EngineProgress) -> None:
            bar.update(task, completed=progress.step, loss=f"loss {progress.losses['total']:,.0f}")

        return engine.stylize(content, styles, settings, on_progress)


def check_writable(path: Path, endings: tuple[str, ...]) -> None:
    """Raise `BadOption` when a picture could not be written there, before time is spent on it."""
    if path.suffix.lower() not in endings:
        raise BadOption(f"{path}: the name must end in {' or '.join(endings)}.")
    if not path.parent.is_dir():
        raise BadOption(f"{path}: there is no folder {path.parent}; make it first.")


def save_picture(picture: Image.Image, path: Path) -> None:
    """Write a picture in the format of its name; raises `BadOption` when that fails."""
    has_alpha = path.suffix.lower() in (".png", ".webp")
    try:
        (picture if has_alpha else flatten(picture)).save(path, quality=95)
    except (OSError, ValueError) as error:
        raise BadOption(f"{path} cannot be written: {error}.") from None

"""Seconds and loss against the package pastiche, in turn on the same machine: `make benchmark`.

Each runs in a process of its own, started from the content with its defaults, and is scored along the way by the
reference objective in float32 on its unclamped picture, which is what both minimise.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
PHOTO, STYLE = "oakland_zoo_otters", "starry_night"


def prepare(folder: Path, size: int) -> tuple[Path, Path]:
    """Content and style at the very size that both optimise at, so that nothing is resized twice."""
    from bot.gallery import Gallery
    from nst_engine.images import RESAMPLING, fit, fit_area, open_picture

    gallery = Gallery.load()
    content, style = open_picture(gallery.photos[PHOTO].read()), open_picture(gallery.styles[STYLE].read())
    small = content.resize(fit(*content.size, size), RESAMPLING)
    paths = folder / "content.png", folder / "style.png"
    small.save(paths[0])
    style.resize(fit_area(*style.size, small.width * small.height), RESAMPLING).save(paths[1])
    return paths


def run_pastiche(content: Path, style: Path, steps: int) -> dict[int, tuple[float, float]]:
    """Seconds and loss after each step by the package's own artist, as its command line runs it."""
    from pastiche.pastiche import PasticheArtist

    artist = PasticheArtist(str(content), [str(style)])
    marks: dict[int, tuple[float, float]] = {}
    began = time.monotonic()
    for step in range(steps):
        artist.draw()
        # `loss` was evaluated before the step: it belongs to the one before.
        marks[step] = (time.monotonic() - began, 100 * artist.loss)
    return marks


def run_ours(content: Path, style: Path, steps: int) -> dict[int, tuple[float, float]]:
    """The same for our engine."""
    from nst_engine import Engine, Progress, Settings

    marks: dict[int, tuple[float, float]] = {}

    def on_progress(progress: Progress) -> None:
        marks[progress.step - 1] = (progress.seconds, progress.losses["total"])

    picture = Image.open(content)
    Engine().stylize(picture, [Image.open(style)], Settings(size=max(picture.size), steps=steps), on_progress)
    return marks


def main() -> None:
    """Run both in turn and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=101)
    parser.add_argument("--only", choices=("pastiche", "ours"), help=argparse.SUPPRESS)
    parser.add_argument("pictures", nargs="*", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.only:
        run = run_pastiche if chosen.only == "pastiche" else run_ours
        print(json.dumps(run(*map(Path, chosen.pictures), chosen.steps)))
        return
    with tempfile.TemporaryDirectory() as folder:
        paths = prepare(Path(folder), chosen.size)
        marks = {}
        for name in ("pastiche", "ours"):
            command = [
                sys.executable,
                "-m",
                __spec__.name,
                "--only",
                name,
                "--steps",
                str(chosen.steps),
                *map(str, paths),
            ]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
            marks[name] = {int(step): mark for step, mark in json.loads(done.stdout).items()}
        size = Image.open(paths[0]).size
    print(f"{size[0]}x{size[1]} pixels, {PHOTO} in the style of {STYLE}, {platform.processor() or platform.machine()}")
    print("| steps | pastiche 1.6.0: seconds, loss | ours: seconds, loss |\n|---|---|---|")
    for step in (5, 10, 25, 50, 100, 200, 300, 500):
        if step in marks["ours"]:
            cells = [f"{marks[name][step][0]:.1f}, {marks[name][step][1]:,.0f}" for name in ("pastiche", "ours")]
            print(f"| {step} | {cells[0]} | {cells[1]} |")


if __name__ == "__main__":
    main()

"""When does painting coarse to fine pay? `python -m tests.benchmarks.scales --size 1024`.

The yardstick is the picture at `--base` pixels in `--steps` steps at one scale. The size is then painted with each
number of scales and each share of steps for the finer ones, all at about the same work: that of `--steps` steps as the
engine itself would paint them. The reference objective is told of each result at its own size, which does not see the
large shapes of a style, and of each made as small as `--seen-at`, which does: the style loss there says whether the
result is as stylised as the yardstick.
"""

from __future__ import annotations

import argparse
import time
from itertools import count
from pathlib import Path
from unittest.mock import patch

from PIL import Image

from bot.gallery import Gallery
from nst_engine import Engine, Settings, schedule
from nst_engine.images import fit, open_picture


def steps_for(size: tuple[int, int], megapixel_steps: float, scales: int) -> int:
    """The most steps in all that do not take more work, at least one for each scale."""

    def fits(steps: int) -> bool:
        settings = Settings(size=max(size), steps=steps, scales=scales)
        return schedule.work(*size, settings) <= megapixel_steps

    return max(next(steps for steps in count(1) if not fits(steps)) - 1, scales, 1)


class Pair:
    """A photo and a painting, painted and scored."""

    def __init__(self, photo: str, style: str, seen_at: int, folder: Path | None) -> None:
        gallery = Gallery.load()
        self.content = open_picture(gallery.photos[photo].read())
        self.style = open_picture(gallery.styles[style].read())
        self._small = fit(*self.content.size, seen_at)
        self._folder = folder
        self._engine = Engine(precision="float32")

    def row(self, size: int, steps: int, scales: int, name: str) -> str:
        """Paint, and tell of the result as a row of the table."""
        settings = Settings(size=size, steps=steps, scales=scales)
        began = time.monotonic()
        picture = self._engine.stylize(self.content, [self.style], settings).picture
        seconds = time.monotonic() - began
        if self._folder is not None:
            picture.save(self._folder / f"{name}.png")
        made = schedule.schedule(*picture.size, settings)
        own = self._engine.score(self.content, [self.style], picture)
        small = picture.resize(self._small, Image.Resampling.BOX)
        there = self._engine.score(self.content, [self.style], small)
        way = ", ".join(f"{scale.steps} at {scale.width}" for scale in made)
        losses = f"{own.content:,.0f} + {own.style:,.0f} | {there.content:,.0f} + {there.style:,.0f}"
        return f"| {way} | {sum(scale.work for scale in made):.1f} | {losses} | {seconds:.0f} |"


def main() -> None:
    """Print one table, a row for each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photo", default="oakland_zoo_otters")
    parser.add_argument("--style", default="starry_night")
    parser.add_argument("--base", type=int, default=512)
    parser.add_argument("--seen-at", type=int, default=256)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--scales", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--shares", type=float, nargs="+", default=[schedule.FINER_SHARE])
    parser.add_argument("--out", type=Path, help="a folder to keep the pictures in")
    chosen = parser.parse_args()
    pair = Pair(chosen.photo, chosen.style, chosen.seen_at, chosen.out)
    print(f"| steps | megapixel-steps | content + style | at {chosen.seen_at} | seconds |\n{'|---' * 5}|")
    print(pair.row(chosen.base, chosen.steps, 1, "base"), flush=True)
    size = fit(*pair.content.size, chosen.size)
    wanted = schedule.work(*size, Settings(size=chosen.size, steps=chosen.steps))
    for scales in chosen.scales:
        for share in chosen.shares if scales > 1 else chosen.shares[:1]:
            with patch.object(schedule, "FINER_SHARE", share):
                steps = steps_for(size, wanted, scales)
                print(pair.row(chosen.size, steps, scales, f"{chosen.size}_{scales}_{share:.2f}"), flush=True)


if __name__ == "__main__":
    main()

"""Does starting from the feed-forward look shorten the run? `python -m tests.benchmarks.preview_start`.

Losses after so many steps from each start, on the reference objective in float32, at one scale.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Final

from bot.gallery import Gallery
from nst_engine import Engine, Settings
from nst_engine.images import open_picture

PAIRS: Final = (("oakland_zoo_otters", "starry_night"), ("lake_sherburne", "waves"), ("astronaut", "mosaic"))
STARTS: Final[Mapping[str, Mapping[str, float]]] = {
    "content": {"content": 1.0},
    "preview": {"preview": 1.0},
    "half of each": {"content": 1.0, "preview": 1.0},
}
MARKS: Final = (0, 10, 25, 50, 100, 200)


def run_from(start: Mapping[str, float], photo: str, style: str, size: int, steps: int) -> list[float]:
    """The total losses at the start and after every step."""
    gallery = Gallery.load()
    pictures = [open_picture(named.read()) for named in (gallery.photos[photo], gallery.styles[style])]
    settings = Settings(size=size, steps=steps, start=start, scales=1)
    summary = Engine(precision="float32").stylize(pictures[0], [pictures[1]], settings).summary
    return summary.losses["total"]


def main() -> None:
    """Print one table, a row for each pair and start."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=MARKS[-1])
    chosen = parser.parse_args()
    marks = [mark for mark in MARKS if mark <= chosen.steps]
    print(f"| pair | start | {' | '.join(f'{mark} steps' for mark in marks)} |\n|{'---|' * (len(marks) + 2)}")
    for photo, style in PAIRS:
        for name, start in STARTS.items():
            losses = run_from(start, photo, style, chosen.size, chosen.steps)
            print(f"| {photo}, {style} | {name} | {' | '.join(f'{losses[mark]:,.0f}' for mark in marks)} |", flush=True)


if __name__ == "__main__":
    main()

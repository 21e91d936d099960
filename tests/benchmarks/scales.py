"""When does painting coarse to fine pay? `python -m tests.benchmarks.scales --size 1024`.

The yardstick is the picture at `--base` pixels in `--steps` steps at one scale. The size is then painted with each
number of scales and each share of steps for the finer ones, all at about the same work: that of `--steps` steps as the
engine itself would paint them. The reference objective is told of each result at its own size, which does not see the
large shapes of a style, and of each made as small as `--seen-at`, which does: the style loss there says whether the
result is as stylised as the yardstick.

    python -m tests.benchmarks.scales --sheet scales.jpg --out panels --sizes 512 1024

With `--sheet` each of `--pairs` is painted at each of `--sizes` with each number of scales, all as the bot paints them
but for the steps, whose work is the same: `--megapixel-steps`, or what the preset named standard takes at that size.
The sheet shows them side by side, with a part of the middle as it is. What is in the folder is not painted again.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final
from unittest.mock import patch

from PIL import Image

from bot.config import EngineConfig
from bot.gallery import Gallery
from bot.intake import settings_for
from bot.requests import Options
from nst_engine import Engine, Settings, schedule
from nst_engine.images import fit, open_picture
from tests.benchmarks import looks, measures
from tests.benchmarks.measures import SEEN_AT, style_shares
from tests.benchmarks.sheets import heading, row, stacked

SHEET_PAIRS: Final = looks.PAIRS[:3]
PANEL: Final = 320
LARGE: Final = 512
"""Above it a part of the middle is shown as it is, too."""
QUALITY: Final = 90


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


@dataclass(frozen=True)
class Panels:
    """Results at equal work, kept in a folder; `megapixel_steps` is that of a size, the standard preset's elsewhere."""

    folder: Path
    strength: int | None = None
    megapixel_steps: Mapping[int, float] = field(default_factory=dict)
    painter: Engine = field(default_factory=Engine)
    scorer: Engine = field(default_factory=partial(Engine, precision="float32"))

    def work(self, pair: measures.Pair, size: int) -> float:
        """The megapixel-steps of a pair at a size, the same for each number of scales."""
        if size in self.megapixel_steps:
            return self.megapixel_steps[size]
        usual = settings_for(Options(size=size, preset="standard"), EngineConfig())
        return schedule.work(*fit(*pair.pictures()[0].size, size), usual)

    def settings(self, pair: measures.Pair, size: int, scales: int) -> Settings:
        """The bot's settings for that many scales, with as many steps as the work allows."""
        steps = steps_for(fit(*pair.pictures()[0].size, size), self.work(pair, size), scales)
        options = Options(size=size, steps=steps, scales=scales, strength=self.strength)
        return looks.chosen_settings(pair.style, options)

    def result(self, pair: measures.Pair, settings: Settings) -> Image.Image:
        """What the pair is painted to, from the folder if it is there."""
        facts = f"{settings.size}_{settings.scales}_{settings.steps}_{settings.style_weight:.3g}"
        path = self.folder / f"{pair.photo}-{pair.style}_{facts}.png"
        if not path.is_file():
            photo, style = pair.pictures()
            part = path.with_suffix(".part")
            self.painter.stylize(photo, [style], settings).picture.save(part, "PNG")
            part.replace(path)
        return open_picture(path.read_bytes())

    def shares(self, pair: measures.Pair, picture: Image.Image) -> dict[int, float]:
        """The style losses at `SEEN_AT` as shares of the photo's own there, where the picture has as many pixels."""
        sides = [side for side in SEEN_AT if side <= max(picture.size)]
        return dict(zip(sides, style_shares(self.scorer, *pair.pictures(), picture, sides), strict=True))

    def rows(self, pair: measures.Pair, size: int, numbers: Sequence[int]) -> list[Image.Image]:
        """A pair's part of the sheet; its rows of the table are printed as they are known."""
        shown, parts = [], []
        for scales in numbers:
            settings = self.settings(pair, size, scales)
            picture = self.result(pair, settings)
            made = schedule.schedule(*picture.size, settings)
            way = ", ".join(f"{scale.steps} at {max(scale.width, scale.height)}" for scale in made)
            shares = self.shares(pair, picture)
            cells = [f"{shares[side]:#.3g}" if side in shares else "-" for side in SEEN_AT]
            work = sum(scale.work for scale in made)
            print(f"| {pair} | {size} | {scales} | {way} | {work:#.3g} | {' | '.join(cells)} |", flush=True)
            label = f"{scales} scale{'s' if scales > 1 else ''}: {way}"
            shown.append((label, picture))
            parts.append(("the middle, 1:1", middle(picture)))
        whole = row(shown, PANEL)
        strip = heading(f"{pair}, {size} pixels, {self.work(pair, size):#.3g} megapixel-steps", whole.width)
        return [strip, whole, row(parts, PANEL)] if size > LARGE else [strip, whole]


def middle(picture: Image.Image) -> Image.Image:
    """What of the middle of a picture is seen in a panel as it is, white to the sides of a narrower one."""
    seen = Image.new("RGB", (PANEL, min(PANEL, picture.height)), "white")
    seen.paste(picture, ((seen.width - picture.width) // 2, (seen.height - picture.height) // 2))
    return seen


def make_sheet(
    panels: Panels, path: Path, pairs: Sequence[measures.Pair], sizes: Sequence[int], numbers: Sequence[int]
) -> None:
    """Write the sheet, anew with each pair that is there, and print the table; `numbers` are those of the scales."""
    columns = [*("pair", "size", "scales", "steps", "megapixel-steps"), *(f"style at {side}" for side in SEEN_AT)]
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
    rows: list[Image.Image] = []
    for size in sizes:
        for pair in pairs:
            rows += panels.rows(pair, size, numbers)
            stacked(rows).save(path, "JPEG", quality=QUALITY)


def print_table(chosen: argparse.Namespace) -> None:
    """The ways beside the yardstick, a row for each."""
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one table, a row for each way, or write the sheet."""
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
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="write a sheet of --pairs at --sizes; needs --out")
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024])
    parser.add_argument("--pairs", type=measures.Pair.read, nargs="+", default=SHEET_PAIRS, metavar="PHOTO:STYLE")
    work = "the work of each panel: one number, or one for each of --sizes"
    parser.add_argument("--megapixel-steps", type=float, nargs="+", metavar="WORK", help=work)
    parser.add_argument("--strength", type=int, help="of the panels; else the bot's own")
    chosen = parser.parse_args(arguments)
    if chosen.out is not None:
        chosen.out.mkdir(parents=True, exist_ok=True)
    if chosen.sheet is not None:
        if chosen.out is None:
            parser.error("The sheet's pictures are kept in a folder; name it with --out.")
        works = chosen.megapixel_steps or []
        works = works * len(chosen.sizes) if len(works) == 1 else works
        panels = Panels(chosen.out, chosen.strength, dict(zip(chosen.sizes, works, strict=bool(works))))
        make_sheet(panels, chosen.sheet, chosen.pairs, chosen.sizes, chosen.scales)
        return
    print_table(chosen)


if __name__ == "__main__":
    main()

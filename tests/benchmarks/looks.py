"""How results look: eight pairs as the bot paints them, as numbers and side by side.

    python -m tests.benchmarks.looks --out looks/before
    python -m tests.benchmarks.looks --out looks/after --against looks/before

The folder gets each result as PNG, results.json, the table as looks.md, and the sheet looks.jpg: photo, painting,
result, and the earlier result where there is one. What is finished is written at once; `--resume` paints only the pairs
that were not finished with the same settings. The columns:

- delivered / told: the total loss of the saved picture, in float32, over the one that the run told.
- style at N: the style loss of the result made N pixels small, as a share of the photo's own there.
- contrast, and the style's: the standard deviation of luminance, in levels of 0..255.
- chroma, and the style's: mean colourfulness in OKLab, in hundredths.
- structure: how much of the photo's drawing is kept, 1 for all of it.
- judge, and the photo's: the distance to the style by a network that nothing optimises; see `judge.Judge.distance`.
- seconds: of the run.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

from PIL import Image

from bot.gallery import Gallery
from bot.requests import Options
from nst_engine import Engine, Settings
from nst_engine.images import open_picture
from tests.benchmarks import measures
from tests.benchmarks.judge import Judge
from tests.benchmarks.measures import (
    Pair,
    as_large_as,
    chroma,
    contrast,
    loss_of,
    sides_for,
    structure,
    style_shares,
    with_area_of,
)
from tests.benchmarks.sheets import Panel, heading, row, stacked

PAIRS: Final = (
    Pair("oakland_zoo_otters", "starry_night"),
    Pair("lake_sherburne", "waves"),
    Pair("cincinnati_bridge", "lilac"),
    Pair("coffee", "mosaic"),
    Pair("astronaut", "bouquet_of_flowers"),
    Pair("roman_colosseum", "stained_glass"),
    Pair("cincinnati_bridge", "ninth_wave"),
    Pair("lake_sherburne", "mont_sainte_victoire"),
)
RESULTS, TABLE, SHEET = "results.json", "looks.md", "looks.jpg"
PANEL: Final = 400
QUALITY: Final = 90
STEADY: Final = ("the style's contrast", "the style's chroma", "the photo's judge")
"""Numbers that no change of the engine moves: left out where two runs are compared."""

Numbers = Mapping[str, float]
"""A pair's numbers by the columns of the table."""


@dataclass
class Results:
    """What a folder holds: for each pair the settings of its run and its numbers."""

    folder: Path
    name: str = ""
    pairs: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> Results:
        """What an earlier run has left there; nothing where there was none."""
        path = folder / RESULTS
        return cls(folder, **json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else cls(folder)

    def save(self) -> None:
        """Write what is known so far, whole or not at all."""
        text = json.dumps({"name": self.name, "pairs": self.pairs}, indent=1)
        part = self.folder / f"{RESULTS}.part"
        part.write_text(f"{text}\n", encoding="utf-8")
        part.replace(self.folder / RESULTS)

    def picture(self, pair: Pair) -> Path:
        """Where a pair's result is."""
        return self.folder / f"{pair.photo}-{pair.style}.png"

    def has(self, pair: Pair, settings: Settings) -> bool:
        """True if the pair was finished with these settings."""
        known = self.pairs.get(str(pair))
        return known is not None and known["settings"] == settings.to_dict() and self.picture(pair).is_file()

    def keep(self, pair: Pair, settings: Settings, numbers: Numbers) -> None:
        """Write a finished pair."""
        self.pairs[str(pair)] = {"settings": settings.to_dict(), "numbers": dict(numbers)}
        self.save()

    def numbers(self, pairs: Sequence[Pair]) -> dict[str, Numbers]:
        """The numbers of those of the pairs that are finished."""
        return {str(pair): self.pairs[str(pair)]["numbers"] for pair in pairs if str(pair) in self.pairs}


@dataclass(frozen=True)
class Studio:
    """The engine that paints, at its own precision, and what measures: the engine in float32 and the judge."""

    painter: Engine = field(default_factory=Engine)
    scorer: Engine = field(default_factory=partial(Engine, precision="float32"))
    judge: Judge = field(default_factory=Judge)

    def paint(self, pair: Pair, settings: Settings, path: Path) -> Numbers:
        """Paint a pair into a PNG file, and its numbers by what is in the file."""
        photo, style = pair.pictures()
        result = self.painter.stylize(photo, [style], settings)
        result.picture.save(path)
        delivered = loss_of(self.scorer, photo, style, settings, open_picture(path.read_bytes()))
        told = {"delivered / told": delivered / result.summary.last("total")}
        measured = self.measure(photo, style, open_picture(path.read_bytes()))
        return {**told, **measured, "seconds": result.summary.seconds}

    def measure(self, photo: Image.Image, style: Image.Image, picture: Image.Image) -> Numbers:
        """The numbers of a finished picture, however it was painted."""
        sides, painting = sides_for(max(picture.size)), with_area_of(style, picture)
        shares = style_shares(self.scorer, photo, style, picture, sides)
        return {
            **{f"style at {side}": share for side, share in zip(sides, shares, strict=True)},
            "contrast": contrast(picture),
            "the style's contrast": contrast(painting),
            "chroma": chroma(picture),
            "the style's chroma": chroma(painting),
            "structure": structure(picture, photo),
            "judge": self.judge.distance(picture, painting),
            "the photo's judge": self.judge.distance(as_large_as(photo, picture), painting),
        }


def chosen_settings(style: str, options: Options) -> Settings:
    """What the bot paints a style with, where a person chose these options."""
    return measures.chosen_settings(Gallery.load().styles[style], options)


def table(numbers: Mapping[str, Numbers]) -> str:
    """A row for each pair and one of medians."""
    columns = list(dict.fromkeys(name for each in numbers.values() for name in each))
    rows = {pair: [written(each[name]) if name in each else "-" for name in columns] for pair, each in numbers.items()}
    rows["median"] = [written(_median(numbers.values(), name)) for name in columns]
    return _markdown(columns, rows)


def comparison(before: Mapping[str, Numbers], after: Mapping[str, Numbers]) -> str:
    """Each number before and after, of the pairs and columns that both have."""
    pairs = [pair for pair in after if pair in before]
    columns = [name for pair in pairs[:1] for name in after[pair] if name in before[pair] and name not in STEADY]
    runs = [[run[pair] for pair in pairs] for run in (before, after)]
    rows = {
        pair: [f"{written(before[pair][name])} → {written(after[pair][name])}" for name in columns] for pair in pairs
    }
    rows["median"] = [" → ".join(written(_median(run, name)) for run in runs) for name in columns]
    return _markdown(columns, rows)


def written(value: float) -> str:
    """A number with three digits, four from 1 to 10, and all before the point."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:#.4g}" if 1 <= abs(value) < 10 else f"{value:#.3g}"


def _median(numbers: Iterable[Numbers], name: str) -> float:
    return median(each[name] for each in numbers if name in each)


def _markdown(columns: Sequence[str], rows: Mapping[str, Sequence[str]]) -> str:
    lines = [["pair", *columns], ["---"] * (1 + len(columns)), *([pair, *cells] for pair, cells in rows.items())]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def sheet(results: Results, pairs: Sequence[Pair], earlier: Results | None) -> Image.Image:
    """Photo, painting and result of each finished pair, and the earlier result where there is one."""
    rows = [row(_panels(results, pair, earlier), PANEL) for pair in pairs if str(pair) in results.pairs]
    return stacked([heading(results.name, rows[0].width), *rows])


def _panels(results: Results, pair: Pair, earlier: Results | None) -> list[Panel]:
    photo, style = pair.pictures()
    after = Image.open(results.picture(pair))
    known = results.pairs[str(pair)]["settings"]
    panels = [(pair.photo, as_large_as(photo, after)), (pair.style, with_area_of(style, after))]
    if earlier is not None and earlier.picture(pair).is_file():
        panels.append((earlier.name, Image.open(earlier.picture(pair))))
    return [*panels, (f"{results.name}: {known['size']} px, {known['steps']} steps", after)]


def paint_all(
    results: Results, pairs: Sequence[Pair], settings_of: Callable[[str], Settings], *, resume: bool = False
) -> None:
    """Paint the pairs that are not finished; the engine is loaded when the first one is."""
    studio: Studio | None = None
    for pair in pairs:
        settings = settings_of(pair.style)
        if resume and results.has(pair, settings):
            continue
        studio = studio or Studio()
        numbers = studio.paint(pair, settings, results.picture(pair))
        results.keep(pair, settings, numbers)
        print(f"{pair}: {', '.join(f'{name} {written(value)}' for name, value in numbers.items())}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Paint, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="the folder of the results")
    parser.add_argument("--name", default="", help="what the results are called on the sheet; else as the folder")
    parser.add_argument("--pairs", type=Pair.read, nargs="+", default=PAIRS, metavar="PHOTO:STYLE")
    parser.add_argument("--size", type=int)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--strength", type=int)
    parser.add_argument("--preset")
    parser.add_argument("--resume", action="store_true", help="keep the pairs that are finished with these settings")
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="earlier results to compare with")
    chosen = parser.parse_args(arguments)
    options = Options(size=chosen.size, steps=chosen.steps, strength=chosen.strength, preset=chosen.preset)
    chosen.out.mkdir(parents=True, exist_ok=True)
    results = Results.load(chosen.out) if chosen.resume else Results(chosen.out)
    results.name = chosen.name or chosen.out.resolve().name
    paint_all(results, chosen.pairs, partial(chosen_settings, options=options), resume=chosen.resume)
    told = table(results.numbers(chosen.pairs))
    earlier = Results.load(chosen.against) if chosen.against else None
    if earlier is not None:
        told += f"\n\n{earlier.name} → {results.name}:\n\n"
        told += comparison(earlier.numbers(chosen.pairs), results.numbers(chosen.pairs))
    (chosen.out / TABLE).write_text(f"{told}\n", encoding="utf-8")
    sheet(results, chosen.pairs, earlier).save(chosen.out / SHEET, quality=QUALITY)
    print(told)


if __name__ == "__main__":
    main()

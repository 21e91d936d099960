"""What is told of every style with every photo, against what is delivered: `python -m tests.benchmarks.delivered`.

Each pair is painted small, with the style's own defaults. Told is the last total of the run's summary; delivered is the
same objective in float32 at the picture as it is saved, clamped and in 8 bits; optimised is that at the picture as the
optimiser left it. The table has the pairs with the largest ratios, and the last lines the largest of all.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from bot.gallery import Gallery, Style
from bot.requests import Options
from nst_engine.engine import Engine
from nst_engine.images import open_picture
from nst_engine.objectives import objective_for
from nst_engine.run import Run
from nst_engine.studies import Pictures
from tests.benchmarks.measures import chosen_settings


def ratios(painter: Engine, scorer: Engine, photo: Style, style: Style, size: int, steps: int) -> tuple[float, float]:
    """Delivered over told, and delivered over optimised, of one pair."""
    settings = chosen_settings(style, Options(size=size, steps=steps))
    pictures = Pictures(open_picture(photo.read()), (open_picture(style.read()),), (), settings)
    study, picture, summary = Run(painter.room(), pictures).paint()
    objective = objective_for(scorer.room().network, study, pictures.shares, scorer.room().targets, None)
    optimised, delivered = (objective.losses(each)[-1].item() for each in (picture, study.delivered(picture)))
    return delivered / summary.last("total"), delivered / optimised


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    gallery = Gallery.load()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--styles", nargs="+", choices=gallery.styles, metavar="STYLE", default=list(gallery.styles))
    parser.add_argument("--photos", nargs="+", choices=gallery.photos, metavar="PHOTO", default=list(gallery.photos))
    parser.add_argument("--most", type=int, default=8, help="how many rows")
    chosen = parser.parse_args(arguments)
    painter, scorer = Engine(), Engine(precision="float32")
    found: dict[str, tuple[float, float]] = {}
    for style in chosen.styles:
        for photo in chosen.photos:
            pair = gallery.photos[photo], gallery.styles[style]
            found[f"{photo}, {style}"] = ratios(painter, scorer, *pair, chosen.size, chosen.steps)
    print("| pair | delivered over told | delivered over optimised |\n|---|---|---|")
    for name, (told, optimised) in sorted(found.items(), key=lambda each: -max(each[1]))[: chosen.most]:
        print(f"| {name} | {told:.3f} | {optimised:.3f} |")
    print(f"{len(found)} pairs; largest of delivered over told: {max(told for told, _ in found.values()):.3f}")
    print(f"largest of delivered over optimised: {max(optimised for _, optimised in found.values()):.3f}")


if __name__ == "__main__":
    main()

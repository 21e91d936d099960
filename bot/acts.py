"""What the buttons under a finished picture do, on every platform, and what these are called."""

from __future__ import annotations

from typing import Final, Literal, get_args

from bot.languages import N_, _

Act = Literal["again", "other", "stronger", "softer", "colours", "larger", "file", "film", "losses", "delete"]
ACTS: Final[tuple[Act, ...]] = get_args(Act)
"""In the order in which they stand."""
LABELS: Final[dict[Act, str]] = {
    "again": N_("Again"),
    "other": N_("Other style"),
    "stronger": N_("Stronger"),
    "softer": N_("Softer"),
    "colours": N_("Keep colours"),
    "larger": N_("Larger"),
    "file": N_("As file"),
    "film": N_("Time-lapse"),
    "losses": N_("Losses"),
    "delete": N_("Delete"),
}
PAINTING_COLOURS: Final = N_("Painting's colours")
"""What `colours` is called under a picture that has kept the photo's own."""


def label(act: Act, *, keeps_colours: bool = False) -> str:
    """What a button is called, under a picture that `keeps_colours` of the photo or not."""
    if act == "colours" and keeps_colours:
        return _(PAINTING_COLOURS)
    return _(LABELS[act])

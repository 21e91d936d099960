"""What suits the styles of a picture where its person chooses nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from bot.gallery.style import Style
from bot.requests import Options


def suited(styles: Sequence[Style | None], strength: int, shares: Sequence[float] = ()) -> Options:
    """The defaults of one style, or of several the strength alone: the mean by their `shares`, even ones without.

    `strength` is that of styles without one of their own. None stands for a picture brought along.
    """
    if not styles:
        return Options(strength=strength)
    owns = [None if style is None else style.defaults.strength for style in styles]
    strengths = [strength if own is None else own for own in owns]
    if len(styles) == 1:
        return replace(Options() if styles[0] is None else styles[0].defaults, strength=strengths[0])
    total = sum(shares)
    if len(shares) != len(styles) or min(shares) < 0 or not 0 < total < math.inf:
        shares, total = [1.0] * len(styles), len(styles)
    mean = sum(share * each for share, each in zip(shares, strengths, strict=True)) / total
    return Options(strength=math.floor(mean + 0.5))

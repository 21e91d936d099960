"""The strength moves the picture evenly: equal steps of it are about equal steps away from the photo."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt

import pytest
from PIL import Image

from nst_engine.engine import Engine
from nst_engine.settings import Settings, style_weight_for

STRENGTHS = (0, 50, 100)
UNEVEN = 2.5
"""The largest step may be so many times the smallest."""


def test_strength_grows_to_the_reference_objective() -> None:
    weights = [style_weight_for(strength) for strength in range(101)]
    assert all(lower < higher for lower, higher in pairwise(weights))
    assert weights[-1] == Settings().style_weight
    # No kink so steep that one point of strength is a leap.
    assert all(higher / lower < 1.2 for lower, higher in pairwise(weights))


@pytest.mark.slow
def test_equal_steps_of_strength_are_about_equal_steps_away_from_the_photo(
    nst: Engine, otters: Image.Image, starry_night: Image.Image, waves: Image.Image
) -> None:
    distances = [0.0] * len(STRENGTHS)
    for style in (starry_night, waves):
        for place, strength in enumerate(STRENGTHS):
            settings = Settings(size=96, steps=24, style_weight=style_weight_for(strength))
            painted = nst.stylize(otters, [style], settings)
            assert all(total < painted.summary.losses["total"][0] for total in painted.summary.losses["total"][10:])
            distances[place] += sqrt(nst.score(otters, [style], painted.picture).content)
    steps = [further - nearer for nearer, further in pairwise(distances)]
    assert min(steps) > 0, distances
    assert max(steps) < UNEVEN * min(steps), distances
    # The weakest strength paints, and leaves most of the way to go.
    assert 0.1 < distances[0] / distances[-1] < 0.5

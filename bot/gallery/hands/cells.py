"""Cells of irregular shape: panes of glass, facets of stone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.gallery.hands.canvas import Mask, Plane, Random

Numbers = NDArray[np.int64]


def cells(u: Plane, v: Plane, jitter: float, random: Random, least: float = 0.3) -> Numbers:
    """For each pixel the number of the cell it is in; cells are about one unit of `u` by one of `v`.

    Each cell is what lies nearest to its seed, the seeds standing on a lattice shaken by `jitter` of a unit. Cells
    smaller than `least` of the usual size give way to their neighbours.
    """
    u, v = u - np.floor(u.min()) + 1, v - np.floor(v.min()) + 1
    lattice = (int(v.max()) + 2, int(u.max()) + 2)
    shift_u = random.uniform(-jitter / 2, jitter / 2, lattice).astype(np.float32)
    shift_v = random.uniform(-jitter / 2, jitter / 2, lattice).astype(np.float32)
    alive = np.ones(lattice, bool)
    cell = _nearest_seed(u, v, shift_u, shift_v, alive)
    for _ in range(2):
        area = np.bincount(cell, minlength=alive.size)
        alive &= (area > least * np.median(area[area > 0])).reshape(lattice)
        lost = ~alive.ravel()[cell]
        cell[lost] = _nearest_seed(u[lost], v[lost], shift_u, shift_v, alive)
    return np.unique(cell, return_inverse=True)[1]


def _nearest_seed(u: Plane, v: Plane, shift_u: Plane, shift_v: Plane, alive: Mask) -> Numbers:
    column, row = u.astype(np.int64), v.astype(np.int64)
    nearest = np.full(u.shape, 1e9, np.float32)
    cell = np.zeros(u.shape, np.int64)
    middle_u, middle_v = shift_u + np.float32(0.5), shift_v + np.float32(0.5)
    dead = np.where(alive, 0, 100).astype(np.float32)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            at = (row + dy) * alive.shape[1] + column + dx
            away = (middle_u.ravel()[at] + column + dx - u) ** 2 + (middle_v.ravel()[at] + row + dy - v) ** 2
            away = (away + dead.ravel()[at]).astype(np.float32)
            closer = away < nearest
            np.copyto(nearest, away, where=closer)
            np.copyto(cell, at, where=closer)
    return cell

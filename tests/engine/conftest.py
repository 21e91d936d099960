"""The engine in this very process, at float32, and the pictures that its tests share."""

from __future__ import annotations

import pytest
from PIL import Image

from bot.gallery import Gallery
from nst_engine.engine import Engine
from nst_engine.images import open_picture
from nst_engine.weights import Weights, load_weights


@pytest.fixture(scope="session")
def nst() -> Engine:
    return Engine(device="cpu", precision="float32")


@pytest.fixture(scope="session")
def weights() -> Weights:
    return load_weights("bundled")


@pytest.fixture(scope="session")
def otters(gallery: Gallery) -> Image.Image:
    return open_picture(gallery.photos["oakland_zoo_otters"].read())


@pytest.fixture(scope="session")
def starry_night(gallery: Gallery) -> Image.Image:
    return open_picture(gallery.styles["starry_night"].read())


@pytest.fixture(scope="session")
def waves(gallery: Gallery) -> Image.Image:
    return open_picture(gallery.styles["waves"].read())

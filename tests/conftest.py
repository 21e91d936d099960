"""What many tests share: the pictures that come with the bot and a whole bot with a real engine at tiny size."""

from __future__ import annotations

import os

# Before torch is imported anywhere: on cores that are busy, OpenMP's spinning threads slow each other down manyfold.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
if workers := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")):
    # The cores are shared out among the processes that test side by side, and what these start.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from bot.app import Atelier, open_atelier
from bot.config import Config, EngineConfig
from bot.gallery import Gallery
from bot.queue.checkpoints import Checkpoints
from bot.queue.engine_driver import EngineDriver

# No deadlines: this machine may be busy with anything.
settings.register_profile("atelier", deadline=None)
settings.load_profile("atelier")

TINY = {"default_size": 64, "default_steps": 3}


@pytest.fixture(scope="session")
def gallery() -> Gallery:
    return Gallery.load()


@pytest.fixture(scope="session")
def photo(gallery: Gallery) -> bytes:
    """A real photo, as a person would send it."""
    return gallery.photos["oakland_zoo_otters"].read()


@pytest.fixture(scope="session")
def painting(gallery: Gallery) -> bytes:
    return gallery.styles["starry_night"].read()


@pytest.fixture(scope="session")
async def engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EngineDriver]:
    """One real engine process for all tests; loading torch takes seconds."""
    driver = EngineDriver(EngineConfig(device="cpu"), Checkpoints(tmp_path_factory.mktemp("checkpoints")))
    yield driver
    await driver.stop()


OpenAtelier = Callable[..., AbstractAsyncContextManager[Atelier]]


@pytest.fixture
def open_bot(tmp_path: Path, engine: EngineDriver) -> OpenAtelier:
    """Opens a bot on this test's data folder, as often as wanted; keywords are sections of the configuration."""

    @asynccontextmanager
    async def open_it(**sections: dict[str, Any]) -> AsyncIterator[Atelier]:
        values: dict[str, Any] = {"storage": {"path": tmp_path / "data"}, **sections}
        values["engine"] = {"device": "cpu", **TINY, **sections.get("engine", {})}
        async with open_atelier(Config.model_validate(values), engine) as atelier:
            yield atelier

    return open_it


@pytest.fixture
async def atelier(open_bot: OpenAtelier) -> AsyncIterator[Atelier]:
    """A running bot without fronts, its engine at 64 pixels and 3 steps."""
    async with open_bot() as running:
        yield running

"""One contract for the dispatcher, in memory and on a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bot.errors import SetupError
from bot.queue.dispatch import Dispatch
from tests.standins.redis_server import free_port, redis_server


@pytest.fixture(params=["memory", "redis"])
async def dispatch(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Dispatch]:
    if request.param == "memory":
        async with Dispatch("memory://") as opened:
            yield opened
        return
    with redis_server(tmp_path) as url:
        async with Dispatch(url) as opened:
            yield opened


class Painter:
    """A handler that notes what it was given and ends when it is let go."""

    def __init__(self) -> None:
        self.began: asyncio.Queue[str] = asyncio.Queue()
        self.cancelled: asyncio.Queue[str] = asyncio.Queue()
        self.go = asyncio.Event()

    async def __call__(self, order: str) -> None:
        self.began.put_nowait(order)
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled.put_nowait(order)
            raise


@pytest.fixture
async def painter(dispatch: Dispatch) -> AsyncIterator[Painter]:
    painter = Painter()
    working = asyncio.create_task(dispatch.work(painter))
    yield painter
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working


async def until(condition: Any) -> None:
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.02)


async def test_orders_are_worked_one_after_the_other(dispatch: Dispatch, painter: Painter) -> None:
    await dispatch.submit("a", "order a")
    await dispatch.submit("b", "order b")
    assert await asyncio.wait_for(painter.began.get(), 20) == "order a"
    assert await dispatch.knows("a") and await dispatch.knows("b")
    assert painter.began.empty()
    painter.go.set()
    assert await asyncio.wait_for(painter.began.get(), 20) == "order b"

    async def both_over() -> bool:
        return not (await dispatch.knows("a") or await dispatch.knows("b"))

    await until(both_over)


async def test_an_id_that_is_queued_is_not_queued_again(dispatch: Dispatch, painter: Painter) -> None:
    for _ in range(3):
        await dispatch.submit("a", "order a")
    await asyncio.wait_for(painter.began.get(), 20)
    await dispatch.submit("a", "order a")
    painter.go.set()
    await dispatch.submit("z", "order z")
    assert await asyncio.wait_for(painter.began.get(), 20) == "order z"


async def test_a_waiting_order_can_be_cancelled(dispatch: Dispatch, painter: Painter) -> None:
    for name in "abc":
        await dispatch.submit(name, name)
    assert await asyncio.wait_for(painter.began.get(), 20) == "a"
    await dispatch.cancel("b")
    painter.go.set()
    assert await asyncio.wait_for(painter.began.get(), 20) == "c"


async def test_a_running_order_can_be_cancelled_and_the_next_one_begins(dispatch: Dispatch, painter: Painter) -> None:
    await dispatch.submit("a", "a")
    await dispatch.submit("b", "b")
    await asyncio.wait_for(painter.began.get(), 20)
    await dispatch.cancel("a")
    assert await asyncio.wait_for(painter.cancelled.get(), 20) == "a"
    assert await asyncio.wait_for(painter.began.get(), 20) == "b"


async def test_workers_are_counted(dispatch: Dispatch, painter: Painter) -> None:
    async def one_worker() -> bool:
        return await dispatch.workers() == 1

    await until(one_worker)


async def test_events_reach_who_listens(dispatch: Dispatch) -> None:
    ready = asyncio.Event()
    events = dispatch.events(ready)
    first = asyncio.create_task(anext(events))
    await asyncio.wait_for(ready.wait(), 20)
    await dispatch.publish({"type": "over", "job": "ü"})
    assert await asyncio.wait_for(first, 20) == {"type": "over", "job": "ü"}
    await events.aclose()  # type: ignore[attr-defined]


async def test_queues_in_memory_are_apart() -> None:
    async with Dispatch("memory://") as one, Dispatch("memory://") as other:
        await one.submit("a", "order a")
        assert await one.knows("a")
        assert not await other.knows("a")


async def test_a_redis_that_is_not_there_is_told() -> None:
    with pytest.raises(SetupError, match=r"queue.url cannot be reached"):
        async with Dispatch(f"redis://127.0.0.1:{free_port()}/0"):
            pass

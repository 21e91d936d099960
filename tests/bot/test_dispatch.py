"""One contract for the dispatcher, in memory and on a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from bot.errors import SetupError
from bot.queue.dispatch import Dispatch
from bot.queue.reach import QueueAwayError, asking
from bot.queue.shift import Shift
from tests.standins.redis_proxy import redis_proxy
from tests.standins.redis_server import free_port, redis_server

LEASE = 2.0


@pytest.fixture(params=["memory", "redis"])
async def dispatch(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Dispatch]:
    if request.param == "memory":
        async with Dispatch("memory://", LEASE) as opened:
            yield opened
        return
    with redis_server(tmp_path) as url:
        async with Dispatch(url, LEASE) as opened:
            yield opened


async def test_a_queue_is_left_as_soon_as_it_is_entered(tmp_path: Path) -> None:
    with redis_server(tmp_path) as url:
        for _ in range(5):
            async with asyncio.timeout(20):
                async with Dispatch(url, LEASE):
                    pass


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

    async def next(self) -> str:
        return await asyncio.wait_for(self.began.get(), 20)


@asynccontextmanager
async def at_work(shift: Shift) -> AsyncIterator[asyncio.Task[None]]:
    working = asyncio.create_task(shift.run())
    try:
        yield working
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


@pytest.fixture
async def painter(dispatch: Dispatch) -> AsyncIterator[Painter]:
    painter = Painter()
    async with at_work(dispatch.shift(painter)):
        yield painter


async def until(condition: Any) -> None:
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.02)


async def until_standing(dispatch: Dispatch, job: str, standing: str) -> None:
    async def stands() -> bool:
        return await dispatch.standing(job) == standing

    await until(stands)


async def test_orders_are_worked_one_after_the_other(dispatch: Dispatch, painter: Painter) -> None:
    assert await dispatch.standing("a") == "unknown"
    await dispatch.submit("a", "order a")
    await dispatch.submit("b", "order b")
    assert await painter.next() == "order a"
    assert (await dispatch.standing("a"), await dispatch.standing("b")) == ("live", "live")
    assert painter.began.empty()
    painter.go.set()
    assert await painter.next() == "order b"
    for job in "ab":
        await until_standing(dispatch, job, "ended")


async def test_an_id_that_is_queued_is_not_queued_again(dispatch: Dispatch, painter: Painter) -> None:
    for _ in range(3):
        await dispatch.submit("a", "order a")
    await painter.next()
    await dispatch.submit("a", "order a")
    painter.go.set()
    await dispatch.submit("z", "order z")
    assert await painter.next() == "order z"


async def test_an_id_that_has_ended_may_be_queued_again(dispatch: Dispatch, painter: Painter) -> None:
    painter.go.set()
    for _ in range(2):
        await dispatch.submit("a", "order a")
        assert await painter.next() == "order a"
        await until_standing(dispatch, "a", "ended")


async def test_a_waiting_order_can_be_cancelled(dispatch: Dispatch, painter: Painter) -> None:
    for name in "abc":
        await dispatch.submit(name, name)
    assert await painter.next() == "a"
    await dispatch.cancel("b")
    assert await dispatch.standing("b") == "ended"
    painter.go.set()
    assert await painter.next() == "c"


async def test_a_running_order_can_be_cancelled_and_the_next_one_begins(dispatch: Dispatch, painter: Painter) -> None:
    await dispatch.submit("a", "a")
    await dispatch.submit("b", "b")
    await painter.next()
    await dispatch.cancel("a")
    assert await asyncio.wait_for(painter.cancelled.get(), 20) == "a"
    assert await painter.next() == "b"


async def test_a_cancel_whose_word_was_lost_is_seen(dispatch: Dispatch, painter: Painter) -> None:
    await dispatch.submit("a", "a")
    await painter.next()
    async with dispatch._docket.redis() as redis:
        await dispatch._docket._cancel(redis, "a")
    assert await asyncio.wait_for(painter.cancelled.get(), 20) == "a"


@pytest.mark.slow
async def test_a_shift_that_is_drained_ends_what_runs_and_takes_no_more(dispatch: Dispatch) -> None:
    painter = Painter()
    shift = dispatch.shift(painter)
    async with at_work(shift):
        await dispatch.submit("a", "order a")
        assert await painter.next() == "order a"
        draining = asyncio.create_task(shift.drain())
        await asyncio.sleep(0)
        await dispatch.submit("b", "order b")
        # Longer than the lease: what is drained stays this worker's own.
        await asyncio.wait({draining}, timeout=1.5 * LEASE)
        assert not draining.done() and shift.running == 1
        painter.go.set()
        await asyncio.wait_for(draining, 20)
    assert painter.began.empty() and painter.cancelled.empty()
    assert await dispatch.standing("a") == "ended"


async def test_what_runs_when_a_shift_ends_is_free_at_once(dispatch: Dispatch) -> None:
    painter = Painter()
    shift = dispatch.shift(painter)
    async with at_work(shift):
        await dispatch.submit("a", "order a")
        await painter.next()
    assert painter.cancelled.get_nowait() == "order a"
    assert shift.is_leaving
    assert await dispatch.standing("a") == "ended", "so that it can be submitted again"


@pytest.mark.slow
async def test_a_running_order_keeps_its_lease(dispatch: Dispatch, painter: Painter) -> None:
    other = Painter()
    await dispatch.submit("a", "order a")
    await painter.next()
    async with at_work(dispatch.shift(other)):
        await asyncio.sleep(2 * LEASE)
        assert other.began.empty() and painter.began.empty()


async def test_slots_are_counted_and_filled(dispatch: Dispatch) -> None:
    async with Dispatch(dispatch.url, LEASE, slots=3) as wide:
        painter = Painter()
        async with at_work(wide.shift(painter)):

            async def three_slots() -> bool:
                return await wide.slots() == 3

            await until(three_slots)
            for name in "abcd":
                await wide.submit(name, name)
            assert {await painter.next() for _ in range(3)} == {"a", "b", "c"}
            assert painter.began.empty()
            painter.go.set()
            assert await painter.next() == "d"


async def test_events_reach_who_listens_and_the_last_is_kept(dispatch: Dispatch) -> None:
    events = dispatch.events()
    assert await asyncio.wait_for(anext(events), 20) == {"type": "listening"}
    assert await dispatch.last("ü") is None
    for word in ("progress", "over"):
        await dispatch.publish({"type": word, "job": "ü"})
        assert await asyncio.wait_for(anext(events), 20) == {"type": word, "job": "ü"}
    assert await dispatch.last("ü") == {"type": "over", "job": "ü"}
    await events.aclose()  # type: ignore[attr-defined]


async def test_silence_is_no_outage(dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.queue.subscription.SILENCE", 0.1)
    events = dispatch.events()
    assert await asyncio.wait_for(anext(events), 20) == {"type": "listening"}
    upcoming = asyncio.ensure_future(anext(events))
    await asyncio.wait({upcoming}, timeout=1)
    await dispatch.publish({"type": "over", "job": "a"})
    assert await asyncio.wait_for(upcoming, 20) == {"type": "over", "job": "a"}
    await events.aclose()  # type: ignore[attr-defined]


async def test_queues_in_memory_are_apart() -> None:
    async with Dispatch("memory://") as one, Dispatch("memory://") as other:
        await one.submit("a", "order a")
        assert await one.standing("a") == "live"
        assert await other.standing("a") == "unknown"


async def test_a_redis_that_is_not_there_is_told() -> None:
    with pytest.raises(SetupError, match=r"queue.url cannot be reached"):
        async with Dispatch(f"redis://127.0.0.1:{free_port()}/0"):
            pass


@pytest.mark.parametrize("how", ["cut", "swallowed"])
@pytest.mark.slow
async def test_a_redis_that_goes_away_is_noticed_and_what_runs_is_not_disturbed(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.queue.subscription.SILENCE", 1.0)
    painter = Painter()
    with redis_server(tmp_path) as url:
        async with (
            redis_proxy(url) as proxy,
            Dispatch(proxy.url, LEASE) as dispatch,
            at_work(dispatch.shift(painter)),
            Dispatch(proxy.url, LEASE) as front,
        ):
            events = front.events()
            await anext(events)
            await front.submit("a", "order a")
            await painter.next()
            await (proxy.stop() if how == "cut" else proxy.close())
            asks = front.slots(), front.submit("b", "b"), front.standing("a"), front.last("a"), anext(events)
            async with asyncio.timeout(40):
                told = await asyncio.gather(*asks, return_exceptions=True)
            assert [type(each) for each in told] == [QueueAwayError] * len(asks)
            await (proxy.start() if how == "cut" else proxy.reopen())

            async def is_back() -> bool:
                with suppress(QueueAwayError):
                    return await front.slots() == 1
                return False

            await until(is_back)
            assert await front.standing("a") == "live" and painter.cancelled.empty()
            # What was asked meanwhile may have happened or not.
            await front.submit("b", "b")
            painter.go.set()
            assert await painter.next() == "b"
            await until_standing(front, "a", "ended")


@pytest.mark.parametrize("error", [None, ConnectionError("cut")])
async def test_a_cancel_that_a_library_swallows_is_heeded(error: Exception | None) -> None:
    began = asyncio.Event()

    async def ask() -> None:
        async with asking():
            began.set()
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            if error is not None:
                raise error

    task = asyncio.create_task(ask())
    await began.wait()
    task.cancel()
    await asyncio.wait({task}, timeout=20)
    assert task.cancelled()

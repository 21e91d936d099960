"""How fast the bot speaks on Telegram: never more than a group bears, answers first, and that over a restart."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from telegram.error import RetryAfter

from adapters.telegram.limits import LIMITS, OWN_SERVER, TelegramLimits
from adapters.telegram.pace import NoRoom, Pace, Rank, Stopping
from adapters.telegram.window import Window

pytestmark = pytest.mark.filterwarnings("ignore:.*retry_after:DeprecationWarning")

GROUP = -100
QUICK = replace(LIMITS, chat_calls=1000, all_calls=1000, group_calls=4, group_seconds=0.3, group_reserve=2)


class Telegram:
    """The other side: notes what arrives, and answers when it may."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.times: list[float] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.flood: int | None = None

    async def take(self, words: str) -> bool:
        self.said.append(words)
        self.times.append(asyncio.get_running_loop().time())
        await self.may_answer.wait()
        if self.flood is not None:
            seconds, self.flood = self.flood, None
            raise RetryAfter(seconds)
        return True


async def say(pace: Pace, telegram: Telegram, words: str, rank: Rank = Rank.WORD, **data: Any) -> Any:
    about = {"chat_id": GROUP, **data}
    return await pace.process_request(telegram.take, (words,), {}, data.get("method", "sendMessage"), about, rank)


@pytest.mark.parametrize("limits", [LIMITS, OWN_SERVER])
def test_the_distances_are_those_that_telegram_bears(limits: TelegramLimits) -> None:
    private, group = 7, -7
    assert limits.edit_seconds(private) >= 3
    assert limits.edit_seconds(group) >= 8
    assert limits.preview_seconds(group) > limits.edit_seconds(group)
    assert limits.group_calls <= 20
    assert limits.group_seconds >= 60
    assert limits.group_reserve >= limits.group_calls / 2, "room for answers"
    assert limits.chat_calls <= limits.chat_seconds, "one a second"
    assert 2 * limits.all_calls <= 30 * limits.all_seconds


def test_a_window_counts_a_call_until_its_time_after_its_end() -> None:
    window = Window(2, 60)
    window.begin(1)
    window.begin(1)
    assert window.pause(0.0, 1) == math.inf
    window.end(5.0, 1)
    assert window.pause(6.0, 1) == 59.0
    assert window.pause(6.0, 1, spared=1) == math.inf
    window.end(7.0, 1)
    assert window.pause(64.0, 1, spared=1) == 3.0
    assert window.pause(65.0, 1) == 0.0
    assert window.pause(67.0, 5) == 0.0, "an album larger than the window goes when that is empty"
    assert window.is_idle(67.0)


async def test_a_group_never_hears_more_than_it_bears() -> None:
    pace, telegram = Pace(QUICK), Telegram()
    await asyncio.gather(*(say(pace, telegram, str(number)) for number in range(11)))
    assert telegram.said == [str(number) for number in range(11)]
    far = [later - earlier for earlier, later in zip(telegram.times, telegram.times[4:], strict=False)]
    assert min(far) >= QUICK.group_seconds


async def test_an_album_counts_for_each_of_its_pictures() -> None:
    pace, telegram = Pace(QUICK), Telegram()
    await say(pace, telegram, "album", media=["one", "two", "three"])
    await say(pace, telegram, "first")
    await say(pace, telegram, "second")
    assert telegram.times[1] - telegram.times[0] < QUICK.group_seconds <= telegram.times[2] - telegram.times[0]


async def test_answers_go_first_and_progress_does_not_wait() -> None:
    pace, telegram = Pace(QUICK), Telegram()
    telegram.may_answer.clear()
    first = [asyncio.create_task(say(pace, telegram, "before")) for _ in range(4)]
    await asyncio.sleep(0)
    ranks = {"word": Rank.WORD, "answer": Rank.ANSWER}
    later = [asyncio.create_task(say(pace, telegram, words, rank)) for words, rank in ranks.items()]
    with pytest.raises(NoRoom):
        await asyncio.wait_for(say(pace, telegram, "progress", Rank.PROGRESS), 1)
    telegram.may_answer.set()
    await asyncio.gather(*first, *later)
    assert telegram.said[4:] == ["answer", "word"]


async def test_progress_leaves_room_for_answers() -> None:
    pace, telegram = Pace(replace(QUICK, group_seconds=60)), Telegram()
    for words in ("one", "two"):
        await asyncio.wait_for(pace.room(GROUP), 1)
        await say(pace, telegram, words, Rank.PROGRESS)
    assert pace.pause(GROUP) > 50
    for words in ("three", "four"):
        await asyncio.wait_for(say(pace, telegram, words, Rank.ANSWER), 1)


async def test_a_chat_that_is_full_holds_up_no_other() -> None:
    pace, telegram = Pace(replace(QUICK, group_seconds=60)), Telegram()
    full = [asyncio.create_task(say(pace, telegram, str(number))) for number in range(6)]
    await asyncio.wait_for(say(pace, telegram, "elsewhere", chat_id=-200), 1)
    await asyncio.wait_for(say(pace, telegram, "who is there", method="getChatAdministrators"), 1)
    assert len(telegram.said) == 6
    pace.close()
    ended = await asyncio.gather(*full, return_exceptions=True)
    assert [type(end) for end in ended].count(Stopping) == 2


async def test_all_wait_for_the_end_of_a_silence_and_nobody_for_a_long_one() -> None:
    pace, telegram = Pace(QUICK), Telegram()
    heard: list[tuple[int, float]] = []
    pace.on_flood = lambda chat_id, seconds: heard.append((chat_id, seconds))
    telegram.flood = 1
    with pytest.raises(RetryAfter):
        await say(pace, telegram, "too much")
    await asyncio.gather(say(pace, telegram, "one"), say(pace, telegram, "two"))
    assert heard == [(GROUP, 1)]
    assert telegram.times[1] - telegram.times[0] >= 1
    telegram.flood = 3600
    for _ in range(2):
        with pytest.raises(RetryAfter):
            await asyncio.wait_for(say(pace, telegram, "far too much"), 1)
    assert telegram.said.count("far too much") == 1


async def test_what_was_said_before_a_restart_counts(tmp_path: Path) -> None:
    telegram, notes = Telegram(), tmp_path / "calls.json"
    before = Pace(replace(QUICK, group_seconds=60), notes)
    for number in range(4):
        await say(before, telegram, str(number))
    await before.note()
    after = Pace(replace(QUICK, group_seconds=60), notes)
    after.open()
    assert 50 < after.pause(GROUP) < 60
    notes.write_text("no notes")
    damaged = Pace(QUICK, notes)
    damaged.open()
    assert damaged.pause(GROUP) == 0


async def test_what_was_said_before_a_crash_counts(tmp_path: Path) -> None:
    telegram, notes = Telegram(), tmp_path / "calls.json"
    limits = replace(QUICK, group_seconds=60)
    before = Pace(limits, notes)
    for number in range(3):
        await say(before, telegram, str(number))
    telegram.may_answer.clear()
    under_way = asyncio.create_task(say(before, telegram, "under way"))
    async with asyncio.timeout(60):
        while True:
            after = Pace(limits, notes)
            after.open()
            if after.pause(GROUP) > 0 and len(noted(notes)) == 4:
                break
            await asyncio.sleep(0.01)
    telegram.may_answer.set()
    await under_way


def noted(notes: Path) -> list[float]:
    times: list[float] = json.loads(notes.read_text())[str(GROUP)]
    return times


async def test_the_same_distance_holds_for_a_private_chat() -> None:
    pace, telegram = Pace(replace(LIMITS, chat_seconds=0.3)), Telegram()
    await asyncio.gather(*(say(pace, telegram, str(number), chat_id=7) for number in range(7)))
    far = [
        later - earlier
        for earlier, later in zip(telegram.times, itertools.islice(telegram.times, 3, None), strict=False)
    ]
    assert min(far) >= 0.3

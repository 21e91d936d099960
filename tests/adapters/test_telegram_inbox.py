"""What Telegram brings is dealt with, whenever the bot ends: killed, stopped, or with its disk full."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.telegram.inbox import KEPT_SECONDS, TRIES, Inbox
from tests.standins.redis_server import free_port
from tests.standins.telegram import Message, TelegramStandin
from tests.standins.telegram.house import House, hurried, jpeg, results

pytest_plugins = ["tests.standins.telegram.fixtures"]

UPDATE = {"update_id": 7, "message": {"text": "hello"}}
BOT = "tests.standins.telegram.killable_bot"


def files(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def lives_again(folder: Path) -> list[Any]:
    """What a bot of the next life finds; it dies at once."""
    inbox = Inbox(folder)
    await inbox.look()
    return inbox.left()


async def comes_again(house: House, *updates: dict[str, Any]) -> None:
    """A next life that finds these updates as if they had not been dealt with, with presses of long ago."""
    await house.stop()
    for update in updates:
        (house.studio.folder / "telegram_inbox" / f"{update['update_id']}.1").write_text(json.dumps(update))
    house.telegram.world.stale_presses = True
    await house.start()
    await house.caught_up(house.club, house.ann)
    await house.stop()  # which waits for all of them
    assert files(house.studio.folder / "telegram_inbox") == []


async def test_what_was_begun_and_not_ended_is_there_in_the_next_life(tmp_path: Path) -> None:
    first = Inbox(tmp_path / "inbox")
    second_update, third_update = UPDATE | {"update_id": 10}, UPDATE | {"update_id": 9}
    await first.keep([second_update, UPDATE, third_update])
    for number in (7, 9, 10):
        assert first.begin(number)
        assert not first.begin(number)
    await first.end(7)
    assert await lives_again(tmp_path / "inbox") == [third_update, second_update]


async def test_what_is_dealt_with_leaves_nothing_and_is_not_kept_again(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    await inbox.keep([UPDATE])
    assert inbox.begin(7)
    await inbox.keep([UPDATE])
    await inbox.end(7)
    await inbox.keep([UPDATE])
    assert files(tmp_path) == []


async def test_what_kills_the_bot_is_given_up(tmp_path: Path) -> None:
    await Inbox(tmp_path).keep([UPDATE])
    for _ in range(TRIES - 1):
        assert await lives_again(tmp_path) == [UPDATE]
    assert await lives_again(tmp_path) == []
    assert files(tmp_path) == []


async def test_what_is_put_off_is_not_counted_as_tried(tmp_path: Path) -> None:
    await Inbox(tmp_path).keep([UPDATE])
    for _ in range(2 * TRIES):
        inbox = Inbox(tmp_path)
        await inbox.look()
        assert inbox.left() == [UPDATE]
        assert inbox.begin(7)
        inbox.put_off(7)
        await inbox.end(7)


async def test_a_start_that_comes_to_nothing_is_no_try(tmp_path: Path) -> None:
    await Inbox(tmp_path).keep([UPDATE])
    for _ in range(2 * TRIES):
        await Inbox(tmp_path).look()
    assert await lives_again(tmp_path) == [UPDATE]


async def test_what_comes_again_before_it_is_looked_for_is_dealt_with_once(tmp_path: Path) -> None:
    await Inbox(tmp_path).keep([UPDATE, UPDATE | {"update_id": 8}])
    inbox = Inbox(tmp_path)
    await inbox.look()
    await inbox.keep([UPDATE])
    assert inbox.begin(7)
    await inbox.end(7)
    assert [update["update_id"] for update in inbox.left()] == [8]
    assert files(tmp_path) == ["8.2"]


async def test_what_is_old_or_damaged_is_given_up(tmp_path: Path) -> None:
    await Inbox(tmp_path).keep([UPDATE, UPDATE | {"update_id": 8}, UPDATE | {"update_id": 9}])
    long_ago = time.time() - KEPT_SECONDS - 1
    os.utime(tmp_path / "7.1", (long_ago, long_ago))
    (tmp_path / "8.1").write_text("half an upd")
    (tmp_path / "10.1.new").write_text("half")
    assert [update["update_id"] for update in await lives_again(tmp_path)] == [9]
    assert files(tmp_path) == ["9.2"]


async def test_without_a_folder_updates_are_dealt_with_all_the_same(swift_telegram: House) -> None:
    house = swift_telegram
    await house.stop()
    (house.studio.folder / "telegram_inbox").write_text("no folder")
    await house.start()
    photo = await house.asks(house.private, house.ann)
    await house.picture_in(house.private, photo)


async def test_the_inbox_is_empty_once_all_is_said(telegram: TelegramStandin, swift_telegram: House) -> None:
    house = swift_telegram
    photo = await house.asks(house.private, house.ann)
    await house.picture_in(house.private, photo)
    await telegram.says(house.ann, house.private, "/help")
    await house.sentence_in(house.private, "I repaint")
    await house.stop()
    assert files(house.studio.folder / "telegram_inbox") == []


async def test_words_that_wait_when_the_bot_stops_are_said_by_the_next(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    await house.stop()
    limits, telegram.world.flood.rules = hurried(60)
    house.limits = replace(limits, stop_seconds=0.0)
    await house.start()
    persons = [telegram.person(f"person {number}") for number in range(5)]
    asked = [await telegram.says(person, house.club, "/help") for person in persons for _ in range(6)]
    await telegram.until(lambda: len(house.club.from_bot) >= 2)
    await house.stop()
    assert len(house.club.from_bot) < len(asked)
    assert telegram.pending == 0
    await house.start()
    await telegram.until(lambda: {m.reply_to for m in house.club.from_bot} >= set(asked))
    assert len(house.club.from_bot) == len(asked)
    assert telegram.world.flood.violations == []


async def test_an_album_explained_once_is_not_asked_about_again(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    for number in (1, 2, 3):
        await telegram.sends_photo(house.ann, house.private, jpeg(seed=number), album="a")
    question = await house.sentence_in(house.private, "What shall I do")
    await telegram.presses(house.ann, question, "Paint each of them")
    explained = telegram.last_update
    assert explained is not None
    chooser = await house.sentence_in(house.private, "Which style shall the 3 pictures get")
    await telegram.presses(house.ann, chooser, chooser.labels[0])
    await house.results(house.private, 3)
    said = len(house.private.from_bot)
    await comes_again(house, explained)
    assert len(house.private.from_bot) == said


async def test_an_album_on_either_side_of_a_restart_is_one(telegram: TelegramStandin, swift_telegram: House) -> None:
    house = swift_telegram
    await house.stop()
    house.limits = replace(limits := house.limits, album_quiet_seconds=60)
    await house.start()
    for number in (1, 2):
        await telegram.sends_photo(house.ann, house.private, jpeg(seed=number), album="a")
    await telegram.until(lambda: telegram.pending == 0)
    await house.stop()
    await telegram.sends_photo(house.ann, house.private, jpeg(seed=3), album="a")
    house.limits = limits
    await house.start()
    question = await house.sentence_in(house.private, "What shall I do")
    await telegram.presses(house.ann, question, "Paint each of them")
    await house.sentence_in(house.private, "Which style shall the 3 pictures get")


async def test_a_cancel_that_comes_again_after_a_restart_leaves_alone_what_was_asked_for_since(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    house.limits = replace(house.limits, stop_seconds=0.0)
    await house.restart()
    async with house.busy_engine():
        first = await house.remembered(await house.status_in(house.club, await house.asks(house.club, house.ann)))
        telegram.world.flood.close(house.club.id, 600)
        said = await telegram.says(house.ann, house.club, "/cancel")
        while not (await house.studio.job(first.id)).is_over:
            await asyncio.sleep(0.02)
        await house.asks(house.club, house.ann)
        while not (waiting := await house.studio.under_way("telegram", person=str(house.ann.id))):
            await asyncio.sleep(0.02)
        await house.stop()
        telegram.world.flood.close(house.club.id, 0)
        await house.start()
        answer = await house.message(house.club, lambda message: True, said)
        assert "is cancelled" in answer.text
        assert not (await house.studio.job(waiting[0].id)).is_over


async def test_a_style_that_comes_again_after_a_restart_is_told_as_added(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    house.limits = replace(house.limits, stop_seconds=0.0)
    await house.restart()
    telegram.world.flood.close(house.private.id, 600)
    await telegram.sends_photo(house.ann, house.private, jpeg(), "/addstyle Kitchen")
    await telegram.until(lambda: telegram.world.flood.refused)
    await house.stop()
    assert "kitchen" in (await house.studio.gallery_of("telegram", str(house.private.id))).own
    telegram.world.flood.close(house.private.id, 0)
    await house.start()
    await house.sentence_in(house.private, "Kitchen is in this chat's gallery now")
    assert len(house.private.from_bot) == 1


async def test_presses_that_come_again_when_all_was_done_change_nothing(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    updates = []

    async def press(message: Message, label: str) -> None:
        await telegram.presses(house.ann, message, label)
        assert telegram.last_update is not None
        updates.append(telegram.last_update)

    await telegram.sends_photo(house.ann, house.private, jpeg())
    chooser = await house.sentence_in(house.private, "Which style")
    await press(chooser, chooser.labels[0])
    (result,) = await house.results(house.private, 1)
    await press(result, "Again")
    _first, second = await house.results(house.private, 2)
    await house.settled((await house.job_of(second)).id)
    await telegram.presses(house.ann, result, "Other style")
    await telegram.until(lambda: "✕ Keep this one" in result.labels)
    await press(result, "The Kiss")
    third = (await house.results(house.private, 3))[2]
    await telegram.until(lambda: "Other style" in result.labels)
    await press(third, "Delete")
    await telegram.until(lambda: third.deleted)
    labels, said = result.labels, len(house.private.from_bot)
    await comes_again(house, *updates)
    assert len(house.private.from_bot) == said
    assert (result.labels, second.deleted) == (labels, False)


async def test_a_picture_announced_once_is_not_asked_for_again(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    await telegram.sends_photo(house.ann, house.private, jpeg())
    await telegram.presses(house.ann, await house.sentence_in(house.private, "Which style"), "My own picture")
    announced = telegram.last_update
    assert announced is not None
    await house.sentence_in(house.private, "Send me the picture")
    await telegram.sends_photo(house.ann, house.private, jpeg(seed=2))
    await house.picture_in(house.private)
    latest = await telegram.sends_photo(house.ann, house.private, jpeg(seed=3))
    await house.message(house.private, lambda message: "Which style" in message.text, latest)
    said = len(house.private.from_bot)
    await comes_again(house, announced)
    assert len(house.private.from_bot) == said
    await house.start()
    await telegram.says(house.ann, house.private, "lilac")
    await house.picture_in(house.private, latest)


async def test_words_wait_out_a_silence_that_is_too_long_for_answers(
    telegram: TelegramStandin, swift_telegram: House
) -> None:
    house = swift_telegram
    await house.stop()
    house.limits = replace(house.limits, flood_patience_seconds=0.1)
    await house.start()
    for words, answer in (("/help", "I repaint"), ("/styles", "Page 1")):
        telegram.world.flood.close(house.club.id, 1)
        said = await telegram.says(house.ann, house.club, words)
        assert answer in (await house.message(house.club, lambda message: True, said)).text
    assert telegram.world.flood.refused


class KillableBot:
    """The bot in a process of its own, which may be killed."""

    def __init__(self, telegram: TelegramStandin, data: Path, **settings: object) -> None:
        self._telegram = telegram
        keys = {"token": telegram.token, "api_url": telegram.api_url, "file_url": telegram.file_url, **settings}
        self._arguments = [str(data), json.dumps(keys)]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.subprocess.Process]:
        polls, sets = self._telegram.polls, self._telegram.webhooks_set
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", BOT, *self._arguments)
        try:
            await self._telegram.until(lambda: self._telegram.polls > polls or self._telegram.webhooks_set > sets)
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def kill(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGKILL)
    await process.wait()


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_what_came_before_a_kill_is_answered_once_after_it(
    telegram: TelegramStandin, tmp_path: Path, mode: str
) -> None:
    port = free_port()
    webhook = {"mode": mode, "webhook_url": f"http://127.0.0.1:{port}/", "webhook_port": port}
    bot = KillableBot(telegram, tmp_path, **(webhook if mode == "webhook" else {}))
    ann = telegram.person("Ann")
    chat = telegram.private(ann)
    async with bot.running() as process:
        telegram.hold("getFile", "sendMessage")
        photo = await telegram.sends_photo(ann, chat, jpeg(), "/stylize waves")
        album = [await telegram.sends_photo(ann, chat, jpeg(seed=n), "waves", album="a") for n in (1, 2)]
        said = await telegram.says(ann, chat, "/help")
        await telegram.until(lambda: telegram.held >= 2 and telegram.pending == 0)
        await kill(process)
    telegram.let_go()
    async with bot.running() as process:
        await telegram.until(lambda: len(results(chat)) == 3 and any(m.reply_to is said for m in chat.from_bot))
    answered = Counter(m.reply_to.id for m in chat.from_bot if m.reply_to is not None)
    assert answered == {message.id: 1 for message in (photo, *album, said)}

"""`/privacy` on Telegram: what is kept is told in private, and everything of who confirms it is deleted."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from adapters.telegram import pictures
from adapters.telegram.pictures import download
from tests.adapters.test_telegram_buttons import painted, refused
from tests.bot.test_privacy import traces
from tests.standins.telegram import Message, Person, TelegramStandin
from tests.standins.telegram.house import House, jpeg
from tests.standins.telegram.server import PATIENCE_SECONDS

pytest_plugins = ["tests.standins.telegram.fixtures"]


async def told(house: House, command: str = "/privacy") -> Message:
    before = len(house.private.from_bot)
    await house.telegram.says(house.ann, house.private, command)
    await house.telegram.until(lambda: len(house.private.from_bot) > before)
    return house.private.from_bot[-1]


async def delete_all(house: House) -> Message:
    message = await told(house)
    await house.telegram.presses(house.ann, message, "Delete my data")
    await house.telegram.until(lambda: "Yes, delete it" in message.labels)
    await house.telegram.presses(house.ann, message, "Yes, delete it")
    await house.telegram.until(lambda: not message.labels)
    return message


async def forgotten(folder: Path, person: Person) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while traces(folder, str(person.id)):
            await asyncio.sleep(0.05)


async def test_nothing_is_left_of_who_says_so(swift_telegram: House, telegram: TelegramStandin, tmp_path: Path) -> None:
    house = swift_telegram
    house.club.admins.add(house.bob.id)
    await house.studio.places.change("telegram", str(house.club.id), adders="everyone")
    await house.studio.places.change("telegram", str(house.private.id), size=32)
    result, _job = await painted(house)
    mine, _job = await painted(house, house.private)
    await telegram.sends_photo(house.ann, house.private, jpeg(seed=3), "/addstyle Mine")
    await telegram.sends_photo(house.ann, house.club, jpeg(seed=4), "/addstyle Ours")
    for chat in (house.private, house.club):
        await house.sentence_in(chat, "gallery now")
    await house.sentence_in(house.private, "Which style")
    await house.caught_up(house.club, house.bob)
    message = await told(house)
    for words in (
        "2 finished pictures",
        "2 records",
        "UTC",
        "Which pictures of yours wait",
        "What you have set for our private chat",
        "One style in the gallery of our private chat",
        "That it was you who added one of the styles",
        "Your Telegram id",
        "press Delete under each",
    ):
        assert words in message.text, words
    message = await delete_all(house)
    assert "Your data is deleted." in message.text
    assert "2 pictures are deleted here" in message.text
    await house.stop()
    await forgotten(tmp_path, house.ann)
    await house.start()
    assert traces(tmp_path, str(house.bob.id)), "others lose nothing"
    assert "Ours" in {s.title for s in (await house.studio.gallery_of("telegram", str(house.club.id))).styles.values()}
    later = await told(house)
    assert "count" in later.text and not later.labels
    other = await telegram.forges(telegram.person("Eve"), result, result.button("Delete"))
    assert "no longer kept" in await telegram.answered(other)
    await telegram.presses(house.bob, result, "Delete")
    await telegram.until(lambda: result.deleted)
    await telegram.presses(house.ann, mine, "Delete")
    await telegram.until(lambda: mine.deleted)


async def test_in_a_group_there_is_only_the_way_to_the_private_chat(
    swift_telegram: House, telegram: TelegramStandin
) -> None:
    house = swift_telegram
    await painted(house)
    await telegram.says(house.ann, house.club, "/privacy")
    said = await house.sentence_in(house.club, "for you alone")
    (row,) = said.buttons
    assert row[0]["url"].endswith("?start=privacy")
    await telegram.answered(await telegram.forges(house.ann, said, said.gains("w:yes")))
    linked = await told(house, "/start privacy")
    assert "One finished picture" in linked.text
    assert "I repaint a photo" in (await told(house, "/start")).text


async def test_who_says_no_keeps_all_also_after_a_restart(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    assert "Nothing." in (await told(house)).text
    _result, job = await painted(house)
    message = await told(house)
    await telegram.presses(house.ann, message, "Delete my data")
    await telegram.until(lambda: "No, keep my data" in message.labels)
    await house.restart()
    await telegram.presses(house.ann, message, "No, keep my data")
    await telegram.until(lambda: "Nothing was deleted." in message.text)
    assert (await house.studio.job(job.id)).person == str(house.ann.id)


async def test_what_waits_is_cancelled_and_says_so(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    async with house.busy_engine():
        status = await house.status_in(house.club, await house.asks(house.club, house.ann))
        cancel = status.button("Cancel")
        await delete_all(house)
        await telegram.until(lambda: "you had your data deleted" in status.text)
    eve = telegram.person("Eve")
    await refused(house, await telegram.forges(eve, status, status.gains(cancel)), "had it deleted here")


@pytest.mark.parametrize("command", ["/stylize lilac", "/addstyle Mine"])
async def test_what_is_being_fetched_is_not_kept_after_the_erasure(
    swift_telegram: House, telegram: TelegramStandin, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    house, is_fetching, may_go_on = swift_telegram, asyncio.Event(), asyncio.Event()

    async def slow(*arguments: Any) -> bytes:
        is_fetching.set()
        await may_go_on.wait()
        return await download(*arguments)

    monkeypatch.setattr(pictures, "download", slow)
    await telegram.sends_photo(house.ann, house.private, jpeg(), command)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await is_fetching.wait()
    await house.studio.privacy.erase("telegram", str(house.ann.id))
    may_go_on.set()
    await house.sentence_in(house.private, "You had your data deleted while")
    assert not (await house.studio.privacy.what_is_kept("telegram", str(house.ann.id))).can_be_erased

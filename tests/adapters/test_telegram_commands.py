"""`/styles`, `/queue`, `/cancel` and `/about` on Telegram, and the menus that offer them in six languages."""

from __future__ import annotations

import pytest

from adapters.telegram.menus import SCOPES
from bot.languages import NAMES
from tests.standins.telegram import Fault, TelegramStandin
from tests.standins.telegram.house import House

pytest_plugins = ["tests.standins.telegram.fixtures"]
pytestmark = pytest.mark.slow


async def test_styles_turns_its_pages_for_everybody(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    await telegram.says(house.ann, house.club, "/styles")
    page = await house.sentence_in(house.club, "Page 1 of 2")
    titles = [style.title for style in house.studio.gallery.styles.values()]
    assert all(title in page.text for title in titles[: house.limits.page_styles])
    await house.restart()
    before = list(page.labels)
    await telegram.presses(house.bob, page, "More ›")
    await house.turned(page, before)
    assert "Page 2 of 2" in page.text
    assert all(title in page.text for title in titles[house.limits.page_styles :])


async def test_queue_in_private_and_in_a_group(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    await telegram.says(house.ann, house.private, "/queue")
    await house.sentence_in(house.private, "None of your pictures waits")
    async with house.busy_engine():
        await house.status_in(house.private, await house.asks(house.private, house.ann, "lilac"))
        await house.status_in(house.club, await house.asks(house.club, house.ann, "mosaic"))
        await house.status_in(house.club, await house.asks(house.club, house.bob, "waves"))
        await telegram.says(house.ann, house.private, "/queue")
        mine = await house.sentence_in(house.private, "• Lilac")
        assert "• Mosaic" in mine.text
        assert "Number" in mine.text
        await telegram.says(house.ann, house.club, "/queue")
        here = await house.sentence_in(house.club, "• Mosaic")
        assert "Lilac" not in here.text, "what somebody asks for in private is nobody's business"
        assert "2 pictures in all wait in this chat" in here.text
        await telegram.says(telegram.person("Cora"), house.club, "/queue")
        assert "2 pictures" in (await house.sentence_in(house.club, "None of the pictures")).text


async def test_cancel_the_only_one(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    await telegram.says(house.ann, house.private, "/cancel")
    await house.sentence_in(house.private, "There is nothing to cancel")
    async with house.busy_engine():
        others = await house.status_in(house.club, await house.asks(house.club, house.bob))
        status = await house.status_in(house.club, await house.asks(house.club, house.ann))
        job = await house.remembered(status)
        await telegram.says(house.ann, house.club, "/cancel")
        await house.sentence_in(house.club, "The picture is cancelled")
        assert (await house.settled(job.id)).state == "cancelled"
        assert not (await house.job_of(others)).is_over


async def test_cancel_one_of_several(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    async with house.busy_engine():
        jobs = []
        for style in ("lilac", "mosaic"):
            status = await house.status_in(house.private, await house.asks(house.private, house.ann, style))
            jobs.append(await house.remembered(status))
        await telegram.says(house.ann, house.club, "/cancel")
        await house.sentence_in(house.club, "There is nothing to cancel")
        await telegram.says(house.ann, house.private, "/cancel")
        choice = await house.sentence_in(house.private, "Which picture shall I cancel")
        assert [label[:2] for label in choice.labels] == ["1.", "2."]
        await house.restart()
        first, second = choice.labels
        await telegram.forges(house.bob, choice, choice.button(second))
        await house.sentence_in(house.private, "Only the person who asked")
        await telegram.presses(house.ann, choice, second)
        assert (await house.settled(jobs[1].id)).state == "cancelled"
        assert not (await house.studio.job(jobs[0].id)).is_over
        await telegram.until(lambda: choice.labels == [first])
        await telegram.presses(house.ann, choice, first)
        await telegram.until(lambda: "is cancelled" in choice.text)


async def test_a_reply_tells_which_to_cancel_and_administrators_may(
    swift_telegram: House, telegram: TelegramStandin
) -> None:
    house = swift_telegram
    house.club.admins.add(house.ann.id)
    async with house.busy_engine():
        photos = [await house.asks(house.club, house.bob, style) for style in ("lilac", "mosaic")]
        statuses = [await house.status_in(house.club, photo) for photo in photos]
        jobs = [await house.remembered(status) for status in statuses]
        await telegram.says(telegram.person("Cora"), house.club, "/cancel", reply_to=statuses[0])
        await house.sentence_in(house.club, "There is nothing to cancel")
        await telegram.says(house.ann, house.club, "/cancel", reply_to=statuses[0])
        assert (await house.settled(jobs[0].id)).state == "cancelled"
        await telegram.says(house.bob, house.club, "/cancel", reply_to=photos[1])
        assert (await house.settled(jobs[1].id)).state == "cancelled"


async def test_about(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    await telegram.says(house.ann, house.private, "/about")
    said = await house.sentence_in(house.private, "neural style transfer")
    assert f"one of {len(house.studio.gallery.styles)} styles" in said.text
    assert "deleted 72 hours after" in said.text


async def test_a_command_that_there_is_not(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    await telegram.says(house.ann, house.club, "/dance")
    await telegram.says(house.ann, house.private, "/dance")
    await house.sentence_in(house.private, "Send me a photo")
    assert house.club.from_bot == []


async def test_menus_for_each_language_and_kind_of_chat(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    menus = telegram.world.commands
    languages = {"" if code == "en" else code for code in NAMES}
    kinds = {"all_private_chats", "all_group_chats", "all_chat_administrators"}
    await telegram.until(lambda: len(menus) == len(SCOPES) * len(NAMES))
    assert set(menus) == {(kind, language) for kind in kinds for language in languages}
    for command in sorted({command["command"] for menu in menus.values() for command in menu}):
        asked = await telegram.says(house.ann, house.private, f"/{command}")
        said = await house.message(house.private, lambda _: True, asked)
        assert "/help tells more" not in said.text, "there is no such command"


async def test_menus_that_were_too_much_at_once_come_later(swift_telegram: House, telegram: TelegramStandin) -> None:
    house, menus = swift_telegram, telegram.world.commands
    await telegram.until(lambda: len(menus) == len(SCOPES) * len(NAMES))
    await house.stop()
    menus.clear()
    telegram.faults.append(Fault("setMyCommands", 429, retry_after=1))
    await house.start()
    await telegram.until(lambda: len(menus) == len(SCOPES) * len(NAMES))
    assert not telegram.faults


async def test_menus_are_brought_only_where_they_have_changed(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    menus = telegram.world.commands
    await telegram.until(lambda: len(menus) == len(SCOPES) * len(NAMES))
    brought = [call for call in telegram.calls if call.method == "setMyCommands"]
    menus["all_group_chats", "de"] = menus["all_group_chats", "de"][1:]
    await house.restart()
    looked_up = 2 * len(SCOPES) * len(NAMES)
    await telegram.until(lambda: len([call for call in telegram.calls if call.method == "getMyCommands"]) == looked_up)
    await telegram.until(lambda: len(menus["all_group_chats", "de"]) == len(SCOPES[1][1]))
    again = [call for call in telegram.calls if call.method == "setMyCommands"][len(brought) :]
    assert [(call.params["scope"]["type"], call.params["language_code"]) for call in again] == [
        ("all_group_chats", "de")
    ]

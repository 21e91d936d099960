"""`/styles`, `/queue`, `/cancel` and `/about` on Telegram, and the menus that offer them in six languages."""

from __future__ import annotations

import pytest

from adapters.telegram.menus import SCOPES
from bot.languages import NAMES
from tests.adapters.test_telegram_buttons import refused
from tests.standins.telegram import Fault, TelegramStandin
from tests.standins.telegram.house import House, jpeg

pytest_plugins = ["tests.standins.telegram.fixtures"]
pytestmark = pytest.mark.slow


async def test_styles_turns_its_pages_for_everybody(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    await telegram.says(house.ann, house.club, "/styles")
    titles = [style.title for style in house.studio.gallery.styles.values()]
    most = house.limits.page_styles
    pages = -(-len(titles) // most)
    assert pages > 1
    page = await house.sentence_in(house.club, f"Page 1 of {pages}")
    assert all(title in page.text for title in titles[:most])
    await house.restart()
    before = list(page.labels)
    await telegram.presses(house.bob, page, "More ›")
    await house.turned(page, before)
    assert f"Page 2 of {pages}" in page.text
    assert all(title in page.text for title in titles[most : 2 * most])


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


async def test_cancel_is_for_what_was_asked_for_just_before(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    async with house.busy_engine():
        await house.stop()
        await house.asks(house.private, house.ann)
        await telegram.says(house.ann, house.private, "/cancel")
        await house.start()
        await house.sentence_in(house.private, "The picture is cancelled")


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
        await refused(house, await telegram.presses(house.bob, choice, second), "Only the person who asked")
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
        await house.sentence_in(house.club, "Only the person who asked for this picture, or an administrator")
        await telegram.says(house.ann, house.club, "/cancel", reply_to=statuses[0])
        assert (await house.settled(jobs[0].id)).state == "cancelled"
        await telegram.says(house.bob, house.club, "/cancel", reply_to=photos[1])
        assert (await house.settled(jobs[1].id)).state == "cancelled"


async def test_a_reply_to_what_is_somebody_elses_cancels_nothing(
    swift_telegram: House, telegram: TelegramStandin
) -> None:
    house, cora = swift_telegram, telegram.person("Cora")
    photo = await house.asks(house.club, house.ann)
    done = await house.picture_in(house.club, photo)
    async with house.busy_engine():
        theirs = await house.asks(house.club, house.bob)
        status = await house.status_in(house.club, theirs)
        job = await house.remembered(await house.status_in(house.club, await house.asks(house.club, cora)))
        await house.remembered(status)
        for reply_to, words in (
            (status, "Only the person who asked"),
            (theirs, "Only the person who asked"),
            (done, "already finished"),
            (photo, "Which picture shall I cancel"),
        ):
            asked = await telegram.says(cora, house.club, "/cancel", reply_to=reply_to)
            said = await house.message(house.club, lambda _: True, asked)
            assert words in said.text
        assert not (await house.studio.job(job.id)).is_over
        await telegram.presses(cora, said, said.labels[0])
        assert (await house.settled(job.id)).state == "cancelled"
        assert not (await house.job_of(status)).is_over


async def test_what_was_asked_for_in_the_name_of_a_channel_or_the_chat_its_administrators_cancel(
    swift_telegram: House, telegram: TelegramStandin
) -> None:
    house, channel = swift_telegram, telegram.channel()
    house.club.admins.add(house.ann.id)
    names = ({"as_channel": channel}, {"as_group": True})
    photos = [await telegram.sends_photo(house.ann, house.club, jpeg(), "/stylize lilac", **name) for name in names]
    for photo in photos:
        result = await house.picture_in(house.club, photo)
        await telegram.presses(house.ann, result, "Delete")
        await telegram.until(lambda result=result: result.deleted)
    async with house.busy_engine():
        for name in names:
            for seed in (2, 3):
                photo = await telegram.sends_photo(house.ann, house.club, jpeg(seed=seed), "/stylize lilac", **name)
                status = await house.status_in(house.club, photo)
                job = await house.remembered(status)
            asked = await telegram.says(house.ann, house.club, "/cancel", **name)
            choice = await house.message(house.club, lambda m: bool(m.labels), asked)
            await refused(house, await telegram.presses(house.bob, choice, choice.labels[0]), "or an administrator")
            await refused(house, await telegram.presses(house.bob, status, "Cancel"), "or an administrator")
            await telegram.presses(house.ann, status, "Cancel")
            assert (await house.settled(job.id)).state == "cancelled"
            await telegram.presses(house.ann, choice, choice.labels[0])
            await telegram.until(lambda choice=choice: len(choice.labels) == 1)
    await telegram.until(lambda: not any("Cancel" in message.labels for message in house.club.from_bot))


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

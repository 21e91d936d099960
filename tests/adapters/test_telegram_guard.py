"""Presses on Telegram count only with the button that was pressed, also where the bot is no longer shown it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.test_telegram_buttons import below, painted, refused
from tests.standins.telegram import Message, TelegramStandin
from tests.standins.telegram.house import House, jpeg

pytest_plugins = ["tests.standins.telegram.fixtures"]
pytestmark = pytest.mark.slow


def looks(message: Message) -> tuple[Any, ...]:
    return (message.deleted, message.text, message.buttons, message.media, message.history)


async def test_an_altered_client_changes_no_message_of_others(swift_telegram: House, telegram: TelegramStandin) -> None:
    """Bob may delete what is his, choose for himself, remove his style and set things: all of it elsewhere."""
    house, bob = swift_telegram, swift_telegram.bob
    await house.studio.galleries.add("telegram", str(house.club.id), str(bob.id), "Bobs", jpeg(seed=5))
    own = await house.picture_in(house.club, await house.asks(house.club, bob))
    photo = await telegram.sends_photo(bob, house.club, jpeg())
    await telegram.says(house.ann, house.club, f"/stylize {house.a_style}", reply_to=photo)
    result = await house.picture_in(house.club, photo)
    assert (await house.job_of(result)).person == str(house.ann.id)
    house.club.admins.add(bob.id)
    bobs = (await house.job_of(own)).id
    before = looks(result)
    for data in (
        f"p:{bob.id}:-:1", f"s:{bob.id}:-:lilac", f"m:{bob.id}:-:", f"e:{bob.id}:-:", f"a:{bob.id}:-:",
        f"r:delete:{bobs}", "r:delete:0123456789abcdef0123456", f"r:other:{bobs}", f"o:{bobs}:1:0", f"t:{bobs}:1:lilac",
        f"f:{bobs}",
    ):  # fmt: skip
        assert "send /stylize again" in await telegram.answered(await telegram.forges(bob, result, data)), data
    for data in ("g:0", "k:bobs", "x:bobs", "d:bobs"):
        assert "send /styles again" in await telegram.answered(await telegram.forges(bob, result, data)), data
    assert "already finished" in await telegram.answered(await telegram.forges(bob, result, f"c:{bobs}"))
    for data, command in ((f"q:{bobs}", "/cancel"), ("w:yes", "/privacy")):
        assert f"send {command} again" in await telegram.answered(await telegram.forges(bob, result, data))
    for data in ("z:home", "y:reset:-", "y:who:moderators"):
        assert "send /settings again" in await telegram.answered(await telegram.forges(bob, result, data)), data
    written = len(house.club.from_bot)
    await house.caught_up(house.club, bob)
    assert looks(result) == before
    assert len(house.club.from_bot) == written + 1
    assert "bobs" in (await house.studio.gallery_of("telegram", str(house.club.id))).own
    assert (await house.studio.places.of("telegram", str(house.club.id))).who == "everyone"


async def test_a_message_in_private_is_no_way_to_delete_ones_data(
    swift_telegram: House, telegram: TelegramStandin
) -> None:
    house = swift_telegram
    result, job = await painted(house, house.private)
    press = await telegram.forges(house.ann, result, "w:yes")
    assert "too old" in await telegram.answered(press)
    await house.caught_up(house.private, house.ann)
    assert (await house.studio.job(job.id)).person == str(house.ann.id)


async def test_a_picture_that_is_only_unknown_is_deleted_by_its_button_alone(
    swift_telegram: House, telegram: TelegramStandin
) -> None:
    """Who sent the photo may delete the picture of somebody who had their data deleted, and no other."""
    house = swift_telegram
    photo = await telegram.sends_photo(house.bob, house.club, jpeg())
    await telegram.says(house.ann, house.club, f"/stylize {house.a_style}", reply_to=photo)
    result = await house.picture_in(house.club, photo)
    await house.settled((await house.job_of(result)).id)
    await refused(house, await telegram.presses(house.bob, result, "Delete"), "with /stylize to get one")
    await house.studio.privacy.erase("telegram", str(house.ann.id))
    await refused(house, await telegram.presses(telegram.person("Eve"), result, "Delete"), "no longer kept")
    await telegram.presses(house.bob, result, "Delete")
    await telegram.until(lambda: result.deleted)


async def test_an_impatient_second_press_on_a_turned_page_is_told_in_passing(
    swift_telegram: House, telegram: TelegramStandin
) -> None:
    house = swift_telegram
    await telegram.says(house.ann, house.private, "/styles")
    page = await house.sentence_in(house.private, "Page 1 of")
    data, before = page.button("More ›"), page.labels
    await telegram.presses(house.ann, page, "More ›")
    await house.turned(page, before)
    second = await telegram.forges(house.ann, page, data)
    assert "too old" in await telegram.answered(second)
    assert not second.must_be_closed


async def test_who_wants_to_cancel_what_just_came_is_told_so(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    async with house.busy_engine():
        status = await house.status_in(house.private, await house.asks(house.private, house.ann))
        cancel = status.button("Cancel")
    await telegram.until(lambda: "Again" in status.labels)
    press = await telegram.forges(house.ann, status, cancel)
    assert await telegram.answered(press) == "This picture is already finished."
    assert not press.must_be_closed


async def test_what_is_asked_of_a_result_out_of_sight_stays_in_its_topic(
    swift_telegram: House, telegram: TelegramStandin
) -> None:
    house = swift_telegram
    forum = telegram.group("Forum", topics=(5, 9))
    photo = await telegram.sends_photo(house.ann, forum, jpeg(), f"/stylize {house.a_style}", thread=9)
    result = await house.picture_in(forum, photo)
    await house.remembered(result)
    labels = result.labels
    result.is_inaccessible = True
    await telegram.presses(house.ann, result, "Losses")
    assert (await below(house, result)).thread == 9
    await telegram.presses(house.ann, result, "Other style")
    await house.turned(result, labels)
    await telegram.presses(house.ann, result, "✕ Keep this one")
    await telegram.until(lambda: result.labels == labels)
    assert "Time-lapse" in labels
    other = await house.picture_in(forum, await telegram.sends_photo(house.bob, forum, jpeg(), "/stylize lilac"))
    other.is_inaccessible = True
    await refused(house, await telegram.forges(house.ann, other, result.button("Delete")), "too old")
    await refused(house, await telegram.forges(house.ann, other, "r:delete:0123456789abcdef0123456"), "too old")
    await telegram.presses(house.ann, result, "Delete")
    await telegram.until(lambda: result.deleted)
    assert not other.deleted


async def test_a_chooser_a_panel_or_a_sheet_out_of_sight_is_told_how_to_get_a_new_one(
    swift_telegram: House, telegram: TelegramStandin
) -> None:
    house = swift_telegram
    await telegram.sends_photo(house.ann, house.private, jpeg())
    chooser = await house.sentence_in(house.private, "Which style")
    await telegram.says(house.ann, house.private, "/styles")
    sheet = await house.sentence_in(house.private, "Page 1 of")
    await telegram.says(house.ann, house.private, "/settings")
    panel = await house.message(house.private, lambda message: "Reset" in message.labels)
    for message, label, words in (
        (chooser, "More ›", "send /stylize again"),
        (sheet, "More ›", "send /styles again"),
        (panel, "Reset", "send /settings again"),
    ):
        before = looks(message)
        message.is_inaccessible = True
        await refused(house, await telegram.presses(house.ann, message, label), words)
        assert looks(message) == before

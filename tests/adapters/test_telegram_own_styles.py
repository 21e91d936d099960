"""`/addstyle` on Telegram: a picture becomes a style of the chat, for all who ask there, until it is taken out."""

from __future__ import annotations

import asyncio
import hashlib

from tests.adapters.test_telegram_buttons import refused
from tests.standins.telegram import Chat, Message, TelegramStandin
from tests.standins.telegram.house import House, jpeg

pytest_plugins = ["tests.standins.telegram.fixtures"]


async def own(house: House, chat: Chat) -> dict[str, str]:
    return dict((await house.studio.gallery_of("telegram", str(chat.id))).own)


async def added(house: House, chat: Chat, title: str) -> Message:
    return await house.sentence_in(chat, f"{title} is in this chat's gallery now")


async def test_a_style_is_added_used_and_removed(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    house.club.admins.add(house.ann.id)
    picture = await telegram.sends_photo(house.bob, house.club, jpeg(seed=7))
    await telegram.says(house.ann, house.club, "/addstyle Grandma's kitchen", reply_to=picture)
    said = await added(house, house.club, "Grandma's kitchen")
    assert await own(house, house.club) == {"grandmas_kitchen": str(house.ann.id)}
    await telegram.says(house.bob, house.club, "/styles")
    sheet = await house.sentence_in(house.club, "Page 1 of")
    assert "Grandma's kitchen" in sheet.text
    result = await house.picture_in(house.club, await house.asks(house.club, house.bob, "grandmas kitchen 70"))
    job = await house.job_of(result)
    assert job.style_title == "Grandma's kitchen"
    kept = (await house.studio.gallery_of("telegram", str(house.club.id))).styles["grandmas_kitchen"].read()
    assert job.styles[0].endswith(hashlib.sha256(kept).hexdigest())
    await house.restart()
    await refused(
        house, await telegram.presses(house.bob, said, "Remove"), "Only administrators and the person who added"
    )
    await telegram.presses(house.ann, said, "Remove")
    await telegram.until(lambda: "Remove Grandma's kitchen from" in said.text)
    await telegram.presses(house.ann, said, "No, keep it")
    await telegram.until(lambda: "stays in the gallery" in said.text)
    await telegram.says(house.ann, house.club, "/settings")
    panel = await house.sentence_in(house.club, "Settings of this chat")
    for label in ("Remove a style", "Grandma's kitchen", "Remove"):
        await telegram.until(lambda wanted=label: wanted in panel.labels)
        await telegram.presses(house.ann, panel, label)
    await telegram.until(lambda: "no longer in the gallery" in panel.text)
    assert await own(house, house.club) == {}
    await refused(
        house, await telegram.forges(house.ann, said, said.gains("x:grandmas_kitchen")), "not in the gallery any more"
    )


async def test_each_chat_sees_its_own_styles_alone(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    await telegram.sends_photo(house.ann, house.private, jpeg(seed=7), "/addstyle Mine")
    await added(house, house.private, "Mine")
    for chat in (house.private, house.club):
        await telegram.says(house.ann, chat, "/styles")
    mine = await house.sentence_in(house.private, "Page 1 of")
    ours = await house.sentence_in(house.club, "Page 1 of")
    assert "Mine" in mine.text and "Mine" not in ours.text
    assert mine.media is not None and ours.media is not None
    assert mine.media.data != ours.media.data, "the picture of the one is not shown for the other"
    photo = await telegram.sends_photo(house.ann, house.private, jpeg())
    chooser = await house.message(house.private, lambda message: "Mine" in message.labels, photo)
    await telegram.presses(house.ann, chooser, "Mine")
    assert (await house.job_of(await house.picture_in(house.private, photo))).style_title == "Mine"
    await house.asks(house.club, house.ann, "mine")
    await house.sentence_in(house.club, "There is no style")


async def test_the_name_is_asked_for(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    house.club.admins.add(house.ann.id)
    picture = await telegram.sends_file(house.bob, house.club, jpeg(seed=8), "kitchen.jpg", "image/jpeg")
    await telegram.says(house.ann, house.club, "/addstyle", reply_to=picture)
    prompt = await house.sentence_in(house.club, "What shall this style be called?")
    assert prompt.force_reply
    await house.restart()
    await telegram.says(house.bob, house.club, "Not mine to name", reply_to=prompt)
    await telegram.says(house.ann, house.club, "!?", reply_to=prompt)
    await house.sentence_in(house.club, "needs a name with letters")
    await telegram.says(house.ann, house.club, "Kitchen", reply_to=prompt)
    await added(house, house.club, "Kitchen")
    assert await own(house, house.club) == {"kitchen": str(house.ann.id)}


async def test_who_may_add(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    picture = await telegram.sends_photo(house.ann, house.club, jpeg(seed=9))
    await telegram.says(house.bob, house.club, "/addstyle Bobs", reply_to=picture)
    await house.sentence_in(house.club, "You may not add to this chat's gallery")
    await house.studio.places.change("telegram", str(house.club.id), adders="everyone")
    await telegram.says(house.bob, house.club, "/addstyle Bobs", reply_to=picture)
    said = await added(house, house.club, "Bobs")
    await telegram.presses(house.bob, said, "Remove")
    await telegram.until(lambda: "Remove Bobs from" in said.text)
    await telegram.presses(house.bob, said, "Remove")
    await telegram.until(lambda: "no longer in the gallery" in said.text)
    await telegram.says(house.ann, house.club, "/addstyle Hidden", reply_to=picture, as_group=True)
    await added(house, house.club, "Hidden")


async def test_what_cannot_be_added(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    await telegram.says(house.ann, house.private, "/addstyle Nothing")
    await house.sentence_in(house.private, "Reply to a picture with /addstyle and a name")
    await telegram.sends_file(
        house.ann, house.private, b"no picture", "a.jpg", "image/jpeg", caption="/addstyle Broken"
    )
    await house.sentence_in(house.private, "not a picture that can be read")
    await telegram.sends_photo(house.ann, house.private, jpeg(seed=3), "/addstyle First")
    await added(house, house.private, "First")
    await telegram.sends_photo(house.ann, house.private, jpeg(seed=4), "/addstyle first")
    await house.sentence_in(house.private, "There is a style named 'First' here already")
    await telegram.sends_photo(house.ann, house.private, jpeg(seed=5), "/addstyle@another_bot Other")
    await telegram.says(house.ann, house.private, "/queue")
    await house.sentence_in(house.private, "None of your pictures waits")
    await asyncio.sleep(0)
    assert list(await own(house, house.private)) == ["first"]

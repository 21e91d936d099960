"""Who asks on Telegram, and from where: topics, channels' groups, hidden administrators, edits, forwards."""

from __future__ import annotations

import pytest

from tests.standins.telegram import TelegramStandin
from tests.standins.telegram.house import House, jpeg, results

pytest_plugins = ["tests.standins.telegram.fixtures"]
pytestmark = pytest.mark.slow


async def test_everything_stays_in_its_topic(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    forum = telegram.group("Forum", topics=(5, 9))
    photo = await telegram.sends_photo(house.bob, forum, jpeg(), thread=9)
    await telegram.says(house.ann, forum, "/stylize", reply_to=photo, thread=9)
    await telegram.presses(house.ann, await house.sentence_in(forum, "Which style"), "My own picture")
    prompt = await house.sentence_in(forum, "Reply to this message")
    await telegram.sends_photo(house.ann, forum, jpeg(seed=2), reply_to=prompt, thread=9)
    await house.picture_in(forum, photo)
    for command in ("/styles", "/queue", "/cancel", "/help"):
        await telegram.says(house.ann, forum, command, thread=9)
    await telegram.until(lambda: len(forum.from_bot) == 7)
    assert {message.thread for message in forum.from_bot} == {9}


async def test_a_post_of_the_linked_channel_and_comments_on_it(
    swift_telegram: House, telegram: TelegramStandin
) -> None:
    house = swift_telegram
    channel = telegram.channel()
    post = await telegram.sends_photo(house.bob, house.club, jpeg(), "look", post_of=channel)
    await telegram.says(house.ann, house.club, "/stylize lilac", reply_to=post, comment_on=post)
    result = await house.picture_in(house.club, post)
    assert (await house.job_of(result)).person == str(house.ann.id)
    asked = await telegram.sends_photo(house.bob, house.club, jpeg(seed=2), "/stylize mosaic", post_of=channel)
    own = await house.picture_in(house.club, asked)
    assert (await house.job_of(own)).person == str(channel.id)


async def test_who_writes_as_a_channel_may_choose_as_a_person(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    channel = telegram.channel()
    photo = await telegram.sends_photo(house.bob, house.club, jpeg())
    await telegram.says(house.ann, house.club, "/stylize", reply_to=photo, as_channel=channel)
    chooser = await house.sentence_in(house.club, "Which style")
    await telegram.presses(house.ann, chooser, chooser.labels[1])
    result = await house.picture_in(house.club, photo)
    assert (await house.job_of(result)).person == str(house.ann.id)
    command = "/stylize lilac"
    async with house.busy_engine():
        photo = await telegram.sends_photo(house.ann, house.club, jpeg(seed=3), command, as_channel=channel)
        job = await house.remembered(await house.status_in(house.club, photo))
        await telegram.says(house.ann, house.club, "/cancel", as_channel=channel)
        assert (await house.settled(job.id)).state == "cancelled"
        assert job.person == str(channel.id)


async def test_an_anonymous_administrator_is_the_group_and_a_moderator(
    swift_telegram: House, telegram: TelegramStandin, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = swift_telegram
    moderators = []
    submit = house.studio.submit

    async def watched(request: object) -> object:
        moderators.append((request.person, request.moderator))  # type: ignore[attr-defined]
        return await submit(request)

    monkeypatch.setattr(house.studio, "submit", watched)
    house.club.admins.add(house.ann.id)
    for person, facts in ((house.ann, {}), (house.bob, {}), (house.ann, {"as_group": True})):
        photo = await telegram.sends_photo(person, house.club, jpeg(), "/stylize lilac", **facts)
        await house.picture_in(house.club, photo)
    assert moderators == [(str(house.ann.id), True), (str(house.bob.id), False), (str(house.club.id), True)]
    looked_up = [call for call in telegram.calls if call.method == "getChatAdministrators"]
    assert len(looked_up) == 1


async def test_an_edit_that_names_a_style_asks_once(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    photo = await telegram.sends_photo(house.ann, house.private, jpeg())
    await house.sentence_in(house.private, "Which style")
    await telegram.edits(photo, "my cat")
    await telegram.edits(photo, "lilac")
    result = await house.picture_in(house.private, photo)
    assert await house.painted(result) == (house.digest(photo), (house.of_style("lilac"),))
    await telegram.edits(photo, "mosaic")
    await telegram.edits(photo, "/stylize")
    await house.caught_up(house.private, house.ann)
    assert len(house.private.from_bot) == 3


async def test_a_typo_is_mended_by_an_edit(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    photo = await telegram.sends_photo(house.bob, house.club, jpeg())
    command = await telegram.says(house.ann, house.club, "/stylize lilaxxx", reply_to=photo)
    await house.sentence_in(house.club, "no style named")
    await telegram.edits(command, "/stylize lilac")
    await house.picture_in(house.club, photo)
    await telegram.edits(command, "/stylize mosaic")
    caption = await telegram.sends_photo(house.ann, house.club, jpeg(seed=2), "/stylize 20")
    chooser = await house.message(house.club, lambda m: "My own picture" in m.labels, caption)
    await telegram.edits(caption, "/stylize 30")
    await telegram.presses(house.ann, chooser, chooser.labels[0])
    await house.picture_in(house.club, caption)
    await telegram.edits(caption, "/stylize mosaic")
    await house.caught_up(house.club, house.ann)
    assert len(results(house.club)) == 3
    assert len(house.club.from_bot) == 5


async def test_an_edit_of_an_old_message_is_left_alone(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    photo = await telegram.sends_photo(house.ann, house.club, jpeg(), "long ago")
    await telegram.edits(photo, "/stylize lilac", after_seconds=7200)
    talk = await telegram.says(house.ann, house.club, "hm", reply_to=photo)
    await telegram.edits(talk, "lilac", after_seconds=7200)
    await house.caught_up(house.club, house.ann)
    assert len(house.club.from_bot) == 1


async def test_an_edited_caption_is_for_the_whole_album(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    sent = [await telegram.sends_photo(house.ann, house.private, jpeg(seed=n), album="a") for n in range(3)]
    await house.sentence_in(house.private, "What shall I do")
    await telegram.edits(sent[1], "lilac")
    found = await house.results(house.private, 3)
    assert {result.reply_to for result in found} == set(sent)
    await telegram.edits(sent[1], "mosaic")
    await house.caught_up(house.private, house.ann)
    assert len(results(house.private)) == 4


async def test_a_forwarded_photo(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    await telegram.sends_photo(house.ann, house.club, jpeg(), "/stylize lilac", forwarded=True)
    photo = await telegram.sends_photo(house.ann, house.private, jpeg(), "/stylize lilac", forwarded=True)
    chooser = await house.message(house.private, lambda m: "My own picture" in m.labels, photo)
    await telegram.presses(house.ann, chooser, chooser.labels[0])
    await house.picture_in(house.private, photo)
    assert house.club.from_bot == [], "the words of somebody else are no order"
    await telegram.says(house.ann, house.club, "/stylize lilac", reply_to=house.club.messages[0])
    await house.picture_in(house.club)


async def test_a_photo_of_another_chat(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    photo = await telegram.sends_photo(house.ann, house.private, jpeg(seed=4), "my holidays", forwarded=True)
    command = await telegram.says(house.ann, house.club, "/stylize", quotes=photo)
    chooser = await house.sentence_in(house.club, "Which style")
    await telegram.presses(house.ann, chooser, chooser.labels[0])
    result = await house.picture_in(house.club, command)
    assert (await house.painted(result))[0] == house.digest(photo)


async def test_the_source_is_deleted_while_a_style_is_chosen(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    photo = await telegram.sends_photo(house.bob, house.club, jpeg())
    command = await telegram.says(house.ann, house.club, "/stylize", reply_to=photo)
    chooser = await house.sentence_in(house.club, "Which style")
    await telegram.presses(house.ann, chooser, "My own picture")
    prompt = await house.sentence_in(house.club, "Reply to this message")
    await telegram.deletes(photo)
    await telegram.deletes(command)
    await telegram.presses(house.ann, chooser, chooser.labels[0])
    await house.sentence_in(house.club, "no longer there")
    await telegram.sends_photo(house.ann, house.club, jpeg(seed=2), reply_to=prompt)
    (result,) = await house.results(house.club, 1)
    assert result.reply_to is None


async def test_each_is_spoken_to_in_their_language(swift_telegram: House, telegram: TelegramStandin) -> None:
    from bot.languages import _, speaking

    house = swift_telegram
    for tag in ("ja", "pt-br"):
        person = telegram.person("Somebody", tag)
        chat = telegram.private(person)
        await telegram.says(person, chat, "/stylize")
        with speaking(tag):
            await house.sentence_in(
                chat, _("Reply to a photo with /stylize, or write /stylize in the caption of a photo.")
            )

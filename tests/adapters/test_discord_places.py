"""Places on Discord and what becomes of them while a picture is painted."""

from __future__ import annotations

import dataclasses

import pytest

from bot.requests import Queued, Running
from tests.adapters.test_discord_wishes import photo_of, told
from tests.standins.discord import DiscordStandIn, Invocation, Message, Place
from tests.standins.discord.house import House, a_style, jpeg, picture_of
from tests.standins.discord.world import (
    ATTACH_FILES,
    BOT_PERMISSIONS,
    EMBED_LINKS,
    MANAGE_MESSAGES,
    SEND_IN_THREADS,
    SEND_MESSAGES,
)

pytest_plugins = ["tests.standins.discord.fixtures"]


async def begin(discord: DiscordStandIn, place: Place | None = None, name: str = "photo.jpg") -> Invocation:
    return await discord.stylize(discord.upload(jpeg(), name), style=a_style(), place=place)


async def waiting(discord: DiscordStandIn, invocation: Invocation) -> Message:
    """The status message once it can be cancelled."""
    await discord.until(lambda: invocation.original and invocation.original.buttons)
    assert invocation.original is not None
    return invocation.original


async def answered(discord: DiscordStandIn, place: Place | None = None) -> Message:
    """The message that holds a picture."""
    found = await discord.until(lambda: next((m for m in discord.visible(place) if m.file(".png")), None))
    assert found is not None
    return found


@pytest.mark.parametrize("is_forum", [False, True], ids=["thread", "forum post"])
async def test_a_thread_is_answered_like_a_channel(swift_house: House, discord: DiscordStandIn, is_forum: bool) -> None:
    thread = discord.add_thread(is_forum=is_forum)
    message = await picture_of(discord, await begin(discord, thread))
    assert discord.visible(thread) == [message]


async def test_the_permission_to_write_in_threads_is_what_counts_there(
    swift_house: House, discord: DiscordStandIn
) -> None:
    silent = discord.add_thread(app_permissions=(BOT_PERMISSIONS | SEND_MESSAGES) & ~SEND_IN_THREADS)
    assert "**Send Messages in Threads**" in await told(discord, await begin(discord, silent))
    open_one = discord.add_thread(app_permissions=BOT_PERMISSIONS & ~SEND_MESSAGES)
    await picture_of(discord, await begin(discord, open_one))


async def test_a_late_answer_in_a_thread_that_was_archived(swift_house: House, discord: DiscordStandIn) -> None:
    thread = discord.add_thread()
    async with swift_house.busy_engine():
        status = await waiting(discord, await begin(discord, thread))
        discord.expire_tokens()
        thread.is_archived = True
    answer = await answered(discord, thread)
    assert answer.reply_to is status


async def test_a_late_answer_in_a_thread_that_was_locked(swift_house: House, discord: DiscordStandIn) -> None:
    thread = discord.add_thread()
    async with swift_house.busy_engine():
        invocation = await begin(discord, thread)
        job = await swift_house.job_of(invocation)
        discord.expire_tokens()
        thread.is_archived = thread.is_locked = True
    assert (await swift_house.settled(job.id)).replied
    assert not any(message.file(".png") for message in discord.visible(thread))


async def test_a_thread_of_an_age_restricted_channel_is_restricted(swift_house: House, discord: DiscordStandIn) -> None:
    thread = discord.add_thread(is_nsfw=True)
    invocation = await discord.use_menu("Use as style", discord.say(discord.upload(jpeg()), place=thread))
    await told(discord, invocation)
    assert "age-restricted" in await told(discord, await discord.stylize(discord.upload(jpeg())))


async def test_a_result_is_not_shown_in_a_channel_that_is_open_to_all_by_now(
    swift_house: House, discord: DiscordStandIn
) -> None:
    place = discord.place
    async with swift_house.busy_engine():
        await flip(discord, is_nsfw=True)
        invocation = await begin(discord)
        job = await swift_house.job_of(invocation)
        await flip(discord, is_nsfw=False)
        message = await waiting(discord, invocation)
        await discord.until(lambda: "Next in the queue" in message.content)
        await swift_house.front.show(job, Running(job.id, 1, 4, 30.0, {}, jpeg(), 0.25))
        await discord.until(lambda: "25 %" in message.content)
        assert message.files == []
    await swift_house.settled(job.id)
    assert discord.visible(place) == [message]
    assert "I show it in such channels only" in message.content
    assert (message.files, message.embeds) == ([], [])
    assert "Delete" in message.buttons
    await flip(discord, is_nsfw=True)
    await picture_of(discord, await discord.press(message, "As file"))


async def flip(discord: DiscordStandIn, *, is_nsfw: bool) -> None:
    """Have the channel be age-restricted or not, and the bot know it."""
    discord.place.is_nsfw = is_nsfw
    await discord.gateway.dispatch("CHANNEL_UPDATE", discord.place.channel())
    await discord.autocomplete("starry")


async def test_slow_mode_delays_a_late_answer(swift_house: House, discord: DiscordStandIn) -> None:
    discord.place.slow_mode = 0.3
    async with swift_house.busy_engine():
        first, second = [await waiting(discord, await begin(discord)) for _ in range(2)]
        discord.expire_tokens()
    await discord.until(lambda: len([m for m in discord.visible() if m.file(".png")]) == 2)
    answers = [message for message in discord.visible() if message.file(".png")]
    assert [answer.reply_to for answer in answers] == [first, second]


async def test_a_channel_that_was_deleted(swift_house: House, discord: DiscordStandIn) -> None:
    place = discord.add_place()
    async with swift_house.busy_engine():
        invocation = await begin(discord, place)
        job = await swift_house.job_of(invocation)
        discord.remove(place)
    assert (await swift_house.settled(job.id)).replied
    calls = [path for method, path in discord.requests if method == "POST" and f"/channels/{place.id}" in path]
    assert len(calls) == 1


async def test_a_server_that_the_bot_was_kicked_from(swift_house: House, discord: DiscordStandIn) -> None:
    place = discord.add_place()
    async with swift_house.busy_engine():
        invocation = await begin(discord, place)
        job = await swift_house.job_of(invocation)
        discord.expire_tokens()
        discord.kick(place)
        await discord.gateway.dispatch("GUILD_DELETE", {"id": str(place.guild_id)})
    assert (await swift_house.settled(job.id)).replied
    refused = [call for call in discord.invalid_requests if call[0] == 403]
    assert len(refused) == len(set(refused))
    await picture_of(discord, await begin(discord))


async def test_a_late_answer_is_the_persons_last_picture(swift_house: House, discord: DiscordStandIn) -> None:
    async with swift_house.busy_engine():
        await waiting(discord, await begin(discord))
        discord.expire_tokens()
    late = (await answered(discord)).file(".png")
    assert late is not None
    eve = await discord.stylize(style=a_style(), person=discord.add_person("eve"))
    assert "`photo`" in await told(discord, eve)
    assert await photo_of(swift_house, await discord.stylize(style=a_style())) == late.data


async def test_a_late_answer_is_deleted_with_its_status_message(swift_house: House, discord: DiscordStandIn) -> None:
    async with swift_house.busy_engine():
        await waiting(discord, await begin(discord))
        discord.expire_tokens()
    answer = await answered(discord)
    await swift_house.settled(answer.nonce or "")
    await discord.press(answer, "Delete")
    await discord.until(lambda: discord.visible() == [])


async def test_a_late_answer_where_the_bot_may_no_longer_send(swift_house: House, discord: DiscordStandIn) -> None:
    async with swift_house.busy_engine():
        status = await waiting(discord, await begin(discord))
        discord.expire_tokens()
        discord.place.app_permissions &= ~SEND_MESSAGES
    assert await answered(discord) is status
    assert discord.visible() == [status]


@pytest.mark.parametrize("lacking", [ATTACH_FILES, EMBED_LINKS], ids=["Attach Files", "Embed Links"])
async def test_a_late_answer_where_the_bot_may_no_longer_attach(
    swift_house: House, discord: DiscordStandIn, lacking: int
) -> None:
    async with swift_house.busy_engine():
        status = await waiting(discord, await begin(discord))
        discord.expire_tokens()
        discord.place.app_permissions &= ~lacking
    await discord.until(lambda: "**Attach Files**" in status.content)
    assert discord.visible() == [status]
    discord.place.app_permissions |= lacking
    pressed = await discord.press(status, "As file")
    await discord.until(lambda: pressed.original and pressed.original.file(".png"))


async def test_a_late_failure_is_told_in_the_status_message(swift_house: House, discord: DiscordStandIn) -> None:
    async with swift_house.busy_engine():
        status = await waiting(discord, await begin(discord))
        discord.expire_tokens()
        moderator = discord.add_person("grace", permissions=MANAGE_MESSAGES)
        await discord.press(status, "Cancel", person=moderator)
        await discord.until(lambda: "ancel" in status.content)
    assert discord.visible() == [status]


async def test_a_late_answer_is_brought_once_after_a_crash(swift_house: House, discord: DiscordStandIn) -> None:
    async with swift_house.busy_engine():
        invocation = await begin(discord)
        status = await waiting(discord, invocation)
        before = await swift_house.job_of(invocation)
        discord.expire_tokens()
    reply = await answered(discord)
    job = await swift_house.settled(before.id)
    assert (job.address["message_id"], job.address["status_id"]) == (reply.id, status.id)
    answer = await swift_house.studio.answer(job.id)
    assert answer is not None
    for known in (before, job):
        status.content = "as if the bot had crashed before it said so"
        await swift_house.front.answer(known, answer)
        assert discord.visible() == [status, reply]
        assert str(reply.id) in status.content


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that fails is tried again at once."""
    monkeypatch.setattr("bot.queue.delivery.FIRST_RETRY", 0.05)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("trouble", "times"), [("POST /channels/", 2), ("PATCH /channels/", 4)], ids=["the answer", "the word on it"]
)
async def test_a_late_answer_during_an_outage(
    swift_house: House, discord: DiscordStandIn, trouble: str, times: int
) -> None:
    async with swift_house.busy_engine():
        invocation = await begin(discord)
        status = await waiting(discord, invocation)
        job = await swift_house.job_of(invocation)
        discord.expire_tokens()
        discord.be_unavailable(trouble, times=times)
    await swift_house.settled(job.id)
    reply = await answered(discord)
    assert str(reply.id) in status.content and status.components == []
    assert discord.visible() == [status, reply]
    assert len(discord.refused_requests) == len(set(discord.refused_requests)) > 0


@pytest.mark.usefixtures("impatient")
async def test_what_is_deleted_is_not_looked_for_again(swift_house: House, discord: DiscordStandIn) -> None:
    async with swift_house.busy_engine():
        invocation = await begin(discord)
        status = await waiting(discord, invocation)
        job = await swift_house.job_of(invocation)
        discord.delete(status)
        await swift_house.front.show(job, Running(job.id, 1, 4, 30.0, share=0.25))
        await discord.until(lambda: len(discord.refused_requests) == 2)
        discord.be_unavailable("POST /channels/", times=2)
    await swift_house.settled(job.id)
    assert discord.visible() == [await answered(discord)]
    assert len(discord.refused_requests) == len(set(discord.refused_requests)) == 2


async def test_what_takes_too_long_where_only_the_interaction_answers(
    swift_house: House, discord: DiscordStandIn
) -> None:
    place = discord.add_place(bot_is_member=False)
    async with swift_house.busy_engine():
        invocation = await begin(discord, place)
        status = await waiting(discord, invocation)
        job = await swift_house.job_of(invocation)
        await swift_house.front.show(job, Queued(job.id, 1, 12 * 60.0))
        assert not (await swift_house.studio.job(job.id)).is_over
        await swift_house.front.show(job, Queued(job.id, 1, 15 * 60.0))
        await discord.until(lambda: "quarter of an hour" in status.content)
        assert status.components == []
        assert not any("/channels/" in path for _, path in discord.requests)


async def test_where_the_bot_is_no_member_nothing_is_tried_but_the_interaction(
    swift_house: House, discord: DiscordStandIn
) -> None:
    place = discord.add_place(bot_is_member=False)
    async with swift_house.busy_engine():
        job = await swift_house.job_of(await begin(discord, place))
        discord.expire_tokens()
    assert (await swift_house.settled(job.id)).replied
    assert not any("/channels/" in path for _, path in discord.requests)
    assert len(discord.invalid_requests) == 1


async def test_what_takes_long_where_the_bot_is_a_member(swift_house: House, discord: DiscordStandIn) -> None:
    async with swift_house.busy_engine():
        invocation = await begin(discord)
        await waiting(discord, invocation)
        job = await swift_house.job_of(invocation)
        await swift_house.front.show(job, Queued(job.id, 1, 3600.0))
        assert not (await swift_house.studio.job(job.id)).is_over
    await picture_of(discord, invocation)


@pytest.mark.parametrize("bot_is_member", [True, False], ids=["direct message", "user install"])
async def test_where_there_is_no_server(swift_house: House, discord: DiscordStandIn, bot_is_member: bool) -> None:
    place = discord.add_direct_channel(bot_is_member=bot_is_member)
    message = await picture_of(discord, await begin(discord, place))
    await picture_of(discord, await discord.press(message, "Again"))
    assert discord.invalid_requests == []


async def test_a_preview_of_a_spoiler_is_one(swift_house: House, discord: DiscordStandIn) -> None:
    async with swift_house.busy_engine():
        invocation = await begin(discord, name="SPOILER_end.png")
        status = await waiting(discord, invocation)
        job = await swift_house.job_of(invocation)
        await swift_house.front.show(job, Running(job.id, 1, 4, 30.0, {}, jpeg(), 0.25))
        await discord.until(lambda: status.files)
        assert [file.name for file in status.files] == ["SPOILER_preview.jpg"]


async def test_an_address_of_an_older_version_is_understood(swift_house: House, discord: DiscordStandIn) -> None:
    async with swift_house.busy_engine():
        invocation = await begin(discord)
        status = await waiting(discord, invocation)
        job = await swift_house.job_of(invocation)
        await discord.until(lambda: "Next in the queue" in status.content)
        new = {"is_member", "is_spoiler", "is_restricted", "status_id"}
        old = {name: value for name, value in job.address.items() if name not in new}
        await swift_house.front.show(dataclasses.replace(job, address=old), Running(job.id, 1, 4, 30.0, share=0.25))
        await discord.until(lambda: "25 %" in status.content)

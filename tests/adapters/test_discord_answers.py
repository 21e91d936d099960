"""Status and answer on Discord: one message that becomes the picture, whatever happens in between."""

from __future__ import annotations

import dataclasses
import io

import pytest
from PIL import Image

from adapters.discord.content import answer_content
from bot.requests import Answer, Running
from nst_engine.settings import MAX_STEPS
from nst_engine.summary import LOSS_NAMES, LossSummary
from tests.adapters.test_discord_parts import a_job
from tests.conftest import OpenAtelier
from tests.standins.discord import DiscordStandIn, Invocation, Message
from tests.standins.discord.house import House, a_style, jpeg, noise, picture_of
from tests.standins.discord.world import MANAGE_MESSAGES
from tests.standins.pictures import moving

pytest_plugins = ["tests.standins.discord.fixtures"]
pytestmark = pytest.mark.slow


async def begin(discord: DiscordStandIn, **where: object) -> Invocation:
    return await discord.stylize(discord.upload(jpeg(96, 64)), style=a_style(), **where)  # type: ignore[arg-type]


async def waiting_message(discord: DiscordStandIn, invocation: Invocation) -> Message:
    """The status message once it can be cancelled."""
    await discord.until(lambda: invocation.original and invocation.original.buttons)
    assert invocation.original is not None
    return invocation.original


async def test_the_status_goes_from_queued_to_percent_to_picture(discord_house: House, discord: DiscordStandIn) -> None:
    invocation = await begin(discord)
    message = await picture_of(discord, invocation)
    percents = [words for words in message.words if " %" in words]
    assert "queue" in message.words[0]
    assert percents
    assert message.words.index(percents[0]) > 0
    assert message.words[-1] == ""
    assert "queue" not in " ".join(message.words[message.words.index(percents[0]) :])
    later = [words for words in message.words if " 0 %" not in words]  # which is said again with the first look
    assert len(later) == len(set(later))
    assert discord.visible() == [message]


async def test_the_answer_holds_picture_losses_and_settings(discord_house: House, discord: DiscordStandIn) -> None:
    invocation = await begin(discord, strength=60, colours="content", look="faithful", seed=7)
    message = await picture_of(discord, invocation)
    (picture,) = message.files
    with Image.open(io.BytesIO(picture.data)) as opened:
        assert opened.format == "PNG"
    assert "total: " in message.embeds[0]["description"]
    assert "→" in message.embeds[0]["description"]
    assert message.embeds[0]["footer"]["text"] == "Strength 60 · the photo's colours · faithful to the photo · seed 7"
    job = await discord_house.studio.job(picture.name.removeprefix("atelier-").removesuffix(".png"))
    assert job.origin == str(invocation.id)


async def test_the_owner_cancels(discord_house: House, discord: DiscordStandIn) -> None:
    async with discord_house.busy_engine():
        invocation = await begin(discord)
        message = await waiting_message(discord, invocation)
        pressed = await discord.press(message, "Cancel")
        await discord.until(lambda: "ancel" in message.content)
    assert message.components == []
    assert message.files == []
    assert pressed.acknowledgement == 6
    assert pressed.private_words == []


async def test_a_running_job_is_cancelled(discord: DiscordStandIn, open_bot: OpenAtelier) -> None:
    async with open_bot(engine={"default_steps": MAX_STEPS}) as atelier:
        house = House(discord, atelier)
        await house.start()
        invocation = await begin(discord)
        message = await waiting_message(discord, invocation)
        await discord.until(lambda: " %" in message.content)
        await discord.press(message, "Cancel")
        await discord.until(lambda: "ancel" in message.content)
        assert message.files == []
        await house.stop()


async def test_a_moderator_cancels(discord_house: House, discord: DiscordStandIn) -> None:
    moderator = discord.add_person("grace", permissions=MANAGE_MESSAGES)
    async with discord_house.busy_engine():
        message = await waiting_message(discord, await begin(discord))
        await discord.press(message, "Cancel", person=moderator)
        await discord.until(lambda: "ancel" in message.content)


async def test_others_may_not_cancel(discord_house: House, discord: DiscordStandIn) -> None:
    async with discord_house.busy_engine():
        invocation = await begin(discord)
        message = await waiting_message(discord, invocation)
        pressed = await discord.press(message, "Cancel", person=discord.add_person("eve"))
        await discord.until(lambda: pressed.private_words)
        assert message.buttons
    await picture_of(discord, invocation)


async def test_a_cancel_that_comes_too_late(discord_house: House, discord: DiscordStandIn) -> None:
    async with discord_house.busy_engine():
        invocation = await begin(discord)
        message = await waiting_message(discord, invocation)
        old = dataclasses.replace(message)
    await picture_of(discord, invocation)
    pressed = await discord.press(old, "Cancel")
    await discord.until(lambda: pressed.private_words)
    assert "over" in pressed.private_words[0]


async def test_the_cancel_button_of_a_bot_that_was_restarted(discord_house: House, discord: DiscordStandIn) -> None:
    async with discord_house.busy_engine():
        message = await waiting_message(discord, await begin(discord))
        await discord_house.restart()
        await discord.press(message, "Cancel")
        await discord.until(lambda: "ancel" in message.content)


async def test_a_job_unknown_after_all(discord_house: House, discord: DiscordStandIn) -> None:
    message = discord.new_message(discord.place, 0)
    button = {"type": 2, "style": 2, "label": "Cancel", "custom_id": "atelier:cancel:0long0gone"}
    message.components = [{"type": 1, "components": [button]}]
    pressed = await discord.press(message, "Cancel")
    await discord.until(lambda: pressed.private_words)
    assert "wrong" not in pressed.private_words[0]


async def test_an_expired_token_is_answered_by_a_reply(discord_house: House, discord: DiscordStandIn) -> None:
    async with discord_house.busy_engine():
        invocation = await begin(discord)
        message = await waiting_message(discord, invocation)
        discord.expire_tokens()
    answer = await discord.until(lambda: next((m for m in discord.visible() if m.file(".png")), None))
    assert answer is not None
    assert answer.reply_to is message
    assert f"<@{discord.person.id}>" in answer.content
    await discord.until(lambda: str(answer.id) in message.content)
    assert (message.components, message.files) == ([], [])
    assert discord.visible() == [message, answer]
    assert "Again" in answer.buttons
    refused = [call for call in discord.invalid_requests if call[0] == 401]
    assert len(refused) == 1


async def test_a_token_known_to_be_old_is_not_even_tried(discord_house: House, discord: DiscordStandIn) -> None:
    discord.clock.offset = -16 * 60.0
    async with discord_house.busy_engine():
        invocation = await begin(discord)
        await discord_house.job_of(invocation)
        discord.expire_tokens()
    await discord.until(lambda: any(message.file(".png") for message in discord.visible()))
    assert discord.invalid_requests == []


async def test_a_deleted_status_message_is_replaced_by_a_new_one(discord_house: House, discord: DiscordStandIn) -> None:
    async with discord_house.busy_engine():
        invocation = await begin(discord)
        message = await waiting_message(discord, invocation)
        discord.delete(message)
    answer = await discord.until(lambda: next((m for m in discord.visible() if m.file(".png")), None))
    assert answer is not None
    assert answer.id != message.id
    assert f"<@{discord.person.id}>" in answer.content
    job = await discord_house.settled(answer.nonce or "")
    assert job.origin == str(invocation.id)
    assert job.address["message_id"] == answer.id


async def test_a_new_message_is_sent_once_only(discord_house: House, discord: DiscordStandIn) -> None:
    async with discord_house.busy_engine():
        invocation = await begin(discord)
        message = await waiting_message(discord, invocation)
        before = await discord_house.job_of(invocation)
        discord.delete(message)
    answer = await discord.until(lambda: next((m for m in discord.visible() if m.file(".png")), None))
    await discord_house.settled(before.id)
    again = await discord_house.studio.answer(before.id)
    await discord_house.front.answer(before, again)
    await discord_house.front.answer(await discord_house.studio.job(before.id), again)
    assert discord.visible() == [answer]


async def test_an_archived_thread_gets_a_new_message(discord_house: House, discord: DiscordStandIn) -> None:
    async with discord_house.busy_engine():
        invocation = await begin(discord)
        await waiting_message(discord, invocation)
        discord.expire_tokens()
        discord.place.is_archived = True
    answer = await discord.until(lambda: next((m for m in discord.visible() if m.file(".png")), None))
    assert answer is not invocation.original


async def test_a_preview_gives_way_to_the_picture(discord_house: House, discord: DiscordStandIn) -> None:
    async with discord_house.busy_engine():
        invocation = await begin(discord)
        message = await waiting_message(discord, invocation)
        await discord.until(lambda: "Next in the queue" in message.content)
        job = await discord_house.job_of(invocation)
        await discord_house.front.show(job, Running(job.id, 1, 4, 30.0, {}, jpeg(), 0.25))
        await discord.until(lambda: message.file("preview.jpg"))
        assert "25 %" in message.content
        await discord_house.front.show(job, Running(job.id, 2, 4, 20.0, share=0.5))
        await discord.until(lambda: "50 %" in message.content)
        assert message.file("preview.jpg")
    await picture_of(discord, invocation)
    assert message.file("preview.jpg") is None


async def test_rate_limits_do_not_lose_the_answer(discord_house: House, discord: DiscordStandIn) -> None:
    async with discord_house.busy_engine():
        invocation = await begin(discord)
        await waiting_message(discord, invocation)
        discord.rate_limit("PATCH /webhooks/", times=3)
    message = await picture_of(discord, invocation)
    assert [call[0] for call in discord.invalid_requests] == [429] * 3
    assert discord.visible() == [message]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that fails is tried again at once."""
    monkeypatch.setattr("bot.queue.delivery.FIRST_RETRY", 0.05)


@pytest.mark.usefixtures("impatient")
async def test_a_connection_cut_after_the_edit_leaves_one_answer(discord_house: House, discord: DiscordStandIn) -> None:
    async with discord_house.busy_engine():
        invocation = await begin(discord)
        message = await waiting_message(discord, invocation)
        job = await discord_house.job_of(invocation)
        await discord.until(lambda: "Next in the queue" in message.content)
        discord.cut_answers("PATCH /webhooks/", times=3)
    await discord_house.settled(job.id)
    assert discord.cuts_left == 0
    assert discord.visible() == [message]
    assert message.file(".png")


@pytest.mark.usefixtures("impatient")
async def test_a_connection_cut_after_a_new_message_leaves_one_answer(
    discord_house: House, discord: DiscordStandIn
) -> None:
    async with discord_house.busy_engine():
        invocation = await begin(discord)
        message = await waiting_message(discord, invocation)
        job = await discord_house.job_of(invocation)
        discord.delete(message)
        discord.cut_answers("POST /channels/", times=2)
    job = await discord_house.settled(job.id)
    assert discord.cuts_left == 0
    (answer,) = discord.visible()
    assert (answer.nonce, answer.id) == (job.id, job.address["message_id"])


@pytest.mark.usefixtures("impatient")
async def test_errors_of_the_platform_delay_the_answer_and_lose_nothing(
    discord_house: House, discord: DiscordStandIn
) -> None:
    async with discord_house.busy_engine():
        invocation = await begin(discord)
        message = await waiting_message(discord, invocation)
        job = await discord_house.job_of(invocation)
        discord.expire_tokens()
        discord.be_unavailable("POST /channels/", times=3)
        discord.rate_limit("POST /channels/", times=1)
    await discord_house.settled(job.id)
    assert [bool(message.file(".png")) for message in discord.visible()] == [False, True]
    assert discord.visible()[0] is message


async def test_a_bot_that_was_kicked_gives_up_at_once(discord_house: House, discord: DiscordStandIn) -> None:
    async with discord_house.busy_engine():
        invocation = await begin(discord)
        await waiting_message(discord, invocation)
        job = await discord_house.job_of(invocation)
        discord.expire_tokens()
        discord.kick(discord.place)
    await discord_house.settled(job.id)
    refused = [call for call in discord.invalid_requests if call[0] == 403]
    assert refused
    assert len(refused) == len(set(refused))


async def test_a_picture_above_the_limit_goes_as_jpeg(discord_house: House, discord: DiscordStandIn) -> None:
    place = discord.add_place(token_file_limit=400_000)
    invocation = await begin(discord, place=place)
    message = await picture_of(discord, invocation)
    job = await discord_house.settled((await discord_house.job_of(invocation)).id)
    answer = await discord_house.studio.answer(job.id)
    await discord_house.front.answer(job, dataclasses.replace(answer, picture=noise(600)))
    (picture,) = message.files
    assert len(picture.data) <= 400_000
    with Image.open(io.BytesIO(picture.data)) as opened:
        assert opened.format == "JPEG"
        assert opened.size == (600, 600)
    assert "JPEG" in message.content


async def test_a_file_that_discord_calls_too_large_is_made_smaller(
    discord_house: House, discord: DiscordStandIn
) -> None:
    place = discord.add_place(token_file_limit=900_000)
    invocation = await begin(discord, place=place)
    message = await picture_of(discord, invocation)
    job = await discord_house.settled((await discord_house.job_of(invocation)).id)
    place.token_file_limit = 500_000
    answer = await discord_house.studio.answer(job.id)
    await discord_house.front.answer(job, dataclasses.replace(answer, picture=noise(512)))
    assert message.file(".jpg") is not None


async def test_an_animation_is_answered_with_an_animation(discord_house: House, discord: DiscordStandIn) -> None:
    invocation = await discord.stylize(discord.upload(moving(), "box.gif"), style=a_style())
    message = await picture_of(discord, invocation)
    (shown,) = message.files
    assert shown.name.endswith(".webp")
    with Image.open(io.BytesIO(shown.data)) as picture:
        assert (picture.format, getattr(picture, "n_frames", 1)) == ("WEBP", 4)


@pytest.mark.parametrize(("animation", "film", "ending"), [(900, 700, "mp4"), (900, 900, "png"), (700, 100, "webp")])
def test_an_answer_shows_the_best_that_the_place_takes(animation: int, film: int, ending: str) -> None:
    summary = LossSummary({name: [2.0, 1.0] for name in LOSS_NAMES}, 1, 1.0, "cpu", "float32", 8, 8)
    answer = Answer("0job", "done", "", bytes(500), None, summary, None, bytes(animation), bytes(film))
    assert answer_content(a_job(), answer, 800).files[0].name == f"atelier-0job.{ending}"

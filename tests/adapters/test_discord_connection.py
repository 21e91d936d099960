"""The connection to Discord: tokens, commands, outages."""

from __future__ import annotations

import asyncio
import logging

import pytest

from adapters.discord import limits
from adapters.discord.front import until_stopped
from bot.app import Atelier
from bot.errors import SetupError
from tests.standins.discord import DiscordStandIn
from tests.standins.discord.house import House, a_style, jpeg, picture_of

pytest_plugins = ["tests.standins.discord.fixtures"]
pytestmark = pytest.mark.slow


async def test_a_wrong_token_is_a_clear_sentence_without_the_token(
    discord: DiscordStandIn, atelier: Atelier, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    house = House(discord, atelier, token="not-the-token-of-anybody")
    with pytest.raises(SetupError, match="Discord refused the token") as refused:
        await asyncio.wait_for(house.front.run(), 30)
    assert refused.value.__cause__ is None
    said = [str(refused.value), repr(house.front), repr(house.config), caplog.text, *capsys.readouterr()]
    assert not any("not-the-token" in text for text in said)
    assert discord.gateway.identified == 0


async def test_a_token_that_is_revoked_later(discord: DiscordStandIn, atelier: Atelier) -> None:
    house = House(discord, atelier)
    discord.gateway.revoke_token()
    with pytest.raises(SetupError, match="Discord refused the token"):
        await asyncio.wait_for(house.front.run(), 30)


async def test_a_discord_that_is_down_at_the_start_is_tried_again(
    discord: DiscordStandIn, atelier: Atelier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LOGIN_PAUSE_FIRST", 0.01)
    discord.be_unavailable("/users/@me", times=2)
    house = House(discord, atelier)
    await house.start()
    invocation = await discord.stylize(discord.upload(jpeg()), style="nothing of this name")
    await discord.until(lambda: invocation.private_words)
    await house.stop()


async def test_the_token_is_in_no_log(
    discord_house: House, discord: DiscordStandIn, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    discord.gateway.drop()
    await discord.until(lambda: discord.gateway.resumed)
    invocation = await discord.stylize(discord.upload(jpeg()), style="nothing of this name")
    await discord.until(lambda: invocation.private_words)
    assert caplog.text
    assert not any(discord.token in text for text in (caplog.text, *capsys.readouterr()))


async def test_the_command_is_registered_everywhere(discord_house: House, discord: DiscordStandIn) -> None:
    assert set(discord.commands) == {None}
    options = {option["name"]: option for option in discord.command()["options"]}
    assert list(options)[:4] == ["photo", "style", "style_image", "strength"]
    assert not any(option.get("required") for option in options.values())
    assert options["photo"]["type"] == 11
    assert options["style"]["autocomplete"]
    assert (options["strength"]["min_value"], options["strength"]["max_value"]) == (0, 100)


async def test_the_command_is_registered_in_chosen_servers(discord: DiscordStandIn, atelier: Atelier) -> None:
    guild_id = discord.place.guild_id
    house = House(discord, atelier, guild_ids=(guild_id,))
    await house.start()
    assert set(discord.commands) == {guild_id}
    invocation = await discord.stylize(discord.upload(b"no picture at all"), style=a_style())
    await discord.until(lambda: invocation.private_words)
    assert "went wrong" not in invocation.private_words[0]
    await house.stop()


async def test_no_privileged_intent_is_asked_for(discord_house: House, discord: DiscordStandIn) -> None:
    assert discord.gateway.intents == 1


async def test_a_dropped_connection_is_resumed_and_nothing_is_missed(
    discord_house: House, discord: DiscordStandIn
) -> None:
    discord.gateway.drop()
    invocation = await discord.stylize(discord.upload(jpeg()), style=a_style())
    await picture_of(discord, invocation)
    assert discord.gateway.resumed == 1
    assert discord.gateway.identified == 1


async def test_a_dropped_connection_is_resumed_through_the_configured_gateway(
    discord: DiscordStandIn, atelier: Atelier
) -> None:
    discord.resume_url = "ws://127.0.0.1:9/"
    house = House(discord, atelier)
    await house.start()
    await discord.until(lambda: discord.gateway.connected)
    assert await discord.autocomplete("starry")
    discord.gateway.drop()
    await discord.until(lambda: discord.gateway.resumed)
    assert await discord.autocomplete("starry")
    assert discord.gateway.identified == 1
    await house.stop()


async def test_a_cancel_that_the_library_swallows_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CANCEL_AGAIN", 0.01)
    swallowed = asyncio.Event()

    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed.set()
        await asyncio.Event().wait()

    serving = asyncio.create_task(until_stopped(stubborn()))
    await asyncio.sleep(0)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(serving, 30)
    assert swallowed.is_set()


async def test_an_answer_that_is_due_during_a_drop(discord_house: House, discord: DiscordStandIn) -> None:
    invocation = await discord.stylize(discord.upload(jpeg()), style=a_style())
    await discord_house.job_of(invocation)
    discord.gateway.drop()
    await picture_of(discord, invocation)


async def test_an_answer_that_waits_for_the_login(discord_house: House, discord: DiscordStandIn) -> None:
    async with discord_house.busy_engine():
        invocation = await discord.stylize(discord.upload(jpeg()), style=a_style())
        job = await discord_house.job_of(invocation)
        await discord_house.stop()
        assert await discord_house.studio.cancel(job.id, str(discord.person.id))
        assert invocation.original is not None
        assert invocation.original.buttons
        await discord_house.restart()
    await discord.until(lambda: invocation.original and not invocation.original.buttons)
    assert "ancel" in invocation.original.content


async def test_a_handler_that_breaks_tells_the_person_and_the_bot_lives_on(
    discord_house: House, discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(discord_house.studio, "submit", _break)
        invocation = await discord.stylize(discord.upload(jpeg()), style=a_style())
        await discord.until(lambda: invocation.private_words)
    assert "went wrong" in invocation.private_words[0]
    assert discord.visible() == []
    again = await discord.stylize(discord.upload(jpeg()), style="nothing of this name")
    await discord.until(lambda: again.private_words)


async def test_a_button_that_breaks_tells_the_person(
    discord_house: House, discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with discord_house.busy_engine():
        invocation = await discord.stylize(discord.upload(jpeg()), style=a_style())
        await discord_house.job_of(invocation)
        assert invocation.original is not None
        with monkeypatch.context() as broken:
            broken.setattr(discord_house.studio, "cancel", _break)
            pressed = await discord.press(invocation.original, "Cancel")
            await discord.until(lambda: pressed.private_words)
    assert "went wrong" in pressed.private_words[0]


async def _break(*_arguments: object, **_options: object) -> None:
    raise RuntimeError("a fault of the bot's own")

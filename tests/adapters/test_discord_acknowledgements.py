"""Acknowledgements on Discord: one that got lost on the way back is one all the same, and none waits for pictures."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.adapters.test_discord_answers import waiting_message
from tests.adapters.test_discord_menus import panel_of
from tests.adapters.test_discord_settings import manager, settings_panel, window_of
from tests.adapters.test_discord_wishes import told
from tests.standins.discord import DiscordStandIn, Person
from tests.standins.discord.house import House, a_style, jpeg, picture_of

pytest_plugins = ["tests.standins.discord.fixtures"]
__all__ = ["manager"]

CALLBACK = "POST /interactions/"
Lose = Callable[[str, int], None]


@pytest.fixture(params=["cut", "502"])
def lose(request: pytest.FixtureRequest, discord: DiscordStandIn) -> Lose:
    """Loses Discord's next answers to some calls, one way or the other: what they asked for is done."""
    return discord.cut_answers if request.param == "cut" else discord.lose_answers


async def test_a_command_becomes_a_picture(swift_house: House, discord: DiscordStandIn, lose: Lose) -> None:
    lose(CALLBACK, 1)
    invocation = await discord.stylize(discord.upload(jpeg()), style=a_style())
    message = await swift_house.result_of(invocation)
    assert discord.cuts_left == 0
    assert discord.visible() == [message]
    assert invocation.private_words == []


async def test_a_press_becomes_a_picture(swift_house: House, discord: DiscordStandIn, lose: Lose) -> None:
    message = await swift_house.result_of(await discord.stylize(discord.upload(jpeg()), style=a_style()))
    lose(CALLBACK, 1)
    again = await discord.press(message, "Again")
    painted = await picture_of(discord, again)
    assert discord.visible() == [message, painted]
    assert again.private_words == []


async def test_a_job_is_cancelled(swift_house: House, discord: DiscordStandIn, lose: Lose) -> None:
    async with swift_house.busy_engine():
        message = await waiting_message(discord, await discord.stylize(discord.upload(jpeg()), style=a_style()))
        lose(CALLBACK, 1)
        pressed = await discord.press(message, "Cancel")
        await discord.until(lambda: message.content == "Cancelled.")
    assert pressed.private_words == []


async def test_selects_and_windows(swift_house: House, discord: DiscordStandIn, manager: Person, lose: Lose) -> None:
    panel = await settings_panel(discord, manager)
    lose(CALLBACK, 1)
    chosen = await discord.choose(panel, "who", "moderators", person=manager)
    await discord.until(lambda: "Set; it holds" in panel.content)
    lose(CALLBACK, 1)
    pressed = await discord.press(panel, "Limits…", person=manager)
    await window_of(discord, pressed)
    lose(CALLBACK, 1)
    await discord.submit(pressed, person=manager, per_person_per_day="7")
    await discord.until(lambda: any(field["value"] == "7" for field in panel.embeds[0]["fields"]))
    assert discord.cuts_left == 0
    assert chosen.private_words + pressed.private_words == []


async def test_what_is_said_to_one_person_is_said_once(swift_house: House, discord: DiscordStandIn, lose: Lose) -> None:
    lose(CALLBACK, 1)
    assert "waiting" in await told(discord, await discord.invoke("queue"))
    lose(CALLBACK, 1)
    panel = await panel_of(discord, await discord.use_menu("Stylize avatar", discord.person))
    assert panel.buttons
    assert discord.cuts_left == 0


async def test_a_lost_edit_is_no_fault(swift_house: House, discord: DiscordStandIn, lose: Lose) -> None:
    lose("PATCH /webhooks/", 1)
    page = await panel_of(discord, await discord.invoke("styles"))
    for number in (2, 3):
        await discord.press(page, "More ›")
        await discord.until(lambda number=number: f"page {number} of" in page.content)
    assert discord.cuts_left == 0
    assert page.id in discord.messages


async def test_a_refusal_is_told_though_the_way_to_it_was_lost(
    swift_house: House, discord: DiscordStandIn, lose: Lose
) -> None:
    lose("DELETE /webhooks/", 1)
    invocation = await discord.stylize(discord.upload(b"no picture at all"), style=a_style())
    assert "wrong" not in await told(discord, invocation)
    assert discord.visible() == []

"""Acknowledgements on Discord: one that got lost on the way back is one all the same, and none waits for pictures."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from adapters.discord import extras
from tests.adapters.test_discord_answers import waiting_message
from tests.adapters.test_discord_buttons import give_instead, painted
from tests.adapters.test_discord_menus import panel_of
from tests.adapters.test_discord_settings import add, manager, settings_panel, window_of
from tests.adapters.test_discord_wishes import told
from tests.standins.discord import DiscordStandIn, Person
from tests.standins.discord.house import House, a_style, jpeg, noise, picture_of

pytest_plugins = ["tests.standins.discord.fixtures"]
pytestmark = pytest.mark.slow
__all__ = ["manager"]

MOST_THREADS = 32
"""As many as asyncio has for files, on any machine."""
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


async def test_pictures_that_take_long_keep_nobody_waiting(
    swift_house: House, discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, job = await painted(swift_house)
    picture = noise(64)
    await give_instead(swift_house, monkeypatch, job, picture)
    message.place.token_file_limit = len(picture) - 1
    done = threading.Event()
    webp = extras.lossless_webp
    monkeypatch.setattr(extras, "lossless_webp", lambda png: webp(png) if done.wait() else None)
    try:
        pressed = [await discord.press(message, "As file") for _ in range(MOST_THREADS)]
        await discord.until(lambda: all(each.acknowledgement for each in pressed))
        asked = await discord.invoke("privacy")
        await discord.until(lambda: asked.original and asked.original.embeds)
        assert not any(each.original and each.original.files for each in pressed)
    finally:
        done.set()
    await discord.until(lambda: all(each.original and each.original.files for each in pressed))


@asynccontextmanager
async def busy_storage() -> AsyncIterator[None]:
    """Keep every thread busy that reads and writes files."""
    done = threading.Event()
    loop = asyncio.get_running_loop()
    held = [loop.run_in_executor(None, done.wait) for _ in range(MOST_THREADS)]
    try:
        yield
    finally:
        done.set()
        await asyncio.gather(*held)


async def test_a_slow_storage_delays_no_acknowledgement(
    swift_house: House, discord: DiscordStandIn, manager: Person
) -> None:
    own = await add(discord, manager, "Kitchen", jpeg())
    assert "Kitchen" in own
    gallery = await panel_of(discord, await discord.invoke("styles", person=manager))
    await discord.choose(gallery, "unstyle", "kitchen", person=manager)
    await discord.until(lambda: "Remove" in gallery.buttons)
    settings = await settings_panel(discord, manager)
    limits = await discord.press(settings, "Limits…", person=manager)
    await window_of(discord, limits)
    async with busy_storage():
        asked = [
            await discord.stylize(discord.upload(jpeg())),
            await discord.stylize(discord.upload(jpeg()), style="*"),
            await discord.invoke("privacy"),
            await discord.use_menu("Stylize avatar", discord.person),
            await discord.choose(settings, "who", "moderators", person=manager),
            await discord.submit(limits, person=manager, per_person_per_day="7"),
            await discord.press(gallery, "Remove", person=manager),
        ]
        await discord.until(lambda: all(each.acknowledgement for each in asked))
        await discord.press(settings, "Reset", person=manager)
        await discord.until(lambda: "Reset all of it" in settings.buttons)
        sure = await discord.press(settings, "Reset all of it", person=manager)
        await discord.until(lambda: sure.acknowledgement)
    await discord.until(lambda: "as in the beginning" in settings.content)
    await discord.until(lambda: "no longer in this server" in gallery.content)


async def test_a_slow_ledger_delays_no_acknowledgement(swift_house: House, discord: DiscordStandIn) -> None:
    done = threading.Event()
    held = swift_house.studio._ledger._thread.submit(done.wait)
    try:
        asked = [await discord.invoke(command) for command in ("queue", "cancel", "privacy")]
        asked.append(await discord.stylize(discord.upload(jpeg()), style=a_style()))
        await discord.until(lambda: all(each.acknowledgement for each in asked))
    finally:
        done.set()
        await asyncio.wrap_future(held)
    assert await told(discord, asked[0])
    await picture_of(discord, asked[-1])


async def test_a_slow_queue_delays_no_acknowledgement(
    swift_house: House, discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = asyncio.Event()
    cancel = swift_house.studio.cancel

    async def slow(*arguments: object, **how: object) -> bool:
        await reached.wait()
        return await cancel(*arguments, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(swift_house.studio, "cancel", slow)
    async with swift_house.busy_engine():
        await waiting_message(discord, await discord.stylize(discord.upload(jpeg()), style=a_style()))
        asked = await discord.invoke("cancel")
        try:
            await discord.until(lambda: asked.acknowledgement)
        finally:
            reached.set()
        assert await told(discord, asked) == "This picture is cancelled."

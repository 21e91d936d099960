"""The commands as Discord knows them: brought there when they have changed, and only then."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from structlog.testing import capture_logs

from adapters.discord.registration import same_commands
from bot.presets import LARGER
from nst_engine.settings import PRESETS
from tests.standins.discord import DiscordStandIn
from tests.standins.discord.house import House

pytest_plugins = ["tests.standins.discord.fixtures"]
NAMES = [
    *("stylize", "settings", "styles", "queue", "cancel", "privacy", "about"),
    *("Stylize avatar", "Stylize", "Use as style"),
]


def puts(discord: DiscordStandIn) -> int:
    return sum(method == "PUT" for method, _ in discord.requests)


async def test_all_commands_are_there_and_work_in_direct_messages(swift_house: House, discord: DiscordStandIn) -> None:
    assert sorted(command["name"] for command in discord.commands[None]) == sorted(NAMES)
    contexts = {command["name"]: command["contexts"] for command in discord.commands[None]}
    assert contexts.pop("settings") == [0]
    assert all(where == [0, 1, 2] for where in contexts.values())


async def test_what_has_not_changed_is_not_sent_again(swift_house: House, discord: DiscordStandIn) -> None:
    assert puts(discord) == 1
    with capture_logs() as logs:
        await swift_house.restart()
        await swift_house.restart()
    assert puts(discord) == 1
    assert [line["event"] for line in logs].count("commands unchanged") == 2


async def test_a_changed_command_is_sent(swift_house: House, discord: DiscordStandIn) -> None:
    discord.command()["description"] = "what an older version said"
    await swift_house.restart()
    assert puts(discord) == 2
    assert discord.command()["description"] != "what an older version said"
    discord.commands[None].pop()
    await swift_house.restart()
    assert puts(discord) == 3
    assert len(discord.commands[None]) == len(NAMES)


async def test_the_presets_in_force_are_offered(swift_house: House, discord: DiscordStandIn) -> None:
    swift_house.studio.presets = {**PRESETS, "standard": LARGER["standard"].preset}
    await swift_house.restart()
    assert puts(discord) == 2
    preset = next(option for option in discord.command()["options"] if option["name"] == "preset")
    _draft, standard, _fine = preset["choices"]
    assert (standard["value"], standard["name"]) == ("standard", "Standard: 1536 pixels, 200 steps")
    assert standard["name_localizations"]["de"] == "Standard: 1536 Pixel, 200 Schritte"


async def test_chosen_servers_are_looked_at_one_by_one(swift_house: House, discord: DiscordStandIn) -> None:
    guilds = (discord.place.guild_id, discord.add_place().guild_id)
    await swift_house.stop()
    house = House(discord, swift_house._atelier, guild_ids=guilds)
    await house.start()
    await discord.until(lambda: puts(discord) == 3)
    assert all("contexts" not in command or not command["contexts"] for command in discord.commands[guilds[0]])
    discord.commands[guilds[1]][0]["description"] = "changed"
    await house.restart()
    await discord.until(lambda: puts(discord) == 4)
    await house.stop()


async def test_a_sync_that_fails_leaves_the_bot_at_work(swift_house: House, discord: DiscordStandIn) -> None:
    discord.rate_limit("GET /applications/", times=1)
    with capture_logs() as logs:
        await swift_house.restart()
        discord.forbid("GET /applications/", times=1)
        await swift_house.restart()
    assert [line["event"] for line in logs].count("commands not synced") == 1
    invocation = await discord.invoke("queue")
    await discord.until(lambda: invocation.private_words)


OURS: dict[str, Any] = {
    "name": "paint",
    "description": "Paints",
    "type": 1,
    "options": [{"name": "size", "type": 4, "description": "Size", "required": False, "min_value": 0}],
    "nsfw": False,
    "dm_permission": True,
    "default_member_permissions": None,
    "contexts": [0, 1, 2],
    "integration_types": None,
}
THEIRS: dict[str, Any] = {
    "id": "1",
    "application_id": "2",
    "version": "3",
    "name": "paint",
    "name_localizations": None,
    "description": "Paints",
    "type": 1,
    "options": [{"name": "size", "type": 4, "description": "Size", "min_value": 0}],
    "nsfw": False,
    "default_member_permissions": None,
    "contexts": [0, 1, 2],
    "integration_types": [0, 1],
}


def test_what_discord_adds_is_no_change() -> None:
    assert same_commands([OURS], [THEIRS])
    assert same_commands([], [])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("name",), "draw"),
        (("type",), 2),
        (("name_localizations",), {"de": "malen"}),
        (("contexts",), [0]),
        (("nsfw",), True),
        (("options", 0, "required"), True),
        (("options", 0, "min_value"), 1),
        (("options", 0, "max_value"), 9),
        (("options", 0, "choices"), [{"name": "a", "value": 1}]),
        (("options",), []),
        (("new key",), "of a later version"),
    ],
)
def test_every_other_difference_is_one(path: tuple[Any, ...], value: Any) -> None:
    theirs = copy.deepcopy(THEIRS)
    inside: Any = theirs
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    assert not same_commands([OURS], [theirs])
    assert not same_commands([OURS], [theirs, theirs | {"name": "more"}])

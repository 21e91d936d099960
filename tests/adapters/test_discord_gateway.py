"""The gateway's ways to begin anew: other addresses, orders to reconnect, sessions called invalid, several shards."""

from __future__ import annotations

from collections.abc import AsyncIterator

import discord as library
import pytest

from tests.standins.discord import DiscordStandIn, Place
from tests.standins.discord.house import House, a_style, jpeg, picture_of

pytest_plugins = ["tests.standins.discord.fixtures"]
pytestmark = pytest.mark.slow


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library does not wait its five seconds between two times that it identifies."""

    async def at_once(_client: library.Client, _shard: int | None, *, initial: bool = False) -> None:
        return

    monkeypatch.setattr(library.Client, "before_identify_hook", at_once)


def server(discord: DiscordStandIn, shard: int) -> Place:
    """A channel in a server that belongs to that one of two shards."""
    number = discord.clock.snowflake()
    return discord.add_place(guild_id=number + (((number >> 22) % 2 ^ shard) << 22))


async def paint(discord: DiscordStandIn, place: Place | None = None) -> None:
    await picture_of(discord, await discord.stylize(discord.upload(jpeg()), style=a_style(), place=place))


async def test_the_configured_gateway_is_used_from_the_first_connection_on(
    swift_house: House, discord: DiscordStandIn
) -> None:
    await paint(discord)
    assert (discord.gateway.strayed, discord.gateway.identified) == (0, 1)


async def test_without_one_the_address_is_taken_that_discord_names(swift_house: House, discord: DiscordStandIn) -> None:
    await swift_house.stop()
    discord.announced_gateway = discord.gateway_url
    house = House(discord, swift_house._atelier, gateway_url="")
    await house.start()
    await paint(discord)
    assert (discord.gateway.strayed, discord.gateway.identified) == (0, 2)
    await house.stop()


async def test_an_order_to_reconnect_is_followed_and_nothing_is_missed(
    swift_house: House, discord: DiscordStandIn
) -> None:
    await discord.gateway.ask_to_reconnect()
    await paint(discord)
    assert (discord.gateway.resumed, discord.gateway.identified) == (1, 1)
    await paint(discord)


@pytest.mark.usefixtures("hurried")
async def test_an_invalid_session_is_begun_anew(swift_house: House, discord: DiscordStandIn) -> None:
    await discord.gateway.invalidate()
    await discord.until(lambda: discord.gateway.identified == 2 and discord.gateway.connected)
    await paint(discord)
    assert (discord.gateway.resumed, discord.gateway.strayed) == (0, 0)


async def test_a_session_that_may_be_resumed_is_resumed(swift_house: House, discord: DiscordStandIn) -> None:
    await discord.gateway.invalidate(is_resumable=True)
    await discord.until(lambda: discord.gateway.resumed == 1)
    await paint(discord)
    assert discord.gateway.identified == 1


@pytest.mark.usefixtures("hurried")
async def test_a_session_that_is_forgotten_during_a_drop_is_begun_anew(
    swift_house: House, discord: DiscordStandIn
) -> None:
    discord.gateway.drop()
    discord.gateway.sessions = {}
    await discord.until(lambda: discord.gateway.identified == 2 and discord.gateway.connected)
    await paint(discord)
    assert discord.gateway.resumed == 0


@pytest.fixture
async def two_shards(swift_house: House, discord: DiscordStandIn, hurried: None) -> AsyncIterator[list[Place]]:
    """A bot on two shards, with a server on each."""
    await swift_house.stop()
    discord.gateway.shards = 2
    places = [server(discord, shard) for shard in (0, 1)]
    await swift_house.start()
    yield places


async def test_servers_on_all_shards_are_served(two_shards: list[Place], discord: DiscordStandIn) -> None:
    assert [discord.gateway.shard_of(place.guild_id) for place in two_shards] == [0, 1]
    assert [session.shard for session in discord.gateway.connected] == [[0, 2], [1, 2]]
    for place in (*two_shards, discord.add_direct_channel()):
        await paint(discord, place)


@pytest.mark.parametrize("dropped", [0, 1])
async def test_a_shard_that_is_dropped_does_not_disturb_the_other(
    two_shards: list[Place], discord: DiscordStandIn, dropped: int
) -> None:
    gateway = discord.gateway
    gateway.door.clear()
    gateway.session(dropped).drop()
    waits = await discord.stylize(discord.upload(jpeg()), style=a_style(), place=two_shards[dropped])
    await paint(discord, two_shards[1 - dropped])
    assert (waits.acknowledgement, gateway.resumed, len(gateway.connected)) == (None, 0, 1)
    gateway.door.set()
    await picture_of(discord, waits)
    assert (gateway.resumed, gateway.identified) == (1, 1 + 2)

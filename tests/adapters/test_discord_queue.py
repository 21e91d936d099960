"""The queue as Discord's people see it: who goes first, and what they read while it is paused."""

from __future__ import annotations

import pytest

from tests.adapters.test_discord_answers import begin, waiting_message
from tests.conftest import OpenAtelier
from tests.standins.discord import DiscordStandIn
from tests.standins.discord.house import House, picture_of
from tests.standins.discord.world import MANAGE_MESSAGES

pytest_plugins = ["tests.standins.discord.fixtures"]
pytestmark = pytest.mark.slow


async def test_who_may_manage_messages_goes_first_where_moderators_weigh_more(
    discord: DiscordStandIn, open_bot: OpenAtelier
) -> None:
    async with open_bot(queue={"moderator_weight": 3.0}) as atelier:
        house = House(discord, atelier)
        await house.start()
        async with house.busy_engine():
            people = [discord.add_person("ann"), discord.add_person("grace", permissions=MANAGE_MESSAGES)]
            for person in people:
                await waiting_message(discord, await begin(discord, person=person))
            view = await house.studio.operator.view()
            assert [line.person for line in view.waiting] == [str(person.id) for person in reversed(people)]
            await house.studio.operator.empty()
        await house.stop()


async def test_a_paused_queue_is_told_and_goes_on(discord_house: House, discord: DiscordStandIn) -> None:
    await discord_house.studio.operator.pause("a new card")
    invocation = await begin(discord)
    message = await waiting_message(discord, invocation)
    await discord.until(lambda: "The queue is paused (a new card)" in message.content)
    await discord_house.studio.operator.resume()
    await picture_of(discord, invocation)

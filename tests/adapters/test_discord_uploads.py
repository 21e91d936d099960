"""How large the files are that Discord gets: what the person may send, what the server takes, what follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adapters.test_discord_buttons import give_instead
from tests.adapters.test_discord_buttons import parts as files_of
from tests.adapters.test_discord_places import waiting
from tests.adapters.test_discord_wishes import told
from tests.standins.discord import DiscordStandIn
from tests.standins.discord.house import House, a_style, instant_house, jpeg, noise, picture_of
from tests.standins.discord.world import FILE_LIMITS, MIB

pytest_plugins = ["tests.standins.discord.fixtures"]
pytestmark = pytest.mark.slow
LARGE = 11 * MIB
"""A PNG between what plain servers take and what boosted ones do."""


@pytest.mark.parametrize(
    ("tier", "own_limit", "ending"),
    [(0, 100 * MIB, ".jpg"), (1, 100 * MIB, ".jpg"), (2, 10 * MIB, ".png"), (3, 10 * MIB, ".png")],
)
async def test_a_late_answer_is_as_large_as_the_server_takes(
    discord: DiscordStandIn, tmp_path: Path, tier: int, own_limit: int, ending: str
) -> None:
    discord.place.premium_tier, discord.place.token_file_limit = tier, own_limit
    async with instant_house(discord, tmp_path, picture_bytes=LARGE) as house:
        async with house.busy_engine():
            invocation = await discord.stylize(discord.upload(jpeg()), style=a_style())
            status = await waiting(discord, invocation)
            job = await house.job_of(invocation)
            discord.expire_tokens()
        await house.settled(job.id)
        (answer,) = [message for message in discord.visible() if message is not status]
        (picture,) = answer.files
        assert picture.name.endswith(ending)
        assert (len(picture.data) > LARGE) == (ending == ".png")
        assert len(picture.data) <= FILE_LIMITS[tier]
        assert ("10.0 MB" in answer.content) == (ending == ".jpg")
        assert {status for status, _, _ in discord.refused_requests} == {401}


@pytest.mark.parametrize(("own_limit", "ending"), [(10 * MIB, ".jpg"), (50 * MIB, ".png")])
async def test_an_answer_in_time_is_as_large_as_the_person_may_send(
    discord: DiscordStandIn, tmp_path: Path, own_limit: int, ending: str
) -> None:
    discord.place.token_file_limit = own_limit
    async with instant_house(discord, tmp_path, picture_bytes=LARGE):
        message = await picture_of(discord, await discord.stylize(discord.upload(jpeg()), style=a_style()))
        assert [Path(file.name).suffix for file in message.files] == [ending]
        assert discord.refused_requests == []


@pytest.mark.parametrize(
    ("bot_is_member", "parts", "messages"), [(True, 61, 7), (False, 40, 4), (False, 41, 0)],
    ids=["member", "user install", "too many for a user install"],
)  # fmt: skip
async def test_a_file_in_parts_takes_no_more_messages_than_may_follow(
    swift_house: House, discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch,
    bot_is_member: bool, parts: int, messages: int,
) -> None:  # fmt: skip
    place = discord.add_place(bot_is_member=bot_is_member)
    invocation = await discord.stylize(discord.upload(jpeg()), style=a_style(), place=place)
    message = await swift_house.result_of(invocation)
    picture = noise(128)
    await give_instead(swift_house, monkeypatch, await swift_house.job_of(invocation), picture)
    place.token_file_limit = -(-len(picture) // parts)
    pressed = await discord.press(message, "As file")
    if messages:
        await discord.until(lambda: len(files_of(pressed)) == parts)
        assert b"".join(files_of(pressed)) == picture
        assert len(pressed.followups) == messages - 1
    else:
        assert "add me to a server" in await told(discord, pressed)
        assert files_of(pressed) == []
    assert discord.refused_requests == []

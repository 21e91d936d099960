"""The Discord of these tests refuses what Discord refuses, so that a test fails where the bot would."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from tests.standins.discord import DiscordStandIn
from tests.standins.discord.house import House
from tests.standins.discord.rules import LOCALES, check_command, check_components, check_embeds
from tests.standins.discord.world import ATTACH_FILES, BOT_PERMISSIONS, EMBED_LINKS, VIEW_CHANNEL, ApiError

pytest_plugins = ["tests.standins.discord.fixtures"]


def select(option: dict[str, Any] | None = None, **facts: Any) -> list[dict[str, Any]]:
    option = {"label": "a", "value": "a"} | (option or {})
    item = {"type": 3, "custom_id": "x", "options": [option], "min_values": 1, "max_values": 1} | facts
    return [{"type": 1, "components": [item]}]


@pytest.mark.parametrize("kind", [3, 8], ids=["of words", "of channels"])
def test_the_placeholder_of_a_select(kind: int) -> None:
    rows = select()
    if kind != 3:
        rows = [{"type": 1, "components": [{"type": kind, "custom_id": "x"}]}]
    (item,) = rows[0]["components"]
    item["placeholder"] = "x" * 150
    check_components(rows)
    item["placeholder"] += "x"
    with pytest.raises(ApiError, match="placeholder"):
        check_components(rows)


def test_the_description_of_an_option() -> None:
    check_components(select({"description": "x" * 100}))
    with pytest.raises(ApiError, match="description of an option"):
        check_components(select({"description": "x" * 101}))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ([{"author": {"name": "x" * 256}}], [{"author": {"name": "x" * 257}}]),
        ([{"fields": [{"name": "a", "value": "b"}]}], [{"fields": [{"name": "a", "value": ""}]}]),
        ([{"fields": [{"name": "a", "value": "b"}] * 25}], [{"fields": [{"name": "a", "value": "b"}] * 26}]),
        (
            [{"description": "x" * 4000}, {"footer": {"text": "x" * 2000}}],
            [{"description": "x" * 4000}, {"footer": {"text": "x" * 2000}, "author": {"name": "x"}}],
        ),
        (
            [
                {"description": "x" * 4000},
                {"title": "x" * 200, "fields": [{"name": "x" * 200, "value": "x" * 800}] * 1},
            ],
            [
                {"description": "x" * 4000},
                {"title": "x" * 200, "fields": [{"name": "x" * 200, "value": "x" * 800}] * 2},
            ],
        ),
    ],
    ids=["author", "empty field", "fields", "all with the author", "all with the fields"],
)
def test_embeds(right: list[dict[str, Any]], wrong: list[dict[str, Any]]) -> None:
    check_embeds(right)
    with pytest.raises(ApiError, match="embed"):
        check_embeds(wrong)


def command(**facts: Any) -> dict[str, Any]:
    return {"type": 1, "name": "paint", "description": "Paints", "options": []} | facts


def option(number: int = 0, **facts: Any) -> dict[str, Any]:
    return {"type": 3, "name": f"option_{number}", "description": "x"} | facts


@pytest.mark.parametrize("name", ["paint-it", "malen_2", "peindre", "塗る", "चित्र", "วาด", "x" * 32])
def test_names_of_commands(name: str) -> None:
    check_command(command(name=name))
    check_command(command(options=[option(name=name)]))


@pytest.mark.parametrize("name", ["Paint", "paint it", "paint!", "", "x" * 33, "🎨"])
def test_names_that_commands_cannot_have(name: str) -> None:
    for wrong in (command(name=name), command(options=[option(name=name)])):
        with pytest.raises(ApiError, match="bad name"):
            check_command(wrong)


def test_choices_of_an_option() -> None:
    choices = [{"name": "x" * 100, "value": str(number)} for number in range(25)]
    check_command(command(options=[option(choices=choices)]))
    for wrong in ([*choices, {"name": "x", "value": "x"}], [{"name": "x" * 101, "value": "x"}]):
        with pytest.raises(ApiError, match="choice"):
            check_command(command(options=[option(choices=wrong)]))


def test_a_command_counts_with_each_word_in_its_longest_language() -> None:
    options = [option(number, description="x" * 90, choices=[{"name": "x" * 30, "value": "x" * 20}] * 8)
               for number in range(15)]  # fmt: skip
    whole = command(options=options)
    check_command(whole)
    options[0]["description_localizations"] = dict.fromkeys(LOCALES, "x" * 100)
    check_command(whole)
    for each in options:
        for choice in each["choices"]:
            choice["name_localizations"] = {"de": "x" * 40}
    with pytest.raises(ApiError, match="too large"):
        check_command(whole)


async def post(discord: DiscordStandIn, path: str, payload: dict[str, Any]) -> int:
    """Post a message as the bot; the status of the answer. What lists attachments gets one."""
    payload |= {"allowed_mentions": {"parse": []}}
    body: dict[str, Any] = {"json": payload}
    if "attachments" in payload:
        form = aiohttp.FormData({"payload_json": json.dumps(payload)})
        form.add_field("files[0]", b"x", filename="a.png")
        body = {"data": form}
    headers = {"Authorization": f"Bot {discord.token}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.post(discord.api_url + path, **body) as said:
        return said.status


@pytest.mark.parametrize(
    ("lacking", "statuses"),
    [(0, [200, 200, 200]), (EMBED_LINKS, [200, 403, 200]), (ATTACH_FILES, [200, 200, 403]),
     (VIEW_CHANNEL, [403, 403, 403])],
    ids=["nothing", "Embed Links", "Attach Files", "View Channel"],
)  # fmt: skip
async def test_permissions_in_a_channel(discord: DiscordStandIn, lacking: int, statuses: list[int]) -> None:
    place = discord.add_place(app_permissions=BOT_PERMISSIONS & ~lacking)
    words, embed, file = {"content": "x"}, {"embeds": [{"title": "x"}]}, {"attachments": [{"id": 0, "filename": "a"}]}
    path = f"/channels/{place.id}/messages"
    assert [await post(discord, path, payload) for payload in (words, embed, file)] == statuses


@pytest.mark.parametrize(("bot_is_member", "taken"), [(True, 7), (False, 5)], ids=["member", "user install"])
async def test_messages_that_follow_an_interaction(
    swift_house: House, discord: DiscordStandIn, bot_is_member: bool, taken: int
) -> None:
    place = discord.add_place(bot_is_member=bot_is_member)
    invocation = await discord.invoke("queue", place=place)
    await discord.until(lambda: invocation.private_words)
    path = f"/webhooks/{discord.application_id}/{invocation.token}"
    answers = [await post(discord, path, {"content": "x"}) for _ in range(7)]
    assert answers == [200] * taken + [400] * (7 - taken)
    assert len(invocation.followups) == taken

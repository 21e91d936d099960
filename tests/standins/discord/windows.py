"""What a person's answers become before the bot gets them: windows that were filled in, roles and channels chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.standins.discord import rules
from tests.standins.discord.world import Invocation, Place

ROLE_SELECT, CHANNEL_SELECT = 6, 8
LABEL = 18


def filled_in(invocation: Invocation, answers: dict[str, str]) -> dict[str, Any]:
    """The data of a submission; what is not answered stays as it was shown."""
    assert invocation.modal is not None
    assert set(answers) <= set(invocation.fields)
    rows = []
    for name, item in invocation.fields.items():
        value = answers.get(name, item.get("value") or "")
        rules.check_answer(item, value)
        answer = {"type": item["type"], "custom_id": item["custom_id"], "value": value}
        rows.append({"type": LABEL, "id": len(rows) + 1, "component": answer})
    return {"custom_id": invocation.modal["custom_id"], "components": rows}


def resolved(
    roles: dict[int, list[dict[str, Any]]],
    places: dict[int, Place],
    select: dict[str, Any],
    values: Sequence[str],
    here: Place,
) -> dict[str, Any]:
    """The roles or channels that were chosen, as Discord adds them; only those that it would offer."""
    if select["type"] == ROLE_SELECT:
        known = {each["id"]: each for each in roles.get(here.guild_id or 0, [])}
        return {"roles": {value: known[value] for value in values}}
    assert select["type"] == CHANNEL_SELECT
    channels = {value: places[int(value)] for value in values}
    assert all(channel.guild_id == here.guild_id for channel in channels.values())
    shown = {value: channel.channel() | {"permissions": "0"} for value, channel in channels.items()}
    allowed = select.get("channel_types")
    assert not allowed or all(each["type"] in allowed for each in shown.values())
    return {"channels": shown}

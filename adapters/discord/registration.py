"""The commands as Discord knows them, brought there only when they have changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import discord
import structlog
from discord import app_commands

SET_BY_DISCORD: Final = frozenset(
    {"id", "application_id", "guild_id", "version", "name_localized", "description_localized", "handler"}
)
"""What Discord adds to a command by itself."""
DEFAULTS: Final[Mapping[str, Any]] = {"type": 1, "dm_permission": True, "min_length": 0}
"""What it means where a key is missing; elsewhere nothing, no, or an empty list."""
LEFT_TO_DISCORD: Final = frozenset({"integration_types", "contexts", "dm_permission"})
"""What Discord fills in by the application's own settings where we say nothing."""

log = structlog.get_logger(__name__)


async def register(tree: app_commands.CommandTree[Any], guild: discord.abc.Snowflake | None) -> bool:
    """Bring the commands of one server, or the global ones, to Discord; False when they are there already.

    Raises `discord.DiscordException`.
    """
    client = tree.client
    if client.application_id is None:
        raise app_commands.MissingApplicationID
    ours = [await _described(command, tree) for command in _commands(tree, guild)]
    if guild is None:
        route = discord.http.Route("GET", "/applications/{app}/commands", app=client.application_id)
    else:
        path = "/applications/{app}/guilds/{guild}/commands"
        route = discord.http.Route("GET", path, app=client.application_id, guild=guild.id)
    theirs = await client.http.request(route, params={"with_localizations": "true"})
    if same_commands(ours, theirs):
        log.info("commands unchanged", guild=guild and guild.id)
        return False
    await tree.sync(guild=guild)
    log.info("commands synced", guild=guild and guild.id, count=len(ours))
    return True


async def _described(command: Any, tree: app_commands.CommandTree[Any]) -> Any:
    """A command as Discord gets it, with its names in all languages."""
    if tree.translator is None:
        return command.to_dict(tree)
    return await command.get_translated_payload(tree, tree.translator)


def _commands(tree: app_commands.CommandTree[Any], guild: discord.abc.Snowflake | None) -> list[Any]:
    kinds = (discord.AppCommandType.chat_input, discord.AppCommandType.user, discord.AppCommandType.message)
    return [command for kind in kinds for command in tree.get_commands(guild=guild, type=kind)]


def same_commands(ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]) -> bool:
    """Whether Discord knows these commands and no others, as they are."""
    known = {(command.get("type", 1), command["name"]): command for command in theirs}
    if len(known) != len(ours):
        return False
    return all(_same(command, known.get((command.get("type", 1), command["name"]), {})) for command in ours)


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        names = {name for name in (*ours, *theirs) if name not in SET_BY_DISCORD}
        if ours.get("contexts") is not None:
            # What says the same in older words, and is not heeded beside them.
            names.discard("dm_permission")
        return all(
            _same(_value(ours, name), _value(theirs, name))
            for name in names
            if ours.get(name) is not None or name not in LEFT_TO_DISCORD
        )
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_same, ours, theirs))
    return bool(ours == theirs)


def _value(facts: Mapping[str, Any], name: str) -> Any:
    """A fact, None for every way to say nothing."""
    value = facts.get(name, DEFAULTS.get(name))
    if name == "default_member_permissions" and value is not None:
        return str(value)
    return None if value is False or value == [] or value == {} or value == "" else value

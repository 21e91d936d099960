"""The menu of commands: in each language and for each kind of chat, brought to Telegram only where it has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import structlog
from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)
from telegram.error import RetryAfter, TelegramError
from telegram.ext import ExtBot

from adapters.telegram import sentences
from adapters.telegram.pace import seconds_of
from bot.languages import ENGLISH, NAMES, _, speaking

EVERYWHERE: Final = ("stylize", "styles", "queue", "cancel", "privacy", "help")
OF_THOSE_WHO_LEAD: Final = ("addstyle", "settings", "about")
SCOPES: Final[tuple[tuple[BotCommandScope, tuple[str, ...]], ...]] = (
    (BotCommandScopeAllPrivateChats(), (*EVERYWHERE, *OF_THOSE_WHO_LEAD)),
    (BotCommandScopeAllGroupChats(), EVERYWHERE),
    (BotCommandScopeAllChatAdministrators(), (*EVERYWHERE, *OF_THOSE_WHO_LEAD)),
)
"""Where which commands are offered."""
PAUSES: Final = (60.0, 600.0, 3600.0)
"""Seconds until the menus are offered again; Telegram's own where it tells them."""
log = structlog.get_logger(__name__)


async def offer_commands(bot: ExtBot[Any]) -> int:
    """Bring the menus that are not there yet; how many these were. Raises the library's `TelegramError`."""
    changed = [await asyncio.gather(*(_offer(bot, scope, names, code) for code in NAMES)) for scope, names in SCOPES]
    count = sum(map(sum, changed))
    log.info("command menus", changed=count)
    return count


async def offer_commands_in_time(bot: ExtBot[Any], clean: Callable[[str], str]) -> None:
    """Bring the menus, again later where Telegram takes them not; `clean` takes the token out of its reasons."""
    for pause in (*PAUSES, None):
        try:
            await offer_commands(bot)
            return
        except TelegramError as error:
            if pause is not None and isinstance(error, RetryAfter):
                pause = seconds_of(error)
            log.warning("command menus not set", error=clean(str(error)), again_in=pause)
        if pause is not None:
            await asyncio.sleep(pause)


async def _offer(bot: ExtBot[Any], scope: BotCommandScope, names: tuple[str, ...], code: str) -> bool:
    """Bring one menu; False where it is there already. English is what all other languages get."""
    with speaking(code):
        ours = tuple(BotCommand(name, _(sentences.COMMANDS[name])) for name in names)
    tag = None if code == ENGLISH else code
    if await bot.get_my_commands(scope, tag) == ours:
        return False
    await bot.set_my_commands(ours, scope, tag)
    return True

"""The connection to Discord: one client for all shards, with as little cached as it can do with."""

from __future__ import annotations

from typing import Any

import discord
import structlog
import yarl
from discord import app_commands

from adapters.discord.about import about_command
from adapters.discord.attachments import Attachments
from adapters.discord.cancel_button import CancelButton
from adapters.discord.commands import Commands, stylize_command
from adapters.discord.delivery import Delivery
from adapters.discord.forms import take_answers
from adapters.discord.gallery_pages import PageButton, styles_command
from adapters.discord.menus import KeepSelect, menu_commands
from adapters.discord.panel import PaintButton, PanelSelect
from adapters.discord.presses import Presses
from adapters.discord.privacy import PrivacyButton, privacy_command
from adapters.discord.queue_commands import cancel_command, queue_command
from adapters.discord.registration import register
from adapters.discord.result_buttons import ResultButton
from adapters.discord.server_gallery import NAME_FORM, RemoveButton, RemoveSelect, UseButton, add_named
from adapters.discord.settings_command import (
    LIMITS_FORM,
    SettingsButton,
    SettingsSelect,
    set_limits,
    settings_command,
)
from adapters.discord.status import StatusBoard
from adapters.discord.submissions import Submissions
from adapters.discord.tongue import Translations
from bot.config import DiscordConfig
from bot.studio import Studio

log = structlog.get_logger(__name__)


class AtelierClient(discord.AutoShardedClient):
    """A client that knows the studio, serves the commands and mentions nobody."""

    def __init__(self, config: DiscordConfig, studio: Studio, pause: float) -> None:
        options: Any = {} if config.application_id is None else {"application_id": config.application_id}
        super().__init__(
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            **options,
        )
        self.studio = studio
        self.delivery = Delivery(self, studio)
        self.board = StatusBoard(self.delivery.edit, pause)
        self._config = config
        self._guilds: list[discord.Object] = [discord.Object(id=guild_id) for guild_id in config.guild_ids]
        self.attachments = Attachments(config.cdn_urls)
        self.submissions = Submissions(self.board)
        self.presses = Presses(studio, self.submissions)
        self._tree = self._new_tree()
        self.add_dynamic_items(CancelButton, ResultButton, PanelSelect, PaintButton, KeepSelect, PageButton)
        self.add_dynamic_items(PrivacyButton)
        self.add_dynamic_items(UseButton, RemoveSelect, RemoveButton, SettingsSelect, SettingsButton)

    def _new_tree(self) -> Commands:
        """All commands; those for everywhere work in direct messages too, those of chosen servers only there."""
        # Where people may install the bot is left to the application's own settings.
        anywhere = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
        tree = Commands(self) if self._guilds else Commands(self, allowed_contexts=anywhere)
        studio = self.studio
        stylize = stylize_command(studio, self.attachments, self.submissions)
        others = (
            settings_command(is_global=not self._guilds),
            styles_command(),
            queue_command(studio),
            cancel_command(studio),
            privacy_command(studio),
            about_command(studio),
        )
        for command in (stylize, *others):
            tree.add_command(command, guilds=self._guilds)
        for menu in menu_commands():
            tree.add_command(menu, guilds=self._guilds)
        return tree

    async def setup_hook(self) -> None:
        """Bring the commands to Discord if they changed; where that fails, the bot serves those that are there."""
        await self._tree.set_translator(Translations())
        places: list[discord.Object | None] = [*self._guilds]
        for guild in places or [None]:
            try:
                await register(self._tree, guild)
            except discord.DiscordException as error:
                log.error("commands not synced", guild=guild and guild.id, error=str(error))

    async def on_ready(self) -> None:
        """Say in the log who is there."""
        log.info("discord ready", name=str(self.user), guilds=len(self.guilds), shards=self.shard_count)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Take what was filled in in a window; all else reaches its command, button or select by itself."""
        await take_answers(interaction, {NAME_FORM: add_named, LIMITS_FORM: set_limits})

    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        """Connect one shard, through the configured gateway when there is one."""
        chosen = yarl.URL(self._config.gateway_url) if self._config.gateway_url else gateway
        await super().launch_shard(chosen, shard_id, initial=initial)

    async def on_shard_connect(self, shard_id: int) -> None:
        """Have a shard come back through the configured gateway, too, and not where Discord says."""
        if self._config.gateway_url:
            self._get_websocket(shard_id=shard_id).gateway = yarl.URL(self._config.gateway_url)

    async def close(self) -> None:
        """Close the connection; status edits that wait are dropped."""
        await self.board.close_all()
        await super().close()

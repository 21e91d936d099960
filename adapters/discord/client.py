"""The connection to Discord: one client for all shards, with as little cached as it can do with."""

from __future__ import annotations

from typing import Any

import discord
import structlog
import yarl

from adapters.discord.attachments import Attachments
from adapters.discord.cancel_button import CancelButton
from adapters.discord.commands import Commands, stylize_command
from adapters.discord.delivery import Delivery
from adapters.discord.menus import KeepSelect, menu_commands
from adapters.discord.panel import PaintButton, PanelSelect
from adapters.discord.presses import Presses
from adapters.discord.result_buttons import ResultButton
from adapters.discord.status import StatusBoard
from adapters.discord.submissions import Submissions
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
        self._tree = Commands(self)
        self._guilds: list[discord.Object] = [discord.Object(id=guild_id) for guild_id in config.guild_ids]
        self.attachments = Attachments(config.cdn_urls)
        self.submissions = Submissions(self.board)
        self.presses = Presses(studio, self.submissions)
        self._tree.add_command(stylize_command(studio, self.attachments, self.submissions), guilds=self._guilds)
        for menu in menu_commands():
            self._tree.add_command(menu, guilds=self._guilds)
        self.add_dynamic_items(CancelButton, ResultButton, PanelSelect, PaintButton, KeepSelect)

    async def setup_hook(self) -> None:
        """Bring the commands to Discord; where that fails, the bot serves those that are there already."""
        places: list[discord.Object | None] = [*self._guilds]
        for guild in places or [None]:
            try:
                await self._tree.sync(guild=guild)
            except discord.DiscordException as error:
                log.error("commands not synced", guild=guild and guild.id, error=str(error))

    async def on_ready(self) -> None:
        """Say in the log who is there."""
        log.info("discord ready", name=str(self.user), guilds=len(self.guilds), shards=self.shard_count)

    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        """Connect one shard, through the configured gateway when there is one."""
        chosen = yarl.URL(self._config.gateway_url) if self._config.gateway_url else gateway
        await super().launch_shard(chosen, shard_id, initial=initial)

    async def close(self) -> None:
        """Close the connection; status edits that wait are dropped."""
        await self.board.close_all()
        await super().close()

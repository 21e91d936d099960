"""Discord: the slash command in, one status message out, which becomes the picture."""

from adapters.discord.front import DiscordFront

__all__ = ["DiscordFront"]

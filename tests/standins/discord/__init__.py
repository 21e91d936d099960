"""A Discord on loopback: REST, gateway and CDN, with the platform's limits enforced."""

from tests.standins.discord.platform import DiscordStandIn
from tests.standins.discord.world import Invocation, Message, Person, Place

__all__ = ["DiscordStandIn", "Invocation", "Message", "Person", "Place"]

"""Telegram on loopback: a Bot API server that the real client library talks to, with people who write and press."""

from tests.standins.telegram.flood import FloodRules
from tests.standins.telegram.server import Fault, TelegramStandin
from tests.standins.telegram.world import Chat, Message, Person, Press

__all__ = ["Chat", "Fault", "FloodRules", "Message", "Person", "Press", "TelegramStandin"]

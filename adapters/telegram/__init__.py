"""Telegram: commands, photos and buttons in; one status message out, which becomes the picture."""

from adapters.telegram.front import TelegramFront
from adapters.telegram.limits import LIMITS, TelegramLimits

__all__ = ["LIMITS", "TelegramFront", "TelegramLimits"]

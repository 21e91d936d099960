"""What the Telegram front-end says on its own account; what is said about a job stands in `bot.text`."""

from __future__ import annotations

from typing import Final

from telegram import BotCommand

HELP: Final = (
    "I repaint a photo in the style of a painting.\n\n"
    "• Send me a photo here and pick a style, or write /stylize in its caption.\n"
    "• In a group, reply to a photo with /stylize. You may name a style and a strength from 0 to 100: "
    "/stylize starry night 70\n"
    "• Send two pictures as one album: the first is repainted in the style of the second.\n\n"
    "/styles lists the styles. The Cancel button stops a picture that is still being painted."
)
COMMANDS: Final = (
    BotCommand("stylize", "Repaint a photo: reply to it, or write this in its caption"),
    BotCommand("styles", "The styles to choose from"),
    BotCommand("help", "How to use this bot"),
)
HINT: Final = "Send me a photo and I will repaint it; /help tells more."
NO_PHOTO: Final = "Reply to a photo with /stylize, or write /stylize in the caption of a photo."
NO_PICTURE: Final = "This file is no picture; send a photo, or a picture file such as JPEG, PNG or WebP."
MADE_A_FILM: Final = "Telegram has turned this animation into a film; send it as an APNG or WebP file instead."
PHOTO_GONE: Final = "The photo is no longer there; send it again."
FILE_GONE: Final = "Telegram no longer gives this file out; send the photo again."
ALBUM_AND_STYLE: Final = (
    "An album takes its style from its second picture: leave the style's name out, or send the photo alone."
)
NOT_YOUR_CHOICE: Final = "Only the person who asked can choose here; reply to the photo with /stylize yourself."
OLD_BUTTON: Final = "This button is too old to work; send /stylize again."
NOT_READY: Final = "There is no picture to send for this one."
FILE_TOO_BIG: Final = "The picture file is larger than what Telegram takes from a bot."
FAULT: Final = "Something went wrong on my side and was written down; please try again in a moment."
PICTURE_FORBIDDEN: Final = (
    "The picture is done, but this chat does not let me send pictures; "
    "ask an administrator to allow it, then ask me again."
)
CURVE: Final = "How the losses fell, step by step."


def too_large(limit: int) -> str:
    """A file beyond the download limit, in bytes."""
    return f"This file is too large: a bot can fetch at most {limit // 1_000_000} MB from Telegram; send a smaller one."


def choose(strength: int | None) -> str:
    """The text over the keyboard of styles."""
    return "Which style shall it be?" + ("" if strength is None else f" (strength {strength})")


def gallery(labels: list[str], limit: int) -> str:
    """The list of styles in one message of at most `limit` characters."""
    head = "Styles you can name after /stylize:\n"
    text, left = head, len(labels)
    for label in labels:
        line = f"\n• {label}"
        if len(text) + len(line) + 20 > limit:
            return f"{text}\n… and {left} more"
        text, left = text + line, left - 1
    return text if labels else "There are no styles in the gallery yet; send two pictures as one album."

"""The sentences that only Discord needs; the others are in `bot.text`."""

from __future__ import annotations

from adapters.discord.limits import ATTACHMENT_CAP, MIB

COMMAND = "Repaint a photo in the style of a painting"
PHOTO = "The photo to repaint"
STYLE_IMAGE = "A picture to take the style from"
STYLE = "A style from the gallery; together with a style image, both are blended"
STRENGTH = "How strong the style is, from 0 (barely there) to 100 (the photo is just to be guessed)"

CANCEL = "Cancel"
NO_STYLE = (
    "Which style would you like? Attach a picture as `style_image`, or pick a painting from the gallery in "
    "`style`, and send the command again."
)
ALREADY_OVER = "This job is already over, so there is nothing left to cancel."
WENT_WRONG = "Something went wrong on my side; please try again in a moment."
NOT_DOWNLOADED = "I could not download {name} from Discord; please attach it again and resend the command."
ELSEWHERE = "I only take pictures that were uploaded to Discord; please attach {name} itself."

TOKEN_REFUSED = "Discord refused the token; copy the bot's token from the developer portal into `token` of [discord]."
OUT_OF_REACH = "Discord cannot be reached ({reason}); check this machine's connection and try again."
CONNECTION_REFUSED = (
    "Discord closed the connection for good (code {code}); check the bot's settings in the developer portal."
)


def too_large(name: str) -> str:
    """An attachment is above the cap."""
    return f"{name} is larger than {ATTACHMENT_CAP // MIB} MB, the most I take; please send a smaller version."


def missing_permissions(names: list[str]) -> str:
    """The bot lacks permissions in this channel, called as Discord's own settings call them."""
    bold = [f"**{name}**" for name in names]
    listed = bold[0] if len(bold) == 1 else f"{', '.join(bold[:-1])} and {bold[-1]}"
    plural = "permission" if len(names) == 1 else "permissions"
    return f"I need the {plural} {listed} in this channel; please ask a moderator to allow it, then try again."


def as_jpeg(png_size: int, limit: int) -> str:
    """The picture goes as JPEG because the PNG is above the file limit (both in bytes)."""
    return (
        f"The lossless PNG has {png_size / MIB:.1f} MB and this channel takes {limit / MIB:.1f} MB, "
        "so here it is as JPEG."
    )


def new_message(user_id: int) -> str:
    """The first words of an answer that could not replace its status message."""
    return f"<@{user_id}>"

"""The sentences that only Discord needs; the others are in `bot.text`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.discord.limits import ATTACHMENT_CAP, MIB

COMMAND = "Repaint a photo in the style of a painting"
PHOTO = "The photo to repaint; without one I take your last picture in this channel"
STYLE = "A style from the gallery; several styles are blended"
MORE_STYLE = "One more style from the gallery, to be blended"
STYLE_IMAGE = "A picture to take the style from"
MORE_STYLE_IMAGE = "One more picture to take a style from"
STRENGTH = "How strong the style is, from 0 (barely there) to 100 (the photo is just to be guessed)"
COLOURS = "Whose colours the picture gets"
SIZE = "The longer side of the result in pixels"
PRESET = "How much work is put in: larger and finer takes longer"
SEED = "Any number; each one gives another variation, 0 gives none"
STYLES_COMMAND = "Look at the styles of the gallery"
QUEUE_COMMAND = "See where your pictures are in the queue"
CANCEL_COMMAND = "Cancel a picture that is not finished yet"
CANCEL_JOB = "Which picture; without it, the one that you have, or a choice"
ABOUT_COMMAND = "What this bot does, and how"

MENU_STYLIZE = "Stylize"
MENU_USE_AS_STYLE = "Use as style"
MENU_AVATAR = "Stylize avatar"

CANCEL = "Cancel"
ACTS = {
    "again": "Again",
    "other": "Other style",
    "stronger": "Stronger",
    "softer": "Softer",
    "colours": "Keep colours",
    "larger": "Larger",
    "file": "As file",
    "film": "Time-lapse",
    "losses": "Losses",
    "delete": "Delete",
}
PAINTING_COLOURS = "Painting's colours"
NOT_YOUR_PICTURE = "This picture is somebody else's; press **Again** to get one of your own, then change that one."
STRONGEST = "The style is as strong as it can be; choose **Softer**, or another style."
SOFTEST = "The style is as soft as it can be; choose **Stronger**, or another style."

PANEL = "Choose at least one style, then press **Paint**. With several, they are blended."
PAINT = "Paint"
WHICH_PICTURE = "Which picture"
WHICH_STYLE = "Which style"
HOW_STRONG = "How strong the style is"
WHOSE_COLOURS = "Whose colours the picture gets"
KEPT_PICTURE = "The picture that you keep as a style"
MORE_STYLES = "More styles…"
CHOOSE_STYLE = "Choose a style in the list first, then press **Paint** again."
SPOILER = "Spoiler"
COLOUR_NAMES = {
    "style": "The painting's colours",
    "content": "The photo's colours",
    "luminance": "The photo's colours exactly (only light and shade are painted)",
}

PAGE_BEFORE = "‹ Back"
NEXT_PAGE = "More ›"
NOTHING_WAITS = "None of your pictures is waiting or being painted; `/stylize` makes one."
NOTHING_TO_CANCEL = "There is no such picture of yours under way; `/queue` shows what there is."
CANCEL_WHICH = "Which of your pictures shall I cancel?"
IS_CANCELLED = "This picture is cancelled."
JUST_TAKEN = "Just taken."

ABOUT = "I repaint photos in the style of paintings, by neural style transfer: slowly, and each one anew."
ABOUT_HOW = "How to ask"
ABOUT_WAYS = (
    "`/stylize` with a photo and a style, of the gallery (`/styles`) or a picture of your own.\n"
    "**Apps** in the menu of a message: **Stylize** its picture, or **Use as style** for your next one.\n"
    "**Apps** in the menu of a person: **Stylize avatar**.\n"
    "Under each result: again, another style, stronger, softer, larger, the whole file, and more.\n"
    "`/queue` tells how your pictures go, `/cancel` stops one."
)
ABOUT_DEFAULTS = "What you get when you choose nothing"
ABOUT_KEPT = "What I keep"

MAY_NOT_ATTACH = (
    "The picture is ready, but I may no longer attach it here. Ask a moderator to allow me **Attach Files** and "
    "**Embed Links**, then press **As file**."
)
TOO_LONG_HERE = (
    "This would take longer than the quarter of an hour in which I can answer here. Add me to the server, or ask for "
    "a smaller size or the preset draft."
)
NO_LONGER = "This picture is not finished yet; wait for it, then press the button again."
NO_FILM = "There is no time-lapse of this picture; ask the bot's operator to turn them on, then press **Again**."
TOO_MANY_PARTS = "The file is too large to bring here; add me to a server and ask there, or choose a smaller size."
LOSSLESS_WEBP = "The PNG is larger than this channel takes, so here are the very same pixels as WebP."
NO_PHOTO = (
    "Which photo would you like me to paint? Attach one as `photo`, or open the menu of a message with a picture and "
    "choose **Apps**, **Stylize**."
)
NO_STYLE = (
    "Which style would you like? Attach a picture as `style_image`, pick a painting from the gallery in `style`, or "
    "choose **Apps**, **Use as style** in the menu of a message with a picture; then ask again."
)
NO_PICTURE_THERE = (
    "I see no picture in this message, nor in the one that it replies to; choose a message with a picture attached."
)
KEPT_AS_STYLE = "I keep this picture as the style of your next one: send `/stylize` with a photo and no style."
WHICH_AS_STYLE = "Which of these pictures shall be the style of your next one?"
OTHER_CHANNEL = "This picture was made for another channel; press the button there."
RESTRICTED = "This picture comes from an age-restricted channel, and I show it in such channels only; ask there."
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


def made_to_fit(ending: str, png_size: int, limit: int) -> str:
    """The picture goes as JPEG or WebP because the PNG is above the file limit (both in bytes)."""
    kind = {"jpg": "JPEG", "webp": "WebP"}[ending]
    return (
        f"The lossless PNG has {png_size / MIB:.1f} MB and this channel takes {limit / MIB:.1f} MB, "
        f"so here it is as {kind}; **As file** brings it without loss."
    )


def picture_number(number: int) -> str:
    """What one of several pictures is called; the first one is 0."""
    return f"Picture {number + 1}"


def strength(value: int) -> str:
    """One of the strengths to choose from."""
    return f"Strength {value}"


def settings(strength: int, settings: Mapping[str, Any]) -> str:
    """With what a picture was painted, in one line."""
    said = [f"Strength {strength}"]
    if settings.get("colours", "style") != "style":
        said.append(COLOUR_NAMES[settings["colours"]].lower())
    if settings.get("seed"):
        said.append(f"seed {settings['seed']}")
    return " · ".join(said)


def in_parts(name: str, parts: int) -> str:
    """The file comes in pieces, and how to put them together."""
    return (
        f"The file is larger than this channel takes, so it comes in {parts} parts. Save them in one folder and join "
        f"them: 7-Zip opens the first one; elsewhere `cat {name}.* > {name}`."
    )


def too_large_for_place(size: int, limit: int) -> str:
    """A file cannot be brought (both in bytes)."""
    return (
        f"The file has {size / MIB:.1f} MB and this channel takes {limit / MIB:.1f} MB; "
        "choose a smaller size and paint the picture again."
    )


def answered_below(address: str) -> str:
    """What becomes of a status message whose answer is another message."""
    return f"Your picture is ready: {address}"


def page_of_styles(page: int, pages: int) -> str:
    """The words above one page of the gallery."""
    of_pages = "" if pages == 1 else f" (page {page} of {pages})"
    return f"The styles of the gallery{of_pages}. Name one as `style` of `/stylize`."


def pictures_here(count: int) -> str:
    """How much is under way in this place."""
    if count == 1:
        return "One picture is waiting or being painted here."
    return f"{count or 'No'} pictures are waiting or being painted here."


def defaults(size: int, steps: int, strength: int) -> str:
    """What a job gets when its person chooses nothing."""
    return f"{size} pixels on the longer side, {steps} steps, strength {strength}"


def kept(hours: float) -> str:
    """What is kept, and how long."""
    return (
        f"Your photo, the style and the result for {hours:g} hours after the answer, so that the buttons work; then "
        "they are deleted. I look at messages only when you ask me to."
    )


def new_message(user_id: int) -> str:
    """The first words of an answer that could not replace its status message."""
    return f"<@{user_id}>"

"""The sentences that only Discord needs; the others are in `bot.text`. Constants are said with `_`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.discord.limits import ATTACHMENT_CAP, MIB
from bot.languages import N_, NC_, _, listed, ngettext, number

COMMAND = N_("Repaint a photo in the style of a painting")
PHOTO = N_("The photo to repaint; without one I take your last picture in this channel")
STYLE = N_("A style from the gallery; several styles are blended")
MORE_STYLE = N_("One more style from the gallery, to be blended")
STYLE_IMAGE = N_("A picture to take the style from")
MORE_STYLE_IMAGE = N_("One more picture to take a style from")
STRENGTH = N_("How strong the style is, from 0 (barely there) to 100 (the photo is just to be guessed)")
COLOURS = N_("Whose colours the picture gets")
LOOK = N_("Whether the photo's shapes dissolve in the style or stay, as faces and animals should")
SIZE = N_("The longer side of the result in pixels")
PRESET = N_("How much work is put in: larger and finer takes longer")
SEED = N_("Any number; each one gives another variation, 0 gives none")
STYLES_COMMAND = N_("Look at the styles of the gallery")
QUEUE_COMMAND = N_("See where your pictures are in the queue")
CANCEL_COMMAND = N_("Cancel a picture that is not finished yet")
CANCEL_JOB = N_("Which picture; without it, the one that you have, or a choice")
ABOUT_COMMAND = N_("What this bot does, and how")

MENU_STYLIZE = NC_("name", "Stylize")
MENU_USE_AS_STYLE = NC_("name", "Use as style")
MENU_AVATAR = NC_("name", "Stylize avatar")

COMMAND_NAMES = (
    NC_("name", "stylize"),
    NC_("name", "styles"),
    NC_("name", "queue"),
    NC_("name", "cancel"),
    NC_("name", "about"),
    NC_("name", "settings"),
    NC_("name", "privacy"),
    NC_("name", "photo"),
    NC_("name", "style"),
    NC_("name", "style_image"),
    NC_("name", "strength"),
    NC_("name", "colours"),
    NC_("name", "look"),
    NC_("name", "size"),
    NC_("name", "preset"),
    NC_("name", "seed"),
    NC_("name", "style_2"),
    NC_("name", "style_3"),
    NC_("name", "style_image_2"),
    NC_("name", "picture"),
)
"""What commands and options are called: Discord shows the translations."""
CHOICE_COLOURS = {
    "style": N_("The painting's colours"),
    "content": N_("The photo's colours"),
    "luminance": N_("The photo's colours exactly: only light and shade are painted"),
}
CHOICE_LOOKS = {
    "gatys": N_("Free: shapes may dissolve in the style"),
    "faithful": N_("Faithful: shapes and faces stay readable"),
}
CHOICE_PRESETS = {
    "draft": N_("Draft: {size} pixels, {steps} steps"),
    "standard": N_("Standard: {size} pixels, {steps} steps"),
    "fine": N_("Fine: {size} pixels, {steps} steps"),
}

CANCEL = N_("Cancel")
NOT_YOUR_PICTURE = N_("This picture is somebody else's; press **Again** to get one of your own, then change that one.")
STRONGEST = N_("The style is as strong as it can be; choose **Softer**, or another style.")
SOFTEST = N_("The style is as soft as it can be; choose **Stronger**, or another style.")

PANEL = N_("Choose at least one style, then press **Paint**. With several, they are blended.")
PAINT = N_("Paint")
WHICH_PICTURE = N_("Which picture")
WHICH_STYLE = N_("Which style")
HOW_STRONG = N_("How strong the style is")
WHOSE_COLOURS = N_("Whose colours the picture gets")
KEPT_PICTURE = N_("The picture that you keep as a style")
MORE_STYLES = N_("More styles…")
CHOOSE_STYLE = N_("Choose a style in the list first, then press **Paint** again.")
SPOILER = N_("Spoiler")
PAGE_BEFORE = N_("‹ Back")
NEXT_PAGE = N_("More ›")
NOTHING_WAITS = N_("None of your pictures is waiting or being painted; `/stylize` makes one.")
NOTHING_TO_CANCEL = N_("There is no such picture of yours under way; `/queue` shows what there is.")
CANCEL_WHICH = N_("Which of your pictures shall I cancel?")
IS_CANCELLED = N_("This picture is cancelled.")
JUST_TAKEN = N_("Just taken.")

ABOUT = N_("I repaint photos in the style of paintings, by neural style transfer: slowly, and each one anew.")
ABOUT_HOW = N_("How to ask")
ABOUT_WAYS = N_(
    "`/stylize` with a photo and a style, of the gallery (`/styles`) or a picture of your own.\n"
    "**Apps** in the menu of a message: **Stylize** its picture, or **Use as style** for your next one.\n"
    "**Apps** in the menu of a person: **Stylize avatar**.\n"
    "Under each result: again, another style, stronger, softer, larger, the whole file, and more.\n"
    "`/queue` tells how your pictures go, `/cancel` stops one."
)
ABOUT_DEFAULTS = N_("What you get when you choose nothing")
ABOUT_KEPT = N_("What I keep")

MAY_NOT_ATTACH = N_(
    "The picture is ready, but I may no longer attach it here. Ask a moderator to allow me **Attach Files** and "
    "**Embed Links**, then press **As file**."
)
TOO_LONG_HERE = N_(
    "This would take longer than the quarter of an hour in which I can answer here. Add me to the server, or ask for "
    "a smaller size or the preset draft."
)
NO_LONGER = N_("This picture is not finished yet; wait for it, then press the button again.")
NO_FILM = N_("There is no time-lapse of this picture; ask the bot's operator to turn them on, then press **Again**.")
TOO_MANY_PARTS = N_("The file is too large to bring here; add me to a server and ask there, or choose a smaller size.")
LOSSLESS_WEBP = N_("The PNG is larger than this channel takes, so here are the very same pixels as WebP.")
NO_PHOTO = N_(
    "Which photo would you like me to paint? Attach one as `photo`, or open the menu of a message with a picture and "
    "choose **Apps**, **Stylize**."
)
NO_STYLE = N_(
    "Which style would you like? Attach a picture as `style_image`, pick a painting from the gallery in `style`, or "
    "choose **Apps**, **Use as style** in the menu of a message with a picture; then ask again."
)
NO_PICTURE_THERE = N_(
    "I see no picture in this message, nor in the one that it replies to; choose a message with a picture attached."
)
WHICH_AS_STYLE = N_("Which of these pictures shall be the style of your next one?")
OTHER_CHANNEL = N_("This picture was made for another channel; press the button there.")
RESTRICTED = N_("This picture comes from an age-restricted channel, and I show it in such channels only; ask there.")
ALREADY_OVER = N_("This job is already over, so there is nothing left to cancel.")
WENT_WRONG = N_("Something went wrong on my side; please try again in a moment.")
NOT_DOWNLOADED = N_("I could not download {name} from Discord; please attach it again and resend the command.")
ELSEWHERE = N_("I only take pictures that were uploaded to Discord; please attach {name} itself.")

PERMISSIONS = {
    "attach_files": N_("Attach Files"),
    "embed_links": N_("Embed Links"),
    "view_channel": N_("View Channel"),
    "send_messages": N_("Send Messages"),
    "send_messages_in_threads": N_("Send Messages in Threads"),
    "read_message_history": N_("Read Message History"),
}
"""What Discord's own settings call what the bot needs."""

TOKEN_REFUSED = "Discord refused the token; copy the bot's token from the developer portal into `token` of [discord]."
OUT_OF_REACH = "Discord cannot be reached ({reason}); check this machine's connection and try again."
CONNECTION_REFUSED = (
    "Discord closed the connection for good (code {code}); check the bot's settings in the developer portal."
)


def too_large(name: str) -> str:
    """An attachment is above the cap."""
    most = ATTACHMENT_CAP // MIB
    return _("{name} is larger than {most} MB, the most I take; please send a smaller version.", name=name, most=most)


def missing_permissions(names: list[str]) -> str:
    """The bot lacks permissions in this channel, which are named as in `PERMISSIONS`."""
    bold = [f"**{_(PERMISSIONS[name])}**" for name in names]
    return ngettext(
        "I need the permission {names} in this channel; please ask a moderator to allow it, then try again.",
        "I need the permissions {names} in this channel; please ask a moderator to allow it, then try again.",
        len(names),
        names=listed(bold),
    )


def made_to_fit(ending: str, png_size: int, limit: int) -> str:
    """The picture goes as JPEG or WebP because the PNG is above the file limit (both in bytes)."""
    return _(
        "The lossless PNG has {size} MB and this channel takes {limit} MB, so here it is as {kind}; "
        "**As file** brings it without loss.",
        size=number(png_size / MIB, 1),
        limit=number(limit / MIB, 1),
        kind={"jpg": "JPEG", "webp": "WebP"}[ending],
    )


def picture_number(number: int) -> str:
    """What one of several pictures is called; the first one is 0."""
    return _("Picture {number}", number=number + 1)


def strength(value: int) -> str:
    """One of the strengths to choose from."""
    return _("Strength {strength}", strength=value)


COLOURS_KEPT = {
    "content": N_("the photo's colours"),
    "luminance": N_("the photo's colours exactly (only light and shade are painted)"),
}


def settings(strength: int, settings: Mapping[str, Any]) -> str:
    """With what a picture was painted, in one line."""
    said = [_("Strength {strength}", strength=strength)]
    if settings.get("colours", "style") != "style":
        colours = COLOURS_KEPT[settings["colours"]]
        said.append(_(colours))
    if settings.get("look") == "faithful":
        said.append(_("faithful to the photo"))
    if settings.get("seed"):
        said.append(_("seed {seed}", seed=settings["seed"]))
    return " · ".join(said)


def in_parts(name: str, parts: int) -> str:
    """The file comes in pieces, always several, and how to put them together."""
    return ngettext(
        "The file is larger than this channel takes, so it comes in {count} parts. Save them in one folder and join "
        "them: 7-Zip opens the first one; elsewhere `cat {name}.* > {name}`.",
        "The file is larger than this channel takes, so it comes in {count} parts. Save them in one folder and join "
        "them: 7-Zip opens the first one; elsewhere `cat {name}.* > {name}`.",
        parts,
        name=name,
    )


def too_large_for_place(size: int, limit: int) -> str:
    """A file cannot be brought (both in bytes)."""
    return _(
        "The file has {size} MB and this channel takes {limit} MB; choose a smaller size and paint the picture again.",
        size=number(size / MIB, 1),
        limit=number(limit / MIB, 1),
    )


def answered_below(address: str) -> str:
    """What becomes of a status message whose answer is another message."""
    return _("Your picture is ready: {address}", address=address)


def page_of_styles(page: int, pages: int) -> str:
    """The words above one page of the gallery."""
    if pages == 1:
        return _("The styles of the gallery. Name one as `style` of `/stylize`.")
    return _(
        "The styles of the gallery (page {page} of {pages}). Name one as `style` of `/stylize`.",
        page=page,
        pages=pages,
    )


def pictures_here(count: int) -> str:
    """How much is under way in this place."""
    if not count:
        return _("No pictures are waiting or being painted here.")
    if count == 1:
        return _("One picture is waiting or being painted here.")
    return ngettext(
        "{count} picture is waiting or being painted here.",
        "{count} pictures are waiting or being painted here.",
        count,
    )


def preset_choice(name: str, size: int, steps: int) -> str:
    """A preset to choose, with what it stands for."""
    return _(CHOICE_PRESETS[name], size=size, steps=steps)


def defaults(size: int, steps: int, strength: int) -> str:
    """What a job gets when its person chooses nothing."""
    return ngettext(
        "{size} pixels on the longer side, {count} step, strength {strength}",
        "{size} pixels on the longer side, {count} steps, strength {strength}",
        steps,
        size=number(size),
        strength=strength,
    )


def kept(hours: float) -> str:
    """What is kept, and how long."""
    is_whole = float(hours).is_integer()
    return ngettext(
        "Your photo, the style and the result for {hours} hour after the answer, so that the buttons work; then "
        "they are deleted. I look at messages only when you ask me to.",
        "Your photo, the style and the result for {hours} hours after the answer, so that the buttons work; then "
        "they are deleted. I look at messages only when you ask me to.",
        int(hours) if is_whole else 2,  # a broken number takes the form of two
        hours=number(hours, 0 if is_whole else 1),
    )


def new_message(user_id: int) -> str:
    """The first words of an answer that could not replace its status message."""
    return f"<@{user_id}>"

"""What the Telegram front-end says on its own account; what is said about a job stands in `bot.text`.

Constants are said with `_` where they are needed.
"""

from __future__ import annotations

from typing import Final

from bot.languages import N_, _, listed, ngettext, number

HELP: Final = N_(
    "I repaint a photo in the style of a painting.\n\n"
    "• Send me a photo here and pick a style, or write /stylize in its caption.\n"
    "• Send two pictures, one after the other or as one album: the first is repainted in the style of the second.\n"
    "• In a group, reply to a photo with /stylize. You may name a style and a strength from 0 to 100: "
    "/stylize starry night 70\n"
    "• To repaint a picture that I sent, reply to it with the name of a style.\n"
    "• Stickers and animations are repainted too.\n\n"
    "/styles shows the styles, /queue how your pictures go, /cancel stops one."
)
FAITHFUL_HELP: Final = N_(
    "With the word faithful after the style, faces and shapes of the photo stay readable: "
    "/stylize starry night faithful"
)
MORE_HELP: Final = N_(
    "/addstyle makes a picture a style of the chat, /settings sets what is usual there, /privacy shows what I keep of "
    "you and deletes it."
)
HINT: Final = N_("Send me a photo and I will repaint it; /help tells more.")
STYLE_WITHOUT_PHOTO: Final = N_("Send me the photo first, then name the style; /help tells more.")
NO_PHOTO: Final = N_("Reply to a photo with /stylize, or write /stylize in the caption of a photo.")
NO_PICTURE: Final = N_("This file is no picture; send a photo, or a picture file such as JPEG, PNG or WebP.")
DRAWN_STICKER: Final = N_(
    "This sticker is a drawing that moves, which I cannot repaint; send a photo or a sticker that stands still."
)
BAD_FILM: Final = N_("This animation cannot be read; send it as a GIF, APNG or WebP file, or send a photo.")
PHOTO_GONE: Final = N_("The photo is no longer there; send it again.")
FILE_GONE: Final = N_("Telegram no longer gives this file out; send the photo again.")
NOT_YOUR_CHOICE: Final = N_("Only the person who asked can choose here; reply to the photo with /stylize yourself.")
OLD_BUTTON: Final = N_("This button is too old to work; send /stylize again.")
OLD_CANCEL: Final = N_("This button is too old to work; send /cancel again.")
SEND_STYLE: Final = N_("Send me the picture to take the style from.")
REPLY_WITH_STYLE: Final = N_("Reply to this message with the picture to take the style from.")
ALBUM_QUESTION: Final = N_("What shall I do with these pictures?")
NOTHING_WAITS: Final = N_("None of your pictures waits or is being painted.")
NOTHING_WAITS_HERE: Final = N_("None of the pictures that you asked for in this chat waits or is being painted.")
NOTHING_TO_CANCEL: Final = N_("There is nothing to cancel: none of your pictures waits or is being painted.")
CANCEL_WHICH: Final = N_("Which picture shall I cancel?")
IS_CANCELLED: Final = N_("The picture is cancelled.")
ALREADY_OVER: Final = N_("This picture is already finished.")
JUST_TAKEN: Final = N_("just taken")
NO_STYLES: Final = N_("There are no styles in the gallery yet; send two pictures as one album.")
COMMANDS: Final = {
    "stylize": N_("Repaint a photo: reply to it, or write this in its caption"),
    "styles": N_("The styles to choose from"),
    "queue": N_("How your pictures go, and what else waits"),
    "cancel": N_("Stop a picture that waits or is being painted"),
    "addstyle": N_("Make a picture a style of this chat: reply to it with this and a name"),
    "settings": N_("Set who may ask, within which limits, and what is usual here"),
    "privacy": N_("See what I keep of you, and have it deleted"),
    "about": N_("What this bot does with your pictures"),
    "help": N_("How to use this bot"),
}


def too_large(limit: int) -> str:
    """A file beyond the download limit, in bytes."""
    return _(
        "This file is too large: a bot can fetch at most {limit} MB from Telegram; send a smaller one.",
        limit=number(limit // 1_000_000),
    )


def strength_out_of_range(strength: int) -> str:
    """A strength that there is not."""
    return _("The strength must be a whole number from 0 to 100, not {strength}.", strength=strength)


def choose(strength: int | None, *, in_private: bool) -> str:
    """The text over the keyboard of styles."""
    if strength is None:
        if in_private:
            return _("Which style shall it be? You may also send me a picture to take the style from.")
        return _("Which style shall it be?")
    if in_private:
        return _(
            "Which style shall it be (strength {strength})? You may also send me a picture to take the style from.",
            strength=strength,
        )
    return _("Which style shall it be (strength {strength})?", strength=strength)


def choose_for_all(count: int, strength: int | None) -> str:
    """The same for all pictures of an album."""
    if strength is None:
        return ngettext("Which style shall the picture get?", "Which style shall the {count} pictures get?", count)
    return ngettext(
        "Which style shall the picture get (strength {strength})?",
        "Which style shall the {count} pictures get (strength {strength})?",
        count,
        strength=strength,
    )


def some_taken(taken: int, count: int, reason: str) -> str:
    """Of an album only the first pictures were taken."""
    return ngettext(
        "{taken} of {count} picture is in the queue, the rest is not: {reason}",
        "{taken} of {count} pictures are in the queue, the rest is not: {reason}",
        count,
        taken=number(taken),
        reason=reason,
    )


def left_out(count: int) -> str:
    """So much of an album is no picture, which does not keep the others from being painted."""
    return ngettext(
        "One file of this album is no picture, so I leave it out.",
        "{count} files of this album are no pictures, so I leave them out.",
        count,
    )


def cut(seconds: float) -> str:
    """An animation is longer than what is painted of it."""
    return ngettext(
        "Of this animation I paint the first second.",
        "Of this animation I paint the first {count} seconds.",
        round(seconds),
    )


def gallery_page(page: int, pages: int, titles: list[str]) -> str:
    """Under a page of the gallery; the pages are counted from 1."""
    shown = listed(titles)
    if pages == 1:
        return _("You can name any of these styles after /stylize: {styles}", styles=shown)
    return _(
        "Page {page} of {pages}. You can name any of these styles after /stylize: {styles}",
        page=page,
        pages=pages,
        styles=shown,
    )


def queue_line(title: str, going: str) -> str:
    """One of the person's own pictures."""
    return _("• {style}: {going}", style=title, going=going)


def waiting_here(count: int) -> str:
    """How many pictures of all people wait in a chat."""
    if not count:
        return _("Nothing waits in this chat.")
    return ngettext("One picture in all waits in this chat.", "{count} pictures in all wait in this chat.", count)


def about(keep_hours: float, style_count: int) -> str:
    """What the bot is and does with what is sent to it."""
    styles = ngettext(
        "I repaint photos by neural style transfer, in a style of the gallery or of a picture of yours.",
        "I repaint photos by neural style transfer, in one of {count} styles or that of a picture of yours.",
        style_count,
    )
    kept = ngettext(
        "Your pictures are used for nothing else, and are deleted an hour after the answer.",
        "Your pictures are used for nothing else, and are deleted {count} hours after the answer.",
        round(keep_hours),
    )
    return "\n".join([styles, kept])

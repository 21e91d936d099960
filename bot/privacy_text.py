"""The sentences about what is kept of a person, and about deleting it, for every front-end."""

from __future__ import annotations

from collections.abc import Callable

from bot.belongings import Left
from bot.languages import _, ngettext
from bot.privacy import Erased, Kept

Moment = Callable[[float], str]
"""Writes a time (seconds since the epoch) as the platform shows times."""


def kept_lines(kept: Kept, moment: Moment) -> list[str]:
    """What is kept, one sentence a line."""
    lines = []
    if kept.under_way:
        lines.append(_under_way(kept.under_way))
    if kept.undelivered:
        lines.append(
            ngettext("One answer on its way to you.", "{count} answers on their way to you.", kept.undelivered)
        )
    if kept.finished and kept.finished_until is not None:
        lines.append(_finished(kept.finished, moment(kept.finished_until)))
    lines += _left(kept.left, moment)
    if kept.records and kept.since is not None:
        lines.append(_records(kept.records, moment(kept.since)))
    if kept.leaving:
        lines.append(_leaving(kept.leaving))
    if kept.coded:
        lines.append(_coded(kept.coded))
    return lines or [_("Nothing.")]


def question(kept: Kept) -> str:
    """What a person is asked before everything of theirs is deleted."""
    if kept.under_way:
        return ngettext(
            "Shall I delete all that I keep of you? The picture that is under way is cancelled. This cannot be undone.",
            "Shall I delete all that I keep of you? The {count} pictures that are under way are cancelled. "
            "This cannot be undone.",
            kept.under_way,
        )
    return _("Shall I delete all that I keep of you? This cannot be undone.")


def erased_lines(erased: Erased) -> list[str]:
    """What was deleted, one sentence a line."""
    if not (erased.records or erased.leaving or erased.left.is_anything):
        return [_("I keep nothing of you, so there was nothing to delete.")]
    lines = []
    if erased.is_held:
        lines.append(_("The bot's storage does not work at present. What is left is deleted by itself when it does."))
    else:
        lines.append(_("Your data is deleted."))
    if erased.cancelled:
        lines.append(ngettext("One picture is cancelled.", "{count} pictures are cancelled.", erased.cancelled))
    if erased.finished:
        lines.append(_deleted(erased.finished))
    lines += _left_nothing(erased.left)
    if erased.records:
        lines.append(_unnamed(erased.records))
    if erased.leaving:
        lines.append(_leaving(erased.leaving))
    if erased.records:
        lines.append(
            _("So that limits hold, a code instead of your name counts for 24 hours; then it is deleted, too.")
        )
    return lines


def not_erased() -> str:
    """The person changed their mind."""
    return _("Nothing was deleted.")


def _left(left: Left, moment: Moment) -> list[str]:
    lines = []
    if left.style_until is not None:
        lines.append(_("The picture that you keep as a style, until {moment}.", moment=moment(left.style_until)))
    if left.is_noted:
        lines.append(_("Which pictures of yours wait for a style, for two days at most."))
    if left.has_settings:
        lines.append(_("What you have set for our private chat."))
    if left.own_styles:
        lines.append(
            ngettext(
                "One style in the gallery of our private chat.",
                "{count} styles in the gallery of our private chat.",
                left.own_styles,
            )
        )
    if left.added:
        lines.append(
            ngettext(
                "That it was you who added one of the styles that others see, too.",
                "That it was you who added {count} of the styles that others see, too.",
                left.added,
            )
        )
    return lines


def _left_nothing(left: Left) -> list[str]:
    lines = []
    if left.style_until is not None:
        lines.append(_("The picture that you kept as a style is deleted."))
    if left.has_settings or left.own_styles:
        lines.append(_("What you had set for our private chat is deleted, and the styles of its gallery are."))
    if left.added:
        lines.append(_("Styles that you added to other galleries stay there, and do not tell that it was you."))
    return lines


def _under_way(count: int) -> str:
    return ngettext(
        "One picture that is waiting or being painted.",
        "{count} pictures that are waiting or being painted.",
        count,
    )


def _deleted(count: int) -> str:
    return ngettext(
        "One picture is deleted here, with what it was made of.",
        "{count} pictures are deleted here, with what they were made of.",
        count,
    )


def _unnamed(count: int) -> str:
    return ngettext(
        "One record of a picture does not tell any more that it is yours.",
        "{count} records of pictures do not tell any more that they are yours.",
        count,
    )


def _finished(count: int, until: str) -> str:
    return ngettext(
        "One finished picture, with the photo and the style it was made of, until {until}.",
        "{count} finished pictures, with the photos and the styles they were made of, the last until {until}.",
        count,
        until=until,
    )


def _records(count: int, since: str) -> str:
    return ngettext(
        "One record of a picture, without the picture: who asked, when, where, with which settings. It is of {since}.",
        "{count} records of pictures, without the pictures: who asked, when, where, with which settings. "
        "The first is of {since}.",
        count,
        since=since,
    )


def _leaving(count: int) -> str:
    return ngettext(
        "The address of one answer that is on its way to you; it is deleted when that arrives, in a day at the latest.",
        "The addresses of {count} answers that are on their way to you; they are deleted when these arrive, "
        "in a day at the latest.",
        count,
    )


def _coded(count: int) -> str:
    return ngettext(
        "One deleted picture counts for the limits until 24 hours are over, under a code instead of your name.",
        "{count} deleted pictures count for the limits until 24 hours are over, under a code instead of your name.",
        count,
    )

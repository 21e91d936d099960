"""Every sentence that people read about a job, in one place, so that it can be translated."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import Final

from bot.languages import N_, _, ngettext, number, unpacked
from bot.requests import Answer, Job, JobEvent, Queued, Running
from nst_engine.summary import LossSummary

BAR_CELLS: Final = 12
HELD: Final = N_("The queue is out of reach; your picture is kept and will be painted when it is back.")
_LOSSES: Final = (N_("content"), N_("style"), N_("total variation"), N_("total"))
"""How the engine calls its losses."""
_NOTES: Final = (
    N_("Painted in blocks of {block} pixels, for want of memory; the picture is the same."),
    N_("Memory ran out on the way, so the picture was painted on in smaller blocks."),
    N_("Painted at {size} pixels instead of {asked}, for want of memory."),
)
"""What the engine may note about a picture, which it writes down in English."""


def queued(event: Queued) -> str:
    """The status message of a waiting job."""
    if event.held:
        return _(HELD)
    time = None if event.seconds_left is None or event.paused is not None else duration(event.seconds_left)
    if event.position <= 1:
        said = _("Next in the queue.") if time is None else _("Next in the queue, about {time} left.", time=time)
    elif time is None:
        said = _("Number {position} in the queue.", position=event.position)
    else:
        said = _("Number {position} in the queue, about {time} left.", position=event.position, time=time)
    if event.paused is None:
        return said
    if not event.paused:
        return both(said, _("The queue is paused; it goes on by itself later."))
    return both(said, _("The queue is paused ({reason}); it goes on by itself later.", reason=event.paused))


def both(first: str, second: str) -> str:
    """Two whole sentences, one after the other."""
    return _("{first} {second}", first=first, second=second)


def running(event: Running) -> str:
    """The status message of a running job: bar, percent, time left."""
    full = int(BAR_CELLS * event.share)
    bar = "█" * full + "░" * (BAR_CELLS - full)
    if event.held:
        return both(_("Painting {bar} {percent} %.", bar=bar, percent=event.percent), _(HELD))
    if event.seconds_left is None:
        return _("Painting {bar} {percent} %", bar=bar, percent=event.percent)
    time = duration(event.seconds_left)
    return _("Painting {bar} {percent} %, about {time} left", bar=bar, percent=event.percent, time=time)


def accepted(job: Job) -> str:
    """The first words after a job was taken."""
    return _("Your picture in the style of {style} is in the queue.", style=job.style_title)


def going(event: JobEvent | None) -> str:
    """How a job goes by the last that is known of it; nothing where that tells nothing."""
    if isinstance(event, Queued):
        return queued(event)
    return running(event) if isinstance(event, Running) else ""


def over(answer: Answer) -> str:
    """The status message of a job that ended without a picture."""
    return unpacked(answer.sentence) or (_("Cancelled.") if answer.state == "cancelled" else _("This did not work."))


def result(job: Job, summary: LossSummary) -> str:
    """The caption of a finished picture: style, losses in one line each, and what was changed to make it fit.

    Without the last, at most about 400 characters.
    """
    return "\n".join([_("In the style of {style}", style=job.style_title), losses(summary)])


def losses(summary: LossSummary) -> str:
    """The losses in one line each, how the picture was painted, and what was changed to make it fit."""
    lines = []
    for label, first, last, fall in summary.rows():
        facts = {"loss": _(label), "first": number(first), "last": number(last)}
        if fall is None:
            lines.append(_("{loss}: {first} → {last}", **facts))
        else:
            lines.append(_("{loss}: {first} → {last} ({change} %)", **facts, change=_signed(-fall)))
    lines.append(
        ngettext(
            "{count} step, {size}, {time} on {device} ({precision})",
            "{count} steps, {size}, {time} on {device} ({precision})",
            summary.steps,
            size=f"{summary.width}×{summary.height}",
            time=duration(summary.seconds),
            device=summary.device,
            precision=summary.precision,
        )
    )
    return "\n".join([*lines, *map(note, summary.notes)])


def note(sentence: str) -> str:
    """What the engine noted about a picture."""
    for known in _NOTES:
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(known))
        if found := re.fullmatch(pattern, sentence):
            return _(known, **found.groupdict())
    return sentence


def duration(seconds: float) -> str:
    """A time as people say it: `8 s`, `3 min`, `1 h 20 min`."""
    if seconds < 90:
        return _("{seconds} s", seconds=max(round(seconds), 1))
    minutes = round(seconds / 60)
    if minutes < 90:
        return _("{minutes} min", minutes=minutes)
    return _("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)


_moments: ContextVar[Callable[[float], str] | None] = ContextVar("moments", default=None)


def show_moments(shown: Callable[[float], str]) -> None:
    """From here to the end of this task, what is so many seconds ahead is told as the platform shows it by itself."""
    _moments.set(shown)


def later(seconds: float) -> str:
    """When to come back: `in 40 seconds`, `in about 3 minutes`, `in about 3 hours`, or as the platform shows it."""
    if (shown := _moments.get()) is not None:
        return shown(seconds)
    if seconds > 1.5 * 3600:
        return ngettext("in about {count} hour", "in about {count} hours", math.ceil(seconds / 3600))
    if seconds > 1.5 * 60:
        return ngettext("in about {count} minute", "in about {count} minutes", math.ceil(seconds / 60))
    return ngettext("in {count} second", "in {count} seconds", max(math.ceil(seconds), 1))


def left(seconds: float | None) -> str:
    """How long it takes yet, or nothing where that is not known: `about 3 min left`."""
    return "" if seconds is None else _("about {time} left", time=duration(seconds))


def _signed(value: float) -> str:
    """A number with its sign, also above 0."""
    said = number(value, 1)
    return said if said.startswith(("-", "−")) else f"+{said}"

"""Every sentence that people read about a job, in one place, so that it can be translated."""

from __future__ import annotations

import math

from bot.requests import Answer, Job, Queued, Running
from nst_engine.summary import LossSummary

BAR_CELLS = 12
HELD = "The queue is out of reach; your picture is kept and will be painted when it is back."


def queued(event: Queued) -> str:
    """The status message of a waiting job."""
    if event.held:
        return HELD
    place = "Next in the queue" if event.position <= 1 else f"Number {event.position} in the queue"
    if event.paused is None:
        return f"{_with(place, event.seconds_left)}."
    reason = f" ({event.paused})" if event.paused else ""
    return f"{place}. The queue is paused{reason}; it goes on by itself later."


def running(event: Running) -> str:
    """The status message of a running job: bar, percent, time left."""
    full = int(BAR_CELLS * event.share)
    bar = "█" * full + "░" * (BAR_CELLS - full)
    if event.held:
        return f"Painting {bar} {event.percent} %. {HELD}"
    return _with(f"Painting {bar} {event.percent} %", event.seconds_left)


def accepted(job: Job) -> str:
    """The first words after a job was taken."""
    return f"Your picture in the style of {job.style_title} is in the queue."


def over(answer: Answer) -> str:
    """The status message of a job that ended without a picture."""
    return answer.sentence or ("Cancelled." if answer.state == "cancelled" else "This did not work.")


def result(job: Job, summary: LossSummary) -> str:
    """The caption of a finished picture: style, losses in one line each, and what was changed to make it fit.

    Without the last, at most about 400 characters.
    """
    lines = [f"In the style of {job.style_title}"]
    for label, first, last, fall in summary.rows():
        change = "" if fall is None else f" ({-fall:+.1f} %)"
        lines.append(f"{label}: {first:,.0f} → {last:,.0f}{change}")
    size = f"{summary.width}×{summary.height}"
    lines.append(
        f"{summary.steps} steps, {size}, {duration(summary.seconds)} on {summary.device} ({summary.precision})"
    )
    return "\n".join([*lines, *summary.notes])


def duration(seconds: float) -> str:
    """A time as people say it: `8 s`, `3 min`, `1 h 20 min`."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def later(seconds: float) -> str:
    """When to come back: `in 40 seconds`, `in about 3 minutes`, `in about 3 hours`."""
    for unit, length in (("hour", 3600), ("minute", 60)):
        if seconds > 1.5 * length:
            return f"in about {math.ceil(seconds / length)} {unit}s"
    count = max(math.ceil(seconds), 1)
    return "in 1 second" if count == 1 else f"in {count} seconds"


def left(seconds: float | None) -> str:
    """How long it takes yet, or nothing where that is not known: `about 3 min left`."""
    return "" if seconds is None else f"about {duration(seconds)} left"


def _with(words: str, seconds: float | None) -> str:
    return ", ".join(part for part in (words, left(seconds)) if part)

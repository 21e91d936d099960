"""The words that all floors share: what a person asked for, the job made of it, and what happens to that job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from nst_engine.summary import LossSummary

JobState = Literal["accepted", "released", "done", "failed", "cancelled"]
Address = Mapping[str, Any]
"""Where an answer goes, in plain JSON values that only its own platform understands."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a person may choose for one job; None leaves the choice to the configuration.

    `strength` goes from 0 to 100 (50 is neutral), `size` is the longer side in pixels; the others are the
    engine's settings of the same name.
    """

    strength: int | None = None
    preset: str | None = None
    size: int | None = None
    steps: int | None = None
    optimizer: str | None = None
    content_weight: float | None = None
    style_weight: float | None = None
    tv_weight: float | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class StylizeRequest:
    """What a person asked for.

    `place` and `person` are ids on `platform`; limits and fairness go by them. `origin` is the id of the message or
    interaction that asked: the same origin seen twice is one job. A style is the name of a gallery style, or the
    bytes of a picture brought along.
    """

    platform: str
    place: str
    person: str
    origin: str
    photo: bytes = field(repr=False)
    styles: tuple[str | bytes, ...] = field(repr=False)
    address: Address = field(default_factory=dict)
    options: Options = Options()


@dataclass(frozen=True, slots=True)
class Job:
    """An accepted request. `id` sorts by time and is at most 25 characters of 0-9 and a-z.

    `style_title` is what to call its style in a message; `settings` are the engine's settings as plain values;
    `created` is in seconds since the epoch; `sentence` tells why it failed, when it did.
    """

    id: str
    platform: str
    place: str
    person: str
    origin: str
    address: Address
    photo: str
    styles: tuple[str, ...]
    style_title: str
    settings: Mapping[str, Any]
    created: float
    state: JobState = "accepted"
    attempts: int = 0
    sentence: str = ""
    replied: bool = False
    is_new: bool = True
    """False when `submit` met the same origin before and gave back the job that it already had."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to its picture."""
        return self.state in ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Queued:
    """The job waits. `position` 1 is next; `seconds_left` until its result, where speeds are known."""

    job_id: str
    position: int
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class Running:
    """The job runs. `losses` has content, style, total_variation and total; `preview` is a small JPEG."""

    job_id: str
    step: int
    steps: int
    seconds_left: float | None
    losses: Mapping[str, float] = field(default_factory=dict)
    preview: bytes | None = field(default=None, repr=False)

    @property
    def percent(self) -> int:
        """How much of the run is behind it, 0 to 100."""
        return 100 * self.step // max(self.steps, 1)


@dataclass(frozen=True, slots=True)
class Finished:
    """The job is over: done, failed or cancelled. The pictures come with `Studio.answer`."""

    job_id: str
    state: JobState
    sentence: str = ""


JobEvent = Queued | Running | Finished


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person gets: `picture` (PNG), `curve` (PNG) and `summary` when `state` is done, `sentence` otherwise."""

    job_id: str
    state: JobState
    sentence: str = ""
    picture: bytes | None = field(default=None, repr=False)
    curve: bytes | None = field(default=None, repr=False)
    summary: LossSummary | None = None


class Front(Protocol):
    """A platform's front-end, as the bot sees it. The composition root builds one for each platform in use."""

    platform: str

    async def run(self) -> None:
        """Serve until cancelled. Raises `SetupError` when the platform refuses the configuration (a wrong token)."""

    async def check(self) -> str:
        """Who the bot is there, in a few words. Raises `SetupError` when it is not let in."""

    async def show(self, job: Job, event: Queued | Running) -> None:
        """Tell how the job goes. A hint: it may be skipped, throttled or lost; what it raises is only logged."""

    async def answer(self, job: Job, answer: Answer) -> None:
        """Bring the one answer; returning means that it is there for the person to see.

        May be called again for the same job after a crash, so it replaces the status message rather than adding
        one. Raises `Gone` when the place is no more; anything else raised is tried again later, with backoff.
        """

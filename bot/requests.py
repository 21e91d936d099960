"""The words that all floors share: what a person asked for, the job made of it, and what happens to that job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

from bot.errors import BadOption
from bot.languages import N_, _, listed, told
from nst_engine.errors import SettingsError
from nst_engine.settings import read_named_weights
from nst_engine.summary import LossSummary

JobState = Literal["accepted", "released", "done", "failed", "cancelled"]
Address = Mapping[str, Any]
"""Where an answer goes, in plain JSON values that only its own platform understands."""
OWN_PICTURE: Final = N_("your own picture")
"""What a style that was brought along is called."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a person may choose for one job; None leaves the choice to the configuration.

    `strength` goes from 0 to 100, `size` is the longer side in pixels; the others are the
    engine's settings of the same name. `start` and the layers are names with weights.
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
    colours: str | None = None
    style_scale: float | None = None
    style_weights: tuple[float, ...] | None = None
    start: Mapping[str, float] | None = None
    pooling: str | None = None
    padding: str | None = None
    moments_weight: float | None = None
    content_layers: Mapping[str, float] | None = None
    style_layers: Mapping[str, float] | None = None
    scales: int | None = None
    look: str | None = None


NOTHING_CHOSEN: Final = Options()


def _read_shares(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))


READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "strength": int,
    "preset": str,
    "size": int,
    "steps": int,
    "optimizer": str,
    "content_weight": float,
    "style_weight": float,
    "tv_weight": float,
    "seed": int,
    "colours": str,
    "style_scale": float,
    "style_weights": _read_shares,
    "start": read_named_weights,
    "pooling": str,
    "padding": str,
    "moments_weight": float,
    "content_layers": read_named_weights,
    "style_layers": read_named_weights,
    "scales": int,
    "look": str,
}
"""How each of the `Options` is made of text."""


def read_option(name: str, text: str) -> Any:
    """An option's value as a person wrote it: a number, a word, shares `2,1`, or `content=0.7,noise=0.3`.

    Raises `BadOption` for what is none of its kind; its range is checked by `Studio.submit`.
    """
    try:
        return READERS[name](text)
    except SettingsError as error:
        raise BadOption(told(error)) from None
    except ValueError:
        facts = {"setting": name, "text": text[:40]}
        if name == "style_weights":
            trouble = SettingsError("{setting} must be numbers such as 2,1, not {text!r}.", **facts)
        else:
            trouble = SettingsError("{setting} must be a number, not {text!r}.", **facts)
        raise BadOption(told(trouble)) from None


@dataclass(frozen=True, slots=True)
class StylizeRequest:
    """What a person asked for.

    `place` and `person` are ids on `platform`; limits and fairness go by them. `origin` is the id of the message or
    interaction that asked: the same origin seen twice is one job. A style is the name of a gallery style, or the
    bytes of a picture brought along. `masks` are empty or, for each style, the bytes of a picture that is white where
    this style paints, or None for all that no other mask covers. `moderator`: the person is one of that place's.
    """

    platform: str
    place: str
    person: str
    origin: str
    photo: bytes = field(repr=False)
    styles: tuple[str | bytes, ...] = field(repr=False)
    address: Address = field(default_factory=dict)
    options: Options = Options()
    masks: tuple[bytes | None, ...] = field(default=(), repr=False)
    moderator: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """An accepted request. `id` sorts by time and is at most 25 characters of 0-9 and a-z.

    `photo`, `styles` and `masks` are the keys of its pictures; `style_titles` are what its styles are called, one a
    line, `OWN_PICTURE` for one that was brought along; `settings` are the engine's settings as plain values; `created`
    is in seconds since the epoch; `sentence` tells why it failed, when it did.
    """

    id: str
    platform: str
    place: str
    person: str
    origin: str
    address: Address
    photo: str
    styles: tuple[str, ...]
    style_titles: str
    settings: Mapping[str, Any]
    created: float
    state: JobState = "accepted"
    attempts: int = 0
    sentence: str = ""
    replied: bool = False
    masks: tuple[str | None, ...] = ()
    is_new: bool = True
    """False when `submit` met the same origin before and gave back the job that it already had."""
    is_erased: bool = False
    """Whether its person had it erased: once it is answered nothing is known any more of whose it was."""

    @property
    def style_title(self) -> str:
        """What to call its styles in a message, in the language spoken at present."""
        return listed([_(title) if title == OWN_PICTURE else title for title in self.style_titles.split("\n")])

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to its picture."""
        return self.state in ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Queued:
    """The job waits. `position` 1 is next; `seconds_left` until its result, where speeds are known.

    `paused` is why the operator paused the queue (it may be empty), None while nothing is paused. `held`: the queue is
    out of reach, and nothing moves until it is back.
    """

    job_id: str
    position: int
    seconds_left: float | None
    paused: str | None = None
    held: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """The job runs. `share` of its work is done, from 0 to 1: steps at a larger scale are more work than others.

    `losses` has content, style, total_variation and total; `preview` is a small JPEG. `held`: the queue is out of
    reach, so that this is what was known last.
    """

    job_id: str
    step: int
    steps: int
    seconds_left: float | None
    losses: Mapping[str, float] = field(default_factory=dict)
    preview: bytes | None = field(default=None, repr=False)
    share: float = 0.0
    held: bool = False

    @property
    def percent(self) -> int:
        """How much of the work is behind it, 0 to 100."""
        return int(100 * self.share)


@dataclass(frozen=True, slots=True)
class Finished:
    """The job is over: done, failed or cancelled. The pictures come with `Studio.answer`."""

    job_id: str
    state: JobState
    sentence: str = ""


JobEvent = Queued | Running | Finished


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person gets: `picture` (PNG), `curve` (PNG) and `summary` when `state` is done, `sentence` otherwise.

    `timelapse` (MP4) shows how the picture formed, where that was filmed. Of an animated photo, `picture` is the first
    frame, `animation` (animated WebP) and `film` (MP4) the whole.
    """

    job_id: str
    state: JobState
    sentence: str = ""
    picture: bytes | None = field(default=None, repr=False)
    curve: bytes | None = field(default=None, repr=False)
    summary: LossSummary | None = None
    timelapse: bytes | None = field(default=None, repr=False)
    animation: bytes | None = field(default=None, repr=False)
    film: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class QueueLine:
    """A job that waits or runs, as the operator sees it; `seconds` is what it is expected to take, where known."""

    job_id: str
    platform: str
    place: str
    person: str
    created: float
    seconds: float | None


@dataclass(frozen=True, slots=True)
class QueueView:
    """The queue, as the operator sees it: what runs, what waits in its fair order, why it is paused (None: it is not).

    `error` is the median share by which the estimates of the last finished jobs were wrong, None before there are any.
    """

    paused: str | None
    running: tuple[QueueLine, ...]
    waiting: tuple[QueueLine, ...]
    error: float | None


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

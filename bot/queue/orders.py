"""What travels between front-ends and workers, and under which keys results lie. References only, never pictures."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from bot.queue.blobs import Blobs
from bot.requests import Answer, Job, JobState
from nst_engine.settings import Settings
from nst_engine.summary import LossSummary

MAX_ORDER_BYTES: Final = 4096
PARTS: Final = ("picture", "curve", "timelapse", "animation", "film")
"""What an answer may hold, by the names of `Answer`."""
NO_LONGER_KEPT: Final = "This picture is no longer kept; ask for it again."


@dataclass(frozen=True, slots=True)
class Order:
    """A released job, as a worker sees it: keys of its pictures and the engine's settings that are not the default."""

    job: str
    photo: str
    styles: tuple[str, ...]
    settings: dict[str, Any]
    masks: tuple[str | None, ...] = ()

    @classmethod
    def of(cls, job: Job) -> Order:
        """The order that has a job painted."""
        default = Settings().to_dict()
        settings = {name: value for name, value in job.settings.items() if value != default.get(name)}
        return cls(job.id, job.photo, job.styles, settings, job.masks)

    def to_json(self) -> str:
        """The order as text of at most `MAX_ORDER_BYTES`."""
        text = json.dumps(asdict(self))
        assert len(text) <= MAX_ORDER_BYTES, "orders carry references only"
        return text

    @classmethod
    def from_json(cls, text: str) -> Order:
        """The order that `to_json` was made of, also by another version."""
        known = {each.name for each in fields(cls)}
        values = {name: value for name, value in json.loads(text).items() if name in known}
        lists = {name: tuple(values.get(name, ())) for name in ("styles", "masks")}
        return cls(**{**values, **lists})


def preview_key(job_id: str) -> str:
    """Where a running job's latest preview lies (JPEG)."""
    return f"preview/{job_id}"


def part_key(job_id: str, part: str, take: int | None) -> str:
    """Where one of the `PARTS` of a job's answer lies: what several takes painted is never mixed."""
    return f"result/{job_id}/{part}" if take is None else f"result/{job_id}/{take}-{part}"


def outcome_key(job_id: str) -> str:
    """Where a job's outcome lies (JSON), written last: once it is there the job is painted, or has failed for good."""
    return f"result/{job_id}/outcome"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the work on a job ended: a summary and the seconds of the work, or the sentence of its failure.

    The seconds are those from the worker's taking the job to its answer, curve and film included. `take` tells whose
    parts are the answer's.
    """

    summary: LossSummary | None = None
    sentence: str = ""
    seconds: float | None = None
    take: int | None = None

    @property
    def state(self) -> JobState:
        """The state that the job gets by it."""
        return "failed" if self.summary is None else "done"


async def store_outcome(blobs: Blobs, job_id: str, outcome: Outcome) -> bool:
    """Write how a job ended; False when another worker was first."""
    summary = None if outcome.summary is None else outcome.summary.to_dict()
    values = {"summary": summary, "sentence": outcome.sentence, "seconds": outcome.seconds, "take": outcome.take}
    return await blobs.put_new(outcome_key(job_id), json.dumps(values).encode())


async def load_outcome(blobs: Blobs, job_id: str) -> Outcome | None:
    """How a job ended, or None while it has not."""
    data = await blobs.get(outcome_key(job_id))
    if data is None:
        return None
    values = json.loads(data)
    summary = values["summary"]
    found = None if summary is None else LossSummary.from_dict(summary)
    return Outcome(found, values["sentence"], values.get("seconds"), values.get("take"))


async def load_answer(blobs: Blobs, job: Job) -> Answer:
    """What the person of a job that is over gets; a failure when its pictures were forgotten."""
    if job.state != "done":
        return Answer(job.id, job.state, job.sentence)
    outcome = await load_outcome(blobs, job.id)
    if outcome is None or outcome.summary is None:
        return Answer(job.id, "failed", NO_LONGER_KEPT)
    keys = [part_key(job.id, part, outcome.take) for part in PARTS]
    picture, curve, timelapse, animation, film = [await blobs.get(key) for key in keys]
    if picture is None or curve is None:
        return Answer(job.id, "failed", NO_LONGER_KEPT)
    return Answer(job.id, "done", "", picture, curve, outcome.summary, timelapse, animation, film)


async def delete_results(blobs: Blobs, job_id: str) -> None:
    """Remove all that was painted for a job, and the marks of its takes."""
    await blobs.delete(preview_key(job_id))
    await blobs.delete_below(f"result/{job_id}")

"""What travels between front-ends and workers, and under which keys results lie. References only, never pictures."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

import structlog

from bot.languages import N_
from bot.queue.blobs import Blobs, digest_of
from bot.requests import Answer, Job, JobState
from nst_engine.settings import Settings
from nst_engine.summary import LossSummary

MAX_ORDER_BYTES: Final = 4096
PREVIEWS: Final = "preview"
RESULTS: Final = "result"
PARTS: Final = ("picture", "curve", "timelapse", "animation", "film")
"""What an answer may hold, by the names of `Answer`."""
NO_LONGER_KEPT: Final = N_("This picture is no longer kept; ask for it again.")
DAMAGED: Final = N_("This picture was damaged on the bot's disk; ask for it again.")

log = structlog.get_logger(__name__)


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
    return f"{PREVIEWS}/{job_id}"


def part_key(job_id: str, part: str, take: int | None = None) -> str:
    """Where one of the `PARTS` of a job's answer lies: what several takes painted is never mixed."""
    return f"{RESULTS}/{job_id}/{part}" if take is None else f"{RESULTS}/{job_id}/{take}-{part}"


def outcome_key(job_id: str) -> str:
    """Where a job's outcome lies (JSON), written last: once it is there the job is painted, or has failed for good."""
    return f"{RESULTS}/{job_id}/outcome"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the work on a job ended: a summary and the seconds of the work, or the sentence of its failure.

    The seconds are those from the worker's taking the job to its answer, curve and film included. `parts` are the
    sha256 of what the answer consists of; `take` tells by whose keys it lies.
    """

    summary: LossSummary | None = None
    sentence: str = ""
    seconds: float | None = None
    take: int | None = None
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> JobState:
        """The state that the job gets by it."""
        return "failed" if self.summary is None else "done"


async def store_outcome(blobs: Blobs, job_id: str, outcome: Outcome) -> bool:
    """Write how a job ended; False when another worker was first."""
    summary = None if outcome.summary is None else outcome.summary.to_dict()
    values = {name: getattr(outcome, name) for name in ("sentence", "seconds", "take", "parts")}
    return await blobs.put_new(outcome_key(job_id), json.dumps({**values, "summary": summary}).encode())


async def store_part(blobs: Blobs, key: str, data: bytes) -> str:
    """Write a part of an answer and return the sha256 of what now lies there, which may be an earlier attempt's."""
    if not await blobs.put_new(key, data):
        data = await blobs.get(key) or data
    return await asyncio.to_thread(digest_of, data)


async def load_outcome(blobs: Blobs, job_id: str) -> Outcome | None:
    """How a job ended, or None while it has not; a failure when what was written of it is damaged."""
    data = await blobs.get(outcome_key(job_id))
    if data is None:
        return None
    try:
        values = json.loads(data)
        summary = values["summary"]
        found = None if summary is None else LossSummary.from_dict(summary)
        return Outcome(
            found, values["sentence"], values.get("seconds"), take=values.get("take"), parts=values.get("parts", {})
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        log.error("an outcome is damaged", job=job_id, key=outcome_key(job_id), reason=repr(error))
        return Outcome(sentence=DAMAGED)


async def load_answer(blobs: Blobs, job: Job) -> Answer:
    """What the person of a job that is over gets; a failure when its pictures were forgotten or are damaged."""
    if job.state != "done":
        return Answer(job.id, job.state, job.sentence)
    outcome = await load_outcome(blobs, job.id)
    if outcome is None:
        return Answer(job.id, "failed", NO_LONGER_KEPT)
    found = {part: await blobs.get(part_key(job.id, part, outcome.take)) for part in PARTS}
    if outcome.summary is None or await asyncio.to_thread(_is_damaged, found, outcome.parts):
        log.error("a result is damaged", job=job.id)
        return Answer(job.id, "failed", outcome.sentence or DAMAGED)
    if found["picture"] is None or found["curve"] is None:
        return Answer(job.id, "failed", NO_LONGER_KEPT)
    return Answer(job.id, "done", "", summary=outcome.summary, **found)


def _is_damaged(found: Mapping[str, bytes | None], parts: Mapping[str, str]) -> bool:
    """Whether anything that is there is not what was written."""
    return any(data is not None and part in parts and digest_of(data) != parts[part] for part, data in found.items())


async def delete_results(blobs: Blobs, job_id: str) -> None:
    """Remove all that was painted for a job, and the marks of its takes."""
    await blobs.delete(preview_key(job_id))
    await blobs.delete_below(f"{RESULTS}/{job_id}")

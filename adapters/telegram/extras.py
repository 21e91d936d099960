"""What there is of a finished job beside the picture: the whole file, the film, the losses."""

from __future__ import annotations

from telegram.error import TelegramError

from adapters.telegram import result_sentences as sentences
from adapters.telegram.limits import LIMITS, TelegramLimits
from adapters.telegram.outbox import Outbox
from adapters.telegram.spot import Spot, is_too_large, pictures_are_forbidden
from adapters.telegram.uploads import Upload, lossless_file, photo_upload
from bot.acts import Act
from bot.errors import NoSuchJob, Refusal
from bot.languages import _, number
from bot.picture_threads import on_picture_thread
from bot.requests import Answer, Job
from bot.studio import Studio


class Extras:
    """Brings them as replies to the picture."""

    def __init__(self, studio: Studio, outbox: Outbox, limits: TelegramLimits) -> None:
        self._studio = studio
        self._outbox = outbox
        self._limits = limits

    async def bring(self, act: Act, job: Job, result: Spot) -> None:
        """Bring the file, the film or the losses of a job. Raises a `Refusal` where there are none."""
        assert result.message_id is not None, "the picture is a message"
        answer = await self._studio.answer(job.id)
        if answer is None or answer.picture is None:
            raise NoSuchJob(_(sentences.NO_PICTURE))
        upload, caption = await on_picture_thread(self._found, act, answer)
        try:
            await self._outbox.send(result.replying(result.message_id), upload, caption)
        except TelegramError as error:
            if is_too_large(error):
                raise Refusal(too_large(upload, LIMITS)) from None
            if pictures_are_forbidden(error):
                raise Refusal(_(sentences.PICTURE_FORBIDDEN)) from None
            raise

    def _found(self, act: Act, answer: Answer) -> tuple[Upload, str]:
        """Blocking."""
        if act == "file":
            upload = lossless_file(answer, self._limits)
            is_webp = upload.name.endswith(".webp") and answer.animation is None
            self._check(upload)
            return upload, _(sentences.LOSSLESS_WEBP) if is_webp else ""
        if act == "losses":
            if answer.curve is None:
                raise NoSuchJob(_(sentences.NO_PICTURE))
            return photo_upload(answer.curve, f"losses-{answer.job_id}", self._limits), _(sentences.CURVE)
        if answer.timelapse is None:
            raise NoSuchJob(_(sentences.NO_FILM))
        upload = Upload(answer.timelapse, f"atelier-{answer.job_id}-timelapse.mp4", "animation")
        self._check(upload)
        return upload, ""

    def _check(self, upload: Upload) -> None:
        """Raise a `Refusal` for what is larger than Telegram takes."""
        if len(upload.data) > self._limits.document_bytes:
            raise Refusal(too_large(upload, self._limits))


def too_large(upload: Upload, limits: TelegramLimits) -> str:
    """That a file is larger than what is taken, and what to do."""
    size, limit = number(len(upload.data) / 1e6, 1), number(limits.document_bytes / 1e6)
    return _(sentences.FILE_TOO_LARGE, size=size, limit=limit)

"""All that an adapter may ask for: submit, cancel, watch, and fetch the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import structlog

from bot import intake
from bot.belongings import Belongings
from bot.config import Config
from bot.errors import NoSuchJob, NotYours, Refusal
from bot.gallery import Gallery, Style
from bot.gallery.defaults import suited
from bot.gallery.own import PlaceGalleries
from bot.keepsakes import Keepsakes
from bot.languages import N_, _
from bot.notes import Notes
from bot.places import Places
from bot.presets import presets_in_force
from bot.privacy import Privacy
from bot.queue.acceptance import Acceptance
from bot.queue.blobs import Blobs
from bot.queue.checkpoints import FOLDER as CHECKPOINTS
from bot.queue.checkpoints import Checkpoints
from bot.queue.dispatch import Dispatch
from bot.queue.eraser import Eraser
from bot.queue.hub import Hub
from bot.queue.ledger import Ledger
from bot.queue.operator import Operator
from bot.queue.orders import load_answer
from bot.queue.pump import Pump
from bot.requests import OWN_PICTURE, Answer, Finished, Job, JobEvent, Options, StylizeRequest
from bot.reruns import Rerun, is_of_strength, settings_again
from bot.takings import Taking, Takings
from nst_engine.settings import Settings

CANCELLED: Final = N_("Cancelled.")

log = structlog.get_logger(__name__)


class Studio:
    """The bot's face to its adapters. What `submit` returned from is on disk and will be answered."""

    def __init__(
        self, config: Config, gallery: Gallery, ledger: Ledger, blobs: Blobs, dispatch: Dispatch, hub: Hub, pump: Pump
    ) -> None:
        self.gallery = gallery
        path, takings = config.storage.path, Takings()
        self.keepsakes = Keepsakes(path / "kept_styles", config.storage.keep_hours, takings)
        self.places = Places(path / "places")
        self.galleries = PlaceGalleries(path / "galleries", gallery, config.gallery.max_per_place, takings)
        self.notes = Notes(path / "notes", takings)
        self.operator = Operator(ledger, pump.wake, pump.measured)
        self.presets = presets_in_force(config)
        """The presets in force, for as long as the bot runs."""
        self.is_closed = False
        self._config = config
        self._ledger = ledger
        self._blobs = blobs
        self._dispatch = dispatch
        self._hub = hub
        self._pump = pump
        self._acceptance = Acceptance(config.queue, ledger, blobs, hub, self.places)
        checkpoints = Checkpoints(path / CHECKPOINTS)
        belongings = Belongings(self.keepsakes, self.notes, self.places, self.galleries)
        self.eraser = Eraser(ledger, blobs, belongings, checkpoints, config.storage.keep_hours, pump.wake)
        self.privacy = Privacy(self.eraser, takings)

    @property
    def default_settings(self) -> Settings:
        """What a job gets when its person chooses nothing."""
        return intake.settings_for(Options(), self._config.engine, presets=self.presets)

    @property
    def folder(self) -> Path:
        """Where a front-end may keep what it wants to know after a restart."""
        return self._config.storage.path

    @property
    def keep_hours(self) -> float:
        """How long pictures are kept after the answer."""
        return self._config.storage.keep_hours

    @property
    def default_strength(self) -> int:
        """How strong a style is that has no strength of its own, when a person chooses nothing, 0 to 100."""
        return self._config.engine.default_strength

    async def gallery_of(self, platform: str, place: str) -> Gallery:
        """The gallery of a place: the styles that it has added, then the bot's. Raises `StorageTrouble`."""
        return await self.galleries.of(platform, place)

    async def usual_style(self, platform: str, place: str) -> Style | None:
        """The style that a place gives those who choose none; None where it has set none, or that one is gone."""
        here = await self.places.of(platform, place)
        return (await self.gallery_of(platform, place)).styles.get(here.style) if here.style else None

    async def usual_strength(self, platform: str, place: str, styles: Sequence[str | bytes] = ()) -> int:
        """How strong the style is when a person chooses nothing: as the place has set it, or as suits these styles.

        Raises `UnknownStyle`, and `DamagedSettings`.
        """
        here = await self.places.of(platform, place)
        suits = await self._suited(platform, place, styles, strength=here.strength)
        return self.default_strength if suits.strength is None else suits.strength

    async def has_usual_strength(self, job: Job) -> bool:
        """True if a job is as strong as suits its styles."""
        return is_of_strength(job.settings, (await self._suited_before(job)).strength)

    @property
    def max_styles(self) -> int:
        """How many styles one picture can have."""
        return intake.MAX_STYLES

    async def submit(self, request: StylizeRequest) -> Job:
        """Accept a request: check it, store its pictures, write it down, queue it.

        What was not chosen, a style too, is as its place has set it. The same origin seen again gives the job that it
        already made, with `is_new` False. Raises a `Refusal`: `BadPicture`, `UnknownStyle`, `BadOption`, `TooMany`,
        `DamagedSettings` or, as everything here may, `StorageTrouble`.
        """
        with self.privacy.taking(request.platform, request.person) as taking:
            here = await self.places.of(request.platform, request.place)
            usual = await self.usual_style(request.platform, request.place)
            if not request.styles and usual is not None:
                request = replace(request, styles=(usual.id,))
            options = here.filled(request.options)
            suits = await self._suited(request.platform, request.place, request.styles, options.style_weights)
            settings = intake.settings_for(options, self._config.engine, suits, self.presets)
            is_chosen = request.options.size is not None
            settings = here.within(settings, is_chosen=is_chosen)
            return await self._take(request, settings, taking, is_size_chosen=is_chosen)

    async def rerun(self, job_id: str, rerun: Rerun) -> Job:
        """Accept a job once more, for anybody, with something changed. Raises as `submit` does, and `NoSuchJob`."""
        before = await self.job(job_id)
        with self.privacy.taking(before.platform, rerun.person) as taking:
            here = await self.places.of(before.platform, rerun.place)
            suited_before = suits = Options()
            if rerun.styles is not None:
                shares, strength = rerun.options.style_weights, here.strength
                suits = await self._suited(before.platform, rerun.place, rerun.styles, shares, strength)
                suited_before = await self._suited_before(before)
            settings = settings_again(before.settings, rerun, suited_before, suits)
            settings = here.within(settings, is_chosen=rerun.options.size is not None)
            request = await self._request_again(before, rerun)
            return await self._take(request, settings, taking, before.style_titles if rerun.styles is None else "")

    async def _suited(
        self,
        platform: str,
        place: str,
        styles: Sequence[str | bytes],
        shares: Sequence[float] | None = None,
        strength: int | None = None,
    ) -> Options:
        """What suits these styles in a place; `strength` is that which the place has set. Raises `UnknownStyle`."""
        gallery = await self.gallery_of(platform, place)
        found = [None if isinstance(style, bytes) else gallery.find(style) for style in styles[: self.max_styles]]
        suits = suited(found, self.default_strength, shares or ())
        return suits if strength is None else replace(suits, strength=strength)

    async def _suited_before(self, job: Job) -> Options:
        """What suits the styles of a job, as far as the gallery still knows them."""
        gallery = await self.gallery_of(job.platform, job.place)
        titles = {style.title: style for style in list(gallery.styles.values())[::-1]}
        return suited(
            [titles.get(title) for title in job.style_titles.split("\n")],
            self.default_strength,
            job.settings.get("style_weights", ()),
        )

    async def _request_again(self, before: Job, rerun: Rerun) -> StylizeRequest:
        keeps_styles = rerun.styles is None
        return StylizeRequest(
            platform=before.platform,
            place=rerun.place,
            person=rerun.person,
            origin=rerun.origin,
            photo=await self._input(before.photo),
            styles=rerun.styles or tuple([await self._input(key) for key in before.styles]),
            address=rerun.address,
            masks=tuple([None if key is None else await self._input(key) for key in before.masks if keeps_styles]),
            moderator=rerun.moderator,
        )

    async def _take(
        self,
        request: StylizeRequest,
        settings: Settings,
        taking: Taking,
        title: str = "",
        *,
        is_size_chosen: bool = True,
    ) -> Job:
        """Check a request and write it down; `title` is what to call its styles, where that is known."""
        if self.is_closed:
            raise Refusal(_("The bot is being restarted; ask again in a minute."))
        intake.check_counts(request, settings)
        largest = self._config.engine.max_pixels
        photo = await intake.check_photo(request.photo, settings, largest, is_size_chosen=is_size_chosen)
        settings = replace(settings, size=photo.size)
        gallery = await self.gallery_of(request.platform, request.place)
        styles = [await _style(gallery, style) for style in request.styles]
        for mask in request.masks:
            if mask is not None:
                await intake.check_mask(mask)
        title = title or "\n".join(name for name, _data in styles)
        job = await self._acceptance.accept(
            request, settings, photo.cost(settings), [data for _name, data in styles], title, taking
        )
        if job.is_new:
            log.info("accepted", job=job.id, platform=job.platform, settings=dict(job.settings))
            self._pump.wake()
        return job

    async def remember(self, job_id: str, **address: Any) -> None:
        """Add to the job's address, durably: the id of its status message, for one."""
        await self._ledger.call(self._ledger.merge_address, job_id, address)

    async def move_place(self, platform: str, old: str, new: str) -> None:
        """A place is another from now on: its jobs, its gallery and what it has set are that one's.

        Raises `DamagedSettings`.
        """
        await self._ledger.call(self._ledger.move_place, platform, old, new)
        await self.galleries.move(platform, old, new)
        await self.places.move(platform, old, new)

    async def cancel(self, job_id: str, person: str, *, moderator: bool = False, sentence: str = CANCELLED) -> bool:
        """Cancel a job, waiting or running, with the sentence that answers it; False when it was over already.

        The sentence is an English one that is translated, where it can be, when it is told.

        A running one stops within a step. Raises `NotYours` and `NoSuchJob`.
        """
        job = await self.job(job_id)
        if job.person != person and not moderator:
            raise NotYours(_("Only the person who asked for this picture can cancel it."))
        if not await self._ledger.call(self._ledger.settle, job_id, "cancelled", sentence):
            return False
        self._pump.finish(Finished(job_id, "cancelled", sentence))
        try:
            await self._dispatch.cancel(job_id)
        except Exception as error:
            # Its next sign of life has it cancelled again.
            log.warning("cancel did not reach the queue", job=job_id, reason=repr(error))
        return True

    async def job(self, job_id: str) -> Job:
        """The job of that id; raises `NoSuchJob`, also for one whose person had it erased."""
        found = await self._ledger.call(self._ledger.job, job_id)
        if found.is_erased:
            raise NoSuchJob(_("Who asked for this picture had it deleted here; send a photo to get one of your own."))
        return found

    async def job_to_tell(self, job_id: str) -> Job:
        """The job as its messages need it: its latest address, also where its person had it erased before its answer.

        Raises `NoSuchJob`.
        """
        return await self._ledger.call(self._ledger.job, job_id)

    async def under_way(self, platform: str, *, person: str = "", place: str = "") -> list[Job]:
        """The jobs that are not over, oldest first: of one person, of one place, or of all where neither is named."""
        return await self._ledger.call(self._ledger.under_way, platform, person, place)

    def latest(self, job_id: str) -> JobEvent | None:
        """The last that is known of a job that is not over, or None."""
        return self._hub.latest(job_id)

    async def answer(self, job_id: str) -> Answer | None:
        """What the person gets, or None while the job is not over; raises `NoSuchJob`."""
        job = await self.job(job_id)
        return await load_answer(self._blobs, job) if job.is_over else None

    async def watch(self, job_id: str) -> AsyncIterator[JobEvent]:
        """The job's present state first, then its events, `Finished` last; raises `NoSuchJob`."""
        job = await self.job(job_id)
        if job.is_over:
            yield Finished(job.id, job.state, job.sentence)
            return
        async for event in self._hub.watch(job_id):
            yield event

    async def _input(self, key: str) -> bytes:
        data = await self._blobs.get(key)
        if data is None:
            raise NoSuchJob(_("The pictures of this job are no longer kept; send the photo again."))
        return data


async def _style(gallery: Gallery, style: str | bytes) -> tuple[str, bytes]:
    """The title and bytes of a gallery style by name, or of a picture brought along."""
    if isinstance(style, bytes):
        await intake.check_style(style)
        return OWN_PICTURE, style
    found = gallery.find(style)
    return found.title, await asyncio.to_thread(found.read)

"""What the buttons under a finished picture do."""

from __future__ import annotations

import random
from typing import Any, Final, cast, get_args

from telegram import CallbackQuery, Update
from telegram.error import BadRequest
from telegram.ext import Application, CallbackQueryHandler, ContextTypes

from adapters.telegram import result_sentences as sentences
from adapters.telegram.extras import Extras
from adapters.telegram.house_rules import HouseRules
from adapters.telegram.limits import TelegramLimits
from adapters.telegram.once import UnderWay, once_at_a_time
from adapters.telegram.orders import OrderDesk
from adapters.telegram.outbox import Outbox
from adapters.telegram.queries import acknowledge, query_of, seen_message, spot_of
from adapters.telegram.result_buttons import (
    BACK,
    OF_BEFORE,
    OTHER,
    RESULT,
    TAKEN,
    has_film,
    result_buttons,
    style_buttons,
    style_of,
)
from bot.acts import ACTS, Act
from bot.errors import NoSuchJob, NotYours, Refusal
from bot.gallery import Gallery
from bot.languages import _, spoken
from bot.requests import Job, Options
from bot.reruns import Rerun, Variation, varied
from bot.studio import Studio

LARGEST_SEED: Final = 2**31 - 1
_NO_JOB: Final = ("delete", "other", "file", "film", "losses")
"""Buttons that make no new picture."""
_VARIATIONS: Final[tuple[Variation, ...]] = get_args(Variation)


class ResultPresses:
    """Serves the buttons, for the owner and for administrators."""

    def __init__(
        self,
        studio: Studio,
        orders: OrderDesk,
        outbox: Outbox,
        rules: HouseRules,
        limits: TelegramLimits,
    ) -> None:
        self._studio = studio
        self._orders = orders
        self._outbox = outbox
        self._rules = rules
        self._limits = limits
        self._extras = Extras(studio, outbox, limits)
        self._under_way = UnderWay()

    def register(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Adds the handlers."""
        application.add_handler(CallbackQueryHandler(self.press, pattern=rf"^({RESULT}:({'|'.join(ACTS)})|[lf]):"))
        choose = once_at_a_time(self.choose, self._limits)
        application.add_handler(CallbackQueryHandler(choose, pattern=f"^{OTHER}:"))
        application.add_handler(CallbackQueryHandler(self.take, pattern=f"^{TAKEN}:"))

    async def press(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A button under a picture."""
        query = query_of(update)
        act, job_id = _parsed(query.data or "")
        try:
            job = await self._job(query, job_id)
            options = _options(act, job)
            if act not in _NO_JOB:
                await self._rules.check(query)
        except Refusal as refusal:
            if act == "delete" and isinstance(refusal, NoSuchJob) and await self._may_delete_unknown(query):
                await acknowledge(query, "", self._limits)
                await self._delete(query)
                return
            await acknowledge(query, str(refusal), self._limits)
            return
        await acknowledge(query, _toast(act), self._limits, is_alert=False)
        with self._under_way.begin((query.data, query.from_user.id)) as is_first:
            if is_first:
                await self._do(query, act, job, options)

    async def choose(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Another page of styles, or back to the buttons."""
        query = query_of(update)
        _kind, job_id, film, page = (query.data or "").split(":", 3)
        try:
            job = await self._job(query, job_id)
        except Refusal as refusal:
            await acknowledge(query, str(refusal), self._limits)
            return
        await acknowledge(query, "", self._limits)
        if page == BACK:
            await self._outbox.redress(spot_of(query, job), result_buttons(job, has_film=film == "1"))
        else:
            await self._show_styles(query, job, int(page), with_film=film == "1")

    async def take(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """A style was chosen for a picture of before; its own buttons come back."""
        query = query_of(update)
        _kind, job_id, film, key = (query.data or "").split(":", 3)
        try:
            job = await self._job(query, job_id)
            style = style_of(key, await self._gallery(query))
            if style is None:
                raise Refusal(_(sentences.NO_SUCH_STYLE))
            await self._rules.check(query)
        except Refusal as refusal:
            await acknowledge(query, str(refusal), self._limits)
            return
        await acknowledge(query, _(sentences.ONCE_MORE), self._limits, is_alert=False)
        with self._under_way.begin((query.data, query.from_user.id)) as is_first:
            if is_first:
                await self._again(query, job, Options(), (style.id,))
                await self._outbox.redress(spot_of(query, job), result_buttons(job, has_film=film == "1"))

    async def _do(self, query: CallbackQuery, act: Act, job: Job, options: Options) -> None:
        if act == "delete":
            await self._delete(query, job)
        elif act == "other":
            await self._show_styles(query, job, 0, with_film=await self._has_film(query, job))
        elif act in ("file", "film", "losses"):
            await self._extras.bring(act, job, spot_of(query, job))
        else:
            await self._again(query, job, options)

    async def _show_styles(self, query: CallbackQuery, job: Job, page: int, *, with_film: bool) -> None:
        keyboard = style_buttons(await self._gallery(query), job.id, page, self._limits, has_film=with_film)
        await self._outbox.redress(spot_of(query, job), keyboard)

    async def _again(self, query: CallbackQuery, job: Job, options: Options, styles: tuple[str, ...] = ()) -> None:
        """The job once more for who pressed, answered as a reply to its picture."""
        result = spot_of(query, job)
        assert result.message_id is not None, "a button is under a message"
        spot = result.replying(result.message_id)
        person = query.from_user
        rerun = Rerun(
            place=str(spot.chat_id),
            person=str(person.id),
            origin=f"press:{query.id}",
            address=spot.to_address() | {"language": spoken()},
            styles=styles or None,
            options=options,
            moderator=await self._rules.is_moderator(query),
        )
        await self._orders.again(job.id, rerun, spot)

    async def _has_film(self, query: CallbackQuery, job: Job) -> bool:
        """Whether there is a time-lapse: by the buttons or, where these cannot be seen, by what is kept."""
        message = seen_message(query)
        if message is not None:
            return has_film(message.reply_markup)
        answer = await self._studio.answer(job.id)
        return answer is not None and answer.timelapse is not None

    async def _gallery(self, query: CallbackQuery) -> Gallery:
        """The styles that there are where a button was pressed."""
        assert query.message is not None, "checked before"
        return await self._rules.gallery(query.message.chat.id)

    async def _delete(self, query: CallbackQuery, job: Job | None = None) -> None:
        spot = spot_of(query, job)
        try:
            await self._outbox.remove(spot)
        except BadRequest as error:
            if "not found" not in error.message.lower():
                assert spot.message_id is not None, "a button is under a message"
                await self._outbox.say(spot.replying(spot.message_id), _(sentences.NOT_DELETED))

    async def _job(self, query: CallbackQuery, job_id: str) -> Job:
        """The job of a button, for who may press it. Raises a `Refusal`."""
        try:
            job = await self._studio.job(job_id)
        except NoSuchJob:
            raise NoSuchJob(_(sentences.NO_LONGER_KEPT)) from None
        if query.message is None or job.address.get("chat_id") != query.message.chat.id:
            raise Refusal(_(sentences.OTHER_CHAT))
        if job.person != str(query.from_user.id) and not await self._rules.administers(query):
            raise NotYours(_(sentences.NOT_YOUR_PICTURE))
        if job.state != "done":
            raise Refusal(_(sentences.NO_PICTURE if job.is_over else sentences.NOT_FINISHED))
        return job

    async def _may_delete_unknown(self, query: CallbackQuery) -> bool:
        """Whether a picture whose person had their data deleted is to go for who presses, by what Telegram knows of it.

        That lets administrators, in private the person, and in a group who sent the photo.
        """
        message = seen_message(query)
        source = message.reply_to_message if message is not None else None
        is_theirs = source is not None and source.from_user is not None and source.from_user.id == query.from_user.id
        return is_theirs or await self._rules.leads(query)


def _parsed(data: str) -> tuple[Act, str]:
    kind, _colon, rest = data.partition(":")
    if kind in OF_BEFORE:
        return OF_BEFORE[kind], rest
    act, _colon, job_id = rest.partition(":")
    return cast(Act, act), job_id


def _options(act: Act, job: Job) -> Options:
    """What is to be different about the job, where it is painted once more. Raises a `Refusal` where it cannot be."""
    if act == "again":
        return Options(seed=random.randint(1, LARGEST_SEED))
    variation = next((each for each in _VARIATIONS if each == act), None)
    if variation is None:
        return Options()
    options = varied(variation, job.settings)
    if options is None:
        sentence = sentences.STRONGEST if act == "stronger" else sentences.SOFTEST
        raise Refusal(_(sentence))
    return options


def _toast(act: Act) -> str:
    """What is shown for a moment when a button was pressed."""
    if act == "delete":
        return ""
    if act == "other":
        return _(sentences.CHOOSE)
    return _(sentences.ON_ITS_WAY if act in ("file", "film", "losses") else sentences.ONCE_MORE)

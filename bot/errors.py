"""Errors that people can cause. The text of each is one sentence that a person reads as it stands."""

from __future__ import annotations

from bot.languages import _


class AtelierError(Exception):
    """The base of the bot's own errors."""


class Refusal(AtelierError):
    """A request that is not taken; nothing was stored. Its text says why and what to do."""


class BadPicture(Refusal):
    """The bytes that came along are no usable picture."""


class UnknownStyle(Refusal):
    """No style of that name is in the gallery; the text names near ones."""


class BadOption(Refusal):
    """An option of the request is outside its range."""


class TooMany(Refusal):
    """The person, the place or the bot has as many jobs waiting, or had as many within a day, as it may.

    `seconds` tells when to come back, where that is known.
    """

    def __init__(self, sentence: str, seconds: float | None = None) -> None:
        super().__init__(sentence)
        self.seconds = seconds


class NotYours(Refusal):
    """Somebody asked to cancel a job that is not theirs."""


class NotHere(Refusal):
    """The place lets the bot work in other channels only."""


class NotAllowed(Refusal):
    """The place lets other people ask for this."""


class BadSetting(Refusal):
    """A setting of a place that cannot be one."""


class DamagedSettings(Refusal):
    """What a place has chosen cannot be read, so that nobody knows what it allows."""


class NotForGallery(Refusal):
    """A picture or a name that a place's gallery does not take."""


class NoSuchJob(Refusal):
    """The job is unknown here, or its time of keeping has passed."""


class StorageTrouble(Refusal):
    """The bot's disk, ledger or blob store does not do what it should.

    The text is for a person; `reason` tells the operator what is wrong, where, and what to do.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(_("The bot's storage does not work at present; tell its operator, and try again later."))
        self.reason = reason


class SetupError(AtelierError):
    """The configuration is wrong: an unknown key, a bad value, a refused token. The bot says so and goes on or ends."""


class Gone(AtelierError):
    """The place to answer no longer exists or no longer lets the bot write; no use to try again."""

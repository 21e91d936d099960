"""What a place has chosen for itself: where in it the bot works, for whom, within which limits, and what is usual."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, get_args

from bot.errors import BadOption, BadSetting, NotAllowed, NotHere
from bot.languages import N_, NAMES, _, listed, number, quoted
from bot.limits import Limits
from bot.requests import Options
from nst_engine.settings import MAX_SIZE, MIN_SIZE, Colours, Settings

Who = Literal["everyone", "roles", "moderators"]
MOST_NAMED: Final = 25
"""Channels, and roles, that a place can name: as many as fit into one of Discord's selects."""
MOST_PICTURES: Final = 1000
LONGEST_COOLDOWN: Final = 24 * 3600
STYLE_CHARS: Final = 100
_NUMBERS: Final[Mapping[str, tuple[int, int]]] = {
    "per_person": (1, MOST_PICTURES),
    "per_place": (1, MOST_PICTURES),
    "per_person_per_day": (1, MOST_PICTURES),
    "cooldown": (0, LONGEST_COOLDOWN),
    "largest_size": (MIN_SIZE, MAX_SIZE),
    "strength": (0, 100),
    "size": (MIN_SIZE, MAX_SIZE),
}
"""The least and the most that each number may be."""
LABELS: Final[Mapping[str, str]] = {
    "channels": N_("Channels"),
    "who": N_("Who may ask"),
    "roles": N_("The roles of those who may"),
    "adders": N_("Who may add to the gallery"),
    "per_person": N_("Pictures of one person at once"),
    "per_place": N_("Pictures at once, of all together"),
    "per_person_per_day": N_("Pictures of one person a day"),
    "cooldown": N_("Seconds between two of one person"),
    "largest_size": N_("Largest size in pixels"),
    "strength": N_("Usual strength"),
    "size": N_("Usual size in pixels"),
    "colours": N_("Usual colours"),
    "language": N_("Language"),
}
"""What each setting is called, beside the style; said with `_`."""
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "who": get_args(Who),
    "adders": get_args(Who),
    "colours": ("", *get_args(Colours)),
    "language": ("", *NAMES),
}


@dataclass(frozen=True, slots=True)
class PlaceSettings:
    """The choices of one Discord server, Telegram chat or private chat; as made here, it has chosen nothing.

    `channels` are the ids of those in which the bot works, all when there are none. `who` may ask for pictures and
    `adders` may add styles to the place's gallery: everyone, those with one of the `roles` (ids) or moderators, who
    always may. The limits make the operator's tighter and never wider; `cooldown` is in seconds, `largest_size` and
    `size` are pixels of the longer side. `style` is the id of a gallery style; `language` a code of
    `languages.NAMES`, or empty for each person's own. What is None or empty is left to the operator or the person.
    """

    channels: tuple[str, ...] = ()
    who: Who = "everyone"
    roles: tuple[str, ...] = ()
    adders: Who = "moderators"
    per_person: int | None = None
    per_place: int | None = None
    per_person_per_day: int | None = None
    cooldown: int | None = None
    largest_size: int | None = None
    style: str = ""
    strength: int | None = None
    size: int | None = None
    colours: str = ""
    language: str = ""

    @classmethod
    def load(cls, values: Mapping[str, Any]) -> PlaceSettings:
        """The settings out of plain JSON values. Raises `BadSetting` for what cannot be one, and `TypeError`."""
        if not isinstance(values, Mapping):
            raise TypeError("settings are named values")
        known = {field.name for field in dataclasses.fields(cls)}
        if not set(values) <= known:
            raise BadSetting(_("There is no setting named {name}.", name=quoted(min(set(values) - known))))
        lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        return cls(**{**values, **lists}).checked()

    def dump(self) -> dict[str, Any]:
        """What was chosen, as plain JSON values; `load` takes them back."""
        nothing = PlaceSettings()
        chosen = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        chosen = {name: value for name, value in chosen.items() if value != getattr(nothing, name)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in chosen.items()}

    def checked(self) -> PlaceSettings:
        """These settings. Raises `BadSetting`, with the reason and what to do, for what cannot be one."""
        for name, (least, most) in _NUMBERS.items():
            _check_number(name, getattr(self, name), least, most)
        for name, words in _WORDS.items():
            if getattr(self, name) not in words:
                raise BadSetting(
                    _("{name} must be one of {words}.", name=_(LABELS[name]), words=listed(list(filter(None, words))))
                )
        for name in ("channels", "roles"):
            _check_ids(name, getattr(self, name))
        if not isinstance(self.style, str) or len(self.style) > STYLE_CHARS:
            raise BadSetting(_("The usual style must be the name of a style; the list of styles shows all of them."))
        if self.size is not None and self.largest_size is not None and self.size > self.largest_size:
            raise BadSetting(
                _(
                    "The usual size of {size} pixels is above the largest, {largest}; choose a smaller usual size, or "
                    "a larger largest one.",
                    size=number(self.size),
                    largest=number(self.largest_size),
                )
            )
        return self

    def works_in(self, channels: Iterable[str]) -> bool:
        """Whether the bot works in a channel that counts as these: itself and, for a thread, the one it belongs to."""
        return not self.channels or any(channel in self.channels for channel in channels)

    def check_channel(self, channels: Iterable[str], called: Callable[[str], str] = str) -> None:
        """Raise `NotHere`, naming the channels as `called` does, where the bot does not work in this one."""
        if self.works_in(channels):
            return
        named = listed([called(channel) for channel in self.channels], either=True)
        raise NotHere(
            _("I work in {channels} only; ask me there, or ask a moderator to let me work here, too.", channels=named)
        )

    def check_person(
        self, roles: Iterable[str] = (), *, is_moderator: bool = False, called: Callable[[str], str] = str
    ) -> None:
        """Raise `NotAllowed` where a person with these roles may not ask for pictures."""
        if not self._is_among(self.who, roles, is_moderator):
            raise NotAllowed(_denied(self, called))

    def may_add(self, roles: Iterable[str] = (), *, is_moderator: bool = False) -> bool:
        """Whether a person with these roles may add styles to the place's gallery."""
        return self._is_among(self.adders, roles, is_moderator)

    def _is_among(self, who: Who, roles: Iterable[str], is_moderator: bool) -> bool:
        return is_moderator or who == "everyone" or (who == "roles" and any(role in self.roles for role in roles))

    def tightened(self, limits: Limits) -> Limits:
        """The operator's limits, made tighter by the place's where those are."""
        return replace(
            limits,
            per_person=min(limits.per_person, self.per_person or limits.per_person),
            per_place=min(limits.per_place, self.per_place or limits.per_place),
            per_person_per_day=min(filter(None, (limits.per_person_per_day, self.per_person_per_day)), default=0),
            cooldown=max(limits.cooldown, self.cooldown or 0),
        )

    def filled(self, options: Options) -> Options:
        """The options, with what is usual here in the place of what was not chosen."""
        return replace(
            options,
            strength=self.strength if options.strength is None and options.style_weight is None else options.strength,
            size=self.size if options.size is None and options.preset is None else options.size,
            colours=options.colours or self.colours or None,
        )

    def within(self, settings: Settings, *, is_chosen: bool) -> Settings:
        """The settings of a job within the largest size of the place.

        Raises `BadOption` for a size that `is_chosen`; another one is made smaller.
        """
        if self.largest_size is None or settings.size <= self.largest_size:
            return settings
        if not is_chosen:
            return replace(settings, size=self.largest_size)
        raise BadOption(
            _(
                "Here pictures have at most {largest} pixels on the longer side, not {size}; ask for a smaller size.",
                largest=number(self.largest_size),
                size=number(settings.size),
            )
        )


def _denied(settings: PlaceSettings, called: Callable[[str], str]) -> str:
    if settings.who == "roles" and settings.roles:
        named = listed([called(role) for role in settings.roles], either=True)
        return _(
            "Here only those with the role {roles} may ask for pictures; ask a moderator for it, or ask me in a direct "
            "message.",
            roles=named,
        )
    return _("Here only moderators may ask for pictures; ask one of them, or ask me in a direct message.")


def _check_number(name: str, value: Any, least: int, most: int) -> None:
    if value is None:
        return
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if not is_number or not least <= value <= most:
        raise BadSetting(
            _(
                "{name} must be a whole number from {least} to {most}, or be left empty.",
                name=_(LABELS[name]),
                least=number(least),
                most=number(most),
            )
        )


def _check_ids(name: str, ids: Any) -> None:
    if not isinstance(ids, tuple) or not all(isinstance(each, str) and each for each in ids):
        raise BadSetting(_("{name} must be a list of ids.", name=_(LABELS[name])))
    if len(ids) > MOST_NAMED:
        raise BadSetting(_("There can be at most {count} of them; choose fewer.", count=number(MOST_NAMED)))

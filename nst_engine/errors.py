"""What can go wrong in the engine, each with a sentence that says what to do."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from typing import Any, Final

LONGEST_NUMBER: Final = 1e15
"""Numbers from here on are written as Python writes them."""


class Wording(string.Formatter):
    """Puts the values of an error into its sentence, in English; for another language, override its methods.

    A value called `setting` is the name of a field of `Settings`, several words are a choice, and `{value!r}` asks
    for quotation marks around words that somebody gave.
    """

    def setting(self, name: str) -> str:
        """What a setting is called at the beginning of a sentence."""
        return name.replace("_", " ").capitalize()

    def quoted(self, words: str) -> str:
        """Somebody's own words."""
        return f"'{words}'"

    def number(self, value: float, digits: int) -> str:
        """A number with so many digits behind the point."""
        return f"{value:,.{digits}f}"

    def either(self, words: Sequence[str]) -> str:
        """Words of which one is to be chosen."""
        return ", ".join([*words[:-2], " or ".join(words[-2:])])

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """One of the values, by its name."""
        value = super().get_value(key, args, kwargs)
        return self.setting(value) if key == "setting" else value

    def convert_field(self, value: Any, conversion: str | None) -> Any:
        """A value that the sentence asks to be quoted, where it is words."""
        if conversion != "r" or isinstance(value, int | float):
            return value
        return self.quoted(value) if isinstance(value, str) else repr(value)

    def format_field(self, value: Any, format_spec: str) -> str:
        """A value as it stands in the sentence; numbers with at most six digits behind the point."""
        if isinstance(value, list | tuple):
            return self.either(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LONGEST_NUMBER:
            return str(value)
        return self.number(value, len(f"{value % 1:.6f}".rstrip("0")) - len("0."))


class EngineError(Exception):
    """The base of the engine's own errors; its text is one sentence for a person.

    The sentence and the `values` that it names are kept apart, so that it can be said in another language, by a
    `Wording` of that language.
    """

    def __init__(self, sentence: str = "", /, **values: Any) -> None:
        super().__init__(Wording().format(sentence, **values) if values else sentence)
        self.sentence = sentence
        self.values = values


class PictureError(EngineError):
    """The bytes are no picture that can be used: damaged, too small, too large or of an unknown kind."""


class SettingsError(EngineError):
    """A setting is outside its range or of an unknown name."""


class WeightsError(EngineError):
    """The network's weights are missing, damaged or of the wrong shape."""


class DeviceError(EngineError):
    """The device that was asked for is not on this machine, or its memory is too small for the picture."""


class PreviewError(EngineError):
    """The feed-forward look is asked for and its files are not installed, or damaged."""


class Cancelled(EngineError):
    """The run was stopped because `cancel()` said so."""

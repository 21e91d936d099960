"""What can go wrong in the engine, each with a sentence that says what to do."""

from __future__ import annotations

from typing import Any


class EngineError(Exception):
    """The base of the engine's own errors; its text is one sentence for a person.

    The sentence and the `values` that it names are kept apart, so that it can be said in another language.
    """

    def __init__(self, sentence: str = "", /, **values: Any) -> None:
        super().__init__(sentence.format(**values) if values else sentence)
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

"""How a person wants a picture painted, as far as their words say it; buttons and notes carry it on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.requests import Options

FAITHFUL: Final = "faithful"
"""The word after a style's name, and the look that it stands for."""
_NOTHING: Final = "-"
_MARK: Final = "f"


@dataclass(frozen=True, slots=True)
class Manner:
    """The strength, None where nothing is said of it, and whether the photo's shapes are to stay."""

    strength: int | None = None
    is_faithful: bool = False

    def then(self, later: Manner) -> Manner:
        """With what was said later, which goes before this."""
        strength = self.strength if later.strength is None else later.strength
        return Manner(strength, self.is_faithful or later.is_faithful)

    @property
    def options(self) -> Options:
        """The same as options of a job."""
        return Options(strength=self.strength, look=FAITHFUL if self.is_faithful else None)

    @property
    def code(self) -> str:
        """The same in a few letters, for a button."""
        return f"{_NOTHING if self.strength is None else self.strength}{_MARK if self.is_faithful else ''}"

    @classmethod
    def parse(cls, code: str) -> Manner:
        """What `code` was made of."""
        strength = code.removesuffix(_MARK)
        return cls(None if strength == _NOTHING else int(strength), code.endswith(_MARK))

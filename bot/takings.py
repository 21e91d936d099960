"""What is just being taken of a person, so that nothing they asked for before an erasure is kept after it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from bot.errors import Refusal
from bot.languages import _


class Taking:
    """A request of one person (platform and id) that is looked at and not kept yet."""

    def __init__(self, whose: tuple[str, str]) -> None:
        self.whose = whose
        self.is_open = True
        self.is_stale = False

    def check(self) -> None:
        """Raise a `Refusal` where its person had everything deleted after asking for it.

        To be called under the lock under which it is then kept, and deleted.
        """
        if self.is_stale:
            raise Refusal(_("You had your data deleted while I was taking this picture; ask again if you want it."))


_current: ContextVar[Taking | None] = ContextVar("taking", default=None)


class Takings:
    """All that is being taken at present."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], list[Taking]] = defaultdict(list)

    @contextmanager
    def open(self, platform: str, person: str) -> Iterator[Taking]:
        """While something of a person is being taken; within another one of theirs it is that one."""
        whose = (platform, person)
        outer = _current.get()
        if outer is not None and outer.is_open and outer.whose == whose:
            yield outer
            return
        taking = Taking(whose)
        self._open[whose].append(taking)
        token = _current.set(taking)
        try:
            yield taking
        finally:
            _current.reset(token)
            taking.is_open = False
            self._open[whose].remove(taking)
            if not self._open[whose]:
                del self._open[whose]

    def outdate(self, platform: str, person: str) -> None:
        """What is being taken of a person was asked for before they had everything deleted."""
        for taking in self._open.get((platform, person), ()):
            taking.is_stale = True

    def count(self) -> int:
        """How many there are."""
        return sum(map(len, self._open.values()))

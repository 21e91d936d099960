"""The languages people are spoken to in: whose turn it is, and every sentence, number and list in their language.

The sentences are written in English where they are said, as `_("…{name}…", name=…)`; their translations lie in
`bot/locale`, one gettext file for each language, for all front-ends. See docs/languages.md.
"""

from __future__ import annotations

import datetime
import gettext
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, Final

from nst_engine.errors import EngineError, Wording

ENGLISH: Final = "en"
NAMES: Final = {
    ENGLISH: "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "ja": "日本語",
    "ru": "Русский",
}
"""The languages there are, by their codes, each called as its speakers call it."""
LOCALE: Final = Path(__file__).parent / "locale"

_spoken: ContextVar[str] = ContextVar("language", default=ENGLISH)


def nearest(tag: str | None) -> str:
    """The language for a platform's tag, such as `es-419`, `de_AT` or None; English where there is no other."""
    code = (tag or "").replace("_", "-").partition("-")[0].lower()
    return code if code in NAMES else ENGLISH


def spoken() -> str:
    """The code of the language that is spoken at present in this task."""
    return _spoken.get()


def speak(tag: str | None) -> None:
    """From here to the end of this task, and in tasks and threads begun in it, sentences are in that language."""
    _spoken.set(nearest(tag))


@contextmanager
def speaking(tag: str | None) -> Iterator[None]:
    """Within this block, and in tasks and threads begun in it, sentences are in the language for `tag`."""
    token = _spoken.set(nearest(tag))
    try:
        yield
    finally:
        _spoken.reset(token)


def _(sentence: str, /, **values: Any) -> str:
    """A sentence in the language spoken at present, with `values` put in where it names them."""
    said = _catalogue(_spoken.get()).gettext(sentence) if sentence else ""
    return said.format(**values) if values else said


def ngettext(one: str, many: str, count: int, /, **values: Any) -> str:
    """As `_`, in the form that goes with a count of things, which the sentence may name as `{count}`."""
    said = _catalogue(_spoken.get()).ngettext(one, many, count)
    return said.format(count=number(count), **values)


def pgettext(context: str, sentence: str, /) -> str:
    """As `_`, for a word that needs another translation elsewhere: `context` tells the two apart."""
    return _catalogue(_spoken.get()).pgettext(context, sentence)


def NC_(context: str, sentence: str) -> str:  # noqa: N802 - the counterpart of `N_`
    """Marks a word that is written down here and said elsewhere, with `pgettext` and the same context."""
    return sentence


PACKED: Final = "\x1f"
"""Between a sentence and its values, where both are kept for somebody whose language is not spoken yet."""


def packed(sentence: str, /, **values: Any) -> str:
    """A sentence to be said later, by `unpacked`, in whatever language is spoken then: to be kept and sent about."""
    return f"{sentence}{PACKED}{json.dumps(values, default=str)}" if values else sentence


def unpacked(text: str) -> str:
    """What `packed` kept, or any other sentence that was written down in English, in the language spoken at present."""
    sentence, _between, values = text.partition(PACKED)
    return _Wording().format(_(sentence), **json.loads(values)) if values else _(sentence)


def N_(sentence: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Marks a sentence that is written down here and said elsewhere, with `_`."""
    return sentence


def number(value: float, digits: int = 0) -> str:
    """A number as it is written in the language spoken at present, rounded to so many digits behind the point."""
    if _spoken.get() == ENGLISH:
        return f"{value:,.{digits}f}"
    from babel.numbers import format_decimal

    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(value, pattern, locale=_spoken.get())


def moment(seconds: float) -> str:
    """A time (seconds since the epoch) as date and minute in UTC, for platforms that do not write times themselves."""
    from babel.dates import format_skeleton

    when = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    day, minute = [format_skeleton(each, when, locale=_spoken.get()) for each in ("yMMMd", "Hm")]
    return f"{day}, {minute} UTC"


def listed(words: Sequence[str], *, either: bool = False) -> str:
    """Several words as a list in a sentence: `a, b and c`, or `a, b or c`."""
    if _spoken.get() == ENGLISH:
        link = " or " if either else " and "
        return link.join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
    from babel.lists import format_list

    return format_list(list(words), "or" if either else "standard", locale=_spoken.get())


def quoted(text: str) -> str:
    """Somebody's own words within a sentence, in the quotation marks of the language spoken at present."""
    return _("'{words}'", words=text)


SETTINGS: Final = {
    "size": N_("Size"),
    "steps": N_("Steps"),
    "seed": N_("Seed"),
    "scales": N_("Scales"),
    "strength": N_("Strength"),
    "optimizer": N_("Optimizer"),
    "colours": N_("Colours"),
    "pooling": N_("Pooling"),
    "padding": N_("Padding"),
    "start": N_("Start"),
    "content_weight": N_("Content weight"),
    "style_weight": N_("Style weight"),
    "tv_weight": N_("Tv weight"),
    "moments_weight": N_("Moments weight"),
    "style_scale": N_("Style scale"),
    "style_weights": N_("Style weights"),
    "content_layers": N_("Content layers"),
    "style_layers": N_("Style layers"),
    "look": N_("Look"),
}
"""What the engine's settings are called where it complains about them; said with `_`."""


class _Wording(Wording):
    """The engine's complaints in the language spoken at present."""

    def setting(self, name: str) -> str:
        return _(SETTINGS.get(name, name))

    def quoted(self, words: str) -> str:
        return quoted(words)

    def number(self, value: float, digits: int) -> str:
        return number(value, digits)

    def either(self, words: Sequence[str]) -> str:
        return listed(words, either=True)


def told(error: EngineError) -> str:
    """What the engine complains about, in the language spoken at present."""
    return _Wording().format(_(error.sentence), **error.values) if error.values else _(error.sentence)


def prepare() -> None:
    """Read all translations, so that nobody waits for them later; takes a moment, so not for the event loop."""
    for code in NAMES:
        _catalogue(code)


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    if code == ENGLISH:
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with (LOCALE / code / "LC_MESSAGES" / "atelier.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=code))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)

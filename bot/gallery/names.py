"""How people's words are held against the names of styles."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import Path
from typing import Final

from bot import languages

MAX_ID: Final = 24
"""Characters of an id at most: it travels in Telegram's callback data, which holds 64 bytes."""

_ID: Final = re.compile(rf"[a-z0-9_]{{1,{MAX_ID}}}")
_ARTICLE: Final = re.compile(r"^(the|an?)\s+(?=\S)")


def folded(text: str) -> str:
    """The text in lower case, without accents, as words with one space between and no other sign."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    spaced = "".join(c if c.isalnum() else "" if c in "'’" else " " for c in bare.casefold())
    return " ".join(spaced.split())


def key(text: str) -> str:
    """What two spellings of one name have in common: folded, without a leading article and spaces."""
    return _ARTICLE.sub("", folded(text)).replace(" ", "")


def is_id(text: str) -> bool:
    """Whether `text` can be the id of a style."""
    return _ID.fullmatch(text) is not None


def id_of_file(name: str) -> str:
    """The id of a picture that has only a file name.

    What does not fit, or has no Latin letters to spell it with, is told apart by a piece of a hash.
    """
    stem = unicodedata.normalize("NFC", Path(name).stem)
    words = folded(stem)
    plain = re.sub(r"[^a-z0-9]+", "_", words).strip("_")
    if plain == words.replace(" ", "_") and is_id(plain):
        return plain
    mark = hashlib.sha256(stem.encode()).hexdigest()[:6]
    return f"{plain[: MAX_ID - 7].rstrip('_') or 'picture'}_{mark}"


def title_of_file(name: str) -> str:
    """The title of a picture that has only a file name: `night_at-sea.jpg` is `Night at sea`."""
    words = " ".join(re.sub(r"[_\-.]+", " ", Path(name).stem).split()) or name
    return words[0].upper() + words[1:]


def quoted(text: str) -> str:
    """What a person typed, on one line and short enough to stand in a sentence."""
    words = " ".join(text.split())
    return languages.quoted(words if len(words) <= 40 else f"{words[:39]}…")

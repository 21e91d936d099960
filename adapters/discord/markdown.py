"""Words that people chose, on Discord, which formats what it is given: shown as they were written."""

from __future__ import annotations

import re
from typing import Final

_SIGNS: Final = re.compile(r"[\\`*_~|\[\]<>]|(?<=:)/(?=/)|^[#-]")
"""What begins or ends something that Discord would format: emphasis, code, spoilers, links, mentions, lists."""
_LINKS: Final = re.compile(r"(?<=\])\(|(?<=:)/(?=/)")


def plain(words: str) -> str:
    """A name as it was written, with nothing in it that Discord formats."""
    return _SIGNS.sub(r"\\\g<0>", words)


def unlinked(sentence: str) -> str:
    """A sentence of ours, which may name what people chose, with its formatting but without links."""
    return _LINKS.sub(r"\\\g<0>", sentence)

"""`atelier styles`: the gallery."""

from __future__ import annotations

import argparse
import json
from typing import Any

from bot.config import load_config
from bot.gallery import Gallery, Style
from bot.gallery.entries import DEFAULTS


def run(arguments: argparse.Namespace) -> None:
    """Print every style's id and label, or all facts as JSON."""
    gallery = Gallery.load(load_config(arguments.config).gallery.path)
    styles = gallery.styles.values()
    if arguments.json:
        print(json.dumps([_facts(style) for style in styles], indent=2))
        return
    width = max(len(style.id) for style in styles)
    for style in styles:
        print(f"{style.id:<{width}}  {style.label}")


def _facts(style: Style) -> dict[str, Any]:
    """All that is known of a style; None where it leaves a default to the configuration."""
    facts = {name: getattr(style, name) for name in ("id", "title", "artist", "year", "source", "licence")}
    return facts | {name: getattr(style.defaults, name) for name in DEFAULTS}

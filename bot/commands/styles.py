"""`atelier styles`: the gallery."""

from __future__ import annotations

import argparse
import json

from bot.config import load_config
from bot.gallery import Gallery


def run(arguments: argparse.Namespace) -> None:
    """Print every style's id and label, or all facts as JSON."""
    gallery = Gallery.load(load_config(arguments.config).gallery.path)
    styles = gallery.styles.values()
    if arguments.json:
        names = ("id", "title", "artist", "year", "source", "licence")
        print(json.dumps([{name: getattr(style, name) for name in names} for style in styles], indent=2))
        return
    width = max(len(style.id) for style in styles)
    for style in styles:
        print(f"{style.id:<{width}}  {style.label}")

"""`atelier score`: how a picture fares on the reference objective."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from bot.commands.pictures import read_picture, read_style
from bot.config import load_config
from bot.gallery import Gallery


def run(arguments: argparse.Namespace) -> None:
    """Print content, style and total as one JSON object."""
    config = load_config(arguments.config)
    content, picture = read_picture(arguments.content), read_picture(arguments.picture)
    style = read_style(arguments.style, Gallery.load(config.gallery.path))
    from nst_engine.engine import Engine  # takes seconds, which a mistyped name need not wait for

    engine = Engine(config.engine.device, "float32", config.engine.weights)
    print(json.dumps(asdict(engine.score(content, [style], picture))))

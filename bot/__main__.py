"""The program `atelier`: `python -m bot`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Final, NoReturn

USAGE_ERROR: Final = 2
INTERRUPTED: Final = 130


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line and where help is, rather than the whole usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE_ERROR, f"{self.prog}: {message}; see `{self.prog} --help`.\n")


def build_parser() -> argparse.ArgumentParser:
    """The command line with all its commands."""
    parser = _Parser("atelier", description="Repaints photos in the style of paintings, on Discord, Telegram and here.")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the configuration, config.toml by default")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    commands.add_parser("run", help="run the bot; without any token, the local page")
    commands.add_parser("worker", help="run one worker for a bot whose queue is on Redis")
    commands.add_parser("check", help="tell what is configured, whether it works, and how fast this machine is")
    styles = commands.add_parser("styles", help="list the gallery")
    styles.add_argument("--json", action="store_true", help="as JSON")
    demo = commands.add_parser("demo", help="stylise a bundled photo through the whole bot")
    demo.add_argument("-o", "--out", type=Path, default=Path("out"), metavar="FOLDER", help="out by default")
    _add_stylize(commands.add_parser("stylize", help="repaint a photo in the style of one or more pictures"))
    score = commands.add_parser("score", help="print the reference objective of a picture as JSON")
    score.add_argument("content", metavar="CONTENT", type=Path)
    score.add_argument("style", metavar="STYLE", help="a picture, or the name of a gallery style")
    score.add_argument("picture", metavar="PICTURE", type=Path)
    return parser


def _add_stylize(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("content", metavar="CONTENT", type=Path, help="the photo")
    parser.add_argument("styles", metavar="STYLE", nargs="+", help="a picture, or the name of a gallery style")
    parser.add_argument(
        "-o", "--out", metavar="OUT", type=Path, required=True, help="where to write: .png, .jpg, .webp"
    )
    parser.add_argument("--curve", metavar="PNG", type=Path, help="where to write the loss curve")
    parser.add_argument("--size", type=int, metavar="N", help="the longer side in pixels")
    parser.add_argument("--steps", type=int, metavar="N", help="updates of the picture")
    parser.add_argument("--optimizer", choices=("lbfgs", "adam"))
    parser.add_argument("--content-weight", type=float, metavar="X", help="1 by default")
    parser.add_argument("--style-weight", type=float, metavar="X", help="1 by default; 10 paints more boldly")
    parser.add_argument("--tv-weight", type=float, metavar="X", help="0 by default; more smooths")
    parser.add_argument("--seed", type=int, metavar="N", help="0 by default; another gives a variation")
    parser.add_argument("--json", action="store_true", help="print one JSON object rather than text")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; end with code 2 and one sentence when something about it is wrong."""
    chosen = build_parser().parse_args(arguments)
    from bot.errors import AtelierError
    from nst_engine.errors import EngineError

    try:
        import_module(f"bot.commands.{chosen.command}").run(chosen)
    except (AtelierError, EngineError) as error:
        print(f"atelier: {error}", file=sys.stderr)
        sys.exit(USAGE_ERROR)
    except KeyboardInterrupt:
        print("atelier: stopped.", file=sys.stderr)
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()

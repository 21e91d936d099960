"""The program `atelier`: `python -m bot`."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
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
    check = commands.add_parser("check", help="tell what is configured and whether it works")
    check.add_argument("--speed", action="store_true", help="measure how long a picture takes here, in 20 seconds")
    _add_queue(commands.add_parser("queue", help="see the queue, pause, resume or empty it"))
    styles = commands.add_parser("styles", help="list the gallery")
    styles.add_argument("--json", action="store_true", help="as JSON")
    preview = commands.add_parser("fetch-preview", help="fetch the feed-forward look, for a first preview at once")
    preview.add_argument("--folder", type=Path, metavar="FOLDER", help="where to put it")
    preview.add_argument("--from", dest="archive", type=Path, metavar="FILE", help="the archive, fetched by hand")
    demo = commands.add_parser("demo", help="stylise a bundled photo through the whole bot")
    demo.add_argument("-o", "--out", type=Path, default=Path("out"), metavar="FOLDER", help="out by default")
    _add_stylize(commands.add_parser("stylize", help="repaint a photo in the style of one or more pictures"))
    score = commands.add_parser("score", help="print the reference objective of a picture as JSON")
    score.add_argument("content", metavar="CONTENT", type=Path)
    score.add_argument("style", metavar="STYLE", help="a picture, or the name of a gallery style")
    score.add_argument("picture", metavar="PICTURE", type=Path)
    return parser


def _add_queue(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", parser_class=_Parser)
    pause = actions.add_parser("pause", help="begin no more pictures; those that are painted go on")
    pause.add_argument("--reason", metavar="TEXT", default="", help="what to tell those who wait")
    actions.add_parser("resume", help="go on")
    empty = actions.add_parser("empty", help="cancel all that wait")
    empty.add_argument("--running", action="store_true", help="also those that are painted")
    empty.add_argument("--yes", action="store_true", help="do not ask")
    cancel = actions.add_parser("cancel", help="cancel one picture, waiting or painted")
    cancel.add_argument("job", metavar="JOB", help="its id, as `atelier queue` shows it")


def _add_stylize(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("content", metavar="CONTENT", type=Path, help="the photo")
    parser.add_argument("styles", metavar="STYLE", nargs="+", help="a picture, or the name of a gallery style")
    _add_files(parser)
    _add_look(parser)
    _add_objective(parser)


def _add_files(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("files").add_argument
    out = "where to write: .png, .jpg, .webp; an animated CONTENT as .gif, .webp, .png, .mp4"
    add("-o", "--out", metavar="OUT", type=Path, required=True, help=out)
    mask = "white where a style paints: one for each STYLE in its order, - for all that no other mask covers"
    add("--mask", metavar="FILE", action="append", default=[], help=mask)
    add("--curve", metavar="PNG", type=Path, help="where to write the loss curve")
    add("--timelapse", metavar="FILE", type=Path, help="where to write a film of it forming: .mp4, .webp, .gif")
    add("--preview", metavar="FILE", type=Path, help="where to write the feed-forward look, before painting")
    add("--checkpoint", metavar="FOLDER", type=Path, help="keep the run's state there, and go on from it")
    add("--json", action="store_true", help="print one JSON object rather than text")


def _add_look(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("look").add_argument
    add("--look", metavar="NAME", help="gatys by default, or faithful: the photo's shapes and faces stay readable")
    add("--preset", metavar="NAME", help="draft, standard or fine")
    add("--size", metavar="N", help="the longer side in pixels")
    add("--steps", metavar="N", help="updates of the picture")
    add("--strength", metavar="N", help="from 0, hardly painted, to 100, all paint; the style's own by default")
    add("--colours", metavar="NAME", help="style, content (the photo's own) or luminance (only light and shade)")
    add("--style-scale", metavar="X", help="the size of the strokes; the style's own by default, mostly 1")
    add("--style-weights", metavar="X,Y", help="the shares of several styles, such as 2,1")
    add("--start", metavar="NAMES", help="content, matched, style, noise, preview, such as content=0.7,noise=0.3")
    add("--seed", metavar="N", help="0 by default; another gives a variation")


def _add_objective(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("objective").add_argument
    add("--optimizer", metavar="NAME", help="lbfgs by default, or adam")
    add("--content-weight", metavar="X", help="1 by default")
    add("--style-weight", metavar="X", help="by default as the strength says; 1 is the reference objective")
    add("--tv-weight", metavar="X", help="0 by default; more smooths")
    add("--moments-weight", metavar="X", help="0 by default; of mean and standard deviation")
    add("--content-layers", metavar="NAMES", help="relu4_2 by default; with weights: relu4_2=1,relu3_2=0.5")
    add("--style-layers", metavar="NAMES", help="relu1_1 to relu5_1 by default")
    add("--pooling", metavar="NAME", help="max by default, or average")
    add("--padding", metavar="NAME", help="zeros by default, or replicate")
    add("--scales", metavar="N", help="how many sizes are painted, coarse to fine; 0 by default: by the size")


def load_command(name: str) -> ModuleType:
    """A command's room with all that it imports, and no other's."""
    # Imports leave no garbage, and looking for some takes a tenth of their time. What they made stays, so that it need
    # never be looked through.
    gc.disable()
    try:
        return import_module(f"bot.commands.{name.replace('-', '_')}")
    finally:
        gc.freeze()
        gc.enable()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; end with code 2 and one sentence when something about it is wrong."""
    chosen = build_parser().parse_args(arguments)
    from bot.errors import AtelierError
    from nst_engine.errors import EngineError

    try:
        load_command(chosen.command).run(chosen)
    except (AtelierError, EngineError) as error:
        print(f"atelier: {error}", file=sys.stderr)
        sys.exit(USAGE_ERROR)
    except KeyboardInterrupt:
        print("atelier: stopped.", file=sys.stderr)
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()

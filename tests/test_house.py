"""The arrows of the house go one way, and nobody but the engine process imports torch."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ("nst_engine", "bot", "adapters")
PUBLIC_FACE = {
    *("bot.requests", "bot.reruns", "bot.errors", "bot.text", "bot.studio", "bot.config", "bot.gallery"),
    *("bot.keepsakes", "bot.languages", "bot.notes", "bot.telemetry", "bot.place_settings", "bot.places"),
    *("bot.settings_words", "bot.picture_threads", "bot.acts"),
    *("bot.privacy", "bot.privacy_text"),
}
COMPOSITION_ROOT = Path("bot/app.py")
INSIDE_THE_QUEUE = {Path("bot/studio.py"), COMPOSITION_ROOT}


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            assert node.module is not None
            yield from (
                f"{node.module}.{alias.name}" if is_module(f"{node.module}.{alias.name}") else node.module
                for alias in node.names
            )


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def may_import(source: Path, target: str) -> bool:
    floor = source.parts[0]
    towards = target.split(".")[0]
    if towards not in FLOORS or towards == "nst_engine":
        return True
    if floor == "nst_engine":
        return False
    if floor == "bot":
        if towards == "adapters":
            return source == COMPOSITION_ROOT
        inside = target.startswith("bot.queue")
        return not inside or source.is_relative_to("bot/queue") or source in INSIDE_THE_QUEUE
    if towards == "adapters":
        return target.split(".")[:2] == list(source.parts[:2])
    return any(target == face or target.startswith(f"{face}.") for face in PUBLIC_FACE)


def rooms() -> list[Path]:
    return [path.relative_to(ROOT) for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py"))]


def test_every_arrow_goes_the_right_way() -> None:
    wrong = [
        f"{room} -> {target}" for room in rooms() for target in imports(ROOT / room) if not may_import(room, target)
    ]
    assert not wrong
    assert len(rooms()) > 30


@pytest.mark.parametrize(
    ("source", "target", "allowed"),
    [
        ("nst_engine/engine.py", "bot.errors", False),
        ("bot/studio.py", "adapters.web", False),
        ("bot/app.py", "adapters.web", True),
        ("bot/commands/run.py", "bot.queue.ledger", False),
        ("bot/queue/pump.py", "bot.queue.ledger", True),
        ("adapters/web/front.py", "adapters.discord.front", False),
        ("adapters/web/front.py", "adapters.web.guard", True),
        ("adapters/web/front.py", "bot.queue.ledger", False),
        ("adapters/web/front.py", "bot.studio", True),
        ("adapters/discord/front.py", "discord", True),
    ],
)
def test_an_arrow_that_turns_round_is_seen(source: str, target: str, allowed: bool) -> None:
    assert may_import(Path(source), target) is allowed


def test_the_bot_never_imports_torch() -> None:
    code = (
        "import sys, bot.app, adapters.discord, adapters.telegram, adapters.web, bot.queue.engine_process;"
        "sys.exit('torch' in sys.modules or 'matplotlib' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_rooms_are_small_enough_to_read_in_one_sitting() -> None:
    lengths = {room: (ROOT / room).read_text(encoding="utf-8").count("\n") for room in rooms()}
    assert not {str(room): lines for room, lines in lengths.items() if lines > 400}

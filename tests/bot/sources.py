"""The sentences as they stand in the sources: found by their syntax, and as Babel extracts them."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT: Final = Path(__file__).parents[2]
FLOORS: Final = ("nst_engine", "bot", "adapters")
MARKS: Final = {"_": 0, "N_": 0, "ngettext": 0, "pgettext": 1, "NC_": 1, "packed": 0}
"""What sentences are marked with, and which argument the sentence is."""

Key = tuple[str, str]


def read(path: Path, locale: str | None = None) -> Catalog:
    """A file of translations, or a template for them."""
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def ids(message: Any) -> tuple[str, ...]:
    """The English forms of a message: one, or singular and plural."""
    return message.id if isinstance(message.id, tuple) else (message.id,)


def by_key(catalog: Catalog) -> dict[Key, Any]:
    """The messages by their context and English sentence."""
    found = [message for message in catalog if message.id]
    return {(message.context or "", ids(message)[0]): message for message in found}


def keywords() -> str:
    """What `make translations` has Babel look for beside its own words."""
    line = next(line for line in (ROOT / "Makefile").read_text().splitlines() if line.lstrip().startswith('-k "'))
    return line.partition('"')[2].partition('"')[0]


def extracted(path: Path) -> dict[Key, Any]:
    """All sentences, extracted anew as `make translations` does, by way of a template at `path`."""
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-k", keywords(), "-o", str(path)]
    subprocess.run([*command, *FLOORS], cwd=ROOT, check=True)
    return by_key(read(path))


@cache
def modules() -> dict[str, ast.Module]:
    """The syntax of every source file, by its path from the root."""
    files = [path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py"))]
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(), str(path)) for path in files}


def name_of(function: ast.expr) -> str:
    """What a call calls: `told` of `told(error)`, `packed` of `languages.packed(…)`."""
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def sentence_of(call: ast.Call) -> ast.expr | None:
    """The argument of a call that is a sentence to be translated; None where the call is no mark."""
    engine_errors = {word for word in keywords().split() if word.endswith("Error")}
    position = 0 if name_of(call.func) in engine_errors else MARKS.get(name_of(call.func))
    return None if position is None or len(call.args) <= position else call.args[position]


def marked() -> Iterator[tuple[str, ast.Call, ast.expr]]:
    """Every call that marks or says a sentence: where, the call, and its argument that is the sentence."""
    for path, module in modules().items():
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and (sentence := sentence_of(node)) is not None:
                yield f"{path}:{node.lineno}", node, sentence


def literal(node: ast.expr) -> str | None:
    """The text of a literal; None for anything that is worked out."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def derived(base: str) -> set[str]:
    """The names of all classes that derive from one, itself among them."""
    classes = [node for module in modules().values() for node in ast.walk(module) if isinstance(node, ast.ClassDef)]
    names, before = {base}, 0
    while len(names) > before:
        before = len(names)
        names |= {each.name for each in classes if any(name_of(parent) in names for parent in each.bases)}
    return names


def unmarked(node: ast.expr) -> bool:
    """Whether an expression can be a text of its own, rather than what a call gives."""
    if isinstance(node, ast.Call):
        return False
    if isinstance(node, ast.JoinedStr) or literal(node) is not None:
        return True
    return any(unmarked(part) for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr))

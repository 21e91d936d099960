"""Folders of pictures and the TOML file in them that says what each picture is."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bot.errors import BadOption, SetupError
from bot.gallery.names import MAX_ID, id_of_file, is_id, title_of_file
from bot.gallery.style import Style
from bot.languages import told
from bot.requests import Options, read_option
from nst_engine.errors import SettingsError
from nst_engine.settings import Settings, style_weight_for

ENTRIES_FILE: Final = "styles.toml"
PICTURE_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".avif", ".bmp", ".gif", ".tif", ".tiff"})
FACTS: Final = ("title", "artist", "year", "source", "licence", "file")
DEFAULTS: Final = ("strength", "style_scale", "scales", "start")
"""What a style may say about how it is painted best, each an option of the same name."""
KEYS: Final = (*FACTS, *DEFAULTS)


def read_entries(path: Path) -> dict[str, Style]:
    """The styles that the TOML file at `path` describes, by id, in its order.

    Each has a table of its own, with `title` and `file` (a path beside the TOML file) and, where known,
    `artist`, `year`, `source` and `licence`; `strength`, `style_scale`, `scales` and `start` are its defaults. Raises
    `SetupError` with one sentence for what is wrong. No picture is opened.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"The list of styles {path} cannot be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise SetupError(f"The list of styles {path} is not valid TOML: {error}.") from None
    return {name: _style(name, table, path) for name, table in tables.items()}


def read_folder(folder: Path) -> dict[str, Style]:
    """The styles of a community's folder: the entries of its `styles.toml`, if any, then its other pictures.

    Raises `SetupError` with one sentence for what is wrong. Of each picture only the header is looked at.
    """
    if not folder.is_dir():
        raise SetupError(f"There is no gallery folder {folder}; make it or correct gallery.path.")
    listed = folder / ENTRIES_FILE
    styles = read_entries(listed) if listed.exists() else {}
    known = {style.path.resolve() for style in styles.values()}
    for picture in sorted(folder.iterdir()):
        if _is_picture(picture) and picture.resolve() not in known:
            style = _unlisted(picture)
            if style.id in styles:
                other = styles[style.id].path.name
                raise SetupError(
                    f"The pictures {other} and {picture.name} in {folder} would both be the style {style.id};"
                    f" rename one of them or give it an entry in {ENTRIES_FILE}."
                )
            styles[style.id] = style
    for style in styles.values():
        _check_picture(style)
    return styles


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".") and path.is_file()


def _unlisted(path: Path) -> Style:
    return Style(id_of_file(path.name), title_of_file(path.name), "", "", "", "", path)


def _style(name: str, table: Any, path: Path) -> Style:
    if not isinstance(table, dict):
        raise SetupError(f"In {path}, {name} stands outside of any style; put it under a [style_name] line.")
    if not is_id(name):
        raise SetupError(
            f"In {path}, [{name}] cannot name a style; "
            f"use at most {MAX_ID} lower-case letters, digits and underscores, as in [{id_of_file(name)}]."
        )
    for key in table:
        _check_known(key, name, path)
    values = {key: _text(key, value, name, path) for key, value in table.items() if key in FACTS}
    defaults = _defaults({key: value for key, value in table.items() if key in DEFAULTS}, name, path)
    for key in ("title", "file"):
        if not values.get(key):
            raise SetupError(f'In {path}, [{name}] has no {key}; add a line {key} = "...".')
    picture = path.parent / values.pop("file")
    if not picture.is_file():
        raise SetupError(f"In {path}, [{name}] names the file {picture}, which is not there.")
    empty = {"artist": "", "year": "", "source": "", "licence": ""}
    return Style(id=name, path=picture, defaults=defaults, **(empty | values))


def _check_known(key: str, name: str, path: Path) -> None:
    if key not in KEYS:
        near = difflib.get_close_matches(key, KEYS, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(KEYS)}."
        raise SetupError(f"In {path}, [{name}] has an unknown key {key}; {hint}")


def _defaults(values: Mapping[str, Any], name: str, path: Path) -> Options:
    """What a style says about how it is painted best; a start is written as a word or as shares, like an option."""
    for key, value in values.items():
        if isinstance(value, str) != (key == "start"):
            example = 'text in quotes, as in start = "matched"' if key == "start" else f"a number, as in {key} = 1"
            raise SetupError(f"In {path}, the {key} of [{name}] must be {example}.")
    try:
        read = {key: read_option(key, value) if key == "start" else value for key, value in values.items()}
        style_weight_for(read.get("strength", 0))
        Settings.from_dict({key: value for key, value in read.items() if key != "strength"})
    except (BadOption, SettingsError) as error:
        trouble = told(error) if isinstance(error, SettingsError) else str(error)
        raise SetupError(f"In {path}, [{name}] has a default that cannot be: {trouble}") from None
    return Options(**read)


def _text(key: str, value: Any, name: str, path: Path) -> str:
    if key == "year" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise SetupError(f'In {path}, the {key} of [{name}] must be text in quotes, as in {key} = "...".')
    return " ".join(value.split()) if key != "file" else value


def _check_picture(style: Style) -> None:
    """Look at the header alone, so that a gallery of thousands loads at once."""
    from PIL import Image  # only a community's own pictures are looked at

    try:
        with Image.open(style.path):
            pass
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise SetupError(
            f"The file {style.path} of the style {style.id} is no picture that can be opened; "
            "replace it or take it out of the gallery folder."
        ) from None

"""What `/stylize` is followed by, what buttons carry, and the form in which pictures go out."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from adapters.telegram.keyboard import CHOICE, OWN, PAGE, Choosing, cancel_button, chooser, jobs_to_stop
from adapters.telegram.limits import LIMITS
from adapters.telegram.manner import Manner
from adapters.telegram.result_buttons import result_buttons, style_buttons
from adapters.telegram.sheets import contact_sheet
from adapters.telegram.uploads import file_upload
from adapters.telegram.wishes import command_words, named_in, wish_of
from bot.errors import BadOption, UnknownStyle
from bot.gallery import Gallery, Style
from bot.requests import Options
from tests.adapters.test_discord_parts import a_job


def gallery_of(*titles: str) -> Gallery:
    styles = {
        f"style_{number:018d}": Style(f"style_{number:018d}", title, "", "", "", "", Path())
        for number, title in enumerate(titles)
    }
    return Gallery(styles, {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/stylize", ""),
        ("/stylize starry night 70", "starry night 70"),
        ("/Stylize@Our_Bot  lilac", "lilac"),
        ("/stylize@other_bot lilac", None),
        ("/stylizer lilac", None),
        ("please /stylize", None),
        (None, None),
    ],
)
def test_the_words_after_the_command(text: str | None, words: str | None) -> None:
    assert command_words(text, "our_bot") == words


@pytest.mark.parametrize(
    ("words", "title", "manner"),
    [
        ("", None, Manner()),
        ("70", None, Manner(70)),
        ("Lilac", "Lilac", Manner()),
        ("lilac 70", "Lilac", Manner(70)),
        ("lilac 70 %", "Lilac", Manner(70)),
        ("composition 8", "Composition 8", Manner()),
        ("composition 8 30", "Composition 8", Manner(30)),
        ("faithful", None, Manner(is_faithful=True)),
        ("lilac Faithful", "Lilac", Manner(is_faithful=True)),
        ("lilac 70 faithful", "Lilac", Manner(70, is_faithful=True)),
        ("lilac faithful 70 %", "Lilac", Manner(70, is_faithful=True)),
        ("composition 8 faithful", "Composition 8", Manner(is_faithful=True)),
        ("faithful 30", None, Manner(30, is_faithful=True)),
        ("Not so faithful", "Not so faithful", Manner()),
    ],
)
def test_a_wish_is_a_style_and_a_manner(words: str, title: str | None, manner: Manner) -> None:
    gallery = gallery_of("Lilac", "Composition 8", "Not so faithful")
    style, found = wish_of(words, gallery)
    assert (style.title if style else None, found) == (title, manner)
    if style is not None and manner.is_faithful:
        assert named_in(words, gallery) == (style, manner)


def test_the_word_for_the_look_goes_after_every_style_of_the_gallery() -> None:
    gallery = Gallery.load()
    for style in gallery.styles.values():
        assert wish_of(f"{style.title} faithful", gallery) == (style, Manner(is_faithful=True))
        assert wish_of(f"{style.title} 60 faithful", gallery) == (style, Manner(60, is_faithful=True))
        assert named_in(f"{style.title} faithful", gallery) == (style, Manner(is_faithful=True))


def test_what_is_said_later_goes_before() -> None:
    assert Manner(70).then(Manner()) == Manner(70)
    assert Manner(70, is_faithful=True).then(Manner(30)) == Manner(30, is_faithful=True)
    assert Manner(70, is_faithful=True).options == Options(strength=70, look="faithful")
    assert Manner().options == Options()


@pytest.mark.parametrize("words", ["lilac -5", "lilac 101", "700", "lilac 101 faithful"])
def test_a_strength_outside_its_range_is_refused_before_a_style_is_chosen(words: str) -> None:
    with pytest.raises(BadOption, match="from 0 to 100"):
        wish_of(words, gallery_of("Lilac"))


def test_an_unknown_style_is_named_without_its_strength() -> None:
    with pytest.raises(UnknownStyle) as caught:
        wish_of("lilaz 70", gallery_of("Lilac", "Composition 8"))
    assert "Lilac" in str(caught.value)
    assert "70" not in str(caught.value)


@given(
    asker=st.integers(-(10**15), 10**15),
    strength=st.none() | st.integers(-(10**9), 10**9),
    page=st.integers(-5, 500),
    styles=st.integers(0, 60),
    is_faithful=st.booleans(),
)
def test_every_button_fits_and_carries_what_it_was_made_of(
    asker: int, strength: int | None, page: int, styles: int, is_faithful: bool
) -> None:
    gallery = gallery_of(*(f"Number {number}" for number in range(styles)))
    choosing = Choosing(str(asker), Manner(strength, is_faithful))
    keyboard = chooser(gallery, choosing, page, LIMITS)
    buttons = [button for row in keyboard.inline_keyboard for button in row]
    for button in buttons:
        data = button.callback_data
        assert isinstance(data, str)
        assert len(data.encode()) <= LIMITS.callback_bytes
        told, value = Choosing.parse(data)
        assert told == choosing
        assert gallery.styles[value].title == button.text if data[0] == CHOICE else data[0] in (PAGE, OWN)
    assert all(len(row) <= LIMITS.page_columns for row in keyboard.inline_keyboard)


def test_buttons_of_jobs_fit() -> None:
    job = a_job("z" * 25)
    styles = gallery_of(*(f"Number {number}" for number in range(60)))
    longest = Gallery({"é" * 100: Style("é" * 100, "Long", "", "", "", "", Path())}, {})
    choosers = [style_buttons(those, job.id, 2, LIMITS, has_film=True) for those in (styles, longest)]
    for keyboard in (cancel_button(job.id), result_buttons(job, has_film=True), *choosers):
        for row in keyboard.inline_keyboard:
            assert all(len(str(button.callback_data).encode()) <= LIMITS.callback_bytes for button in row)


def test_a_file_beyond_the_limit_becomes_a_jpeg() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    upload = file_upload(out.getvalue(), "x", replace(LIMITS, document_bytes=60_000))
    assert len(upload.data) <= 60_000
    assert (upload.name, upload.kind) == ("x.jpg", "document")
    assert Image.open(io.BytesIO(upload.data)).size == (200, 200)


def test_a_title_whose_letters_cannot_be_drawn_is_its_number(gallery: Gallery) -> None:
    style = next(iter(gallery.styles.values()))

    def drawn(title: str) -> bytes:
        return contact_sheet([replace(style, title=title)], 3)

    assert drawn("星月夜") == drawn("1")
    shown = {drawn(title) for title in ("1", "Roses trémières", "Roses trêmiêres", "Звёзды", "Фиалки")}
    assert len(shown) == 5


def test_as_many_pictures_can_be_chosen_to_stop_as_there_may_be_buttons() -> None:
    jobs = [(f"job{number}", f"{number}. Lilac") for number in range(1, 131)]
    rows = jobs_to_stop(jobs).inline_keyboard
    assert [row[0].text for row in rows] == [label for _, label in jobs[:100]]

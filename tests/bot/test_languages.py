"""Every sentence is there in every language, whole, and said as its speakers say it."""

from __future__ import annotations

import ast
import asyncio
import dataclasses
import math
import re
import string
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog

from bot import languages, text
from bot.errors import BadPicture, UnknownStyle
from bot.gallery import Gallery, Style
from bot.languages import _, listed, ngettext, number, packed, speaking, told, unpacked
from bot.limits import Limits, Load
from bot.queue.takes import MOST_TAKES
from bot.queue.worker import SET_ASIDE
from bot.requests import OWN_PICTURE, Answer, Job, Queued, Running
from nst_engine.errors import SettingsError, Wording
from nst_engine.settings import Settings
from tests.bot.sources import (
    MARKS,
    Key,
    by_key,
    derived,
    extracted,
    ids,
    literal,
    marked,
    modules,
    name_of,
    read,
    sentence_of,
    unmarked,
)

ENGLISH_ONLY = ("adapters/web/", "bot/commands/", "bot/queue/operator.py")
OTHERS = sorted(set(languages.NAMES) - {languages.ENGLISH})


def translations(code: str) -> Catalog:
    return read(languages.LOCALE / code / "LC_MESSAGES" / "atelier.po", code)


def forms(message: Any) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def placeholders(sentence: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(sentence) if name is not None}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[Key, Any]:
    return extracted(tmp_path_factory.mktemp("pot") / "atelier.pot")


@pytest.mark.parametrize("code", OTHERS)
def test_every_sentence_is_translated_and_no_other(code: str, said: dict[Key, Any]) -> None:
    there = by_key(translations(code))
    advice = f"run `make translations` and fill in bot/locale/{code}/LC_MESSAGES/atelier.po"
    assert len(said) > 200
    assert not sorted(said.keys() - there.keys()), f"not in the file: {advice}"
    assert not sorted(there.keys() - said.keys()), f"said no more: {advice}"
    assert not [key for key, message in there.items() if not all(forms(message))], f"not translated: {advice}"
    assert not [key for key, message in there.items() if message.fuzzy], "not checked: remove the mark `fuzzy`"


def test_the_sentences_of_the_sources_are_those_that_babel_finds(said: dict[Key, Any]) -> None:
    literals: dict[Key, str] = {}
    for place, call, sentence in marked():
        words = literal(sentence)
        if words is not None:
            context = literal(call.args[0]) if name_of(call.func) in ("pgettext", "NC_") else ""
            literals[(context or "", words)] = place
    literals.pop(("", ""), None)
    missed = {key: place for key, place in literals.items() if key not in said}
    assert not missed, "Babel does not look into f-strings, and not for `packed`: say these outside, or with N_"
    strays = said.keys() - literals.keys()
    assert not strays, "Babel takes every text within `_(…)` for a sentence: choose between sentences outside of it"


def test_no_sentence_is_put_together_before_it_is_translated() -> None:
    ours = [(place, said) for place, call, said in marked() if name_of(call.func) in MARKS]
    pieced = [place for place, said in ours if isinstance(said, ast.JoinedStr | ast.BinOp)]
    assert not pieced, "write the sentence whole, with its values by name"
    for path, module in modules().items():
        inside = [call for node in ast.walk(module) if isinstance(node, ast.JoinedStr) for call in ast.walk(node)]
        calls = [call for call in inside if isinstance(call, ast.Call)]
        hidden = [call.lineno for call in calls if (said := sentence_of(call)) and literal(said) is not None]
        assert not hidden, f"{path}: take the sentence out of the f-string; Babel may not find it there"


def test_refusals_are_marked_wherever_people_of_a_platform_hear_of_them() -> None:
    # An operator's reasons are English, as the command line and the local page are.
    refusals = derived("Refusal") - {"StorageTrouble"}
    for path, module in modules().items():
        if not path.startswith(ENGLISH_ONLY):
            calls = [node for node in ast.walk(module) if isinstance(node, ast.Call) and name_of(node.func) in refusals]
            bare = [call.lineno for call in calls if call.args and unmarked(call.args[0])]
            assert not bare, f"{path}: mark the sentence with _"


def test_no_sentence_is_also_the_singular_of_another() -> None:
    counted = {literal(said) for _place, call, said in marked() if name_of(call.func) == "ngettext"}
    plain = {literal(said): place for place, call, said in marked() if name_of(call.func) in ("_", "N_", "packed")}
    both = {said: place for said, place in plain.items() if said in counted and said is not None}
    assert not both, "`_` would say the translation for one thing, which may name a count: word it otherwise"


@pytest.mark.parametrize("code", OTHERS)
def test_translations_name_the_same_values_in_every_plural_form(code: str) -> None:
    catalog = translations(code)
    for key, message in by_key(catalog).items():
        wanted = [placeholders(one) for one in ids(message)]
        assert all(placeholders(form) in wanted for form in forms(message)), key
        assert len(forms(message)) == (catalog.num_plurals if len(ids(message)) > 1 else 1), key


def test_russian_has_three_plural_forms() -> None:
    with speaking("ru"):
        hours = [ngettext("in about {count} hour", "in about {count} hours", count) for count in (1, 2, 5, 21)]
    assert [words.split()[-1] for words in hours] == ["час", "часа", "часов", "час"]


def test_numbers_and_lists_are_written_as_in_the_language() -> None:
    with speaking("de-AT"):
        assert (number(1234.5, 1), listed(["A", "B", "C"])) == ("1.234,5", "A, B und C")
    with speaking("fr"):
        assert listed(["A", "B"], either=True) == "A ou B"
    assert (number(1234.5, 1), listed(["A", "B", "C"])) == ("1,234.5", "A, B and C")


@pytest.mark.parametrize("tag", ["tlh", "", None, "en-GB", "zh-CN"])
def test_who_speaks_another_language_gets_english(tag: str | None) -> None:
    with speaking(tag):
        assert _("Cancelled.") == "Cancelled."


async def test_two_people_at_once_are_spoken_to_each_in_their_own_language() -> None:
    both = asyncio.Barrier(2)

    async def hear(tag: str) -> str:
        with speaking(tag):
            await both.wait()
            return await asyncio.to_thread(text.running, Running("1", 1, 2, 20.0, share=0.5))

    german, spanish = await asyncio.gather(hear("de"), hear("es-419"))
    assert german == "Male ██████░░░░░░ 50 %, noch etwa 20 s"
    assert spanish == "Pintando ██████░░░░░░ 50 %, faltan unos 20 s"


def test_a_failure_is_told_in_the_language_of_whoever_hears_of_it() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings(size=7)
    error = caught.value
    sentence = packed(error.sentence, **error.values)
    assert unpacked(sentence) == str(error) == "Size must be a whole number from 32 to 16,384 pixels, not 7."
    with speaking("de"):
        wanted = "„Größe“ muss eine ganze Zahl von 32 bis 16.384 Pixeln sein, nicht 7."
        assert text.over(Answer("1", "failed", sentence)) == told(error) == wanted
        assert text.over(Answer("1", "failed", "written {by} an operator")) == "written {by} an operator"
        assert unpacked(SET_ASIDE) != SET_ASIDE
    assert f" {MOST_TAKES} times" in SET_ASIDE


@pytest.mark.parametrize(
    ("wrong", "english", "french"),
    [
        (
            {"style_weight": -0.5},
            "Style weight must be a number from 0 to 1,000,000,000, not -0.5.",
            "« Poids du style » doit être un nombre de 0 à 1 000 000 000, et non -0,5.",
        ),
        (
            {"style_scale": "much"},
            "Style scale must be a number from 0.25 to 4, not 'much'.",
            "« Échelle du style » doit être un nombre de 0,25 à 4, et non « much ».",
        ),
        (
            {"colours": "pink"},
            "Colours 'pink' is unknown; choose style, content or luminance.",
            "Couleurs : « pink » est inconnu ; choisissez style, content ou luminance.",
        ),
        (
            {"start": {"noise": math.inf}},
            "Start: the weight of noise must be a number from 0 to 1,000,000,000, not inf.",
            "Point de départ : le poids de noise doit être un nombre de 0 à 1 000 000 000, et non inf.",
        ),
    ],
)
def test_settings_numbers_and_choices_are_told_as_in_the_language(
    wrong: dict[str, Any], english: str, french: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings(**wrong)
    error = caught.value
    kept = packed(error.sentence, **error.values)
    assert str(error) == told(error) == unpacked(kept) == english
    with speaking("fr"):
        assert [re.sub(r"\s", " ", words) for words in (told(error), unpacked(kept))] == [french, french]


def test_every_setting_of_the_engine_has_a_name_in_every_language() -> None:
    wanted = {field.name for field in dataclasses.fields(Settings)} | {"strength"}
    assert languages.SETTINGS.keys() == wanted
    assert all(Wording().setting(name) == called for name, called in languages.SETTINGS.items())


def test_notes_of_the_engine_are_translated_with_their_values() -> None:
    note = "Painted in blocks of 64 pixels, for want of memory; the picture is the same."
    assert text.note(note) == note
    with speaking("de"):
        assert "Blöcken von 64 Pixeln" in text.note(note)
        assert text.note("Something else.") == "Something else."


def test_a_full_queue_and_a_place_in_it_are_told_in_german() -> None:
    with speaking("de"):
        with pytest.raises(Exception, match="Du hast schon 2 Bilder in der Warteschlange"):
            Limits(2, 9, 9).check(Load(2, 2, 2), 0.0)
        assert text.queued(Queued("1", 3, 200.0)) == "Nummer 3 in der Warteschlange, noch etwa 3 min."
        assert text.later(10_000) == "in etwa 3 Stunden"


def test_two_sentences_follow_each_other_as_they_do_in_the_language() -> None:
    paused, held = Queued("1", 1, 9.0, paused="backup"), Running("1", 1, 2, 9.0, share=0.5, held=True)
    assert text.queued(paused) == "Next in the queue. The queue is paused (backup); it goes on by itself later."
    with speaking("ja"):
        assert "。順番待ちは一時停止中（backup）です。" in text.queued(paused)
        assert "50%。順番待ちに接続できません。" in text.running(held)


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("de", "„Monet“"),
        ("es", "«Monet»"),
        ("fr", "«\N{NO-BREAK SPACE}Monet\N{NO-BREAK SPACE}»"),
        ("ja", "「Monet」"),
        ("ru", "«Monet»"),
        ("en", "'Monet'"),
    ],
)
def test_people_s_own_words_stand_in_the_quotation_marks_of_the_language(tag: str, words: str) -> None:
    with speaking(tag):
        with pytest.raises(UnknownStyle) as caught:
            Gallery({}, {}).find("Monet")
        assert words in str(caught.value)
        with pytest.raises(BadPicture) as missing:
            Style("monet", "Monet", "", "", "", "", Path("nowhere")).read()
        assert words in str(missing.value)


def test_a_picture_brought_along_is_called_so_in_the_language_of_whoever_reads_of_it() -> None:
    titles = f"Waves\n{OWN_PICTURE}"
    job = Job("1", "discord", "1", "1", "1", {}, "photo", ("waves", "own"), titles, {}, 0.0)
    assert text.accepted(job) == "Your picture in the style of Waves and your own picture is in the queue."
    with speaking("de"):
        assert text.accepted(job) == "Dein Bild im Stil „Waves und eigenes Bild“ ist in der Warteschlange."

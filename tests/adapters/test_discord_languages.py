"""Discord in the languages of the people there: one job from the command to the buttons, and the commands' names."""

from __future__ import annotations

import copy
import re
import time
from pathlib import Path

import pytest

from adapters.discord import sentences, tongue
from bot import languages
from bot.place_settings import LABELS
from bot.requests import Running
from bot.speed import Machine, Pace, keep_pace
from nst_engine.settings import PRESETS
from tests.adapters.test_discord_menus import panel_of
from tests.adapters.test_discord_places import waiting
from tests.standins.discord import DiscordStandIn
from tests.standins.discord.house import House, a_style, jpeg, picture_of
from tests.standins.discord.rules import check_command
from tests.standins.discord.world import MANAGE_GUILD, MEMBER_PERMISSIONS, ApiError

pytest_plugins = ["tests.standins.discord.fixtures"]
LOCALES = {"de": "de", "es-ES": "es", "es-419": "es", "fr": "fr", "ja": "ja", "ru": "ru"}


async def test_a_german_person_is_spoken_to_in_german_throughout(swift_house: House, discord: DiscordStandIn) -> None:
    person = discord.add_person("Grete", locale="de")
    style = next(iter(swift_house.studio.gallery.styles.values()))
    invocation = await discord.stylize(discord.upload(jpeg()), style=style.id, person=person)
    message = await picture_of(discord, invocation)
    embed = message.embeds[0]
    assert embed["title"] == f"Im Stil „{style.title}“"
    assert "Inhalt: 2 → 1 (-50,0 %)" in embed["description"]
    assert "\n1 Schritt, 1×1, " in embed["description"]
    assert embed["footer"]["text"].startswith("Stärke ")
    assert {"Noch einmal", "Stärker", "Löschen"} <= set(message.buttons)
    assert all(said == "" or "Bild im Stil" in said or "Warteschlange" in said or "Male" in said or "Nächst" in said
               for said in message.words)  # fmt: skip
    stranger = await discord.press(message, "Stärker", person=discord.add_person("Olga", locale="ru"))
    assert "чужая картина" in (await discord.until(lambda: stranger.private_words))[0]
    asked = await discord.invoke("queue", person=person)
    assert "Keines deiner Bilder" in (await discord.until(lambda: asked.private_words))[0]


FLOWS = {
    "es-ES": ["Tu imagen con el estilo", "Número 2 de la cola, faltan unos 5 min", "Pintando ███░░░░░░░░░ 25 %",
              "Cancelar", "Con el estilo «", "(-50,0 %)", "Intensidad 60", "Borrar", "Cancelad",
              "Has tenido 2 imágenes en 24 horas"],
    "ja": ["順番待ちに入れました", "順番待ちの2番目です（完成まで約5分）", "描いています ███░░░░░░░░░ 25%",
           "キャンセル", "スタイル：", "（-50.0%）", "強さ 60", "削除", "キャンセル",
           "24時間に2枚描き"],
    "ru": ["Ваша картина в очереди", "Место в очереди: 2, осталось около 5 мин", "Рисую ███░░░░░░░░░ 25 %",
           "Отменить", "Стиль: ", "(-50,0 %)", "Сила 60", "Удалить", "Отмен",
           "За последние 24 часа у вас было 2 картины"],
}  # fmt: skip
"""What is said from the command to the day's last refusal, in numbers and times as the language has them."""


@pytest.fixture
def paced(tmp_path: Path) -> None:
    """The engine is known to take 0.03 seconds for a step."""
    keep_pace(tmp_path / "data", Machine.here("none", "float32"), Pace(0.03, 0.0))


@pytest.mark.usefixtures("paced")
@pytest.mark.parametrize("locale", FLOWS)
async def test_a_job_is_told_in_the_persons_language_from_end_to_end(
    swift_house: House, discord: DiscordStandIn, locale: str
) -> None:
    accepted, queued, running, cancel, title, loss, strength, delete, cancelled, refused = FLOWS[locale]
    person = discord.add_person("Ana", locale=locale)
    await swift_house.studio.places.change("discord", str(discord.place.guild_id), per_person_per_day=2)
    async with swift_house.busy_engine():
        first = await discord.stylize(discord.upload(jpeg()), style=a_style(), person=person)
        status = await waiting(discord, first)
        second = await discord.stylize(discord.upload(jpeg()), style=a_style(), strength=60, person=person)
        message = await waiting(discord, second)
        await discord.until(lambda: queued in message.content)
        assert accepted in message.words[0]
        job = await swift_house.job_of(second)
        await swift_house.front.show(job, Running(job.id, 1, 4, 300.0, share=0.25))
        await discord.until(lambda: running in message.content)
        await discord.press(status, cancel, person=person)
        await discord.until(lambda: cancelled in status.content)
        assert status.components == []
    await swift_house.result_of(second)
    embed = message.embeds[0]
    assert embed["title"].startswith(title) and loss in embed["description"]
    assert embed["footer"]["text"].startswith(strength)
    assert delete in message.buttons
    await swift_house.result_of(await discord.stylize(discord.upload(jpeg()), style=a_style(), person=person))
    over = await discord.stylize(discord.upload(jpeg()), style=a_style(), person=person)
    (sentence,) = await discord.until(lambda: over.private_words)
    assert sentence.startswith(refused) and re.search(r"<t:\d+:R>", sentence)


async def test_the_end_of_a_job_is_told_in_the_language_of_its_person(
    swift_house: House, discord: DiscordStandIn
) -> None:
    async with swift_house.busy_engine():
        person = discord.add_person("Grete", locale="de")
        invocation = await discord.stylize(discord.upload(jpeg()), style=a_style(), person=person)
        job = await swift_house.job_of(invocation)
        await discord.until(lambda: invocation.original and "Abbrechen" in invocation.original.buttons)
        await swift_house.restart()
        await swift_house.studio.operator.cancel(job.id)
        await swift_house.settled(job.id)
        assert (await swift_house.studio.job(job.id)).sentence.startswith("The operator")
    assert invocation.original is not None
    assert invocation.original.content.startswith("Der Betreiber dieses Bots hat dieses Bild abgebrochen")


async def test_refusals_and_unknown_languages(swift_house: House, discord: DiscordStandIn) -> None:
    for locale, words in (("de", "Es gibt keinen Stil namens"), ("ko", "There is no style named")):
        person = discord.add_person(locale, locale=locale)
        refused = await discord.stylize(discord.upload(jpeg()), style="qqqqqq", person=person)
        assert words in (await discord.until(lambda said=refused: said.private_words))[0]


async def test_commands_are_called_as_people_speak(swift_house: House, discord: DiscordStandIn) -> None:
    for command in discord.commands[None]:
        check_command(command)
        assert set(command["name_localizations"]) == set(LOCALES)
    stylize = discord.command()
    assert stylize["name_localizations"]["de"] == "stilisieren"
    preset = next(option for option in stylize["options"] if option["name"] == "preset")
    assert preset["name_localizations"]["fr"] == "préréglage"
    draft = PRESETS["draft"]
    named = f"Entwurf: {draft.size} Pixel, {draft.steps} Schritte"
    assert preset["choices"][0]["name_localizations"]["de"] == named
    assert all(set(option["description_localizations"]) == set(LOCALES) for option in stylize["options"])


async def test_a_changed_translation_is_sent(
    swift_house: House, discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def puts() -> int:
        return sum(method == "PUT" for method, _ in discord.requests)

    await swift_house.restart()
    assert puts() == 1
    known = languages.pgettext
    monkeypatch.setattr(tongue.languages, "pgettext", lambda *of: {"stylize": "malen"}.get(of[1]) or known(*of))
    await swift_house.restart()
    assert puts() == 2
    assert discord.command()["name_localizations"]["de"] == "malen"


@pytest.mark.parametrize(
    ("names", "descriptions"),
    [
        ({"de": "Groß"}, {}),
        ({"de": "mit leer"}, {}),
        ({"fr": "x" * 33}, {}),
        ({"tlh": "x"}, {}),
        ({}, {"ja": "x" * 101}),
    ],
)
async def test_the_stand_in_refuses_what_discord_refuses(
    swift_house: House, discord: DiscordStandIn, names: dict[str, str], descriptions: dict[str, str]
) -> None:
    command = copy.deepcopy(discord.command())
    option = command["options"][0]
    option["name_localizations"] |= names
    option["description_localizations"] |= descriptions
    with pytest.raises(ApiError):
        check_command(command)


async def test_the_language_of_a_server_goes_before_the_person_s(swift_house: House, discord: DiscordStandIn) -> None:
    place = str(discord.place.guild_id)
    await swift_house.studio.places.change("discord", place, language="fr")
    person = discord.add_person("Grete", MEMBER_PERMISSIONS | MANAGE_GUILD, locale="de")
    invocation = await discord.stylize(discord.upload(jpeg()), style=a_style(), person=person)
    message = await picture_of(discord, invocation)
    assert message.embeds[0]["title"].startswith("Dans le style")
    assert "Supprimer" in message.buttons
    panel = await panel_of(discord, await discord.invoke("settings", person=person))
    with languages.speaking("fr"):
        limits, cooldown = languages._("Limits…"), languages._(LABELS["cooldown"])
    assert cooldown != LABELS["cooldown"]
    window = await discord.press(panel, limits, person=person)
    await discord.until(lambda: window.modal)
    refused = await discord.submit(window, person=person, cooldown="viel")
    assert cooldown in (await discord.until(lambda: refused.private_words))[0]
    direct = await discord.invoke("queue", person=person, place=discord.add_direct_channel())
    assert "Keines deiner Bilder" in (await discord.until(lambda: direct.private_words))[0]


async def test_when_to_come_back_is_shown_as_discord_shows_times(swift_house: House, discord: DiscordStandIn) -> None:
    await swift_house.studio.places.change("discord", str(discord.place.guild_id), cooldown=300)
    began = time.time()
    message = await picture_of(discord, await discord.stylize(discord.upload(jpeg()), style=a_style()))
    for asked in (
        await discord.stylize(discord.upload(jpeg()), style=a_style()),
        await discord.press(message, "Again"),
    ):
        (sentence,) = await discord.until(lambda asked=asked: asked.private_words)
        when = re.fullmatch(r"You asked for a picture just now; ask again <t:(\d+):R>\.", sentence)
        assert when and began + 299 < int(when[1]) < time.time() + 301


def test_what_is_kept_and_usual_is_told_with_its_number() -> None:
    assert " for 1 hour after " in sentences.kept(1)
    assert " for 1.5 hours after " in sentences.kept(1.5)
    assert sentences.defaults(2048, 1, 70) == "2,048 pixels on the longer side, 1 step, strength 70"
    with languages.speaking("ru"):
        assert ", 22 шага, " in sentences.defaults(512, 22, 70)


async def test_commands_are_called_as_the_person_s_own_discord_calls_them(
    swift_house: House, discord: DiscordStandIn
) -> None:
    await swift_house.studio.places.change("discord", str(discord.place.guild_id), language="fr")
    grete, camille, jin = [discord.add_person(name, locale=name) for name in ("de", "fr", "ko")]
    for person, name in ((grete, "stilisieren"), (camille, "styliser"), (jin, "stylize")):
        asked = await discord.invoke("queue", person=person)
        said = (await discord.until(lambda asked=asked: asked.private_words))[0]
        assert f"`/{name}` en fait une." in said
    asked = await discord.stylize(discord.upload(jpeg()), person=grete)
    said = (await discord.until(lambda: asked.private_words))[0]
    assert "Quel style" in said
    assert "comme `stilbild`" in said
    assert "**Als Stil verwenden**" in said
    about = await discord.invoke("about", person=grete)
    await discord.until(lambda: about.original and about.original.embeds)
    ways = about.original.embeds[0]["fields"][0]["value"]
    assert "`/warteschlange`" in ways
    assert "**Avatar stilisieren**" in ways
    assert "`/file`" not in ways
    page = await panel_of(discord, await discord.invoke("styles", person=grete))
    assert "`stil` de `/stilisieren`" in page.content
    kept = await discord.use_menu("Use as style", discord.say(discord.upload(jpeg())), person=grete)
    assert "`/stilisieren`" in (await discord.until(lambda: kept.private_words))[0]

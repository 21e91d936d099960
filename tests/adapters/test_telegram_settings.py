"""`/settings` on Telegram, and what is set there held against all that people ask."""

from __future__ import annotations

from typing import Any

import pytest

from bot.languages import NAMES
from bot.place_settings import PlaceSettings
from nst_engine.settings import style_weight_for
from tests.adapters.test_telegram_buttons import below, painted, refused
from tests.standins.telegram import Chat, Message, Person, TelegramStandin
from tests.standins.telegram.house import House, jpeg

pytest_plugins = ["tests.standins.telegram.fixtures"]


async def set_here(house: House, chat: Chat | None = None, **changes: Any) -> PlaceSettings:
    return await house.studio.places.change("telegram", str((chat or house.club).id), **changes)


async def here(house: House, chat: Chat | None = None) -> PlaceSettings:
    return await house.studio.places.of("telegram", str((chat or house.club).id))


async def settings_panel(house: House, chat: Chat, person: Person, **facts: Any) -> Message:
    await house.telegram.says(person, chat, "/settings", **facts)
    return await house.message(chat, lambda message: "Reset" in message.labels)


async def press(house: House, panel: Message, *labels: str, person: Person | None = None) -> None:
    """Press one button after another, waiting each time for what the panel shows then."""
    for label in labels:
        before = [panel.text, *panel.labels]
        await house.telegram.until(lambda wanted=label: any(wanted in each for each in panel.labels))
        button = next(each for each in panel.labels if label in each)
        await house.telegram.presses(person or house.ann, panel, button)
        await house.telegram.until(lambda seen=before: [panel.text, *panel.labels] != seen)


def shown(panel: Message) -> dict[str, str]:
    return dict(line[2:].split(": ", 1) for line in panel.text.splitlines() if line.startswith("• "))


async def test_an_administrator_sets_everything_for_a_group(swift_telegram: House) -> None:
    house = swift_telegram
    house.club.admins.add(house.ann.id)
    panel = await settings_panel(house, house.club, house.ann)
    assert "Settings of this chat" in panel.text
    assert shown(panel)["Who may ask"] == "Everyone"
    assert shown(panel)["Largest size in pixels"] == "as the operator has set"
    await press(house, panel, "Who may ask", "Administrators only")
    assert "Set; it holds from now on." in panel.text
    assert shown(panel)["Who may ask"] == "Administrators only"
    await press(house, panel, "Who may ask")
    assert "✓ Administrators only" in panel.labels
    await press(house, panel, "All settings")
    await press(house, panel, "Who may add", "Everyone")
    for name, label in (("at once, of all", "20"), ("Seconds between", "60"), ("Largest size", "512 pixels")):
        await press(house, panel, "Limits…", name, label)
    style = next(iter(house.studio.gallery.styles.values()))
    await press(house, panel, "Usual style", style.title)
    await press(house, panel, "Usual size", "384 pixels")
    await press(house, panel, "Usual strength", "Strength 75")
    await press(house, panel, "Usual colours", "The photo's colours")
    expected = PlaceSettings(
        who="moderators",
        adders="everyone",
        per_place=20,
        cooldown=60,
        largest_size=512,
        style=style.id,
        size=384,
        strength=75,
        colours="content",
    )
    assert await here(house) == expected
    assert shown(panel)["Usual style"] == style.title
    await house.restart()
    await press(house, panel, "Usual size")
    assert "✓ 384 pixels" in panel.labels
    assert "768 pixels" not in panel.labels, "above the largest"
    await press(house, panel, "As each person chooses")
    assert (await here(house)).size is None
    await press(house, panel, "Language", NAMES["de"])
    assert "Wer Bilder anfordern darf" in panel.text, "at once in the language that was set"
    await press(house, panel, "Zurücksetzen", "Alles zurücksetzen")
    assert await here(house) == PlaceSettings()
    assert shown(panel)["Who may ask"] == "Everyone"


async def test_the_styles_are_turned_page_by_page(swift_telegram: House) -> None:
    house = swift_telegram
    panel = await settings_panel(house, house.private, house.ann)
    await press(house, panel, "Usual style")
    seen = set(panel.labels)
    while any("More" in label for label in panel.labels):
        await press(house, panel, "More ›")
        seen |= set(panel.labels)
    titles = {style.title for style in house.studio.gallery.styles.values()}
    assert titles <= seen
    await press(house, panel, "All settings")
    assert "Reset" in panel.labels


async def test_in_private_a_person_sets_what_is_usual_for_them(swift_telegram: House) -> None:
    house = swift_telegram
    panel = await settings_panel(house, house.private, house.ann)
    assert list(shown(panel)) == ["Usual style", "Usual size", "Usual strength", "Usual colours", "Language"]
    assert not {"Who may ask", "Limits…", "Remove a style"} & set(panel.labels)
    await press(house, panel, "Usual strength", "Strength 25")
    await press(house, panel, "Usual style", "Lilac")
    photo = await house.telegram.sends_photo(house.ann, house.private, jpeg(), "/stylize")
    job = await house.job_of(await house.picture_in(house.private, photo))
    assert job.style_title == house.studio.gallery.find("lilac").title
    assert job.settings["style_weight"] == pytest.approx(style_weight_for(25))
    photo = await house.telegram.sends_photo(house.ann, house.private, jpeg(seed=2))
    assert "Which style" in (await house.message(house.private, lambda m: bool(m.labels), photo)).text
    before = await here(house, house.private)
    for number, data in enumerate(("y:per_person:1", "y:strength:abc", "y:size:99999", "y:style:nothing"), 1):
        await house.telegram.answered(await house.telegram.forges(house.ann, panel, panel.gains(data)))
        await house.telegram.until(
            lambda count=number: sum("too old to work" in m.text for m in house.private.from_bot) == count
        )
    for data in ("z:nowhere", "z:style:-1", "y:nothing:1"):
        await refused(house, await house.telegram.forges(house.ann, panel, panel.gains(data)), "too old to work")
    assert await here(house, house.private) == before


async def test_of_many_presses_at_once_the_last_one_holds(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    panel = await settings_panel(house, house.private, house.ann)
    await press(house, panel, "Usual strength")
    values = [25, 75, 100, 90, 50]
    buttons = [next(label for label in panel.labels if f"Strength {value}" in label) for value in values]
    await house.stop()
    presses = [await telegram.presses(house.ann, panel, label) for label in buttons]
    await house.start()
    for each in presses:
        await telegram.answered(each)
    await telegram.until(lambda: shown(panel).get("Usual strength", "").endswith(str(values[-1])))
    await house.stop()  # which waits for all of them
    assert (await here(house, house.private)).strength == values[-1]


async def test_only_administrators_set_anything_in_a_group(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    house.club.admins.add(house.ann.id)
    await telegram.says(house.bob, house.club, "/settings")
    await house.sentence_in(house.club, "Only administrators of this chat can change")
    panel = await settings_panel(house, house.club, house.ann)
    for data in ("y:who:moderators", "z:limits", "y:reset:-"):
        await refused(house, await telegram.forges(house.bob, panel, panel.gains(data)), "Only administrators")
    assert await here(house) == PlaceSettings()
    hidden = await settings_panel(house, house.club, house.ann, as_group=True)
    await press(house, hidden, "Who may ask", "Administrators only")
    assert (await here(house)).who == "moderators"


async def test_who_is_no_administrator_any_more_may_nothing_that_they_may(
    swift_telegram: House, telegram: TelegramStandin
) -> None:
    house = swift_telegram
    await house.studio.galleries.add("telegram", str(house.club.id), "7", "Ours", jpeg(seed=5))
    house.club.admins.add(house.ann.id)
    panel = await settings_panel(house, house.club, house.ann)
    await press(house, panel, "Remove a style", "Ours")
    sure = panel
    panel = await settings_panel(house, house.club, house.ann)
    async with house.busy_engine():
        status = await house.status_in(house.club, await house.asks(house.club, house.bob))
        await house.remembered(status)
        house.club.admins.clear()
        await refused(house, await telegram.presses(house.ann, panel, "Who may ask"), "Only administrators")
        await refused(house, await telegram.presses(house.ann, sure, "Remove"), "Only administrators")
        await refused(house, await telegram.presses(house.ann, status, "Cancel"), "Only the person who asked")
        await set_here(house, who="moderators")
        await house.asks(house.club, house.ann)
        await house.sentence_in(house.club, "only administrators may ask")
        assert not (await house.job_of(status)).is_over
    assert "ours" in (await house.studio.gallery_of("telegram", str(house.club.id))).own


async def test_who_may_not_ask_is_told_before_anything_is_queued(
    swift_telegram: House, telegram: TelegramStandin
) -> None:
    house = swift_telegram
    house.club.admins.add(house.ann.id)
    result = await house.picture_in(house.club, await house.asks(house.club, house.bob))
    photo = await telegram.sends_photo(house.bob, house.club, jpeg())
    await telegram.says(house.bob, house.club, "/stylize", reply_to=photo)
    chooser = await house.sentence_in(house.club, "Which style")
    await set_here(house, who="moderators")
    await refused(house, await telegram.presses(house.bob, result, "Again"), "only administrators may ask")
    ways = [
        lambda: telegram.says(house.bob, house.club, "/stylize lilac", reply_to=photo),
        lambda: telegram.says(house.bob, house.club, "/stylize", reply_to=photo),
        lambda: telegram.sends_photo(house.bob, house.club, jpeg(), "/stylize"),
        lambda: telegram.says(house.bob, house.club, "lilac", reply_to=result),
        lambda: telegram.presses(house.bob, chooser, chooser.labels[1]),
    ]
    for number, way in enumerate(ways, 1):
        await way()
        await telegram.until(
            lambda count=number: sum("only administrators may ask" in m.text for m in house.club.from_bot) == count
        )
    assert await house.studio.under_way("telegram") == []
    await house.picture_in(house.club, await house.asks(house.club, house.ann))
    await house.picture_in(telegram.private(house.bob), await house.asks(telegram.private(house.bob), house.bob))


async def test_the_limits_of_a_group_hold(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    await set_here(house, per_person=1, largest_size=64, size=32)
    async with house.busy_engine():
        status = await house.status_in(house.club, await house.asks(house.club, house.bob))
        assert (await house.job_of(status)).settings["size"] == 32
        await house.asks(house.club, house.bob)
        await house.sentence_in(house.club, "already")
    await set_here(house, per_person=None)
    result, job = await painted(house)
    assert job.settings["size"] == 32
    await refused_or_told(house, await telegram.presses(house.ann, result, "Larger"), result)


async def refused_or_told(house: House, pressed: Any, result: Message) -> None:
    await house.telegram.answered(pressed)
    larger = await below(house, result)
    job = await house.job_of(larger)
    assert job.settings["size"] <= 64


async def test_a_chat_speaks_its_own_language(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    await set_here(house, language="fr")
    await telegram.says(telegram.person("Dora", "de"), house.club, "/queue")
    await house.sentence_in(house.club, "Rien n’attend dans cette discussion")
    result = await house.picture_in(house.club, await house.asks(house.club, house.bob))
    assert "Encore" in result.labels
    press = await telegram.forges(house.ann, result, result.gains("?:"))
    assert "trop ancien" in await telegram.answered(press)


async def test_a_supergroup_keeps_what_the_group_had_set(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    await set_here(house, strength=33)
    await house.studio.galleries.add("telegram", str(house.club.id), "7", "Ours", jpeg(seed=5))
    bigger = await telegram.moves(house.club, house.ann)
    result = await house.picture_in(bigger, await house.asks(bigger, house.bob, "ours"))
    job = await house.job_of(result)
    assert job.style_title == "Ours"
    assert job.settings["style_weight"] == pytest.approx(style_weight_for(33))
    assert await here(house) == PlaceSettings()


async def test_settings_that_are_damaged_open_nothing(swift_telegram: House, telegram: TelegramStandin) -> None:
    house = swift_telegram
    await set_here(house, who="moderators")
    house.studio.places.path_of("telegram", str(house.club.id)).write_text("{")
    house.studio.places._known.clear()
    await house.asks(house.club, house.bob)
    await house.sentence_in(house.club, "What was set here cannot be read")
    assert await house.studio.under_way("telegram") == []

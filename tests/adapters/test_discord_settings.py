"""`/settings` on Discord, what is set there held against all that people ask, and the server's own gallery."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

import pytest

from bot.languages import NAMES
from bot.place_settings import PlaceSettings
from nst_engine.settings import style_weight_for
from tests.adapters.test_discord_menus import choose, keep, panel_of
from tests.adapters.test_discord_wishes import told
from tests.standins.discord import DiscordStandIn, Invocation, Message, Person
from tests.standins.discord.house import House, a_style, jpeg, picture_of
from tests.standins.discord.world import MANAGE_GUILD, MANAGE_MESSAGES, MEMBER_PERMISSIONS, ApiError

pytest_plugins = ["tests.standins.discord.fixtures"]
pytestmark = pytest.mark.slow


@pytest.fixture
def manager(discord: DiscordStandIn) -> Person:
    return discord.add_person("mona", MEMBER_PERMISSIONS | MANAGE_GUILD)


@pytest.fixture
async def moderator(swift_house: House, discord: DiscordStandIn) -> Person:
    """A moderator of the whole server, by a role."""
    grace = discord.add_person("grace", MEMBER_PERMISSIONS | MANAGE_MESSAGES)
    await discord.add_role("moderators", grace, permissions=MANAGE_MESSAGES)
    return grace


async def set_here(house: House, **changes: Any) -> PlaceSettings:
    return await house.studio.places.change("discord", str(house.discord.place.guild_id), **changes)


async def here(house: House) -> PlaceSettings:
    return await house.studio.places.of("discord", str(house.discord.place.guild_id))


async def settings_panel(discord: DiscordStandIn, person: Person) -> Message:
    return await panel_of(discord, await discord.invoke("settings", person=person))


async def until_set(discord: DiscordStandIn, panel: Message, seen: int) -> None:
    """Wait until the panel says once more that something was set."""
    await discord.until(lambda: sum("it holds from now on" in words for words in panel.words) > seen)


async def change(discord: DiscordStandIn, panel: Message, field: str, *values: str, person: Person) -> Invocation:
    seen = sum("it holds from now on" in words for words in panel.words)
    invocation = await discord.choose(panel, f":{field}:", *values, person=person)
    await until_set(discord, panel, seen)
    return invocation


async def window_of(discord: DiscordStandIn, invocation: Invocation) -> dict[str, Any]:
    await discord.until(lambda: invocation.modal)
    assert invocation.modal is not None
    return invocation.modal


def shown(panel: Message) -> dict[str, str]:
    (embed,) = panel.embeds
    return {fact["name"]: fact["value"] for fact in embed["fields"]}


async def turn_to(discord: DiscordStandIn, panel: Message, label: str, field: str, person: Person) -> None:
    await discord.press(panel, label, person=person)
    await discord.until(lambda: any(f":{field}:" in item["custom_id"] for item in panel.items))


# The panel


async def test_discord_shows_it_to_managers_in_servers(swift_house: House, discord: DiscordStandIn) -> None:
    command = discord.command("settings")
    assert command["default_member_permissions"] == str(MANAGE_GUILD)
    assert (command["contexts"], command["dm_permission"]) == ([0], False)


async def test_all_that_is_set_is_shown_and_set(swift_house: House, discord: DiscordStandIn, manager: Person) -> None:
    role = await discord.add_role("painters")
    other = discord.add_place(guild_id=discord.place.guild_id)
    panel = await settings_panel(discord, manager)
    assert panel.is_ephemeral
    before = shown(panel)
    assert (before["Channels"], before["Who may ask"], before["Language"]) == (
        "everywhere", "Everyone", "each person's own",
    )  # fmt: skip
    await change(discord, panel, "channels", str(discord.place.id), str(other.id), person=manager)
    assert (await here(swift_house)).channels == (str(discord.place.id), str(other.id))
    assert panel.chosen(":channels:") == [str(discord.place.id), str(other.id)]
    await change(discord, panel, "who", "roles", person=manager)
    await change(discord, panel, "roles", str(role), person=manager)
    await turn_to(discord, panel, "What is usual", "style", manager)
    for field, value in (("style", a_style()), ("size", "256"), ("strength", "50"), ("colours", "content")):
        await change(discord, panel, field, value, person=manager)
        assert panel.chosen(f":{field}:") == [value]
    await turn_to(discord, panel, "Language and gallery", "language", manager)
    assert [option["value"] for option in panel.select(":language:")["options"]] == ["-", *NAMES]
    await change(discord, panel, "language", "en", person=manager)
    await change(discord, panel, "adders", "everyone", person=manager)
    expected = PlaceSettings(
        channels=(str(discord.place.id), str(other.id)), who="roles", roles=(str(role),), adders="everyone",
        style=a_style(), size=256, strength=50, colours="content", language="en",
    )  # fmt: skip
    assert await here(swift_house) == expected
    after = shown(panel)
    assert after["Channels"] == f"<#{discord.place.id}> and <#{other.id}>"
    assert after["Who may ask"] == f"those with <@&{role}>, and moderators"
    assert (after["Usual size"], after["Usual strength"], after["Language"]) == ("256 pixels", "50", "English")
    assert swift_house.studio.places.path_of("discord", str(discord.place.guild_id)).exists()


async def test_what_was_chosen_is_taken_back(swift_house: House, discord: DiscordStandIn, manager: Person) -> None:
    await set_here(swift_house, channels=(str(discord.place.id),), style=a_style(), size=256, language="en")
    panel = await settings_panel(discord, manager)
    await change(discord, panel, "channels", person=manager)
    await turn_to(discord, panel, "What is usual", "style", manager)
    await change(discord, panel, "style", "-", person=manager)
    await change(discord, panel, "size", "-", person=manager)
    await turn_to(discord, panel, "Language and gallery", "language", manager)
    await change(discord, panel, "language", "-", person=manager)
    assert await here(swift_house) == PlaceSettings()


async def test_limits_are_filled_in(swift_house: House, discord: DiscordStandIn, manager: Person) -> None:
    await set_here(swift_house, per_person=3)
    panel = await settings_panel(discord, manager)
    opened = await discord.press(panel, "Limits…", person=manager)
    window = await window_of(discord, opened)
    assert window["title"] == "Limits of this server"
    assert {name: item.get("value") for name, item in opened.fields.items()} == {
        "per_person": "3", "per_place": None, "per_person_per_day": None, "cooldown": None, "largest_size": None,
    }  # fmt: skip
    await swift_house.restart()
    await discord.submit(opened, per_person="2", per_person_per_day=" 10 ", largest_size="256")
    await until_set(discord, panel, 0)
    expected = PlaceSettings(per_person=2, per_person_per_day=10, largest_size=256)
    assert await here(swift_house) == expected
    assert shown(panel)["Pictures of one person a day"] == "10"
    opened = await discord.press(panel, "Limits…", person=manager)
    await window_of(discord, opened)
    for wrong in ("many", "-1", "0", "1.5", "²", "9" * 9):
        sentence = await told(discord, await discord.submit(opened, per_person="", per_place=wrong))
        assert "Pictures at once, of all together must be a whole number from 1 to 1,000" in sentence
    assert await here(swift_house) == expected
    await discord.submit(opened, per_person="", per_person_per_day="", largest_size="")
    await until_set(discord, panel, 1)
    assert await here(swift_house) == PlaceSettings()


async def test_a_window_that_nobody_sends_is_not_remembered(
    swift_house: House, discord: DiscordStandIn, manager: Person
) -> None:
    panel = await settings_panel(discord, manager)
    await window_of(discord, await discord.press(panel, "Limits…", person=manager))
    await discord.press(panel, "Reset", person=manager)
    await discord.until(lambda: "Reset all of it" in panel.buttons)
    online = swift_house.front._online
    assert online is not None
    assert not online.result()._connection._view_store._modals


async def test_all_of_it_is_set_back(swift_house: House, discord: DiscordStandIn, manager: Person) -> None:
    await set_here(swift_house, who="moderators", size=256)
    panel = await settings_panel(discord, manager)
    await discord.press(panel, "Reset", person=manager)
    await discord.until(lambda: "Reset all of it" in panel.buttons)
    assert (await here(swift_house)).size == 256
    await discord.press(panel, "Where and who", person=manager)
    await discord.until(lambda: "Reset all of it" not in panel.buttons)
    await discord.press(panel, "Reset", person=manager)
    await discord.until(lambda: "Reset all of it" in panel.buttons)
    await discord.press(panel, "Reset all of it", person=manager)
    await discord.until(lambda: "beginning" in panel.content)
    assert await here(swift_house) == PlaceSettings()
    assert shown(panel)["Who may ask"] == "Everyone"


async def test_styles_have_pages(
    swift_house: House, discord: DiscordStandIn, manager: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.settings_panel.PAGE", 5)
    names = list(swift_house.studio.gallery.styles)
    panel = await settings_panel(discord, manager)
    await turn_to(discord, panel, "What is usual", "style", manager)
    await discord.choose(panel, ":style:", "+", person=manager)
    await discord.until(
        lambda: [each["value"] for each in panel.select(":style:")["options"]] == ["-", *names[5:10], "+"]
    )
    await change(discord, panel, "style", names[7], person=manager)
    assert panel.chosen(":style:") == [names[7]]
    assert (await here(swift_house)).style == names[7]


async def test_a_usual_size_above_the_largest_is_not_offered(
    swift_house: House, discord: DiscordStandIn, manager: Person
) -> None:
    await set_here(swift_house, largest_size=512)
    panel = await settings_panel(discord, manager)
    await turn_to(discord, panel, "What is usual", "style", manager)
    assert [option["value"] for option in panel.select(":size:")["options"]] == ["-", "256", "384", "512"]


async def test_only_managers_change_anything(swift_house: House, discord: DiscordStandIn, manager: Person) -> None:
    assert "Manage Server" in await told(discord, await discord.invoke("settings"))
    panel = await settings_panel(discord, manager)
    opened = await discord.press(panel, "Limits…", person=manager)
    await window_of(discord, opened)
    manager.permissions = MEMBER_PERMISSIONS
    attempts = [
        await discord.choose(panel, ":who:", "moderators", person=manager),
        await discord.press(panel, "Limits…", person=manager),
        await discord.press(panel, "Reset", person=manager),
        await discord.submit(opened, per_person="1"),
    ]
    for attempt in attempts:
        assert "Manage Server" in await told(discord, attempt)
    assert await here(swift_house) == PlaceSettings()


async def test_settings_belong_to_servers_that_the_bot_is_in(
    swift_house: House, discord: DiscordStandIn, manager: Person
) -> None:
    direct = discord.add_direct_channel()
    assert "belong to a server" in await told(discord, await discord.invoke("settings", place=direct))
    elsewhere = discord.add_place(bot_is_member=False)
    invocation = await discord.invoke("settings", place=elsewhere, person=manager)
    assert "add me to it first" in await told(discord, invocation)


async def test_damaged_settings_let_nothing_happen(
    swift_house: House, discord: DiscordStandIn, manager: Person
) -> None:
    path = swift_house.studio.places.path_of("discord", str(discord.place.guild_id))
    path.parent.mkdir()
    path.write_text('{"settings": {"channels"')
    for invocation in (
        await discord.invoke("settings", person=manager),
        await discord.stylize(discord.upload(jpeg()), style=a_style()),
    ):
        assert "tell the bot's operator" in await told(discord, invocation)
    assert path.read_text() == '{"settings": {"channels"'


async def test_commands_with_settings_are_not_sent_again(swift_house: House, discord: DiscordStandIn) -> None:
    await swift_house.restart()
    assert [method for method, _ in discord.requests].count("PUT") == 1


# What is set holds


async def test_the_channels_of_a_server(swift_house: House, discord: DiscordStandIn, manager: Person) -> None:
    message = await swift_house.result_of(await discord.stylize(discord.upload(jpeg()), style=a_style()))
    painting = discord.say(discord.upload(jpeg()))
    chooser = await panel_of(discord, await discord.use_menu("Stylize", painting))
    await choose(discord, chooser, "style", a_style())
    only = discord.add_place(guild_id=discord.place.guild_id)
    await set_here(swift_house, channels=(str(only.id),))
    refused = [
        await discord.stylize(discord.upload(jpeg()), style=a_style()),
        await discord.use_menu("Stylize", painting),
        await discord.use_menu("Use as style", painting),
        await discord.use_menu("Stylize avatar", discord.add_person("eve")),
        await discord.press(chooser, "Paint"),
        await discord.press(message, "Again"),
        await discord.press(message, "Other style"),
    ]
    for invocation in refused:
        assert f"I work in <#{only.id}> only; ask me there, or ask a moderator" in await told(discord, invocation)
    thread = discord.add_place(guild_id=discord.place.guild_id, parent=only)
    for place in (only, thread):
        await picture_of(discord, await discord.stylize(discord.upload(jpeg()), style=a_style(), place=place))
    await panel_of(discord, await discord.invoke("settings", person=manager))


async def test_posts_of_a_forum_count_as_the_forum(swift_house: House, discord: DiscordStandIn) -> None:
    post = discord.add_thread(is_forum=True)
    assert post.parent is not None
    await swift_house.studio.places.change("discord", str(post.guild_id), channels=(str(post.parent.id),))
    await picture_of(discord, await discord.stylize(discord.upload(jpeg()), style=a_style(), place=post))


async def test_only_some_may_ask(swift_house: House, discord: DiscordStandIn, moderator: Person) -> None:
    painter, eve = discord.add_person("pablo"), discord.add_person("eve")
    role = await discord.add_role("painters", painter)
    await set_here(swift_house, who="roles", roles=(str(role),))
    invocation = await discord.stylize(discord.upload(jpeg()), style=a_style(), person=eve)
    assert f"only those with the role <@&{role}> may ask" in await told(discord, invocation)
    for person in (painter, moderator):
        await picture_of(discord, await discord.stylize(discord.upload(jpeg()), style=a_style(), person=person))
    await set_here(swift_house, who="moderators")
    invocation = await discord.stylize(discord.upload(jpeg()), style=a_style(), person=painter)
    assert "only moderators" in await told(discord, invocation)
    manager = discord.add_person("mona", MEMBER_PERMISSIONS | MANAGE_GUILD)
    await picture_of(discord, await discord.stylize(discord.upload(jpeg()), style=a_style(), person=manager))
    direct = discord.add_direct_channel()
    await picture_of(discord, await discord.stylize(discord.upload(jpeg()), style=a_style(), person=eve, place=direct))


async def test_a_role_counts_that_the_bot_has_not_heard_of_yet(swift_house: House, discord: DiscordStandIn) -> None:
    eve = discord.add_person("eve")
    await set_here(swift_house, who="roles", roles=("12345",))
    refused = await discord.stylize(discord.upload(jpeg()), style=a_style(), person=eve)
    assert "<@&12345>" in await told(discord, refused)
    eve.roles.append(12345)
    await picture_of(discord, await discord.stylize(discord.upload(jpeg()), style=a_style(), person=eve))


async def test_the_limits_of_a_server(swift_house: House, discord: DiscordStandIn) -> None:
    await set_here(swift_house, per_person=1, largest_size=64)
    async with swift_house.busy_engine():
        waiting = await discord.stylize(discord.upload(jpeg()), style=a_style())
        job = await swift_house.job_of(waiting)
        invocation = await discord.stylize(discord.upload(jpeg()), style=a_style())
        assert "already have 1 picture" in await told(discord, invocation)
        await swift_house.studio.cancel(job.id, job.person)
    invocation = await discord.stylize(discord.upload(jpeg()), style=a_style(), size=96)
    assert "at most 64 pixels" in await told(discord, invocation)


async def set_limits(discord: DiscordStandIn, manager: Person, **limits: str) -> None:
    """Fill in the limits as a manager does."""
    panel = await settings_panel(discord, manager)
    opened = await discord.press(panel, "Limits…", person=manager)
    await window_of(discord, opened)
    await discord.submit(opened, **limits)
    await until_set(discord, panel, 0)


async def every_way_to_ask(discord: DiscordStandIn, message: Message, person: Person) -> list[Invocation]:
    """The command, a button under a picture, and the chooser of a menu."""
    chooser = await panel_of(
        discord, await discord.use_menu("Stylize", discord.say(discord.upload(jpeg())), person=person)
    )
    await choose(discord, chooser, "style", a_style())
    return [
        await discord.stylize(discord.upload(jpeg()), style=a_style(), person=person),
        await discord.press(message, "Again", person=person),
        await discord.press(chooser, "Paint", person=person),
    ]


async def test_the_pictures_of_a_server_at_once(swift_house: House, discord: DiscordStandIn, manager: Person) -> None:
    message = await swift_house.result_of(await discord.stylize(discord.upload(jpeg()), style=a_style()))
    await set_limits(discord, manager, per_place="2")
    people = [discord.add_person(name) for name in ("ann", "bob", "eve")]
    async with swift_house.busy_engine():
        waiting = [
            await discord.stylize(discord.upload(jpeg()), style=a_style(), person=person) for person in people[:2]
        ]
        jobs = [await swift_house.job_of(each) for each in waiting]
        for asked in await every_way_to_ask(discord, message, people[2]):
            sentence = await told(discord, asked)
            assert sentence == "There are already 2 pictures in the queue here; try again in a while."
        elsewhere = discord.add_place()
        await swift_house.job_of(
            await discord.stylize(discord.upload(jpeg()), style=a_style(), person=people[2], place=elsewhere)
        )
        await swift_house.studio.cancel(jobs[0].id, jobs[0].person)
        await swift_house.job_of(await discord.stylize(discord.upload(jpeg()), style=a_style(), person=people[2]))


async def test_the_pictures_of_a_person_a_day(swift_house: House, discord: DiscordStandIn, manager: Person) -> None:
    await set_limits(discord, manager, per_person_per_day="2")
    began = time.time()
    first, _ = [
        await swift_house.result_of(await discord.stylize(discord.upload(jpeg()), style=a_style())) for _ in range(2)
    ]
    day = 24 * 3600
    for asked in await every_way_to_ask(discord, first, discord.person):
        when = re.fullmatch(
            r"You had 2 pictures within 24 hours, which is all for a day; ask again <t:(\d+):R>\.",
            await told(discord, asked),
        )
        assert when and began + day - 1 <= int(when[1]) <= time.time() + day + 1
    eve = discord.add_person("eve")
    await swift_house.result_of(await discord.press(first, "Again", person=eve))
    direct = discord.add_direct_channel()
    await picture_of(discord, await discord.stylize(discord.upload(jpeg()), style=a_style(), place=direct))


async def test_what_is_usual_in_a_server(swift_house: House, discord: DiscordStandIn) -> None:
    await set_here(swift_house, style="starry_night", strength=30, size=48, colours="content")
    usual = await discord.stylize(discord.upload(jpeg()))
    await picture_of(discord, usual)
    job = await swift_house.job_of(usual)
    expected = {"style_weight": style_weight_for(30), "size": 48, "colours": "content"}
    assert expected.items() <= job.settings.items() and job.style_title == "The Starry Night"
    panel = await panel_of(discord, await discord.use_menu("Stylize", discord.say(discord.upload(jpeg()))))
    assert (panel.chosen("style"), panel.chosen("strength")) == (["starry_night"], ["30"])
    await told(discord, await keep(discord, jpeg(colour="purple")))
    kept = await discord.stylize(discord.upload(jpeg()), strength=90)
    await picture_of(discord, kept)
    job = await swift_house.job_of(kept)
    assert (job.style_title, job.settings["style_weight"]) == ("your own picture", style_weight_for(90))


async def test_about_tells_what_is_usual(swift_house: House, discord: DiscordStandIn) -> None:
    await set_here(swift_house, size=320, strength=30)
    await set_here(swift_house, size=None, largest_size=48)
    invocation = await discord.invoke("about")
    await discord.until(lambda: invocation.original and invocation.original.embeds)
    assert invocation.original is not None
    usual = invocation.original.embeds[0]["fields"][1]["value"]
    assert usual.startswith("48 pixels") and usual.endswith("strength 30")


async def test_about_tells_the_strength_of_the_usual_style(swift_house: House, discord: DiscordStandIn) -> None:
    await set_here(swift_house, style="the_scream")
    strength = swift_house.studio.gallery.styles["the_scream"].defaults.strength
    assert strength not in (None, swift_house.studio.default_strength)
    invocation = await discord.invoke("about")
    await discord.until(lambda: invocation.original and invocation.original.embeds)
    assert invocation.original is not None
    assert invocation.original.embeds[0]["fields"][1]["value"].endswith(f"strength {strength}")


# The gallery of the server


async def offer(discord: DiscordStandIn, person: Person, *pictures: bytes, **how: Any) -> Message:
    files = [discord.upload(picture, how.get("name", "style.jpg")) for picture in pictures or (jpeg(colour="red"),)]
    message = discord.say(*files, place=how.get("place"))
    return await panel_of(discord, await discord.use_menu("Use as style", message, person=person))


async def add(discord: DiscordStandIn, person: Person, name: str, *pictures: bytes) -> str:
    """Add to the gallery and give the sentence that says so."""
    choice = await offer(discord, person, *pictures)
    opened = await discord.press(choice, "Add to the server's gallery", person=person)
    await window_of(discord, opened)
    return await told(discord, await discord.submit(opened, name=name))


async def test_a_moderator_adds_a_style_and_all_use_it(
    swift_house: House, discord: DiscordStandIn, moderator: Person
) -> None:
    choice = await offer(discord, moderator)
    assert list(choice.buttons) == ["Keep for my next picture", "Add to the server's gallery"]
    await swift_house.restart()
    opened = await discord.press(choice, "Add to the server's gallery", person=moderator)
    window = await window_of(discord, opened)
    assert (window["title"], list(opened.fields)) == ("Add to the server's gallery", ["name"])
    assert (opened.fields["name"]["required"], opened.fields["name"]["max_length"]) == (True, 60)
    with pytest.raises(ApiError):
        await discord.submit(opened, name="")
    await swift_house.restart()
    sentence = await told(discord, await discord.submit(opened, name="Grandma's kitchen"))
    assert "**Grandma's kitchen** is in this server's gallery now" in sentence
    (first, *_more) = await discord.autocomplete("grandma")
    assert first == {"name": "Grandma's kitchen (of this server)", "value": "grandmas_kitchen"}
    assert (await discord.autocomplete(""))[0] == first
    painted = await discord.stylize(discord.upload(jpeg()), style="Grandma's Kitchen")
    await picture_of(discord, painted)
    job = await swift_house.job_of(painted)
    gallery = await swift_house.studio.gallery_of("discord", str(discord.place.guild_id))
    assert await swift_house.studio._blobs.get(job.styles[0]) == gallery.styles["grandmas_kitchen"].read()
    assert job.style_title == "Grandma's kitchen"
    panel = await panel_of(discord, await discord.use_menu("Stylize", discord.say(discord.upload(jpeg()))))
    option = panel.select("style")["options"][0]
    assert (option["value"], option["description"]) == ("grandmas_kitchen", "Of this server")
    await choose(discord, panel, "style", "grandmas_kitchen")
    again = await discord.press(panel, "Paint")
    await picture_of(discord, again)
    assert (await swift_house.job_of(again)).style_title == "Grandma's kitchen"
    elsewhere = discord.add_place()
    invocation = await discord.stylize(discord.upload(jpeg()), style="grandmas_kitchen", place=elsewhere)
    assert "There is no style named" in await told(discord, invocation)


async def test_who_may_add_may_still_keep(swift_house: House, discord: DiscordStandIn, moderator: Person) -> None:
    choice = await offer(discord, moderator)
    sentence = await told(discord, await discord.press(choice, "Keep for my next picture", person=moderator))
    assert "I keep this picture" in sentence
    painted = await discord.stylize(discord.upload(jpeg()), person=moderator)
    await picture_of(discord, painted)
    assert (await swift_house.job_of(painted)).style_title == "your own picture"


async def test_one_of_several_pictures_is_added(swift_house: House, discord: DiscordStandIn, moderator: Person) -> None:
    pictures = [jpeg(colour=colour) for colour in ("red", "green")]
    choice = await offer(discord, moderator, *pictures)
    await discord.choose(choice, "keep", "1", person=moderator)
    await discord.until(lambda: "Add to the server's gallery" in choice.buttons)
    opened = await discord.press(choice, "Add to the server's gallery", person=moderator)
    await window_of(discord, opened)
    await told(discord, await discord.submit(opened, name="Green"))
    assert "called 'Green'" in await add(discord, moderator, "Another", pictures[1])


async def test_names_that_are_none(swift_house: House, discord: DiscordStandIn, moderator: Person) -> None:
    await add(discord, moderator, "First")
    assert "choose another name" in await add(discord, moderator, "first", jpeg(colour="blue"))
    assert "needs a name" in await add(discord, moderator, "!!", jpeg(colour="blue"))


async def test_those_who_may_not_are_not_asked(swift_house: House, discord: DiscordStandIn, moderator: Person) -> None:
    eve = discord.add_person("eve")
    message = discord.say(discord.upload(jpeg()))
    assert "I keep this picture" in await told(discord, await discord.use_menu("Use as style", message, person=eve))
    await set_here(swift_house, adders="everyone")
    choice = await offer(discord, eve)
    opened = await discord.press(choice, "Add to the server's gallery", person=eve)
    await window_of(discord, opened)
    await set_here(swift_house, adders="moderators")
    attempts = [
        await discord.press(choice, "Add to the server's gallery", person=eve),
        await discord.submit(opened, name="Sneaked in"),
    ]
    for attempt in attempts:
        assert "You may not add to this server's gallery" in await told(discord, attempt)
    direct = discord.add_direct_channel()
    invocation = await discord.use_menu("Use as style", discord.say(discord.upload(jpeg()), place=direct))
    assert "I keep this picture" in await told(discord, invocation)


async def test_who_moderates_one_channel_keeps_not_the_gallery_of_all(
    swift_house: House, discord: DiscordStandIn, moderator: Person, manager: Person
) -> None:
    thread_owner = discord.add_person("theo", MEMBER_PERMISSIONS | MANAGE_MESSAGES)
    invocation = await discord.use_menu("Use as style", discord.say(discord.upload(jpeg())), person=thread_owner)
    assert "I keep this picture" in await told(discord, invocation)
    choice = await offer(discord, moderator)
    pressed = await discord.press(choice, "Add to the server's gallery", person=thread_owner)
    assert "You may not add to this server's gallery" in await told(discord, pressed)
    await add(discord, moderator, "Kitchen")
    whole = await panel_of(discord, await discord.invoke("styles", person=moderator))
    chosen = await discord.choose(whole, "unstyle", "kitchen", person=thread_owner)
    assert "Only moderators" in await told(discord, chosen)
    await add(discord, manager, "Garden", jpeg(colour="green"))


async def test_the_gallery_takes_nothing_that_hides(
    swift_house: House, discord: DiscordStandIn, moderator: Person
) -> None:
    restricted = discord.add_place(guild_id=discord.place.guild_id, is_nsfw=True)
    for how in ({"name": "SPOILER_end.jpg"}, {"place": restricted}):
        choice = await offer(discord, moderator, **how)
        pressed = await discord.press(choice, "Add to the server's gallery", person=moderator)
        assert "takes no spoilers and nothing from age-restricted" in await told(discord, pressed)


async def test_the_servers_own_come_first_and_are_removed(
    swift_house: House, discord: DiscordStandIn, moderator: Person
) -> None:
    eve, adder = discord.add_person("eve"), discord.add_person("pablo")
    await set_here(swift_house, adders="everyone")
    await add(discord, adder, "Kitchen")
    await add(discord, moderator, "Garden", jpeg(colour="green"))
    page = await panel_of(discord, await discord.invoke("styles", person=eve))
    assert [embed["title"] for embed in page.embeds[:2]] == ["Kitchen", "Garden"]
    assert [embed.get("description") for embed in page.embeds[:2]] == ["Of this server"] * 2
    assert not [item for item in page.items if item["type"] == 3]
    own = await panel_of(discord, await discord.invoke("styles", person=adder))
    assert [option["value"] for option in own.select("unstyle")["options"]] == ["kitchen"]
    whole = await panel_of(discord, await discord.invoke("styles", person=moderator))
    assert [option["value"] for option in whole.select("unstyle")["options"]] == ["kitchen", "garden"]
    await swift_house.restart()
    assert "Only moderators" in await told(discord, await discord.choose(whole, "unstyle", "kitchen", person=eve))
    await discord.choose(own, "unstyle", "kitchen", person=adder)
    await discord.until(lambda: "Remove" in own.buttons)
    assert "for everyone?" in own.content
    assert "Only moderators" in await told(discord, await discord.press(own, "Remove", person=eve))
    await discord.press(own, "Remove", person=adder)
    await discord.until(lambda: "no longer in this server's gallery" in own.content)
    gallery = await swift_house.studio.gallery_of("discord", str(discord.place.guild_id))
    assert list(gallery.own) == ["garden"]
    assert "not in the gallery any more" in await told(
        discord, await discord.choose(whole, "unstyle", "kitchen", person=moderator)
    )


async def test_a_broken_store_still_suggests(
    swift_house: House, discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = swift_house.studio.folder / "galleries"
    await asyncio.to_thread(folder.write_text, "in the way")
    assert (await discord.autocomplete("starry"))[0]["value"] == "starry_night"

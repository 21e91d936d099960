"""The menus of messages and people on Discord, and the chooser that they open."""

from __future__ import annotations

import discord as library
import pytest

from bot.gallery import Gallery
from bot.gallery.defaults import suited
from nst_engine.settings import style_weight_for
from tests.adapters.test_discord_wishes import photo_of, told
from tests.standins.discord import DiscordStandIn, Invocation, Message, Place
from tests.standins.discord.house import House, a_style, jpeg, picture_of
from tests.standins.discord.world import ATTACH_FILES, BOT_PERMISSIONS

pytest_plugins = ["tests.standins.discord.fixtures"]


def own_strength(gallery: Gallery, *names: str) -> str:
    """The strength that suits these styles, as the panel has it."""
    return str(suited([gallery.styles[name] for name in names], 0).strength)


async def panel_of(discord: DiscordStandIn, invocation: Invocation) -> Message:
    """What the person alone sees."""
    await discord.until(lambda: invocation.original and invocation.original.components)
    assert invocation.original is not None
    assert invocation.original.is_ephemeral
    return invocation.original


async def choose(discord: DiscordStandIn, panel: Message, kind: str, *values: str) -> None:
    """Choose in a panel and wait until it shows what was chosen."""
    await discord.choose(panel, kind, *values)
    await discord.until(lambda: set(panel.chosen(kind)) == set(values))


async def test_a_message_is_stylized(swift_house: House, discord: DiscordStandIn) -> None:
    picture = jpeg(colour="green")
    message = discord.say(discord.upload(picture), person=discord.add_person("eve"))
    first, second, *_ = swift_house.studio.gallery.styles
    panel = await panel_of(discord, await discord.use_menu("Stylize", message))
    assert [item["custom_id"].split(":")[2] for item in panel.items] == ["style", "strength", "colours", "paint"]
    assert panel.chosen("strength") == [str(swift_house.studio.default_strength)]
    await choose(discord, panel, "style", first, second)
    await choose(discord, panel, "strength", "50")
    await choose(discord, panel, "colours", "content")
    painted = await discord.press(panel, "Paint")
    assert await photo_of(swift_house, painted) == picture
    job = await swift_house.job_of(painted)
    assert (job.person, len(job.styles)) == (str(discord.person.id), 2)
    assert {"style_weight": style_weight_for(50), "colours": "content"}.items() <= job.settings.items()
    assert painted.original is not None
    assert not painted.original.is_ephemeral


async def test_the_panel_shows_what_suits_the_styles_until_a_strength_is_chosen(
    swift_house: House, discord: DiscordStandIn
) -> None:
    gallery = swift_house.studio.gallery
    alone, both = own_strength(gallery, "the_scream"), own_strength(gallery, "the_scream", "stained_glass")
    assert len({alone, both, str(swift_house.studio.default_strength)}) == 3
    panel = await panel_of(discord, await discord.use_menu("Stylize", discord.say(discord.upload(jpeg()))))
    await choose(discord, panel, "style", "the_scream")
    await discord.until(lambda: panel.chosen("strength") == [alone])
    await choose(discord, panel, "style", "the_scream", "stained_glass")
    await discord.until(lambda: panel.chosen("strength") == [both])
    painted = await discord.press(panel, "Paint")
    await picture_of(discord, painted)
    assert (await swift_house.job_of(painted)).settings["style_weight"] == style_weight_for(int(both))
    await choose(discord, panel, "strength", "50")
    await choose(discord, panel, "style", "stained_glass")
    assert panel.chosen("strength") == ["50"]


async def test_another_style_in_the_panel_is_as_strong_as_suits_it(swift_house: House, discord: DiscordStandIn) -> None:
    glass = own_strength(swift_house.studio.gallery, "stained_glass")
    assert glass != own_strength(swift_house.studio.gallery, "the_scream")
    for strength, shown in ((None, glass), (20, "20")):
        options = {} if strength is None else {"strength": strength}
        result = await picture_of(discord, await discord.stylize(discord.upload(jpeg()), style="the_scream", **options))
        panel = await panel_of(discord, await discord.press(result, "Other style"))
        await choose(discord, panel, "style", "stained_glass")
        await discord.until(lambda panel=panel, shown=shown: panel.chosen("strength") == [shown])
        painted = await discord.press(panel, "Paint")
        await picture_of(discord, painted)
        assert (await swift_house.job_of(painted)).settings["style_weight"] == style_weight_for(int(shown))


async def test_one_of_several_pictures_is_chosen(swift_house: House, discord: DiscordStandIn) -> None:
    pictures = [jpeg(colour=colour) for colour in ("red", "green", "blue")]
    files = [discord.upload(picture, f"{number}.jpg") for number, picture in enumerate(pictures)]
    message = discord.say(*files, discord.upload(b"words", "notes.txt"))
    panel = await panel_of(discord, await discord.use_menu("Stylize", message))
    assert len(panel.select("picture")["options"]) == 3
    assert [embed["thumbnail"]["url"] for embed in panel.embeds] == [file.url for file in files]
    await choose(discord, panel, "picture", "2")
    await choose(discord, panel, "style", a_style())
    assert await photo_of(swift_house, await discord.press(panel, "Paint")) == pictures[2]


async def test_the_panel_survives_a_restart(swift_house: House, discord: DiscordStandIn) -> None:
    message = discord.say(discord.upload(jpeg()))
    panel = await panel_of(discord, await discord.use_menu("Stylize", message))
    await choose(discord, panel, "style", a_style())
    await swift_house.restart()
    await choose(discord, panel, "strength", "25")
    painted = await discord.press(panel, "Paint")
    await picture_of(discord, painted)
    assert (await swift_house.job_of(painted)).settings["style_weight"] == style_weight_for(25)


async def test_paint_without_a_style(swift_house: House, discord: DiscordStandIn) -> None:
    panel = await panel_of(discord, await discord.use_menu("Stylize", discord.say(discord.upload(jpeg()))))
    assert "Choose a style" in await told(discord, await discord.press(panel, "Paint"))


async def test_a_message_without_a_picture(swift_house: House, discord: DiscordStandIn) -> None:
    for name in ("Stylize", "Use as style"):
        invocation = await discord.use_menu(name, discord.say(text="Nothing to see"))
        assert "no picture in this message" in await told(discord, invocation)


async def test_a_message_that_replies_to_a_picture(swift_house: House, discord: DiscordStandIn) -> None:
    picture = jpeg(colour="green")
    theirs = discord.say(discord.upload(picture), person=discord.add_person("eve"), mentions_bot=True)
    panel = await panel_of(discord, await discord.use_menu("Stylize", discord.say(text="This!", reply_to=theirs)))
    await choose(discord, panel, "style", a_style())
    assert await photo_of(swift_house, await discord.press(panel, "Paint")) == picture


async def test_a_forwarded_picture(swift_house: House, discord: DiscordStandIn) -> None:
    picture = jpeg(colour="green")
    forward = discord.say(person=discord.add_person("eve"))
    forward.forwards = discord.say(discord.upload(picture), place=discord.add_place())
    panel = await panel_of(discord, await discord.use_menu("Stylize", forward))
    await choose(discord, panel, "style", a_style())
    assert await photo_of(swift_house, await discord.press(panel, "Paint")) == picture


async def test_embedded_pictures_count_where_they_lie_at_discord(swift_house: House, discord: DiscordStandIn) -> None:
    at_discord = discord.upload(jpeg(colour="green"), "hidden.jpg")
    embeds = [{"image": {"url": "https://example.org/a.jpg"}}, {"thumbnail": {"url": at_discord.url}}]
    message = discord.say(text="||look||", embeds=embeds)
    panel = await panel_of(discord, await discord.use_menu("Stylize", message))
    (shown,) = panel.embeds
    assert (shown["url"], "thumbnail" in shown) == (at_discord.url, False)
    await choose(discord, panel, "style", a_style())
    painted = await discord.press(panel, "Paint")
    assert await photo_of(swift_house, painted) == at_discord.data
    assert painted.original is not None
    assert painted.original.files[0].name.startswith("SPOILER_")


async def test_a_spoiler_is_not_shown_in_the_panel(swift_house: House, discord: DiscordStandIn) -> None:
    message = discord.say(discord.upload(jpeg(), "SPOILER_end.jpg"))
    panel = await panel_of(discord, await discord.use_menu("Stylize", message))
    assert "thumbnail" not in panel.embeds[0]
    await choose(discord, panel, "style", a_style())
    answer = await picture_of(discord, await discord.press(panel, "Paint"))
    assert answer.files[0].name.startswith("SPOILER_")


async def test_missing_permissions_are_named_before_anything_is_chosen(
    swift_house: House, discord: DiscordStandIn
) -> None:
    place = discord.add_place(app_permissions=BOT_PERMISSIONS & ~ATTACH_FILES)
    message = discord.say(discord.upload(jpeg()), place=place)
    assert "**Attach Files**" in await told(discord, await discord.use_menu("Stylize", message))


async def test_a_gallery_of_many_styles_has_pages(
    swift_house: House, discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.panel.PAGE", 6)
    names = list(swift_house.studio.gallery.styles)
    panel = await panel_of(discord, await discord.use_menu("Stylize", discord.say(discord.upload(jpeg()))))
    assert [option["value"] for option in panel.select("style")["options"]] == [*names[:6], "+"]
    await discord.choose(panel, "style", names[1], "+")
    await discord.until(lambda: panel.chosen("style") == [names[1]])
    assert [option["value"] for option in panel.select("style")["options"]] == [names[1], *names[6:12], "+"]
    await choose(discord, panel, "style", names[1], names[7])
    painted = await discord.press(panel, "Paint")
    await picture_of(discord, painted)
    assert len((await swift_house.job_of(painted)).styles) == 2


async def test_the_next_page_is_there_with_as_many_styles_as_there_can_be(
    swift_house: House, discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.panel.PAGE", 6)
    names = list(swift_house.studio.gallery.styles)
    panel = await panel_of(discord, await discord.use_menu("Stylize", discord.say(discord.upload(jpeg()))))
    await choose(discord, panel, "style", *names[:4])
    await discord.choose(panel, "style", *names[:4], "+")
    await discord.until(lambda: names[6] in [option["value"] for option in panel.select("style")["options"]])
    assert panel.chosen("style") == names[:4]
    await choose(discord, panel, "style", *names[:4], names[6])
    assert "at most 4 can be blended" in await told(discord, await discord.press(panel, "Paint"))


async def test_an_avatar_is_stylized(
    swift_house: House, discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library.Asset, "BASE", discord.cdn_url.rstrip("/"))
    eve = discord.add_person("eve")
    discord.avatars[eve.id] = jpeg(colour="green")
    panel = await panel_of(discord, await discord.use_menu("Stylize avatar", eve))
    await choose(discord, panel, "style", a_style())
    assert await photo_of(swift_house, await discord.press(panel, "Paint")) == discord.avatars[eve.id]


async def test_the_avatar_of_who_has_set_none_is_stylized(
    swift_house: House, discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library.Asset, "BASE", discord.cdn_url.rstrip("/"))
    discord.default_avatars = [jpeg(colour=f"hsl({60 * number}, 80%, 50%)") for number in range(6)]
    eve = discord.add_person("eve")
    eve.avatar = None
    panel = await panel_of(discord, await discord.use_menu("Stylize avatar", eve))
    await choose(discord, panel, "style", a_style())
    number = (eve.id >> 22) % 6
    assert await photo_of(swift_house, await discord.press(panel, "Paint")) == discord.default_avatars[number]


@pytest.fixture(params=["server", "group"])
def user_install(request: pytest.FixtureRequest, discord: DiscordStandIn) -> Place:
    """A place that the bot is no member of, where a person has brought it."""
    add = discord.add_place if request.param == "server" else discord.add_direct_channel
    return add(bot_is_member=False)


async def test_a_message_is_stylized_where_the_bot_is_no_member(
    swift_house: House, discord: DiscordStandIn, user_install: Place
) -> None:
    picture = jpeg(colour="green")
    message = discord.say(discord.upload(picture), person=discord.add_person("eve"), place=user_install)
    panel = await panel_of(discord, await discord.use_menu("Stylize", message))
    await choose(discord, panel, "style", a_style())
    painted = await discord.press(panel, "Paint")
    assert await photo_of(swift_house, painted) == picture
    await swift_house.result_of(painted)
    assert not any("/channels/" in path for _, path in discord.requests)
    assert discord.refused_requests == []


async def test_a_style_is_kept_and_used_where_the_bot_is_no_member(
    swift_house: House, discord: DiscordStandIn, user_install: Place
) -> None:
    style = jpeg(colour="purple")
    assert "I keep this picture" in await told(discord, await keep(discord, style, place=user_install))
    painted = await discord.stylize(discord.upload(jpeg()), place=user_install)
    await swift_house.result_of(painted)
    (key,) = (await swift_house.job_of(painted)).styles
    assert await swift_house.studio._blobs.get(key) == style
    assert discord.refused_requests == []


async def test_an_avatar_is_stylized_where_the_bot_is_no_member(
    swift_house: House, discord: DiscordStandIn, user_install: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library.Asset, "BASE", discord.cdn_url.rstrip("/"))
    eve = discord.add_person("eve")
    discord.avatars[eve.id] = jpeg(colour="green")
    panel = await panel_of(discord, await discord.use_menu("Stylize avatar", eve, place=user_install))
    await choose(discord, panel, "style", a_style())
    painted = await discord.press(panel, "Paint")
    assert await photo_of(swift_house, painted) == discord.avatars[eve.id]
    message = await swift_house.result_of(painted)
    pressed = await discord.press(message, "Losses")
    await discord.until(lambda: pressed.original and pressed.original.file("losses.png"))
    await discord.press(message, "Delete")
    await discord.until(lambda: discord.visible(user_install) == [])
    assert not any("/channels/" in path for _, path in discord.requests)
    assert discord.refused_requests == []


async def keep(discord: DiscordStandIn, *pictures: bytes, name: str = "style.jpg", **where: object) -> Invocation:
    files = [discord.upload(picture, name) for picture in pictures]
    return await discord.use_menu("Use as style", discord.say(*files, **where))  # type: ignore[arg-type]


async def test_a_picture_is_kept_as_the_style_of_the_next_job(swift_house: House, discord: DiscordStandIn) -> None:
    style = jpeg(colour="purple")
    assert "I keep this picture" in await told(discord, await keep(discord, style))
    await swift_house.restart()
    invocation = await discord.stylize(discord.upload(jpeg()))
    await picture_of(discord, invocation)
    (key,) = (await swift_house.job_of(invocation)).styles
    assert await swift_house.studio._blobs.get(key) == style
    assert "Which style" in await told(discord, await discord.stylize(discord.upload(jpeg())))


async def test_what_one_person_keeps_is_no_other_ones(swift_house: House, discord: DiscordStandIn) -> None:
    await told(discord, await keep(discord, jpeg()))
    invocation = await discord.stylize(discord.upload(jpeg()), person=discord.add_person("eve"))
    assert "Which style" in await told(discord, invocation)


async def test_one_of_several_pictures_is_kept(swift_house: House, discord: DiscordStandIn) -> None:
    pictures = [jpeg(colour=colour) for colour in ("red", "green")]
    choice = await panel_of(discord, await keep(discord, *pictures))
    await told(discord, await discord.choose(choice, "keep", "1"))
    invocation = await discord.stylize(discord.upload(jpeg()))
    await picture_of(discord, invocation)
    (key,) = (await swift_house.job_of(invocation)).styles
    assert await swift_house.studio._blobs.get(key) == pictures[1]


async def test_what_is_kept_while_the_one_before_is_used_stays(swift_house: House, discord: DiscordStandIn) -> None:
    before, after = jpeg(colour="purple"), jpeg(colour="green")
    await told(discord, await keep(discord, before))
    photo = discord.upload(jpeg(), held=True)
    invocation = await discord.stylize(photo)
    await discord.until(lambda: photo.downloads)
    await told(discord, await keep(discord, after))
    photo.gate.set()
    for style in (before, after):
        await picture_of(discord, invocation)
        (key,) = (await swift_house.job_of(invocation)).styles
        assert await swift_house.studio._blobs.get(key) == style
        invocation = await discord.stylize(discord.upload(jpeg()))
    assert "Which style" in await told(discord, invocation)


async def test_a_choice_whose_pictures_are_gone(swift_house: House, discord: DiscordStandIn) -> None:
    choice = await panel_of(discord, await keep(discord, jpeg(colour="red"), jpeg(colour="green")))
    choice.embeds = []
    assert "no picture in this message" in await told(discord, await discord.choose(choice, "keep", "1"))


async def test_the_panel_offers_what_is_kept(swift_house: House, discord: DiscordStandIn) -> None:
    await told(discord, await keep(discord, jpeg(colour="purple")))
    panel = await panel_of(discord, await discord.use_menu("Stylize", discord.say(discord.upload(jpeg()))))
    assert panel.chosen("style") == ["*"]
    await choose(discord, panel, "strength", "50")
    assert panel.chosen("style") == ["*"]
    invocation = await discord.press(panel, "Paint")
    assert "your own picture" in (await picture_of(discord, invocation)).embeds[0]["title"]


async def test_what_is_no_picture_is_not_kept(swift_house: House, discord: DiscordStandIn) -> None:
    invocation = await keep(discord, b"words", name="style.jpg")
    sentence = await told(discord, invocation)
    assert "style picture" in sentence
    assert "Which style" in await told(discord, await discord.stylize(discord.upload(jpeg())))


async def test_an_age_restricted_picture_is_used_in_such_channels_only(
    swift_house: House, discord: DiscordStandIn
) -> None:
    restricted = discord.add_place(is_nsfw=True, guild_id=discord.place.guild_id)
    await told(discord, await keep(discord, jpeg(), place=restricted))
    assert "age-restricted" in await told(discord, await discord.stylize(discord.upload(jpeg())))
    direct = discord.add_direct_channel()
    assert "age-restricted" in await told(discord, await discord.stylize(discord.upload(jpeg()), place=direct))
    await picture_of(discord, await discord.stylize(discord.upload(jpeg()), place=restricted))


async def test_a_kept_spoiler_hides_the_result(swift_house: House, discord: DiscordStandIn) -> None:
    await told(discord, await keep(discord, jpeg(), name="SPOILER_style.jpg"))
    message = await picture_of(discord, await discord.stylize(discord.upload(jpeg())))
    assert message.files[0].name.startswith("SPOILER_")

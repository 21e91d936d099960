"""Names that people chose, on Discord: whoever reads them sees what was written, and nothing is a link."""

from __future__ import annotations

import pytest

from adapters.discord.markdown import plain, unlinked
from tests.adapters.test_discord_answers import waiting_message
from tests.adapters.test_discord_menus import panel_of
from tests.adapters.test_discord_wishes import told
from tests.standins.discord import DiscordStandIn
from tests.standins.discord.house import House, a_style, jpeg

pytest_plugins = ["tests.standins.discord.fixtures"]

NAME = "[Free *Nitro*](https://evil.example)"
SHOWN = r"\[Free \*Nitro\*\](https:\//evil.example)"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (NAME, SHOWN),
        ("# Big", r"\# Big"),
        ("- one", r"\- one"),
        ("> said", r"\> said"),
        ("<@12> </queue:3>", r"\<@12\> \</queue:3\>"),
        ("a_b ~c~ `d` ||e|| \\", r"a\_b \~c\~ \`d\` \|\|e\|\| \\"),
        ("Van-Gogh's #1 (1889)", "Van-Gogh's #1 (1889)"),
    ],
)
def test_what_would_be_formatted_is_shown_as_it_was_written(name: str, shown: str) -> None:
    assert plain(name) == shown


def test_a_sentence_keeps_its_formatting_and_has_no_link() -> None:
    assert unlinked(f"Press **Paint** in <#1>; do you mean {NAME}?") == (
        r"Press **Paint** in <#1>; do you mean [Free *Nitro*]\(https:\//evil.example)?"
    )


async def test_a_style_with_a_name_that_is_a_link(swift_house: House, discord: DiscordStandIn) -> None:
    place = str(discord.place.guild_id)
    await swift_house.studio.galleries.add("discord", place, "1", NAME, jpeg())
    page = await panel_of(discord, await discord.invoke("styles"))
    assert page.embeds[0]["title"] == SHOWN
    async with swift_house.busy_engine():
        invocation = await discord.stylize(discord.upload(jpeg()), style=NAME)
        message = await waiting_message(discord, invocation)
        assert f"in the style of {SHOWN} is in the queue" in message.words[0]
        said = await told(discord, await discord.invoke("queue"))
        assert rf"• **{SHOWN}**".replace("](", r"]\(") in said
        (choice,) = await discord.autocomplete("", command="cancel", option="picture")
        assert choice["name"].startswith(f"• {NAME}: ")
    await swift_house.result_of(invocation)
    assert message.embeds[0]["title"] == f"In the style of {SHOWN}"
    refused = await told(discord, await discord.stylize(discord.upload(jpeg()), style="Free nitros"))
    assert "Free *Nitro*]" in refused
    assert "](" not in refused
    assert "https://" not in refused


async def test_how_a_picture_goes_is_written_as_the_language_wants_it(
    swift_house: House, discord: DiscordStandIn
) -> None:
    who = discord.add_person("camille", locale="fr")
    async with swift_house.busy_engine():
        await waiting_message(discord, await discord.stylize(discord.upload(jpeg()), style=a_style(), person=who))
        assert "**\N{NO-BREAK SPACE}: " in await told(discord, await discord.invoke("queue", person=who))
        (choice,) = await discord.autocomplete("", command="cancel", option="picture", person=who)
        assert "\N{NO-BREAK SPACE}: " in choice["name"]

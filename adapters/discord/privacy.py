"""`/privacy`: what is kept of the person who asks, and the buttons with which they have it deleted.

The buttons are about whoever presses them, and hold over restarts: nothing of them need be remembered.
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal, Self, get_args

import discord
from discord import app_commands

from adapters.discord import limits
from adapters.discord.private_reply import serve, think_privately
from adapters.discord.wishes import PLATFORM
from bot import privacy_text
from bot.languages import N_, _
from bot.privacy import Kept
from bot.studio import Studio

COMMAND: Final = N_("See what I keep of you, and have it deleted")
Step = Literal["ask", "yes", "no"]
LABELS: Final[dict[Step, str]] = {
    "ask": N_("Delete my data"),
    "yes": N_("Yes, delete it"),
    "no": N_("No, keep my data"),
}


def privacy_command(studio: Studio) -> app_commands.Command[Any, ..., None]:
    """The command `/privacy`."""

    @app_commands.command(name="privacy", description=COMMAND)
    async def privacy(interaction: discord.Interaction[Any]) -> None:
        async def work() -> None:
            # The storage may be slow.
            await think_privately(interaction)
            kept = await studio.privacy.what_is_kept(PLATFORM, str(interaction.user.id))
            buttons = buttons_of("ask") if kept.can_be_erased else None
            await interaction.edit_original_response(embed=overview(kept), view=buttons)

        await serve(interaction, work(), command="privacy")

    return privacy


class PrivacyButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=rf"atelier:privacy:(?P<step>{'|'.join(get_args(Step))})"
):
    """One step of the way to have everything deleted: to be asked, then yes or no."""

    def __init__(self, step: Step) -> None:
        style = discord.ButtonStyle.secondary if step == "no" else discord.ButtonStyle.danger
        super().__init__(
            discord.ui.Button(
                label=_(LABELS[step])[: limits.LABEL_CHARS], style=style, custom_id=f"atelier:privacy:{step}"
            )
        )
        self.step = step

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was pressed."""
        return cls(next(step for step in LABELS if step == match["step"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Take the step; the message says what comes of it."""
        await serve(interaction, self._take(interaction), button=f"privacy {self.step}")

    async def _take(self, interaction: discord.Interaction[Any]) -> None:
        # The storage may be slow, and there is a lot to delete.
        await interaction.response.defer()
        person, privacy = str(interaction.user.id), interaction.client.studio.privacy
        if self.step == "ask":
            said = privacy_text.question(await privacy.what_is_kept(PLATFORM, person))
        elif self.step == "yes":
            lines = [*privacy_text.erased_lines(await privacy.erase(PLATFORM, person)), _posted()]
            said = "\n".join(lines)
        else:
            said = privacy_text.not_erased()
        view = buttons_of("yes", "no") if self.step == "ask" else None
        await interaction.edit_original_response(content=said, embed=None, view=view)


def buttons_of(*steps: Step) -> discord.ui.View:
    """The buttons for these steps."""
    view = discord.ui.View(timeout=None)
    for step in steps:
        view.add_item(PrivacyButton(step))
    return view


def overview(kept: Kept) -> discord.Embed:
    """What is kept, what the bot sees, and what it has no hand in."""
    lines = [f"- {line}" for line in privacy_text.kept_lines(kept, moment)]
    embed = discord.Embed(title=_("What I keep of you"), description="\n".join(lines))
    seen = [
        _("Your Discord id, not your name; and what you give me with a command, a menu or a button."),
        _("I do not read along. Only where you ask for a picture without a photo, I look for yours among the last "
          "messages of the channel."),
        _("Pictures are painted on the machines of this bot's operator, and sent to nobody else."),
    ]  # fmt: skip
    embed.add_field(name=_("What I see"), value="\n".join(f"- {line}" for line in seen), inline=False)
    embed.add_field(name=_("What I posted"), value=_posted(), inline=False)
    return embed


def moment(seconds: float) -> str:
    """A time as Discord shows it to each in their own language and time zone."""
    return f"<t:{int(seconds)}:f> (<t:{int(seconds)}:R>)"


def _posted() -> str:
    return _("Pictures that I posted in channels stay there: press **Delete** under each of yours, whenever you like.")

"""The buttons under a finished picture. Their ids carry the job's, so that they work after a restart of the bot."""

from __future__ import annotations

import re
from typing import Any, Final, Self

import discord

from adapters.discord.private_reply import serve
from bot.acts import ACTS, Act, label

PER_ROW: Final = 5


class ResultButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=rf"atelier:(?P<act>{'|'.join(ACTS)}):(?P<job>[0-9a-z]{{1,25}})",
):
    """Does something with one finished job; what, the client's `presses` know."""

    def __init__(self, act: Act, job_id: str, *, keeps_colours: bool = False, row: int | None = None) -> None:
        danger = discord.ButtonStyle.danger if act == "delete" else discord.ButtonStyle.secondary
        super().__init__(
            discord.ui.Button(
                label=label(act, keeps_colours=keeps_colours),
                style=danger,
                custom_id=f"atelier:{act}:{job_id}",
                row=row,
            )
        )
        self.act = act
        self.job_id = job_id

    @classmethod
    async def from_custom_id(
        cls,
        _interaction: discord.Interaction[Any],
        _item: discord.ui.Item[Any],
        match: re.Match[str],
        /,
    ) -> Self:
        """The button that was pressed."""
        act = next(act for act in ACTS if act == match["act"])
        return cls(act, match["job"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do it."""
        work = interaction.client.presses.press(interaction, self.act, self.job_id)
        await serve(interaction, work, button=self.act, job=self.job_id)


def result_view(job_id: str, *, has_film: bool, keeps_colours: bool) -> discord.ui.View:
    """The buttons under a picture: those that have something to do."""
    view = discord.ui.View(timeout=None)
    for number, act in enumerate(act for act in ACTS if act != "film" or has_film):
        view.add_item(ResultButton(act, job_id, keeps_colours=keeps_colours, row=number // PER_ROW))
    return view

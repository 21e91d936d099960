"""The buttons under a finished picture. Their ids carry the job's, so that they work after a restart of the bot."""

from __future__ import annotations

import re
from typing import Any, Final, Literal, Self, get_args

import discord

from adapters.discord import sentences
from adapters.discord.private_reply import serve
from bot.languages import _

Act = Literal["again", "other", "stronger", "softer", "colours", "larger", "file", "film", "losses", "delete"]
ACTS: Final[tuple[Act, ...]] = get_args(Act)
PER_ROW: Final = 5


class ResultButton(
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=rf"atelier:(?P<act>{'|'.join(ACTS)}):(?P<job>[0-9a-z]{{1,25}})",
):
    """Does something with one finished job; what, the client's `presses` know."""

    def __init__(self, act: Act, job_id: str, label: str = "", row: int | None = None) -> None:
        danger = discord.ButtonStyle.danger if act == "delete" else discord.ButtonStyle.secondary
        super().__init__(
            discord.ui.Button(
                label=label or _(sentences.ACTS[act]), style=danger, custom_id=f"atelier:{act}:{job_id}", row=row
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
    labels = {"colours": _(sentences.PAINTING_COLOURS)} if keeps_colours else {}
    for number, act in enumerate(act for act in ACTS if act != "film" or has_film):
        view.add_item(ResultButton(act, job_id, labels.get(act, ""), row=number // PER_ROW))
    return view

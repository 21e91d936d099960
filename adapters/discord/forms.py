"""Windows with fields to fill in, remembered by nobody: what is sent is told by its id, after a restart, too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import discord

from adapters.discord.private_reply import serve

Handler = Callable[[discord.Interaction[Any], Mapping[str, str]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Field:
    """One line to fill in: its `name` in the answers, what stands above it, and what stands in it at first."""

    name: str
    label: str
    description: str = ""
    value: str = ""
    most: int = 100
    is_required: bool = False


async def open_form(interaction: discord.Interaction[Any], form: str, title: str, *fields: Field) -> None:
    """Show a window; its answers go to the handler that is known by the id `form`."""
    modal = discord.ui.Modal(title=title, custom_id=form, timeout=None)
    for field in fields:
        entry: discord.ui.TextInput[Any] = discord.ui.TextInput(
            custom_id=f"{form}:{field.name}",
            default=field.value or None,
            required=field.is_required,
            max_length=field.most,
        )
        modal.add_item(discord.ui.Label(text=field.label, description=field.description or None, component=entry))
    # Stopped, it is not kept by the library, which would forget it at the end of the process and not before.
    modal.stop()
    await interaction.response.send_modal(modal)


async def take_answers(interaction: discord.Interaction[Any], handlers: Mapping[str, Handler]) -> None:
    """Serve an interaction if it is a window that was filled in."""
    if interaction.type is not discord.InteractionType.modal_submit:
        return
    data: Any = interaction.data
    handler = handlers.get(data["custom_id"])
    if handler is not None:
        answers = {name.rpartition(":")[2]: value for name, value in _answers(data["components"])}
        await serve(interaction, handler(interaction, answers), form=data["custom_id"])


def _answers(components: list[Any]) -> Iterator[tuple[str, str]]:
    for component in components:
        yield from _answers(component.get("components") or [])
        yield from _answers([component["component"]] if "component" in component else [])
        if "value" in component:
            yield component["custom_id"], component["value"]

"""Many people at once on Discord while it stumbles: everybody is answered, once, and nothing refused is asked again."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import discord as library
import pytest

from tests.adapters.test_discord_menus import panel_of
from tests.standins.discord import DiscordStandIn, Invocation, Message, Person, Place
from tests.standins.discord.house import House, a_style, jpeg
from tests.standins.discord.world import MANAGE_GUILD, MEMBER_PERMISSIONS

pytest_plugins = ["tests.standins.discord.fixtures"]
pytestmark = pytest.mark.slow

PERSONS, INTERACTIONS = 50, 200
PACE = 0.02
"""Seconds between two interactions on average: fifteen times as many as 200 in a minute."""
ACKNOWLEDGEMENTS = "POST /interactions/"
EDITS = ("PATCH /webhooks/", "POST /webhooks/", "DELETE /webhooks/", "POST /channels/", "PATCH /channels/")
"""What is asked of Discord beside acknowledgements: edits and deletions, follow-ups, messages of the bot's own."""
SAVED = "it holds from now on"


class Crowd:
    """What many people do, each of it by one interaction or two, in an order that the dice choose."""

    def __init__(self, house: House) -> None:
        self.house, self.discord = house, house.discord
        self.dice = random.Random(6)
        home = self.discord.place.guild_id
        self.places = [self.discord.place, self.discord.add_place(guild_id=home), self.discord.add_thread(),
                       self.discord.add_direct_channel()]  # fmt: skip
        self.persons = [self.discord.add_person(f"person {number}") for number in range(PERSONS)]
        self.manager = self.discord.add_person("mona", MEMBER_PERMISSIONS | MANAGE_GUILD)
        self.deeds = [self.paint, self.menu, self.again, self.ask, self.paint_broken, self.style, self.paint,
                      self.losses, self.type, self.paint_deleted, self.avatar, self.ask, self.file,
                      self.set_limits]  # fmt: skip
        self.painted: list[Invocation] = []
        self.told: list[Invocation] = []
        """What is answered to one person alone."""
        self.files: list[Invocation] = []
        self.typed: list[Invocation] = []
        self.windows: list[Invocation] = []
        self.sent: list[Invocation] = []
        """Windows that were filled in."""
        self.deleted: list[Message] = []
        self.finished: list[Message] = []

    @property
    def all(self) -> list[Invocation]:
        return [*self.painted, *self.told, *self.files, *self.typed, *self.windows, *self.sent]

    async def prepare(self) -> None:
        """Pictures and a panel whose buttons are pressed later, and a message with a picture."""
        for place in self.places:
            self.painted.append(await self.stylize(jpeg(), self.discord.person, place))
            self.finished.append(await self.house.result_of(self.painted[-1]))
        self.told.append(await self.discord.invoke("settings", person=self.manager))
        self.panel = await panel_of(self.discord, self.told[-1])
        self.theirs = self.discord.say(self.discord.upload(jpeg()))
        for person in self.persons:
            self.discord.avatars[person.id] = jpeg()

    async def act(self, number: int) -> None:
        await self.deeds[number % len(self.deeds)](self.persons[number % PERSONS], self.dice.choice(self.places))

    async def stylize(self, photo: bytes, person: Person, place: Place, *, held: bool = False) -> Invocation:
        upload = self.discord.upload(photo, held=held)
        return await self.discord.stylize(upload, style=a_style(), person=person, place=place)

    async def paint(self, person: Person, place: Place) -> None:
        self.painted.append(await self.stylize(jpeg(colour=f"hsl({len(self.painted)}, 80%, 50%)"), person, place))

    async def again(self, person: Person, _place: Place) -> None:
        self.painted.append(await self.discord.press(self.dice.choice(self.finished), "Again", person=person))

    async def paint_broken(self, person: Person, place: Place) -> None:
        self.told.append(await self.stylize(b"no picture at all", person, place))

    async def paint_deleted(self, person: Person, place: Place) -> None:
        """A moderator deletes the status message before the picture is there."""
        invocation = await self.stylize(jpeg(), person, place, held=True)
        self.painted.append(invocation)
        await self.discord.until(lambda: invocation.original)
        assert invocation.original is not None
        self.deleted.append(invocation.original)
        self.discord.delete(invocation.original)
        list(self.discord.uploads.values())[-1].gate.set()

    async def ask(self, person: Person, place: Place) -> None:
        name = self.dice.choice(["queue", "about", "cancel", "styles", "privacy"])
        self.told.append(await self.discord.invoke(name, person=person, place=place))

    async def menu(self, person: Person, _place: Place) -> None:
        self.told.append(await self.discord.use_menu("Stylize", self.theirs, person=person))

    async def style(self, person: Person, _place: Place) -> None:
        self.told.append(await self.discord.use_menu("Use as style", self.theirs, person=person))

    async def avatar(self, person: Person, place: Place) -> None:
        whose = self.dice.choice(self.persons)
        self.told.append(await self.discord.use_menu("Stylize avatar", whose, person=person, place=place))

    async def losses(self, _person: Person, _place: Place) -> None:
        self.files.append(await self.discord.press(self.dice.choice(self.finished), "Losses"))

    async def file(self, _person: Person, _place: Place) -> None:
        self.files.append(await self.discord.press(self.dice.choice(self.finished), "As file"))

    async def type(self, person: Person, _place: Place) -> None:
        await self.discord.autocomplete("star", person=person)
        self.typed.append(list(self.discord.invocations.values())[-1])

    async def set_limits(self, _person: Person, _place: Place) -> None:
        window = await self.discord.press(self.panel, "Limits…", person=self.manager)
        self.windows.append(window)
        await self.discord.until(lambda: window.modal)
        self.sent.append(await self.discord.submit(window, largest_size=str(512 + len(self.sent))))

    def missing(self) -> dict[str, list[object]]:
        """What people still wait for."""
        silent = {
            "acknowledgements": [each.type for each in self.all if not each.acknowledgement],
            "words": [each.type for each in self.told if not answers(each)],
            "files": [each.type for each in self.files if not each.original or not each.original.files],
            "ends": [each.words for each in self.statuses() if each.is_thinking or "Cancel" in each.buttons],
            "pictures": list(range(len(self.pictures()), len(self.painted) - len(self.cancelled()))),
            "limits": list(range(sum(SAVED in words for words in self.panel.words), len(self.sent))),
        }
        return {what: who for what, who in silent.items() if who}

    async def settle(self) -> None:
        """Wait until everybody has what they asked for."""
        try:
            await self.discord.until(lambda: not self.missing())
        except TimeoutError:
            pytest.fail(f"not answered: {self.missing()}")

    def statuses(self) -> list[Message]:
        return [each.original for each in self.painted if each.original and each.original.id in self.discord.messages]

    def cancelled(self) -> list[Invocation]:
        return [each for each in self.told if any("is cancelled" in words for words in each.private_words)]

    def pictures(self) -> Counter[str]:
        """How often people see each picture."""
        files = [invocation.original for invocation in self.files]
        shown = [message for place in self.places for message in self.discord.visible(place) if message not in files]
        return Counter(file.name for message in shown for file in message.files if file.name.endswith(".png"))


def answers(invocation: Invocation) -> list[Message]:
    """The messages that an interaction was answered by, but for those that only changed."""
    own = [] if invocation.original in (None, invocation.source) else [invocation.original]
    return [message for message in (*own, *invocation.followups) if message is not None and not message.is_thinking]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that fails is tried again at once."""
    monkeypatch.setattr("bot.queue.delivery.FIRST_RETRY", 0.05)


@pytest.mark.usefixtures("impatient")
async def test_everybody_is_answered_once(
    swift_house: House, discord: DiscordStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library.Asset, "BASE", discord.cdn_url.rstrip("/"))
    crowd = Crowd(swift_house)
    await swift_house.restart()  # to know the thread's server
    await crowd.prepare()
    for number in range(INTERACTIONS):
        stumble(discord, number)
        if number == INTERACTIONS // 2:
            discord.gateway.drop()
        if number == INTERACTIONS * 3 // 4:
            await grow_late(crowd)
        await crowd.act(number)
        await asyncio.sleep(crowd.dice.uniform(0, 2 * PACE))
    await crowd.settle()
    check(crowd)


def stumble(discord: DiscordStandIn, number: int) -> None:
    """Refuse something soon, each thing in turn; one thing at a time, so that the library's patience is enough."""
    troubles = [(EDITS[number // 5 % len(EDITS)], number % 5 == 2, number % 15 == 2)]
    if number % 10 == 6:  # never of somebody whose status message is deleted before it is known
        lose = discord.cut_answers if number % 20 == 6 else discord.lose_answers
        lose(("PATCH /webhooks/", ACKNOWLEDGEMENTS, "GET /webhooks/")[number // 10 % 3], 1)
    troubles += [(ACKNOWLEDGEMENTS, number % 20 == 10, number in (30, 170))]  # two outages in 3 s would be too much
    for path, is_due, is_outage in troubles:
        if is_due and not discord.is_troubled(path):
            if is_outage:
                discord.be_unavailable(path, times=1)
            else:
                discord.rate_limit(path, times=2)


async def grow_late(crowd: Crowd) -> None:
    """Let a quarter of an hour pass for some pictures that are under way, and for nothing else."""
    await crowd.settle()
    held = [await crowd.stylize(jpeg(), person, crowd.places[0], held=True) for person in crowd.persons[:4]]
    crowd.painted += held
    await crowd.discord.until(lambda: all(invocation.original for invocation in held))
    crowd.discord.expire_tokens()
    for upload in crowd.discord.uploads.values():
        upload.gate.set()


def check(crowd: Crowd) -> None:
    """Everybody was answered once, in time, and nothing that was refused for good was asked again."""
    discord = crowd.discord
    assert len(crowd.all) > INTERACTIONS
    assert set(crowd.pictures().values()) == {1}
    assert [len(answers(each)) for each in (*crowd.told, *crowd.files)] == [1] * len([*crowd.told, *crowd.files])
    assert all(not each.followups for each in (*crowd.painted, *crowd.typed, *crowd.windows, *crowd.sent))
    assert all(message.is_ephemeral for each in crowd.told for message in answers(each))
    alone = Counter(message.nonce for message in discord.messages.values() if message.nonce)
    assert set(alone.values()) == {1}
    assert len(crowd.deleted) <= len(alone) <= len(crowd.deleted) + 4
    known = {message.id for each in crowd.all for message in answers(each)}
    strangers = [each for each in discord.messages.values() if each.author is discord.bot and each.id not in known]
    assert [each.words for each in strangers if not each.nonce] == []
    assert [each for each in crowd.all if (each.acknowledged_after or 0) >= 3] == []
    assert (discord.gateway.resumed, discord.gateway.identified) == (1, 2)
    refused = Counter(call for call in discord.refused_requests if call[0] != 429)
    assert [call for call, times in refused.items() if times > 1] == []
    assert {status for status, _, _ in discord.invalid_requests} <= {401, 429}
    assert all(status in (401, 404) or path.endswith("/callback") for status, _, path in refused)

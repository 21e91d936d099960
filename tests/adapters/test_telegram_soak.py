"""Many people at once on Telegram while it asks for silence and the bot restarts: everybody is answered, once.

A minute of Telegram's lasts `60 / FASTER` seconds here: its limits in the stand-in and the bot's, also for its stop,
are that much faster, and so are the people. The stand-in refuses the 21st call to a group within its minute, and the
test takes that for a failure, whatever the bot makes of it.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest

from tests.standins.telegram import Chat, FloodRules, Message, Person, TelegramStandin
from tests.standins.telegram.house import House, hurried, is_result, jpeg

pytest_plugins = ["tests.standins.telegram.fixtures"]
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*retry_after:DeprecationWarning")]

PERSONS, UPDATES, GROUPS = 50, 200, 5
FASTER = 20


class Crowd:
    """People who write and press in groups and alone with the bot; `asked` and `painted` are what they wait for."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._telegram = telegram = house.telegram
        self.groups = [telegram.group(f"Group {number}") for number in range(GROUPS)]
        self._persons = [telegram.person(f"person {number}") for number in range(PERSONS)]
        self._dice = random.Random(7)
        self.asked: list[Message] = []
        self.painted: list[Message] = []
        self.chats: dict[int, Chat] = {group.id: group for group in self.groups}
        self._number = 0

    async def does_something(self) -> None:
        """The next of them does what is their turn, most of them in a group."""
        self._number += 1
        person = self._persons[self._number % PERSONS]
        chat = self._dice.choice(self.groups)
        if self._number % 6 == 0:
            chat = self._telegram.private(person)
            self.chats[chat.id] = chat
        deeds = {4: self._asks, 7: self._turns_a_page, 9: self._sends_album}
        await deeds.get(self._number % 10, self._wants_a_picture)(person, chat)
        if self._number % 20 == 10:
            self._telegram.world.flood.close(self._dice.choice(self.groups).id, 1)

    async def _asks(self, person: Person, chat: Chat) -> None:
        self.asked.append(await self._telegram.says(person, chat, "/help"))

    async def _wants_a_picture(self, person: Person, chat: Chat) -> None:
        photo = jpeg(48, 32, seed=self._number)
        caption = f"/stylize {self._house.a_style}"
        self.painted.append(await self._telegram.sends_photo(person, chat, photo, caption))

    async def _sends_album(self, person: Person, chat: Chat) -> None:
        """Its parts come one after another."""
        for seed in (1, 2):
            caption = f"/stylize {self._house.a_style}"
            photo, album = jpeg(48, 32, seed=seed), f"album {self._number}"
            self.painted.append(await self._telegram.sends_photo(person, chat, photo, caption, album=album))

    async def _turns_a_page(self, person: Person, chat: Chat) -> None:
        """Of a gallery that they ask for, or impatiently of the one that was shown last."""
        galleries = [m for each in self.chats.values() for m in each.from_bot if "More ›" in m.labels]
        if galleries:
            for _ in range(3):
                await self._telegram.presses(person, galleries[-1], "More ›")
        else:
            self.asked.append(await self._telegram.says(person, chat, "/styles"))

    def answers(self, asked: list[Message]) -> Counter[int]:
        """How often each of these messages was replied to, in words."""
        return Counter(m.reply_to.id for m in self._from_bot() if m.reply_to in asked and not is_result(m))

    def results(self) -> Counter[int]:
        """How many pictures there are for each photo."""
        return Counter(m.reply_to.id for m in self._from_bot() if m.reply_to in self.painted and is_result(m))

    def _from_bot(self) -> list[Message]:
        return [message for chat in self.chats.values() for message in chat.from_bot if message.reply_to is not None]


async def test_everybody_is_answered_once(telegram: TelegramStandin, swift_telegram: House) -> None:
    house = swift_telegram
    await house.stop()
    house.limits, telegram.world.flood.rules = hurried(FASTER)
    await house.start()
    crowd = Crowd(house)
    for number in range(UPDATES):
        await crowd.does_something()
        if number == UPDATES // 2:
            await house.restart()
        await asyncio.sleep(random.Random(number).uniform(0, 2 * 60 / FASTER / UPDATES))
    await telegram.until(lambda: len(crowd.answers(crowd.asked)) >= len(crowd.asked))
    await telegram.until(lambda: len(crowd.results()) >= len(crowd.painted))
    await drained(house)
    assert set(crowd.answers(crowd.asked).values()) == {1}
    assert set(crowd.results().values()) == {1}
    assert all(press.answered for press in telegram.world.presses.values())
    flood = telegram.world.flood
    assert flood.violations == []
    assert flood.refused, "silence was asked for, and not kept from the bot"
    assert 10 < max(flood.busiest(group.id) for group in crowd.groups) <= FloodRules().group_messages


async def drained(house: House) -> None:
    """Nothing is left to be answered."""
    for job in await house.studio.under_way("telegram"):
        await house.settled(job.id)

"""Discord and Telegram in one process: what is wrong with one of them does no harm to the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.app import open_atelier
from bot.config import Config
from tests.standins.discord.house import a_style, picture_of
from tests.standins.discord.house import jpeg as a_photo
from tests.standins.discord.platform import DiscordStandIn
from tests.standins.instant_engine import InstantEngineDriver
from tests.standins.telegram.house import is_result, jpeg
from tests.standins.telegram.server import TelegramStandin

pytest_plugins = ["tests.standins.discord.fixtures", "tests.standins.telegram.fixtures"]
pytestmark = pytest.mark.slow


@pytest.fixture
def run(tmp_path: Path, discord: DiscordStandIn, telegram: TelegramStandin) -> Callable[..., Any]:
    """Runs the bot as `atelier run` does, with some keys of the two sections changed."""
    from bot.app import _serve_fronts

    @asynccontextmanager
    async def running(**sections: dict[str, Any]) -> AsyncIterator[None]:
        discord_section = {
            "token": discord.token,
            "api_url": discord.api_url,
            "gateway_url": discord.gateway_url,
            "cdn_urls": (discord.cdn_url,),
        }
        telegram_section = {"token": telegram.token, "api_url": telegram.api_url, "file_url": telegram.file_url}
        config = Config.model_validate(
            {
                "discord": discord_section | sections.get("discord", {}),
                "telegram": telegram_section | sections.get("telegram", {}),
                "web": {"enabled": False},
                "storage": {"path": tmp_path / "data"},
                "engine": {"device": "cpu", "default_size": 64},
            }
        )
        engine = InstantEngineDriver()
        async with open_atelier(config, engine) as atelier:
            serving = asyncio.create_task(_serve_fronts(atelier))
            yield
            assert not serving.done(), "both platforms are gone"
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
        await engine.stop()

    return running


async def discord_paints(discord: DiscordStandIn) -> None:
    await discord.until(lambda: discord.commands and discord.gateway.connected)
    await picture_of(discord, await discord.stylize(discord.upload(a_photo()), style=a_style()))


async def telegram_paints(telegram: TelegramStandin) -> None:
    chat = telegram.private(telegram.person("Ann"))
    photo = await telegram.sends_photo(telegram.person("Ann"), chat, jpeg(), f"/stylize {a_style()}")
    await telegram.until(lambda: any(is_result(m) and m.media and m.reply_to is photo for m in chat.from_bot))


async def test_both_paint_side_by_side(run: Any, discord: DiscordStandIn, telegram: TelegramStandin) -> None:
    async with run():
        await asyncio.gather(discord_paints(discord), telegram_paints(telegram))


@pytest.mark.parametrize("token", ["nonsense", "123456789:an-unknown-token"])
async def test_a_wrong_token_for_telegram_leaves_discord_working(
    run: Any, discord: DiscordStandIn, telegram: TelegramStandin, capfd: pytest.CaptureFixture[str], token: str
) -> None:
    async with run(telegram={"token": token}):
        await discord_paints(discord)
    told = "".join(capfd.readouterr())
    assert "Telegram refused the token; copy it anew from @BotFather into telegram.token." in told
    assert token not in told


async def test_a_wrong_token_for_discord_leaves_telegram_working(
    run: Any, discord: DiscordStandIn, telegram: TelegramStandin, capfd: pytest.CaptureFixture[str]
) -> None:
    async with run(discord={"token": "not-the-token-of-anybody"}):
        await telegram_paints(telegram)
    told = "".join(capfd.readouterr())
    assert "Discord refused the token" in told
    assert "not-the-token" not in told


@pytest.mark.parametrize("down", ["discord", "telegram"])
async def test_one_that_is_out_of_reach_leaves_the_other_working(
    run: Any, discord: DiscordStandIn, telegram: TelegramStandin, down: str
) -> None:
    nowhere = "http://127.0.0.1:9"
    addresses = {"discord": {"api_url": f"{nowhere}/api/v10"}, "telegram": {"api_url": f"{nowhere}/bot"}}
    async with run(**{down: addresses[down]}):
        await (telegram_paints(telegram) if down == "discord" else discord_paints(discord))


@pytest.mark.parametrize("down", ["discord", "telegram"])
async def test_one_that_goes_away_and_comes_back_leaves_the_other_working(
    run: Any, discord: DiscordStandIn, telegram: TelegramStandin, down: str
) -> None:
    paints = {"discord": lambda: discord_paints(discord), "telegram": lambda: telegram_paints(telegram)}
    outage = {"discord": discord.outage, "telegram": telegram.outage}[down]
    other = "telegram" if down == "discord" else "discord"
    async with run():
        await asyncio.gather(discord_paints(discord), telegram_paints(telegram))
        async with outage.lasts():
            await paints[other]()
            while outage.cut < 3:  # what was open, and what was tried since
                await paints[other]()
        await asyncio.gather(discord_paints(discord), telegram_paints(telegram))


@pytest.mark.parametrize("missing", ["discord", "telegram"])
async def test_one_that_is_missing_is_not_missed(
    run: Any, discord: DiscordStandIn, telegram: TelegramStandin, missing: str
) -> None:
    async with run(**{missing: {"token": ""}}):
        await (telegram_paints(telegram) if missing == "discord" else discord_paints(discord))


async def test_a_webhook_whose_port_is_taken_leaves_discord_working(
    run: Any, discord: DiscordStandIn, telegram: TelegramStandin, capfd: pytest.CaptureFixture[str]
) -> None:
    taken = int(telegram.api_url.split(":")[2].partition("/")[0])
    webhook = {"mode": "webhook", "webhook_url": "https://bot.example/", "webhook_port": taken}
    async with run(telegram=webhook):
        await discord_paints(discord)
    assert "change telegram.webhook_listen or telegram.webhook_port" in "".join(capfd.readouterr())

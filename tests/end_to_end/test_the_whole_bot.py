"""`atelier run` as an operator starts it: one process and one file for Discord, Telegram and the page together."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.standins.discord.house import picture_of
from tests.standins.discord.platform import DiscordStandIn
from tests.standins.redis_server import free_port
from tests.standins.telegram.server import TelegramStandin

pytest_plugins = ["tests.standins.discord.fixtures", "tests.standins.telegram.fixtures"]
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def write_config(folder: Path, discord: DiscordStandIn, telegram: TelegramStandin, port: int) -> Path:
    path = folder / "config.toml"
    path.write_text(
        f"""
        [discord]
        token = "{discord.token}"
        api_url = "{discord.api_url}"
        gateway_url = "{discord.gateway_url}"
        cdn_urls = ["{discord.cdn_url}"]
        [telegram]
        token = "{telegram.token}"
        api_url = "{telegram.api_url}"
        file_url = "{telegram.file_url}"
        [web]
        enabled = true
        port = {port}
        [engine]
        device = "cpu"
        default_size = 64
        default_steps = 3
        [storage]
        path = "{folder / "data"}"
        [log]
        format = "json"
        level = "debug"
        """
    )
    return path


@asynccontextmanager
async def program(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ATELIER_")}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments), cwd=ROOT, env=environ, stdout=pipe, stderr=pipe, limit=1 << 20
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_three_platforms_are_served_by_one_process(
    tmp_path: Path, discord: DiscordStandIn, telegram: TelegramStandin, photo: bytes
) -> None:
    port = free_port()
    config = str(write_config(tmp_path, discord, telegram, port))
    ann = telegram.person("Ann")
    chat = telegram.private(ann)
    async with program("--config", config, "run") as bot:
        assert bot.stderr is not None
        log = asyncio.create_task(bot.stderr.read())
        connected = discord.until(lambda: discord.commands and discord.gateway.sessions, 60)
        await asyncio.wait_for(asyncio.gather(connected, _polled(telegram)), 60)
        sent = await telegram.sends_photo(ann, chat, photo, "/stylize waves")
        invocation = await discord.stylize(discord.upload(photo), style="lilac")
        message = await picture_of(discord, invocation)
        await telegram.until(lambda: any(m.media and m.buttons and m.reply_to is sent for m in chat.from_bot))
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/health") as answer:
            assert await answer.json() == {"status": "ok"}
        bot.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(bot.wait(), 60) == 0
        told = (await log).decode()
    assert [file.name for file in message.files if file.name.endswith(".png")]
    assert discord.token not in told
    assert telegram.token not in told
    assert '"event": "answered"' in told


async def _polled(telegram: TelegramStandin) -> None:
    await telegram.until(lambda: telegram.polls > 0)


async def test_check_logs_in_everywhere_and_names_a_refused_token(
    tmp_path: Path, discord: DiscordStandIn, telegram: TelegramStandin
) -> None:
    config = write_config(tmp_path, discord, telegram, free_port())
    async with program("--config", str(config), "check") as checking:
        out, err = await asyncio.wait_for(checking.communicate(), 120)
    assert checking.returncode == 0, out + err
    assert out.count(b"logged in as") == 2
    config.write_text(config.read_text().replace(discord.token, "wrong").replace(telegram.token, "1:wrong"))
    async with program("--config", str(config), "check") as checking:
        out, _ = await asyncio.wait_for(checking.communicate(), 120)
    assert checking.returncode == 1
    assert out.count(b"FAILS: Discord refused the token") == 1
    assert out.count(b"FAILS: Telegram refused the token") == 1
    assert b"wrong" not in out

"""Updates by webhook: only Telegram itself is let in, and what came while the bot was away is not lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from adapters.telegram import webhook
from adapters.telegram.token_guard import TokenGuard
from adapters.telegram.webhook import HEADER, LARGEST_UPDATE
from bot.config import TelegramConfig, load_config
from bot.errors import SetupError
from tests.standins.redis_server import free_port
from tests.standins.telegram import Fault, TelegramStandin
from tests.standins.telegram.house import House

pytest_plugins = ["tests.standins.telegram.fixtures"]

SECRET = "a-secret-for-tests_0123456789"


@pytest.fixture
async def called(telegram: TelegramStandin, swift_telegram: House) -> AsyncIterator[House]:
    """A bot that is called by webhook."""
    await swift_telegram.stop()
    port = free_port()
    swift_telegram.settings = {
        "mode": "webhook",
        "webhook_url": f"http://127.0.0.1:{port}/a/path",
        "webhook_port": port,
        "webhook_secret": SECRET,
    }
    await swift_telegram.start()
    yield swift_telegram


async def post(house: House, data: bytes, secret: str | None, path: str = "") -> int:
    url = f"{house.settings['webhook_url']}{path}"
    headers = {} if secret is None else {HEADER: secret}
    async with aiohttp.ClientSession() as session, session.post(url, data=data, headers=headers) as answer:
        return answer.status


async def test_a_photo_is_painted(telegram: TelegramStandin, called: House) -> None:
    polls = telegram.polls
    photo = await called.asks(called.club, called.ann)
    await called.picture_in(called.club, photo)
    assert telegram.polls == polls
    assert telegram.world.webhook.secret == SECRET
    assert set(telegram.world.webhook.allowed) >= {"message", "callback_query", "my_chat_member"}


async def test_nobody_else_is_let_in(telegram: TelegramStandin, called: House) -> None:
    update = b'{"update_id": 1, "message": {"message_id": 1}}'
    for secret in (None, "", "wrong", SECRET[:-1], f"{SECRET}x", "ä"):
        assert await post(called, update, secret) == 403
    assert await post(called, update, SECRET, "/elsewhere") == 404
    assert await post(called, b" " * (LARGEST_UPDATE + 1), SECRET) == 413
    async with aiohttp.ClientSession() as session, session.get(str(called.settings["webhook_url"])) as answer:
        assert answer.status == 405


@pytest.mark.parametrize("data", [b"no json", b"[]", b"{}", b'{"update_id": 7, "message": {"chat": 3}}', b"null"])
async def test_what_is_no_update_does_not_stop_the_next(telegram: TelegramStandin, called: House, data: bytes) -> None:
    assert await post(called, data, SECRET) == 200
    said = await telegram.says(called.ann, called.private, "/help")
    await called.message(called.private, lambda message: True, said)


async def test_what_came_while_the_bot_was_away_is_brought_at_the_next_start(
    telegram: TelegramStandin, called: House
) -> None:
    await called.stop()
    assert telegram.world.webhook.url
    photo = await called.asks(called.club, called.ann)
    assert telegram.world.webhook.error == "Connection refused"
    await called.start()
    await called.picture_in(called.club, photo)


async def test_polling_deletes_a_webhook_that_was_left_behind(telegram: TelegramStandin, called: House) -> None:
    await called.stop()
    called.settings = {}
    await called.start()
    said = await telegram.says(called.ann, called.private, "/help")
    await called.message(called.private, lambda message: True, said)
    assert telegram.world.webhook.url == ""


async def test_without_a_secret_in_the_configuration_one_is_made(telegram: TelegramStandin, called: House) -> None:
    await called.stop()
    called.settings = {**called.settings, "webhook_secret": ""}
    await called.start()
    await telegram.until(lambda: telegram.world.webhook.secret != SECRET)
    assert len(telegram.world.webhook.secret) > 40
    said = await telegram.says(called.ann, called.private, "/help")
    await called.message(called.private, lambda message: True, said)


async def test_a_webhook_that_somebody_else_set_is_set_anew(
    telegram: TelegramStandin, called: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await called.stop()
    monkeypatch.setattr(webhook, "LOOK_SECONDS", 0.05)
    await called.start()
    telegram.world.setWebhook({"url": "http://elsewhere/"}, {})
    await telegram.until(lambda: telegram.world.webhook.url == called.settings["webhook_url"])


async def test_a_token_revoked_while_the_bot_runs_ends_it(
    telegram: TelegramStandin, called: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await called.stop()
    monkeypatch.setattr(webhook, "LOOK_SECONDS", 0.05)
    await called.start()
    telegram.token = "987654321:the-new-token"
    with pytest.raises(SetupError, match="refused the token"):
        await called.ended()


async def test_an_address_that_telegram_does_not_take_is_told(telegram: TelegramStandin, called: House) -> None:
    await called.stop()
    telegram.world.takes_plain_http = False
    telegram.world.webhook.url = ""
    with pytest.raises(SetupError, match=r"(?i)an https url must be provided.*check telegram.webhook_url") as caught:
        await asyncio.wait_for(called.new_front().run(), 30)
    assert caught.value.__context__ is None


async def test_a_port_that_is_taken_is_told(telegram: TelegramStandin, called: House) -> None:
    with pytest.raises(SetupError, match=r"cannot listen on .*telegram.webhook_port"):
        await asyncio.wait_for(called.new_front().run(), 30)


async def test_an_outage_while_the_webhook_is_set_is_waited_out(
    telegram: TelegramStandin, called: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await called.stop()
    monkeypatch.setattr(webhook, "_FIRST_PAUSE", 0.01)
    telegram.world.webhook.url = ""
    telegram.faults.append(Fault("setWebhook"))
    await called.start()
    said = await telegram.says(called.ann, called.private, "/help")
    await called.message(called.private, lambda message: True, said)


async def test_neither_token_nor_secret_reaches_the_log(
    telegram: TelegramStandin, called: House, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    await called.stop()
    caplog.set_level(logging.DEBUG)
    await called.start()
    await post(called, f'{{"update_id": "{SECRET}"}}'.encode(), SECRET)
    await post(called, f"{telegram.token} {SECRET}".encode(), SECRET)
    photo = await called.asks(called.club, called.ann)
    await called.picture_in(called.club, photo)
    await called.stop()
    written = caplog.text + "".join(capfd.readouterr())
    assert "telegram is served" in written
    for secret in (telegram.token, telegram.token.partition(":")[2], SECRET):
        assert secret not in written


HTTPS = "webhook_url = 'https://bot.example/telegram'"


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ("mode = 'webhook'", "telegram.webhook_url is wrong: with mode webhook, give the address"),
        ("mode = 'webhook'\nwebhook_url = 'http://bot.example/'", "it begins with https://"),
        ("mode = 'webhook'\nwebhook_url = 'https://'", "give the address where Telegram reaches this bot"),
        (f"mode = 'webhook'\n{HTTPS}\nwebhook_secret = 'hush hush hush hush'", "telegram.webhook_secret is wrong"),
        (f"mode = 'webhook'\n{HTTPS}\nwebhook_secret = '{'hush' * 65}'", "telegram.webhook_secret is wrong"),
        (f"mode = 'webhook'\n{HTTPS}\nwebhook_secret = 'hush-hush-hush!'", "use 16 to 256 of the characters"),
        (f"mode = 'webhook'\n{HTTPS}\nwebhook_secret = 'hush-hush-hush'", "leave it empty, and one is made"),
        (f"mode = 'webhook'\n{HTTPS}\nwebhook_port = 70000", "telegram.webhook_port is wrong"),
        ("mode = 'hook'", "telegram.mode is wrong: input should be 'polling' or 'webhook'"),
    ],
)
def test_a_wrong_configuration_is_told_in_one_sentence(tmp_path: Any, section: str, sentence: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"[telegram]\n{section}")
    with pytest.raises(SetupError) as caught:
        load_config(path, {})
    assert sentence in str(caught.value)
    assert "hush" not in str(caught.value)


def test_every_secret_that_is_taken_is_hidden() -> None:
    guard = TokenGuard("0:none")
    config = TelegramConfig.model_validate({"webhook_secret": "sixteen-letters_"})
    guard.hide(config.webhook_secret.get_secret_value())
    assert guard.clean("called with sixteen-letters_") == "called with <token>"


async def test_a_404_on_the_way_is_waited_out(
    telegram: TelegramStandin, called: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await called.stop()
    monkeypatch.setattr(webhook, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(webhook, "LOOK_SECONDS", 0.05)
    telegram.faults += [Fault("setWebhook", 404), Fault("getWebhookInfo", 404)]
    await called.start()
    await telegram.until(lambda: not telegram.faults)
    said = await telegram.says(called.ann, called.private, "/help")
    await called.message(called.private, lambda message: True, said)


@pytest.mark.parametrize("section", [HTTPS, "api_url = 'http://own/bot'\nwebhook_url = 'http://10.0.0.1/'"])
def test_a_right_configuration_is_taken(tmp_path: Any, section: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"[telegram]\nmode = 'webhook'\n{section}")
    assert load_config(path, {}).telegram.mode == "webhook"

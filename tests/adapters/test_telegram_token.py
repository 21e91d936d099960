"""The token: in no log, whoever writes and however it is spelt; and refused only by Telegram itself."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from telegram.error import InvalidToken
from telegram.ext import ApplicationBuilder

from adapters.telegram.polling import confirms_refusal, is_refusal
from adapters.telegram.token_guard import TokenGuard
from bot.config import LogConfig, TelegramConfig
from bot.errors import SetupError
from bot.telemetry import configure_logs
from tests.standins.telegram import Fault, TelegramStandin
from tests.standins.telegram.house import House

pytest_plugins = ["tests.standins.telegram.fixtures"]

OWN = TelegramConfig.model_validate({"api_url": "http://own.example/bot", "file_url": "http://own.example/file/bot"})
TOKEN = "123456789:AAE-secret_half-of-the-token"
HALF = TOKEN.partition(":")[2]


class _Stderr:
    """Whatever is standard error at the moment: it is another one in each phase of a test."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


@pytest.fixture(params=["console", "json"])
def guarded(request: pytest.FixtureRequest) -> Iterator[TokenGuard]:
    """The log as the bot configures it, at its most talkative."""
    root = logging.getLogger()
    handlers, level, how = list(root.handlers), root.level, structlog.get_config()
    levels = {name: logging.getLogger(name).level for name in root.manager.loggerDict}
    configure_logs(LogConfig(level="debug", format=request.param))
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(_Stderr())
    guard = TokenGuard(TOKEN)
    guard.install()
    yield guard
    guard.remove()
    root.handlers[:], _ = handlers, root.setLevel(level)
    for name, its in levels.items():
        logging.getLogger(name).setLevel(its)
    structlog.configure(**how)


def test_the_token_reaches_no_line(guarded: TokenGuard, capfd: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("httpx").setLevel(logging.DEBUG)
    url = f"https://api.telegram.org/bot{TOKEN}/getMe"
    logging.getLogger("httpx").info("HTTP Request: %s %s", "POST", url)
    logging.getLogger("httpcore.connection").warning("connect to %r failed", quote(url, safe=""))
    logging.getLogger("somebody.else").error("only %s", HALF)
    log = structlog.get_logger("ours")
    log.warning("asking failed", error=f"no answer from {url}", parts=[TOKEN], number=3)
    try:
        raise ConnectionError(url)
    except ConnectionError as error:
        log.exception("front broke down", platform="telegram")
        log.error("once more", exc_info=error)
        logging.getLogger("telegram.ext.Updater").exception("polling failed")
    told = "".join(capfd.readouterr())
    for said in ("HTTP Request", "asking failed", "front broke down", "polling failed", "once more", "<token>"):
        assert said in told
    assert told.count("ConnectionError") >= 3
    assert [line for line in told.splitlines() if HALF in line] == []


def test_the_library_is_believed_when_telegram_itself_refuses() -> None:
    assert is_refusal(InvalidToken("Unauthorized"), OWN)
    assert is_refusal(InvalidToken("Not Found"), TelegramConfig())
    assert not is_refusal(InvalidToken("Not Found"), OWN)
    try:
        raise InvalidToken("The token was rejected by the server.") from InvalidToken("Unauthorized")
    except InvalidToken as error:
        assert is_refusal(error, OWN)


async def test_telegram_is_asked_again_before_a_token_counts_as_refused(telegram: TelegramStandin) -> None:
    builder: Any = ApplicationBuilder()
    application = builder.token(telegram.token).base_url(telegram.api_url).build()
    async with application:
        assert not await confirms_refusal(application, TelegramConfig())
        for code, is_refused in ((404, True), (401, True), (502, False)):
            telegram.faults.append(Fault("getMe", code))
            assert await confirms_refusal(application, TelegramConfig()) is is_refused


@pytest.mark.parametrize("confirmed", [False, True])
async def test_a_404_while_it_runs_is_waited_out(
    telegram: TelegramStandin, swift_telegram: House, confirmed: bool
) -> None:
    """With a Bot API server of one's own it may be the proxy's in front of that."""
    house = swift_telegram
    telegram.faults += [Fault("getUpdates", 404), *([Fault("getMe", 404)] if confirmed else [])]
    await telegram.says(house.ann, house.private, "/help")
    await telegram.until(lambda: not telegram.faults)
    said = await telegram.says(house.ann, house.private, "/help")
    await house.message(house.private, lambda message: True, said)


async def test_a_404_at_the_start_is_waited_out(telegram: TelegramStandin, swift_telegram: House) -> None:
    house = swift_telegram
    await house.stop()
    telegram.faults.append(Fault("getMe", 404))
    await house.start()
    assert not telegram.faults


async def test_an_address_without_the_bots_methods_is_told(telegram: TelegramStandin, swift_telegram: House) -> None:
    telegram.faults.append(Fault("getMe", 404))
    with pytest.raises(SetupError, match=r"telegram.api_url does not know the bot's methods"):
        await swift_telegram.new_front().check()


def test_what_holds_no_secret_is_left_as_it_is(guarded: TokenGuard) -> None:
    record = logging.LogRecord("x", logging.INFO, "", 1, "%s of %d", ("one", 2), None)
    assert guarded.filter(record)
    assert (record.msg, record.args) == ("%s of %d", ("one", 2))
    event = {"event": "said", "parts": [1, 2]}
    record = logging.LogRecord("x", logging.INFO, "", 1, event, (), None)
    assert guarded.filter(record)
    assert record.msg == event


def test_a_secret_too_short_to_be_one_hides_no_words() -> None:
    guard = TokenGuard("0:none")
    assert guard.clean("there is none here") == "there is none here"
    guard.hide("a-webhook-secret")
    assert guard.clean("called with a-webhook-secret") == "called with <token>"

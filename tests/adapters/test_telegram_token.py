"""The token in no log: whoever writes, in whatever form, and however it is spelt."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import structlog

from adapters.telegram.token_guard import TokenGuard
from bot.config import LogConfig
from bot.telemetry import configure_logs

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
    configure_logs(LogConfig(level="debug", format=request.param))
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(_Stderr())
    guard = TokenGuard(TOKEN)
    guard.install()
    yield guard
    guard.remove()
    root.handlers[:], _ = handlers, root.setLevel(level)
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

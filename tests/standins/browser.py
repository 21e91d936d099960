"""The local page served, and a person with a browser: chromium, driven through its DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import aiohttp

from adapters.web import WebFront
from bot.config import WebConfig
from bot.studio import Studio

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE: Final = 60.0
_LOOK_EVERY: Final = 0.05
_FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
)


class BrowserError(AssertionError):
    """The browser could not do what it was asked, for one because the page was just changing."""


class Tab:
    """One open page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.complaints: list[str] = []
        """What the page wrote to its console as an error, and what it threw."""

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call one method of the protocol and give back its result."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            answer = json.loads(await self._socket.receive_str(timeout=PATIENCE))
            self._note(answer)
            if answer.get("id") == number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result

    async def open(self, url: str) -> None:
        """Go to a page and wait until it has loaded."""
        await self.ask("Page.navigate", url=url)
        await self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    async def read(self, script: str) -> Any:
        """The value of a JavaScript expression in the page."""
        answer = await self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    async def until(self, script: str, patience: float = PATIENCE) -> Any:
        """Wait until the expression is true of the page, and give back its value."""
        async for _ in _looks(patience):
            with suppress(BrowserError):
                if value := await self.read(script):
                    return value
        shown = await self.read("document.body.innerText")
        raise AssertionError(f"never true: {script}\n{self.complaints}\nthe page shows:\n{shown}")

    async def click(self, selector: str) -> None:
        """Press the element's middle with the mouse, once it is there, lies still and nothing covers it."""
        where: Any = None
        async for _ in _looks(PATIENCE):
            before, where = where, await self._middle(selector)
            if where and where == before:
                break
        else:
            raise AssertionError(f"never to be pressed: {selector}")
        for kind in ("mousePressed", "mouseReleased"):
            await self.ask("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **where)

    async def _middle(self, selector: str) -> Any:
        with suppress(BrowserError):
            return await self.read(
                f"(() => {{ const found = document.querySelector({json.dumps(selector)}); if (!found) return null;"
                "found.scrollIntoView({block: 'center', behavior: 'instant'});"
                "const box = found.getBoundingClientRect();"
                "const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];"
                "return box.width && found.contains(document.elementFromPoint(x, y)) && {x, y}; })()"
            )
        return None

    async def choose(self, selector: str, files: Sequence[Path]) -> None:
        """Put files into a file field, as its dialogue would."""
        document = await self.ask("DOM.getDocument")
        node = await self.ask("DOM.querySelector", nodeId=document["root"]["nodeId"], selector=selector)
        await self.ask("DOM.setFileInputFiles", files=[str(file) for file in files], nodeId=node["nodeId"])

    async def look(self, width: int, height: int, *, dark: bool = False, whole: bool = False) -> bytes:
        """A screenshot (PNG) at that size, of what is in view or of the whole page."""
        await self.resize(width, height, dark=dark)
        await self.read("new Promise(done => setTimeout(() => requestAnimationFrame(done), 300))")
        shot = await self.ask("Page.captureScreenshot", captureBeyondViewport=whole)
        return base64.b64decode(shot["data"])

    async def resize(self, width: int, height: int, *, dark: bool = False) -> None:
        """Be a window of that size, in light or dark colours."""
        await self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        await self.ask("Emulation.setEmulatedMedia", features=scheme)

    def _note(self, answer: dict[str, Any]) -> None:
        if answer.get("method") == "Runtime.exceptionThrown":
            details = answer["params"]["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or details["text"])
        elif answer.get("method") == "Log.entryAdded" and answer["params"]["entry"]["level"] == "error":
            self.complaints.append(answer["params"]["entry"]["text"])


@asynccontextmanager
async def served(studio: Studio) -> AsyncIterator[WebFront]:
    """The local page, at a free port."""
    front = WebFront(WebConfig(port=0), studio)
    running = asyncio.create_task(front.run())
    try:
        waiting = asyncio.create_task(front.ready.wait())
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        assert front.ready.is_set(), running.exception()
        yield front
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def tab() -> AsyncIterator[Tab]:
    """A fresh browser with one empty page; it leaves nothing behind."""
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        browser = await asyncio.create_subprocess_exec(
            CHROMIUM,
            *_FLAGS,
            f"--user-data-dir={home}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            port = await _port(Path(home) / "DevToolsActivePort")
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                    pages = [page for page in await answer.json() if page["type"] == "page"]
                async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                    page = Tab(socket)
                    for domain in ("Page", "Runtime", "DOM", "Log"):
                        await page.ask(f"{domain}.enable")
                    yield page
        finally:
            browser.terminate()
            await browser.wait()


async def _port(file: Path) -> int:
    """The port that the browser chose and wrote down."""
    async for _ in _looks(PATIENCE):
        if lines := await asyncio.to_thread(_lines, file):
            return int(lines[0])
    raise AssertionError("the browser did not start")


def _lines(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []


async def _looks(patience: float) -> AsyncIterator[None]:
    """Occasions to look whether something has come true."""
    end = asyncio.get_running_loop().time() + patience
    while asyncio.get_running_loop().time() < end:
        yield
        await asyncio.sleep(_LOOK_EVERY)

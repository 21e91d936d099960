"""The local page in a real browser: chosen, painted, looked at, refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import Atelier
from tests.standins.browser import CHROMIUM, Tab, served, tab

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: install it to test the page in a browser"),
]

IS_DONE = "document.querySelector('#easel').dataset.stage === 'done'"
PICTURE_SHOWN = f"{IS_DONE} && document.querySelector('#painting').naturalWidth"


@pytest.fixture
async def page(atelier: Atelier) -> AsyncIterator[Tab]:
    async with served(atelier.studio) as front, tab() as opened:
        await opened.resize(1280, 900)
        await opened.open(front.url)
        await opened.until("document.querySelectorAll('#wall input[type=checkbox]').length")
        await opened.until("document.querySelectorAll('#examples button').length")
        yield opened
        assert not [said for said in opened.complaints if "Failed to load resource" not in said]


async def tune(page: Tab, steps: int) -> None:
    await page.click(".more summary")
    await page.read(f"document.querySelector('#size').value = 64, document.querySelector('#steps').value = {steps}")


async def test_an_example_is_painted_in_the_style_of_a_painting(page: Tab) -> None:
    await page.click("#examples button[data-id=coffee]")
    await page.click("#wall label:has([value=lilac])")
    await page.until("document.querySelector('#recipe').textContent === 'Coffee cup in the style of Lilac'")
    await tune(page, 3)
    await page.click("#paint")
    assert await page.until(PICTURE_SHOWN) == 64
    assert await page.read("document.querySelectorAll('#rows tr').length") >= 3
    assert await page.until("document.querySelector('#curve').naturalWidth") == 1120
    assert (await page.read("document.querySelector('#save-picture').download")).endswith(".png")
    assert await page.read("document.querySelector('#easel-title').textContent") == "In the style of Lilac"

    await page.click("#another")
    await page.until("!document.querySelector('#compose').hidden")
    assert await page.read("document.querySelector('[value=lilac]').checked"), "the choices are kept"


async def test_after_a_reload_the_running_job_is_still_there_and_can_be_cancelled(page: Tab) -> None:
    await page.click("#examples button[data-id=coffee]")
    await page.click("#wall label:has([value=lilac])")
    await tune(page, 4000)
    await page.click("#paint")
    is_running = "document.querySelector('#easel').dataset.stage === 'running'"
    await page.until(is_running)
    address = await page.read("location.href")
    await page.ask("Page.reload")
    await page.until(f"performance.getEntriesByType('navigation')[0].type === 'reload' && {is_running}")
    assert await page.read("location.href") == address
    await page.until("!document.querySelector('#chart').hidden")
    await page.click("#cancel")
    await page.until("document.querySelector('#status').textContent === 'Cancelled.'")
    await page.until("document.querySelector('#recent-list a').dataset.state === 'cancelled'")


async def test_a_file_that_is_no_picture_is_refused_beside_the_photo(page: Tab, tmp_path: Path) -> None:
    letter = tmp_path / "photo.jpg"
    letter.write_text("this is a letter, not a picture")
    await page.choose("#photo-file", [letter])
    await page.click("#wall label:has([value=lilac])")
    await page.click("#paint")
    sentence = await page.until("document.querySelector('#photo-error').textContent")
    assert sentence.startswith("The photo")
    assert await page.read("document.querySelector('[value=lilac]').checked"), "the choices are kept"
    assert await page.read("!document.querySelector('#compose').hidden && !document.querySelector('#paint').disabled")

    await page.click("#examples button[data-id=coffee]")
    await tune(page, 3)
    await page.click("#paint")
    assert await page.until(PICTURE_SHOWN) == 64


async def test_a_picture_brought_along_is_a_style_and_an_empty_form_says_what_is_missing(
    page: Tab, atelier: Atelier
) -> None:
    await page.click("#paint")
    assert "photo" in await page.until("document.querySelector('#photo-error').textContent")
    gallery = atelier.studio.gallery
    await page.choose("#photo-file", [gallery.photos["coffee"].path])
    await page.click("#paint")
    assert "style" in await page.until("document.querySelector('#style-error').textContent")
    await page.choose("#style-file", [gallery.styles["lilac"].path])
    await tune(page, 3)
    await page.click("#paint")
    assert await page.until(PICTURE_SHOWN) == 64
    assert "your own picture" in await page.read("document.querySelector('#easel-title').textContent")
    await page.until("document.querySelector('#before').naturalWidth")


@pytest.mark.parametrize("width", [360, 768, 1280])
async def test_the_page_is_as_wide_as_its_window(page: Tab, width: int) -> None:
    await page.resize(width, 800)
    await page.click("#examples button[data-id=coffee]")
    await page.click(".more summary")
    assert await page.until("document.documentElement.scrollWidth") <= width

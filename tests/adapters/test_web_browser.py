"""The local page in a real browser: chosen, painted, looked at, refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from bot.app import Atelier
from tests.standins.browser import CHROMIUM, Tab, served, tab
from tests.standins.pictures import half, moving

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


async def test_the_slider_follows_the_chosen_styles_until_it_is_moved(page: Tab, atelier: Atelier) -> None:
    shown = "document.querySelector('#strength').value"
    styles, usual = atelier.studio.gallery.styles, atelier.studio.default_strength
    one, other = (styles[name].defaults.strength for name in ("the_scream", "stained_glass"))
    assert one is not None and other is not None and len({usual, one, (one + other + 1) // 2}) == 3
    assert await page.read(shown) == str(usual)
    await page.click("#wall label:has([value=the_scream])")
    await page.until(f"{shown} === '{one}'")
    await page.click("#wall label:has([value=stained_glass])")
    await page.until(f"{shown} === '{(one + other + 1) // 2}'")
    assert await page.read("!new FormData(document.querySelector('#compose')).has('strength')")
    await page.read(f"{shown} = 40, document.querySelector('#strength').dispatchEvent(new Event('input'))")
    await page.click("#wall label:has([value=the_scream])")
    assert await page.read(shown) == "40"


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


async def test_colours_strokes_start_and_masks_are_chosen_and_the_film_is_shown(page: Tab, tmp_path: Path) -> None:
    mask = tmp_path / "left.png"
    mask.write_bytes(half())
    await page.click("#examples button[data-id=coffee]")
    await page.click("#wall label:has([value=lilac])")
    await page.click("#wall label:has([value=waves])")
    await tune(page, 3)
    for name, value in (("colours", "content"), ("style_scale", "2"), ("start", "matched")):
        await page.read(f"document.querySelector('#{name}').value = '{value}'")
    assert await page.until("document.querySelectorAll('#masks li').length") == 2
    await page.choose("#masks li:first-child input", [mask])
    await page.until("document.querySelector('#masks li:first-child .quiet').textContent === 'left.png'")
    await page.click("#paint")
    await page.until(PICTURE_SHOWN)
    job = await page.read("fetch(`/jobs/${location.hash.slice(1)}`).then((answer) => answer.json())")
    settings = job["settings"]
    assert (settings["colours"], settings["style_scale"], settings["start"]) == ("content", 2, {"matched": 1})
    assert await page.read("!document.querySelector('#timelapse').hidden")
    assert (await page.read("document.querySelector('#save-timelapse').download")).endswith("-timelapse.mp4")
    await page.until("document.querySelector('#timelapse-film').readyState >= 1")
    assert await page.read("document.querySelector('#timelapse-film').duration") > 1

    await page.click("#another")
    await page.click("#masks li:first-child button")
    await page.until("document.querySelector('#masks li:first-child .quiet').textContent === 'anywhere'")
    await page.click("#wall label:has([value=waves])")
    assert await page.until("document.querySelectorAll('#masks li').length") == 1


async def test_an_animation_moves_on_the_easel(page: Tab, tmp_path: Path) -> None:
    box = tmp_path / "box.gif"
    box.write_bytes(moving())
    await page.choose("#photo-file", [box])
    await page.click("#wall label:has([value=lilac])")
    await tune(page, 3)
    await page.click("#paint")
    await page.until(PICTURE_SHOWN)
    assert (await page.read("document.querySelector('#painting').src")).endswith("/animation")
    assert (await page.read("document.querySelector('#save-picture').download")).endswith(".webp")
    assert await page.read("document.querySelector('#timelapse').hidden")
    assert not await page.read("document.querySelector('#save-film').hidden")


async def test_a_photo_that_the_browser_cannot_show_is_named_and_painted(page: Tab, tmp_path: Path) -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()
    photo = tmp_path / "from a phone.heic"
    Image.linear_gradient("L").resize((60, 40)).convert("RGB").save(photo)
    await page.choose("#photo-file", [photo])
    await page.until("document.querySelector('#photo-sealed').textContent === 'from a phone.heic'")
    assert await page.read("document.querySelector('#photo-shown').hidden")
    await page.click("#wall label:has([value=lilac])")
    await tune(page, 3)
    await page.click("#paint")
    assert await page.until(PICTURE_SHOWN) == 64

    await page.click("#another")
    await page.click("#examples button[data-id=coffee]")
    await page.until("document.querySelector('#photo-shown').naturalWidth")
    assert await page.read("getComputedStyle(document.querySelector('.drop-words.sealed')).display") == "none"

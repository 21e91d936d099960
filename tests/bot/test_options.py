"""What a person may choose, on its way from words to the engine's settings and to a worker's order."""

from __future__ import annotations

import dataclasses
import io
import json
from dataclasses import replace

import pytest
from PIL import Image

from bot import text
from bot.config import EngineConfig
from bot.errors import BadOption
from bot.intake import MOVING_SIZE, CheckedPhoto, check_photo, settings_for
from bot.queue.orders import MAX_ORDER_BYTES, Order
from bot.queue.pictures import Pictures
from bot.requests import READERS, Options, Running, read_option
from nst_engine.settings import LAYERS, PRESETS, Settings, style_weight_for
from nst_engine.summary import LOSS_NAMES, LossSummary
from tests.bot.test_ledger import make_job

CONFIG = EngineConfig()
WRITTEN = {
    "size": "300",
    "steps": "7",
    "optimizer": "adam",
    "content_weight": "0.5",
    "style_weight": "2",
    "tv_weight": "0.25",
    "seed": "9",
    "colours": "luminance",
    "style_scale": "1.5",
    "style_weights": "2, 1",
    "start": "content=0.7, noise=0.3",
    "pooling": "average",
    "padding": "replicate",
    "moments_weight": "3",
    "content_layers": "relu4_2=1,relu3_2=0.5",
    "style_layers": "relu1_1",
    "scales": "2",
    "look": "gatys",
}


def test_every_option_can_be_written_and_reaches_the_setting_of_its_name() -> None:
    assert set(READERS) == {field.name for field in dataclasses.fields(Options)}
    assert set(WRITTEN) == {field.name for field in dataclasses.fields(Settings)}
    chosen = {name: read_option(name, words) for name, words in WRITTEN.items()}
    settings = settings_for(Options(**chosen), CONFIG)
    assert settings == Settings(
        size=300,
        steps=7,
        optimizer="adam",
        content_weight=0.5,
        style_weight=2.0,
        tv_weight=0.25,
        content_layers={"relu4_2": 1.0, "relu3_2": 0.5},
        moments_weight=3.0,
        style_layers={"relu1_1": 1.0},
        style_weights=(2.0, 1.0),
        style_scale=1.5,
        pooling="average",
        padding="replicate",
        start={"content": 0.7, "noise": 0.3},
        seed=9,
        colours="luminance",
        scales=2,
        look="gatys",
    )


def test_what_is_not_chosen_is_the_configurations() -> None:
    assert settings_for(Options(), CONFIG) == Settings(
        size=PRESETS["standard"].size, steps=PRESETS["standard"].steps, style_weight=style_weight_for(85)
    )
    bold = CONFIG.model_copy(update={"default_strength": 100})
    assert settings_for(Options(), bold).style_weight == 1
    barely = Settings(size=PRESETS["draft"].size, steps=PRESETS["draft"].steps, style_weight=style_weight_for(0))
    standard = PRESETS["standard"]
    faithful = Settings(
        size=standard.size, steps=round(0.4 * standard.steps), style_weight=style_weight_for(85), look="faithful"
    )
    assert settings_for(Options(look="faithful"), CONFIG) == faithful
    assert settings_for(Options(look="faithful", steps=50), CONFIG).steps == 50
    assert settings_for(Options(preset="draft", strength=0), CONFIG) == barely


def test_what_suits_the_style_goes_after_what_is_chosen_and_before_the_configuration() -> None:
    suits = Options(strength=60, style_scale=1.5, scales=2, start={"matched": 1.0})
    usual = settings_for(Options(), CONFIG, suits)
    assert usual.style_weight == style_weight_for(60)
    assert (usual.style_scale, usual.scales, usual.start) == (1.5, 2, {"matched": 1.0})
    chosen = Options(strength=20, style_scale=1.0, scales=1, start={"content": 1.0})
    settings = settings_for(chosen, CONFIG, suits)
    assert settings.style_weight == style_weight_for(20)
    assert (settings.style_scale, settings.scales, settings.start) == (1.0, 1, {"content": 1.0})
    assert settings_for(Options(style_weight=1.0), CONFIG, suits).style_weight == 1


@pytest.mark.parametrize(
    ("name", "words", "sentence"),
    [
        ("size", "big", "Size must be a number, not 'big'."),
        ("style_weights", "2 to 1", "Style weights must be numbers such as 2,1, not '2 to 1'."),
        ("start", "content=lots", "'content=lots' is not a name with a weight"),
    ],
)
def test_words_that_are_no_option_are_refused(name: str, words: str, sentence: str) -> None:
    with pytest.raises(BadOption) as caught:
        read_option(name, words)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (Options(colours="sepia"), "choose style, content or luminance"),
        (Options(style_scale=9.0), "Style scale must be a number from 0.25 to 4"),
        (Options(start={"snow": 1.0}), "Start 'snow' is unknown; choose content, matched"),
        (Options(style_layers={"relu9_9": 1.0}), "Style layers 'relu9_9' is unknown"),
        (Options(look="cubist"), "Look 'cubist' is unknown; choose gatys or faithful"),
        (Options(look="faithful", moments_weight=1.0), "The faithful look has no moments weight"),
        (Options(scales=99), "Scales must be a whole number from 0 to 8"),
    ],
)
def test_options_out_of_range_are_refused(options: Options, sentence: str) -> None:
    with pytest.raises(BadOption, match=sentence):
        settings_for(options, CONFIG)


def test_an_order_carries_what_differs_from_the_default_and_comes_back_whole() -> None:
    settings = Settings(size=300, colours="content", style_weights=(2, 1))
    job = replace(make_job(1), settings=settings.to_dict(), masks=("sha256/mask", None))
    order = Order.of(job)
    assert order.settings == {"size": 300, "colours": "content", "style_weights": [2, 1]}
    back = Order.from_json(order.to_json())
    assert back == order
    assert Settings.from_dict(back.settings) == settings


def test_the_longest_order_fits() -> None:
    weights = dict.fromkeys(LAYERS, 0.12345678901234567)
    start = dict.fromkeys(("content", "matched", "style", "noise", "preview"), 0.12345678901234567)
    settings = Settings(
        content_layers=weights, style_layers=weights, start=start, style_weights=(0.12345678901234567,) * 4
    )
    digest = f"sha256/{'f' * 64}"
    job = replace(make_job(1), settings=settings.to_dict(), photo=digest, styles=(digest,) * 4, masks=(digest,) * 4)
    assert len(Order.of(job).to_json()) <= MAX_ORDER_BYTES


def test_an_order_of_an_older_version_is_understood() -> None:
    old = {"job": "1", "photo": "p", "styles": ["s"], "settings": {"size": 64}}
    assert Order.from_json(json.dumps(old)) == Order("1", "p", ("s",), {"size": 64})


@pytest.mark.parametrize("masks", [(), (None, b"a mask"), (b"", None)])
def test_pictures_travel_as_they_are(masks: tuple[bytes | None, ...]) -> None:
    pictures = Pictures(b"a photo", (b"one", b"another"), masks)
    lengths = json.loads(json.dumps(pictures.lengths))
    assert Pictures.from_payload(lengths, pictures.payload) == pictures


def test_the_cost_counts_scales_and_frames() -> None:
    settings = Settings(size=1000, steps=100)
    whole = CheckedPhoto(1000, 1000).cost(replace(settings, scales=1))
    assert (whole.steps, whole.work, whole.megapixels) == (100, pytest.approx(100), pytest.approx(1))
    coarse_first = CheckedPhoto(1000, 1000).cost(replace(settings, scales=2))
    assert coarse_first.steps == 100 and coarse_first.work < 60
    moving = CheckedPhoto(1000, 1000, frames=5).cost(replace(settings, scales=1))
    assert (moving.steps, moving.work) == (200, pytest.approx(100 + 4 * 25))


@pytest.mark.parametrize(
    ("frames", "is_size_chosen", "size"), [(1, False, 1024), (2, False, MOVING_SIZE), (2, True, 1024)]
)
async def test_an_animation_is_small_unless_its_size_was_chosen(frames: int, is_size_chosen: bool, size: int) -> None:
    """Each of its frames is painted: at the size of a still picture that would take hours."""
    pictures, out = [Image.new("RGB", (60, 40), (200, shade, 90)) for shade in (20, 200)][:frames], io.BytesIO()
    pictures[0].save(out, "GIF", save_all=True, append_images=pictures[1:], duration=80)
    photo = await check_photo(out.getvalue(), Settings(size=1024), 1 << 22, is_size_chosen=is_size_chosen)
    assert (photo.size, photo.width, photo.frames) == (size, size, frames)


def test_percent_goes_by_the_work_and_not_by_the_steps() -> None:
    event = Running("1", 90, 100, 30.0, share=0.505)
    assert event.percent == 50
    assert text.running(event) == "Painting ██████░░░░░░ 50 %, about 30 s left"


def test_a_caption_tells_what_was_changed() -> None:
    losses = {name: [2.0, 1.0] for name in LOSS_NAMES}
    summary = LossSummary(losses, 1, 2.0, "cpu", "float32", 64, 48, ("Painted at 64 pixels, for want of memory.",))
    assert text.result(make_job(1), summary).endswith("(float32)\nPainted at 64 pixels, for want of memory.")

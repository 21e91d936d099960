"""Bytes to pictures: every kind that people send, and every kind that must be refused in a sentence."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from nst_engine.errors import PictureError
from nst_engine.images import fit, fit_area, open_picture, to_jpeg, to_picture, to_png, to_tensor


def encode(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def ramp(mode: str = "RGB", size: tuple[int, int] = (40, 24)) -> Image.Image:
    """Left to right from dark to light, red only in the upper half."""
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    pixels[..., :] = np.linspace(10, 240, size[0]).astype(np.uint8)[None, :, None]
    pixels[: size[1] // 2, :, 1:] = 0
    return Image.fromarray(pixels).convert(mode)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "AVIF", "GIF"])
def test_common_kinds_open_as_rgb(kind: str) -> None:
    picture = open_picture(encode(ramp(), kind))
    assert (picture.mode, picture.size) == ("RGB", (40, 24))
    error = np.abs(np.asarray(picture, float) - np.asarray(ramp(), float)).mean()
    assert error < 12


@pytest.mark.parametrize("mode", ["L", "1", "CMYK", "LAB", "YCbCr", "P"])
def test_other_modes_become_rgb(mode: str) -> None:
    kind = "PNG" if mode in ("L", "1", "P") else "TIFF"
    assert open_picture(encode(ramp(mode), kind)).mode == "RGB"


def test_exif_turns_the_picture_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = open_picture(encode(ramp(), "JPEG", exif=exif, quality=95))
    assert picture.size == (24, 40)
    assert np.asarray(picture)[0].mean() < np.asarray(picture)[-1].mean()


def test_an_icc_profile_is_converted_to_srgb() -> None:
    # With the colour channels' primaries in another order, red is no longer red until the profile is heeded.
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    tags = bytearray(srgb)
    red, blue = tags.index(b"rXYZ"), tags.index(b"bXYZ")
    tags[red : red + 4], tags[blue : blue + 4] = b"bXYZ", b"rXYZ"
    red_square = Image.new("RGB", (32, 32), (200, 0, 0))
    plain = open_picture(encode(red_square, icc_profile=srgb)).getpixel((5, 5))
    swapped = open_picture(encode(red_square, icc_profile=bytes(tags))).getpixel((5, 5))
    assert isinstance(plain, tuple)
    assert isinstance(swapped, tuple)
    assert plain[0] > 190 and plain[2] < 10
    assert swapped[2] > 150 > swapped[0]


def test_a_damaged_profile_counts_as_none() -> None:
    assert open_picture(encode(ramp(), icc_profile=b"no profile")).getpixel((39, 23)) == (240, 240, 240)


def test_sixteen_bits_keep_their_tones() -> None:
    deep = Image.fromarray(np.linspace(0, 65535, 40 * 24).reshape(24, 40).astype(np.uint16))
    values = np.asarray(open_picture(encode(deep)))[..., 0]
    assert values[0, 0] == 0
    assert values[-1, -1] == 255
    assert abs(int(values[12, 0]) - 128) <= 3


def test_alpha_is_kept_and_an_opaque_one_dropped() -> None:
    clear = ramp("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    assert open_picture(encode(clear)).mode == "RGBA"
    assert open_picture(encode(ramp("RGBA"))).mode == "RGB"
    palette = ramp("P")
    palette.info["transparency"] = 0
    assert open_picture(encode(palette, "GIF", transparency=int(np.asarray(palette)[0, 0]))).mode == "RGBA"


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    picture = open_picture(encode(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert picture.getpixel((3, 3)) == (255, 0, 0)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty; send"),
        (b"This is a text file called photo.jpg.", "not a picture that can be read; send"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
        (encode(Image.new("RGB", (1, 1))), "1x1 pixels is too small; send one of at least 16"),
        (encode(Image.new("RGB", (300, 3))), "300x3 pixels is too small"),
        (encode(ramp(size=(400, 300)), "JPEG")[:2000], "damaged or incomplete; save it again"),
        (encode(ramp(size=(400, 300)))[:400], "damaged or incomplete"),
    ],
)
def test_what_is_no_picture_is_refused_with_what_to_do(data: bytes, sentence: str) -> None:
    with pytest.raises(PictureError, match=sentence):
        open_picture(data)


def test_a_huge_picture_is_refused_before_it_is_decoded() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    with pytest.raises(PictureError, match="too large; send one of at most 80 megapixels"):
        open_picture(data)


@given(st.binary(max_size=300), st.integers(0, 5))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_a_picture_or_a_picture_error(data: bytes, kind: int) -> None:
    heads = [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\x00\x00\x00\x00WEBP", b"II*\x00"]
    try:
        assert open_picture(heads[kind] + data).mode in ("RGB", "RGBA")
    except PictureError as error:
        assert str(error).endswith(".")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "AVIF", "GIF"])
def test_a_damaged_picture_is_read_or_refused_and_never_anything_else(kind: str) -> None:
    """Some hundred copies of a picture with EXIF data, each with a few bytes changed."""
    random = np.random.default_rng(7)
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {} if kind in ("BMP", "GIF") else {"exif": exif}
    whole = np.frombuffer(encode(ramp(size=(48, 48)), kind, **options), np.uint8)
    refused = 0
    for _ in range(300):
        damaged = whole.copy()
        damaged[random.integers(0, len(whole), 4)] = random.integers(0, 256, 4)
        try:
            assert open_picture(damaged.tobytes()).mode in ("RGB", "RGBA")
        except PictureError as error:
            refused += str(error).endswith(".")
    assert refused or kind in ("BMP", "JPEG", "GIF")


@given(st.integers(16, 5000), st.integers(16, 5000), st.integers(32, 2048))
@settings(deadline=None)
def test_fit_keeps_the_shape_and_meets_the_longer_side(width: int, height: int, side: int) -> None:
    try:
        size = fit(width, height, side)
    except PictureError:
        assert side * min(width, height) / max(width, height) < 16.5
        return
    assert max(size) == side
    assert abs(size[0] - width * side / max(width, height)) <= 0.5
    assert abs(size[1] - height * side / max(width, height)) <= 0.5


def test_fit_area_keeps_the_shape() -> None:
    assert fit_area(1024, 512, 200 * 100) == (200, 100)
    assert fit_area(4000, 20, 1000) == (62, 16)
    assert fit_area(16, 5_000_000, 512 * 384) == (16, 12_288)


def test_a_tensor_comes_back_as_the_same_picture() -> None:
    picture = ramp()
    tensor = to_tensor(picture)
    assert tuple(tensor.shape) == (1, 3, 24, 40)
    assert np.array_equal(np.asarray(to_picture(tensor)), np.asarray(picture))
    assert to_picture(tensor * 0 + 300).getpixel((0, 0)) == (255, 255, 255)


def test_transparent_parts_are_painted_on_white() -> None:
    clear = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    assert to_tensor(clear).min() == 255


def test_pictures_are_written_whole() -> None:
    assert Image.open(io.BytesIO(to_png(ramp()))).size == (40, 24)
    assert Image.open(io.BytesIO(to_jpeg(ramp("RGBA"), longest=20))).size == (20, 12)


def test_noise_is_written_as_jpeg_too() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (600, 800, 3), dtype=np.uint8)
    data = to_jpeg(Image.fromarray(noise), 95, full_colour=True)
    assert Image.open(io.BytesIO(data)).size == (800, 600)

"""Bytes to pictures: every kind that people send, and every kind that must be refused in a sentence."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from nst_engine.errors import PictureError
from nst_engine.images import fit, fit_area, open_picture, to_jpeg, to_picture, to_png, to_tensor

pillow_heif.register_heif_opener()
KINDS = ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "AVIF", "GIF", "HEIF"]


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


@pytest.mark.parametrize("kind", KINDS)
def test_common_kinds_open_as_rgb(kind: str) -> None:
    picture = open_picture(encode(ramp(), kind))
    assert (picture.mode, picture.size) == ("RGB", (40, 24))
    error = np.abs(np.asarray(picture, float) - np.asarray(ramp(), float)).mean()
    assert error < 12


@pytest.mark.parametrize("mode", ["L", "1", "CMYK", "LAB", "YCbCr", "P"])
def test_other_modes_become_rgb(mode: str) -> None:
    kind = "PNG" if mode in ("L", "1", "P") else "TIFF"
    assert open_picture(encode(ramp(mode), kind)).mode == "RGB"


def turned() -> bytes:
    """EXIF data that say: turn by a quarter."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif.tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_exif_turns_the_picture_upright(kind: str) -> None:
    picture = open_picture(encode(ramp(), kind, exif=turned(), quality=95))
    assert picture.size == (24, 40)
    assert np.asarray(picture)[0].mean() + 100 < np.asarray(picture)[-1].mean()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_an_icc_profile_is_converted_to_srgb(kind: str) -> None:
    # With the colour channels' primaries in another order, red is no longer red until the profile is heeded.
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    tags = bytearray(srgb)
    red, blue = tags.index(b"rXYZ"), tags.index(b"bXYZ")
    tags[red : red + 4], tags[blue : blue + 4] = b"bXYZ", b"rXYZ"
    red_square = Image.new("RGB", (32, 32), (200, 0, 0))
    plain = open_picture(encode(red_square, kind, icc_profile=srgb)).getpixel((5, 5))
    swapped = open_picture(encode(red_square, kind, icc_profile=bytes(tags))).getpixel((5, 5))
    assert isinstance(plain, tuple)
    assert isinstance(swapped, tuple)
    assert plain[0] > 190 and plain[2] < 10
    assert swapped[2] > 150 > swapped[0]


def gray_profile() -> bytes:
    """A profile for gray whose values are proportional to light."""
    white = b"XYZ " + struct.pack(">4x3i", 0xF6D6, 0x10000, 0xD32D)
    curve = b"curv" + struct.pack(">4xI", 0)
    table = struct.pack(">I4sII4sII", 2, b"wtpt", 156, len(white), b"kTRC", 156 + len(white), len(curve))
    size = 128 + len(table) + len(white) + len(curve)
    header = struct.pack(">I4sI4s4s4s", size, b"", 0x02100000, b"mntr", b"GRAY", b"XYZ ") + bytes(12) + b"acsp"
    header = header.ljust(68, b"\0") + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    return header.ljust(128, b"\0") + table + white + curve


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_gray_is_converted_by_its_profile(mode: str) -> None:
    gray = Image.new(mode, (20, 20), (128, 50) if mode == "LA" else 128 * 257 if mode == "I;16" else 128)
    plain = open_picture(encode(gray)).getpixel((5, 5))
    light = open_picture(encode(gray, icc_profile=gray_profile())).getpixel((5, 5))
    assert isinstance(plain, tuple)
    assert isinstance(light, tuple)
    assert plain[0] == 128
    assert abs(light[0] - 188) <= 1  # sRGB's value for half of the light
    assert light[3:] == plain[3:] == ((50,) if mode == "LA" else ())


def test_a_damaged_profile_counts_as_none() -> None:
    assert open_picture(encode(ramp(), icc_profile=b"no profile")).getpixel((39, 23)) == (240, 240, 240)


def test_sixteen_bits_keep_their_tones() -> None:
    deep = Image.fromarray(np.linspace(0, 65535, 40 * 24).reshape(24, 40).astype(np.uint16))
    values = np.asarray(open_picture(encode(deep)))[..., 0]
    assert values[0, 0] == 0
    assert values[-1, -1] == 255
    assert abs(int(values[12, 0]) - 128) <= 3


def png(size: tuple[int, int], bits: int, colour: int, rows: bytes, transparent: bytes = b"") -> bytes:
    """A PNG written by hand: Pillow writes none of 16 bits but gray."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", *size, bits, colour, 0, 0, 0)
    trns = chunk(b"tRNS", transparent) if transparent else b""
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + trns + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


def words(*values: int) -> bytes:
    return struct.pack(f">{len(values)}H", *values)


@pytest.mark.parametrize(
    ("data", "pixels"),
    [
        (png((2, 1), 16, 2, b"\0" + words(0, 0x8000, 0xFFFF, 0x4000, 0, 0)), [(0, 128, 255), (64, 0, 0)]),
        (
            png((2, 1), 16, 2, b"\0" + words(0, 0x8000, 0xFFFF, 0x4000, 0, 0), words(0, 0x8000, 0xFFFF)),
            [(0, 128, 255, 0), (64, 0, 0, 255)],
        ),
        (png((2, 1), 16, 0, b"\0" + words(200, 100)), [(1, 1, 1), (0, 0, 0)]),
        (png((2, 1), 16, 0, b"\0" + words(0x8000, 0xFFFF), words(0x8000)), [(128, 128, 128, 0), (255, 255, 255, 255)]),
        (
            png((2, 1), 16, 4, b"\0" + words(0x8000, 0x8000, 0xFFFF, 0xFFFF)),
            [(128, 128, 128, 128), (255, 255, 255, 255)],
        ),
        (png((1, 1), 16, 6, b"\0" + words(0x8000, 0, 0xFFFF, 0x4000)), [(128, 0, 255, 64)]),
        (png((2, 1), 1, 0, b"\0\x80"), [(255, 255, 255), (0, 0, 0)]),
        (png((2, 1), 1, 0, b"\0\x80", words(1)), [(255, 255, 255, 0), (0, 0, 0, 255)]),
        (png((2, 1), 8, 4, b"\0" + bytes([9, 80, 200, 255])), [(9, 9, 9, 80), (200, 200, 200, 255)]),
    ],
)
def test_png_of_any_depth_keeps_colours_and_alpha(data: bytes, pixels: list[tuple[int, ...]]) -> None:
    picture = open_picture(data)
    assert [picture.getpixel((x, 0)) for x in range(picture.width)] == pixels


def test_heic_of_ten_bits_keeps_its_tones() -> None:
    tones = (np.linspace(0, 65535, 64 * 48).reshape(48, 64, 1) * np.ones(3)).astype(np.uint16)
    out = io.BytesIO()
    pillow_heif.from_bytes("RGB;16", (64, 48), tones.tobytes()).save(out, quality=95)
    values = np.asarray(open_picture(out.getvalue()), float)
    assert np.abs(values - tones / 257).mean() < 2


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1"])
def test_heic_is_known_by_each_of_its_names(brand: bytes) -> None:
    data = encode(ramp(), "HEIF")
    assert open_picture(data[:8] + brand + data[12:]).size == (40, 24)


def test_heic_is_read_without_its_library_being_loaded_for_other_kinds() -> None:
    code = (
        "import sys; from nst_engine.images import open_picture; parts = sys.stdin.buffer.read().split(b'--cut--');"
        "open_picture(parts[0]); assert 'pillow_heif' not in sys.modules;"
        "assert open_picture(parts[1]).size == open_picture(parts[1]).size == (40, 24)"
    )
    data = encode(ramp()) + b"--cut--" + encode(ramp(), "HEIF")
    subprocess.run([sys.executable, "-c", code], input=data, check=True)


def test_cmyk_is_read_as_it_is_written_with_and_without_adobes_inversion() -> None:
    orange = Image.new("CMYK", (32, 32), (0, 128, 255, 0))
    inverted = encode(orange, "JPEG", quality=95)
    assert b"Adobe" in inverted
    for data in (inverted, encode(orange, "TIFF")):
        pixel = open_picture(data).getpixel((5, 5))
        assert isinstance(pixel, tuple)
        assert np.abs(np.subtract(pixel, (255, 127, 0))).max() <= 3


def test_a_palette_with_alpha_keeps_both() -> None:
    palette = Image.new("P", (20, 20), 1)
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.paste(0, (0, 0, 10, 20))
    picture = open_picture(encode(palette, transparency=bytes([90, 255])))
    assert (picture.getpixel((5, 5)), picture.getpixel((15, 5))) == ((10, 20, 30, 90), (40, 50, 60, 255))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_alpha_is_kept_in_every_kind_that_has_it(kind: str) -> None:
    clear = Image.new("RGBA", (32, 32), (200, 40, 40, 255))
    clear.paste((200, 40, 40, 90), (0, 0, 16, 32))
    picture = open_picture(encode(clear, kind, quality=100))
    assert picture.mode == "RGBA"
    half, whole = np.asarray(picture)[16, [4, 28]].astype(int)
    assert np.abs(half - (200, 40, 40, 90)).max() <= 6
    assert np.abs(whole - (200, 40, 40, 255)).max() <= 6


@pytest.mark.parametrize("size", [(1, 1), (1, 70), (70, 1)])
@pytest.mark.parametrize("kind", KINDS)
def test_the_smallest_pictures_are_read(kind: str, size: tuple[int, int]) -> None:
    picture = open_picture(encode(Image.new("RGB", size, (60, 120, 180)), kind))
    assert (picture.mode, picture.size) == ("RGB", size)
    assert np.abs(np.asarray(picture, int)[0, 0] - (60, 120, 180)).max() <= 10


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
        (encode(ramp(size=(400, 300)), "JPEG")[:2000], "damaged or incomplete; save it again"),
        (encode(ramp(size=(400, 300)))[:400], "damaged or incomplete"),
    ],
)
def test_what_is_no_picture_is_refused_with_what_to_do(data: bytes, sentence: str) -> None:
    with pytest.raises(PictureError, match=sentence):
        open_picture(data)


@pytest.mark.parametrize("side", [9_500, 20_000])
def test_a_huge_picture_is_refused_before_it_is_decoded(side: int) -> None:
    data = png((side, side), 8, 2, b"")
    with pytest.raises(PictureError, match="too large; send one of at most 80 megapixels"):
        open_picture(data)


@given(st.binary(max_size=300), st.integers(0, 6))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_a_picture_or_a_picture_error(data: bytes, kind: int) -> None:
    heads = [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\x00\x00\x00\x00WEBP", b"II*\x00"]
    heads.append(b"\x00\x00\x00\x18ftypheic")
    try:
        assert open_picture(heads[kind] + data).mode in ("RGB", "RGBA")
    except PictureError as error:
        assert str(error).endswith(".")


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_picture_is_read_or_refused_and_never_anything_else(kind: str) -> None:
    """Some hundred copies of a picture with EXIF data, each with a few bytes changed."""
    random = np.random.default_rng(7)
    options = {} if kind in ("BMP", "GIF") else {"exif": turned()}
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


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(32, 2048))
@settings(deadline=None)
def test_fit_keeps_the_shape_and_meets_the_longer_side(width: int, height: int, side: int) -> None:
    size = fit(width, height, side)
    assert max(size) == side
    assert min(size) >= 1
    assert abs(size[0] - width * side / max(width, height)) <= 0.5 or size[0] == 1
    assert abs(size[1] - height * side / max(width, height)) <= 0.5 or size[1] == 1


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

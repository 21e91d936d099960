"""The gallery: its own entries and pictures, how a style is found, a community's folder, thumbnails, drawing anew."""

from __future__ import annotations

import io
import re
import sys
import tomllib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import bot.gallery
from bot.errors import BadPicture, SetupError, UnknownStyle
from bot.gallery import Gallery, Style
from bot.gallery import draw as drawing
from bot.gallery.defaults import suited
from bot.requests import Options

HERE = Path(bot.gallery.__file__).parent
GALLERY = Gallery.load()
STYLES = list(GALLERY.styles.values())
PHOTOS = list(GALLERY.photos.values())


SEA = '[sea]\ntitle = "Sea"\nfile = "night_at-sea.png"\n'


def name_of(style: Style) -> str:
    return style.id


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A community's folder with one picture."""
    Image.new("RGB", (90, 60), "teal").save(tmp_path / "night_at-sea.png")
    return tmp_path


def describe(folder: Path, text: str) -> None:
    (folder / "styles.toml").write_text(text, encoding="utf-8")


class TestOwnPictures:
    def test_there_are_paintings_drawn_pictures_and_photos(self) -> None:
        assert len(STYLES) == 20 + len(drawing.HANDS)
        assert len(PHOTOS) == 6

    @pytest.mark.parametrize("style", STYLES, ids=name_of)
    def test_every_style_is_fully_described(self, style: Style) -> None:
        assert all((style.title, style.artist, style.year, style.source, style.licence))

    @pytest.mark.parametrize("photo", PHOTOS, ids=name_of)
    def test_every_photo_says_where_it_is_from(self, photo: Style) -> None:
        assert all((photo.title, photo.source, photo.licence))

    @pytest.mark.parametrize("style", STYLES + PHOTOS, ids=name_of)
    def test_ids_fit_into_callback_data(self, style: Style) -> None:
        assert re.fullmatch(r"[a-z0-9_]{1,24}", style.id)

    @pytest.mark.parametrize("style", STYLES + PHOTOS, ids=name_of)
    def test_every_picture_decodes_at_a_good_size(self, style: Style) -> None:
        picture = Image.open(io.BytesIO(style.read()))
        picture.load()
        assert 500 <= max(picture.size) <= 1024
        assert picture.mode == "RGB"

    def test_every_picture_in_the_folders_has_an_entry(self) -> None:
        described = {style.path for style in STYLES + PHOTOS}
        assert {path for name in ("paintings", "photos", "drawn") for path in (HERE / name).iterdir()} == described

    @pytest.mark.parametrize("name", ["styles.toml", "photos.toml"])
    def test_no_address_stands_in_the_entries_but_where_a_licence_is_quoted(self, name: str) -> None:
        text = re.sub(r"(?m)^licence = .*$", "", (HERE / name).read_text(encoding="utf-8"))
        assert not re.search(r"://|www\.|\w\.(com|org|net|io)\b", text)

    def test_label_leaves_out_what_is_not_known(self) -> None:
        assert GALLERY.styles["starry_night"].label == "The Starry Night, Vincent van Gogh, 1889"
        assert GALLERY.photos["lake_sherburne"].label == "Lake Sherburne"

    def test_every_style_has_a_strength_of_its_own(self) -> None:
        entries = tomllib.loads((HERE / "styles.toml").read_text(encoding="utf-8"))
        assert {style.id: style.defaults.strength for style in STYLES} == {
            name: entry["strength"] for name, entry in entries.items()
        }
        assert len({style.defaults.strength for style in STYLES}) > 1
        matched = {style.id for style in STYLES if style.defaults.start == {"matched": 1.0}}
        assert matched == {name for name, entry in entries.items() if entry.get("start") == "matched"}
        assert matched


class TestSuited:
    SCREAM = replace(GALLERY.styles["the_scream"], defaults=Options(strength=60))
    GLASS = replace(GALLERY.styles["stained_glass"], defaults=Options(strength=75))
    INK = replace(GALLERY.styles["ink_landscape"], defaults=Options(strength=88, start={"matched": 1.0}))

    def test_one_style_brings_all_its_defaults(self) -> None:
        assert suited([self.INK], 85) == Options(strength=88, start={"matched": 1.0})
        own = replace(self.INK, defaults=Options(style_scale=2.0))
        assert suited([own], 85) == Options(strength=85, style_scale=2.0)

    def test_what_was_brought_along_or_is_not_known_is_painted_as_configured(self) -> None:
        assert suited([None], 85) == suited([], 85) == Options(strength=85)

    @pytest.mark.parametrize(
        ("shares", "strength"),
        [((), 68), ((3.0, 1.0), 64), ((0.0, 2.0), 75), ((1.0,), 68), ((-1.0, 2.0), 68), ((0.0, 0.0), 68)],
    )
    def test_several_bring_the_mean_of_their_strengths_alone(self, shares: tuple[float, ...], strength: int) -> None:
        assert suited([self.SCREAM, self.GLASS], 85, shares) == Options(strength=strength)

    def test_among_several_a_picture_brought_along_counts_too(self) -> None:
        assert suited([self.INK, None, self.SCREAM], 20) == Options(strength=56)


class TestFind:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("starry_night", "starry_night"),
            ("The Starry Night", "starry_night"),
            ("  the   STARRY-night!", "starry_night"),
            ("starrynight", "starry_night"),
            ("starry", "starry_night"),
            ("Mont Sainte Victoire", "mont_sainte_victoire"),
            ("Cafe Terrace at Night", "cafe_terrace"),
            ("CAFÉ TERRACE AT NIGHT", "cafe_terrace"),
            ("Lilac, Mikhail Vrubel, 1900", "lilac"),
            ("the waves", "waves"),
            ("pointil", "pointillism"),
        ],
    )
    def test_forgives_spelling(self, text: str, found: str) -> None:
        assert GALLERY.find(text).id == found

    @given(st.sampled_from(STYLES), st.sampled_from([" ", "_", "-", "  ", ". "]), st.booleans())
    def test_every_style_by_id_title_and_label(self, style: Style, gap: str, loud: bool) -> None:
        for name in (style.id, style.title, style.label):
            spelt = re.sub(r"[ _]", gap, name)
            assert GALLERY.find(spelt.upper() if loud else spelt.lower()) is style

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("stary nigt", "There is no style named 'stary nigt'; did you mean The Starry Night?"),
            ("mosiac", "There is no style named 'mosiac'; did you mean Mosaic, Peacock on Gold?"),
            ("vrubel", "There is no style named 'vrubel'; did you mean Lilac?"),
            (
                "van gogh",
                "There is no style named 'van gogh'; "
                "did you mean The Starry Night, Café Terrace at Night or Village Street in Auvers?",
            ),
            ("qqqq", "There is no style named 'qqqq'; the list of styles shows all of them."),
            ("  ", "Please name a style; the list of styles shows all of them."),
            ("?!", "Please name a style; the list of styles shows all of them."),
        ],
    )
    def test_names_the_nearest_when_there_is_none(self, text: str, sentence: str) -> None:
        with pytest.raises(UnknownStyle) as caught:
            GALLERY.find(text)
        assert str(caught.value) == sentence

    def test_a_beginning_that_several_share_is_asked_about(self) -> None:
        with pytest.raises(UnknownStyle, match=r"^Several styles begin with 'm'; do you mean .+ or .+\?$"):
            GALLERY.find("m")

    def test_an_endless_or_broken_name_stays_one_short_sentence(self) -> None:
        with pytest.raises(UnknownStyle) as caught:
            GALLERY.find("zq\n" * 3000)
        assert len(str(caught.value)) < 200
        assert "\n" not in str(caught.value)

    @given(st.text(max_size=60))
    def test_any_text_finds_a_style_or_says_why_not(self, text: str) -> None:
        try:
            assert GALLERY.find(text).id in GALLERY.styles
        except UnknownStyle as error:
            assert str(error)[-1] in ".?"


class TestSearch:
    def test_nothing_typed_shows_all_in_the_order_of_the_file(self) -> None:
        assert GALLERY.search("") == STYLES
        assert GALLERY.search("  ", limit=3) == STYLES[:3]

    def test_beginnings_come_before_words_within(self) -> None:
        assert GALLERY.search("gal")[0].id == "moulin_de_la_galette"
        found = [style.id for style in GALLERY.search("m")]
        assert found[:3] == ["mosaic", "mont_sainte_victoire", "moulin_de_la_galette"]
        assert found.index("lilac") < found.index("composition_viii")

    def test_the_artist_and_the_year_count_too(self) -> None:
        assert {style.id for style in GALLERY.search("van Gogh")} == {
            "starry_night",
            "cafe_terrace",
            "village_street",
            "church_at_auvers",
            "bouquet_of_flowers",
        }
        assert [style.id for style in GALLERY.search("cezanne")] == ["mont_sainte_victoire"]
        assert "bouquet_of_flowers" in {style.id for style in GALLERY.search("1890")}

    def test_a_misspelt_name_still_turns_up(self) -> None:
        assert GALLERY.search("stary nigt")[0].id == "starry_night"
        assert GALLERY.search("xyzzy") == []

    @given(st.text(max_size=40), st.integers(1, 25))
    def test_never_more_than_asked_for_and_none_twice(self, text: str, limit: int) -> None:
        found = GALLERY.search(text, limit)
        assert len(found) <= limit
        assert len({style.id for style in found}) == len(found)


class TestCommunityFolder:
    def test_a_picture_alone_is_a_style(self, folder: Path) -> None:
        gallery = Gallery.load(folder)
        assert list(gallery.styles)[:-1] == list(GALLERY.styles)
        style = gallery.find("night at sea")
        assert (style.id, style.title, style.label) == ("night_at_sea", "Night at sea", "Night at sea")
        assert (style.artist, style.year, style.source, style.licence) == ("", "", "", "")
        assert style.read() == (folder / "night_at-sea.png").read_bytes()

    def test_an_entry_describes_its_picture(self, folder: Path) -> None:
        describe(folder, '[sea]\ntitle = "Sea by Night"\nartist = "Ana"\nyear = 2024\nfile = "night_at-sea.png"\n')
        gallery = Gallery.load(folder)
        assert gallery.styles["sea"].label == "Sea by Night, Ana, 2024"
        assert "night_at_sea" not in gallery.styles

    def test_an_entry_may_say_how_it_is_painted_best(self, folder: Path) -> None:
        describe(folder, SEA + 'strength = 40\nstyle_scale = 1.5\nscales = 2\nstart = "content=0.7, noise=0.3"\n')
        start = {"content": 0.7, "noise": 0.3}
        defaults = Gallery.load(folder).styles["sea"].defaults
        assert defaults == Options(strength=40, style_scale=1.5, scales=2, start=start)
        describe(folder, SEA)
        assert Gallery.load(folder).styles["sea"].defaults == Options()

    def test_an_id_of_ours_is_replaced_in_its_place(self, folder: Path) -> None:
        describe(folder, '[ninth_wave]\ntitle = "Our Wave"\nfile = "night_at-sea.png"\n')
        gallery = Gallery.load(folder)
        assert list(gallery.styles) == list(GALLERY.styles)
        assert gallery.find("ninth wave").title == "Our Wave"

    def test_a_title_that_both_have_means_the_community_s(self, folder: Path) -> None:
        describe(folder, '[ours]\ntitle = "Bal du Moulin de la galette"\nfile = "night_at-sea.png"\n')
        gallery = Gallery.load(folder)
        assert gallery.find("Bal du moulin de la Galette, Auguste Renoir, 1876").id == "moulin_de_la_galette"
        describe(folder, '[ours]\ntitle = "Cafe terrace at night"\nfile = "night_at-sea.png"\n')
        assert Gallery.load(folder).find("Café Terrace at Night").id == "ours"

    def test_what_is_no_picture_is_left_alone(self, folder: Path) -> None:
        (folder / "README.md").write_text("about", encoding="utf-8")
        (folder / ".hidden.png").write_bytes(b"")
        (folder / "more.png").mkdir()
        assert len(Gallery.load(folder).styles) == len(STYLES) + 1

    @pytest.mark.parametrize(
        "name", ["Ночь в саду.png", "x" * 60 + ".png", "!!!.png", "Été à Nîmes.png", "夜.png", "a b(c).PNG"]
    )
    def test_any_file_name_makes_a_good_id(self, folder: Path, name: str) -> None:
        (folder / "night_at-sea.png").rename(folder / name)
        style = list(Gallery.load(folder).styles.values())[-1]
        assert re.fullmatch(r"[a-z0-9_]{1,24}", style.id)
        assert style.title

    def test_long_names_that_begin_alike_stay_apart(self, folder: Path) -> None:
        for end in ("one", "two"):
            Image.new("RGB", (8, 8)).save(folder / f"a_picture_with_a_long_name_{end}.png")
        assert len(Gallery.load(folder).styles) == len(STYLES) + 3

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("[sea\n", r"is not valid TOML: .+\.$"),
            ('title = "Sea"\n', r"title stands outside of any style; put it under a \[style_name\] line\.$"),
            ('[sea]\nfile = "night_at-sea.png"\n', r'\[sea\] has no title; add a line title = "\.\.\."\.$'),
            ('[sea]\ntitle = "Sea"\n', r'\[sea\] has no file; add a line file = "\.\.\."\.$'),
            ('[sea]\ntitle = ""\nfile = "night_at-sea.png"\n', r"\[sea\] has no title;"),
            ('[sea]\ntitle = "Sea"\nfile = "gone.png"\n', r"\[sea\] names the file .*gone\.png, which is not there\.$"),
            (
                '[sea]\ntitel = "Sea"\nfile = "night_at-sea.png"\n',
                r"\[sea\] has an unknown key titel; did you mean title\?$",
            ),
            (
                "[sea]\nxyzzyx = 1\n",
                r"unknown key xyzzyx; known are title, artist, .+, strength, style_scale, scales, start\.$",
            ),
            ('[sea]\ntitle = 5\nfile = "night_at-sea.png"\n', r"the title of \[sea\] must be text in quotes"),
            ('[sea]\nyear = true\ntitle = "Sea"\nfile = "night_at-sea.png"\n', r"the year of \[sea\] must be text"),
            (
                '["Sea Night"]\ntitle = "Sea"\nfile = "night_at-sea.png"\n',
                r"\[Sea Night\] cannot name a style; .+ as in \[sea_night\]\.$",
            ),
            (SEA + 'strength = "high"\n', r"the strength of \[sea\] must be a number, as in strength = 1\.$"),
            (SEA + "start = 1\n", r'the start of \[sea\] must be text in quotes, as in start = "matched"\.$'),
            (
                SEA + "strength = 101\n",
                r"\[sea\] has a default that cannot be: Strength must be .+ 0 to 100, not 101\.$",
            ),
            (SEA + "style_scale = 9\n", r"\[sea\] has a default that cannot be: Style scale must be .+, not 9\.$"),
            (SEA + "scales = true\n", r"\[sea\] has a default that cannot be: Scales must be .+, not True\.$"),
            (SEA + 'start = "snow"\n', r"\[sea\] has a default that cannot be: Start 'snow' is unknown; choose .+\.$"),
            (SEA + 'start = "noise=lots"\n', r"\[sea\] has a default that cannot be: 'noise=lots' is not a name with"),
            ("[" + "a" * 25 + ']\ntitle = "Sea"\nfile = "night_at-sea.png"\n', r"cannot name a style; use at most 24"),
        ],
    )
    def test_a_wrong_entry_is_told_in_one_sentence(self, folder: Path, text: str, sentence: str) -> None:
        describe(folder, text)
        with pytest.raises(SetupError, match=sentence) as caught:
            Gallery.load(folder)
        assert "styles.toml" in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_a_list_that_is_no_text(self, folder: Path) -> None:
        (folder / "styles.toml").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(SetupError, match=r"^The list of styles .*styles\.toml cannot be read"):
            Gallery.load(folder)

    def test_a_missing_folder(self, tmp_path: Path) -> None:
        with pytest.raises(
            SetupError, match=r"^There is no gallery folder .*nowhere; make it or correct gallery\.path"
        ):
            Gallery.load(tmp_path / "nowhere")

    def test_two_files_of_one_name(self, folder: Path) -> None:
        Image.new("RGB", (8, 8)).save(folder / "Night at sea.jpg")
        with pytest.raises(SetupError, match=r"would both be the style night_at_sea; rename one of them"):
            Gallery.load(folder)

    def test_a_file_that_is_no_picture(self, folder: Path) -> None:
        (folder / "fake.jpg").write_bytes(b"not a picture at all")
        with pytest.raises(SetupError, match=r"fake\.jpg of the style fake is no picture that can be opened"):
            Gallery.load(folder)

    def test_loading_decodes_nothing(self, folder: Path) -> None:
        whole = GALLERY.styles["lilac"].read()
        (folder / "cut_short.jpg").write_bytes(whole[: len(whole) // 3])
        style = Gallery.load(folder).styles["cut_short"]
        with pytest.raises(BadPicture, match=r"^The picture of 'Cut short' cannot be opened; please choose another"):
            style.thumbnail()

    def test_a_picture_taken_away_afterwards(self, folder: Path) -> None:
        style = Gallery.load(folder).styles["night_at_sea"]
        style.path.unlink()
        with pytest.raises(BadPicture, match="is missing; please choose another style"):
            style.read()


class TestThumbnails:
    @pytest.mark.parametrize("style", STYLES + PHOTOS, ids=name_of)
    def test_small_jpegs_of_the_same_shape(self, style: Style) -> None:
        small = Image.open(io.BytesIO(style.thumbnail(96)))
        whole = Image.open(style.path)
        assert small.format == "JPEG"
        assert max(small.size) == 96
        assert small.width / small.height == pytest.approx(whole.width / whole.height, rel=0.03)

    def test_they_show_the_picture(self) -> None:
        style = GALLERY.styles["ninth_wave"]
        small = Image.open(io.BytesIO(style.thumbnail()))
        expected = Image.open(style.path).resize(small.size, Image.Resampling.BOX)
        assert np.abs(np.asarray(small, int) - np.asarray(expected, int)).mean() < 6

    def test_they_are_remembered_for_each_side(self) -> None:
        style = GALLERY.styles["reading"]
        assert style.thumbnail(64) is style.thumbnail(64)
        assert style.thumbnail(64) != style.thumbnail(80)

    def test_a_transparent_picture_lies_on_white(self, folder: Path) -> None:
        Image.new("RGBA", (50, 50), (200, 0, 0, 0)).save(folder / "glass.png")
        small = Image.open(io.BytesIO(Gallery.load(folder).styles["glass"].thumbnail(32)))
        assert small.getpixel((16, 16)) == (255, 255, 255)

    def test_a_turned_picture_stands_upright(self, folder: Path) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.new("RGB", (80, 40), "navy").save(folder / "turned.jpg", exif=exif)
        assert Image.open(io.BytesIO(Gallery.load(folder).styles["turned"].thumbnail(40))).size == (20, 40)


class TestDrawing:
    def test_every_drawn_picture_has_a_hand(self) -> None:
        drawn = {style.id: style.path for style in STYLES if style.artist == "Atelier"}
        assert drawn == {name: drawing.FOLDER / f"{name}.jpg" for name in drawing.HANDS}

    @pytest.mark.parametrize("name", drawing.HANDS)
    def test_drawn_pictures_are_large_enough_and_not_heavy(self, name: str) -> None:
        path = GALLERY.styles[name].path
        assert 768 <= max(Image.open(path).size) <= 1024
        assert path.stat().st_size < 900_000

    def test_an_unknown_name_is_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert drawing.main(["fresco"]) == 2
        assert "There is no picture named fresco" in capsys.readouterr().err

    @pytest.mark.slow
    @pytest.mark.parametrize("name", ["stained_glass", "pointillism"])
    def test_drawn_anew_it_is_the_same_picture(self, name: str, tmp_path: Path) -> None:
        """The two that are drawn fastest; `make gallery` draws all."""
        anew, kept = (Image.open(path) for path in (drawing.draw(name, tmp_path), GALLERY.styles[name].path))
        assert anew.size == kept.size
        # Another processor may round otherwise and cut single stones or dots differently: what may not change is
        # the picture as seen from a step back.
        quarter = (kept.width // 4, kept.height // 4)
        first, second = (np.asarray(picture.resize(quarter, Image.Resampling.BOX), int) for picture in (anew, kept))
        assert np.abs(first - second).mean() < 3


@pytest.mark.parametrize(
    ("words", "style"),
    [
        ("starry night", "starry_night"),
        ("The Starry-Night", "starry_night"),
        ("starry nite", "starry_night"),
        ("strary night", "starry_night"),
        ("compositon VIII", "composition_viii"),
        ("sleep of reasons", "sleep_of_reason"),
        ("The Scream", "the_scream"),
        ("church in auvers", "church_at_auvers"),
        ("waves", "waves"),
        ("wave", None),
        ("starry", None),
        ("what a starry night", None),
        ("the", None),
        ("", None),
    ],
)
def test_a_name_is_told_from_talk(words: str, style: str | None) -> None:
    found = GALLERY.named(words)
    assert (None if found is None else found.id) == style


def test_an_empty_gallery_names_nothing() -> None:
    assert Gallery({}, {}).named("starry night") is None


def full_gallery() -> Gallery:
    """The bot's gallery and a thousand styles of a place."""
    own = {f"own_{n}": Style(f"own_{n}", f"Evening at harbour number {n}", "", "", "", "", Path()) for n in range(1000)}
    return GALLERY.joined(own, dict.fromkeys(own, "ann"))


@pytest.mark.parametrize("talk", ["what a lovely picture this is", "see you tomorrow evening!", "mm"])
def test_talk_is_told_from_names_with_little_work(talk: str) -> None:
    full, work = full_gallery(), Counter[str]()
    sys.setprofile(lambda frame, event, _: work.update([frame.f_code.co_name]) if event == "call" else None)
    try:
        found = full.named(talk)
    finally:
        sys.setprofile(None)
    assert found is None
    assert work["key"] == 1, "the names of the styles are made ready before"
    assert work["ratio"] <= 40, "of a thousand"


def test_a_name_is_known_among_many_others() -> None:
    full = full_gallery()
    assert full.named("the Evening at harbor number 500") == full.styles["own_500"]
    assert full.named("strary night") == GALLERY.styles["starry_night"]


def test_a_style_of_the_place_wins_by_name() -> None:
    title = next(style.title for style in STYLES if "," in style.title)
    own = Style("ours", title, "", "", "", "", Path())
    here = GALLERY.joined({"ours": own}, {"ours": "ann"})
    assert here.named(title) == here.find(title) == own

"""The configuration: TOML and environment; what is wrong is told in one sentence that names the nearest right thing."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from bot.config import Config, load_config
from bot.errors import SetupError

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def write(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text)
    return path


def test_the_example_is_the_default_and_has_every_key() -> None:
    assert load_config(EXAMPLE, {}) == Config()
    text = EXAMPLE.read_text()
    for section, info in Config.model_fields.items():
        assert f"[{section}]" in text
        assert info.annotation is not None
        for key in info.annotation.model_fields:
            part = text.split(f"[{section}]")[1].split("\n[")[0]
            assert f"\n{key} = " in part or f"\n# {key} = " in part, f"{section}.{key}"


def test_the_commented_values_of_the_example_are_valid() -> None:
    lines = [
        line.removeprefix("# ") if " = " in line and line.startswith("# ") else line
        for line in EXAMPLE.read_text().split("\n")
    ]
    values = tomllib.loads("\n".join(lines))
    assert Config.model_validate(values).web.enabled is True


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "[web]\nport = 1\nhost = '0.0.0.0'\n[discord]\nguild_ids = [1]")
    environ = {
        "ATELIER_WEB__PORT": "2",
        "ATELIER_DISCORD__GUILD_IDS": "3,4",
        "ATELIER_WEB__ENABLED": "true",
        "HOME": "/",
    }
    config = load_config(path, environ)
    assert (config.web.port, config.web.host, config.discord.guild_ids, config.web.enabled) == (
        2,
        "0.0.0.0",
        (3, 4),
        True,
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[discord]\ntokn = 'x'", "no key in [discord] named tokn; did you mean token?"),
        ("[discrod]\ntoken = 'x'", "no configuration section named discrod; did you mean discord?"),
        ("[web]\nport = 99999", "key web.port is wrong: input should be less than or equal to 65535"),
        ("[log]\nlevel = 'loud'", "key log.level is wrong: input should be 'debug', 'info', 'warning' or 'error'"),
        ("[engine]\nprecision = 3", "key engine.precision is wrong"),
        ("web = 3", "key web is wrong"),
        ("[web", "is not valid TOML"),
    ],
)
def test_a_wrong_file_is_told_in_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(SetupError) as caught:
        load_config(write(tmp_path, text), {})
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "near"), [("ATELIER_DISCORD__TOKEM", "ATELIER_DISCORD__TOKEN"), ("ATELIER_WEB_PORT", "ATELIER_WEB__PORT")]
)
def test_an_unknown_variable_is_told_with_the_nearest(tmp_path: Path, name: str, near: str) -> None:
    with pytest.raises(SetupError, match=f"{name}; did you mean {near}"):
        load_config(write(tmp_path, ""), {name: "secret"})


def test_a_missing_file_that_was_named_is_told() -> None:
    with pytest.raises(SetupError, match=r"no configuration file .*; copy config.example.toml"):
        load_config(Path("nowhere.toml"), {})


def test_files_come_from_beside_a_bot_api_server_of_ones_own(tmp_path: Path) -> None:
    path = write(tmp_path, '[telegram]\napi_url = "http://telegram:8081/bot"')
    assert load_config(path, {}).telegram.file_url == "http://telegram:8081/file/bot"
    files = {"ATELIER_TELEGRAM__FILE_URL": "http://files/bot"}
    assert load_config(path, files).telegram.file_url == "http://files/bot"
    assert load_config(None, files | {"ATELIER_TELEGRAM__API_URL": ""}).telegram.file_url == "http://files/bot"
    with pytest.raises(SetupError, match=r"telegram\.file_url is wrong: .*give it beside an api_url"):
        load_config(path, {"ATELIER_TELEGRAM__API_URL": "http://telegram:8081/bot/"})


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, "[discord]\ntoken = 'hush-hush'"), {"ATELIER_TELEGRAM__TOKEN": "quiet"})
    assert config.discord.token.get_secret_value() == "hush-hush"
    assert "hush" not in repr(config) + str(config.model_dump()) + config.model_dump_json()
    with pytest.raises(SetupError) as caught:
        load_config(write(tmp_path, "[discord]\ntoken = ['hush-hush']"), {})
    assert "hush" not in str(caught.value)

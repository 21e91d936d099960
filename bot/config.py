"""The configuration: a TOML file and environment variables `ATELIER_SECTION__KEY`, checked before anything starts."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from bot.errors import SetupError
from nst_engine.settings import MAX_SIZE, MAX_STEPS, MIN_SIZE

_WEBHOOK_SECRET: Final = re.compile(r"([A-Za-z0-9_-]{16,256})?")
ENV_PREFIX: Final = "ATELIER_"
DISCORD_CDN: Final = ("https://cdn.discordapp.com/", "https://media.discordapp.net/")


def _not_empty(path: Path) -> Path:
    if path == Path():
        raise ValueError("name a folder")
    return path.expanduser()


Folder = Annotated[Path, AfterValidator(_not_empty)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class DiscordConfig(_Section):
    """Discord: off while `token` is empty."""

    token: SecretStr = SecretStr("")
    application_id: int | None = None
    guild_ids: tuple[int, ...] = ()
    api_url: str = ""
    gateway_url: str = ""
    cdn_urls: tuple[str, ...] = DISCORD_CDN


class TelegramConfig(_Section):
    """Telegram: off while `token` is empty. `file_url` left out is the one that belongs to `api_url`."""

    token: SecretStr = SecretStr("")
    mode: Literal["polling", "webhook"] = "polling"
    api_url: str = ""
    file_url: str = ""
    webhook_url: str = ""
    webhook_listen: str = "127.0.0.1"
    webhook_port: int = Field(default=8443, ge=0, le=65535)
    webhook_secret: SecretStr = SecretStr("")

    @field_validator("file_url")
    @classmethod
    def _beside_api(cls, url: str, info: ValidationInfo) -> str:
        api_url: str = info.data.get("api_url", "")
        if url or not api_url:
            return url
        # Left empty, the token would go to Telegram's own server with every file.
        if not api_url.endswith("/bot"):
            raise ValueError("give it beside an api_url that does not end in /bot; it usually ends in /file/bot")
        return f"{api_url.removesuffix('bot')}file/bot"

    @field_validator("webhook_url")
    @classmethod
    def _check_url(cls, url: str, info: ValidationInfo) -> str:
        if info.data.get("mode") == "webhook":
            schemes = ("https://", "http://") if info.data.get("api_url") else ("https://",)
            if not url.startswith(schemes) or not urlsplit(url).hostname:
                raise ValueError(
                    "with mode webhook, give the address where Telegram reaches this bot; it begins with https://"
                )
        return url

    @field_validator("webhook_secret")
    @classmethod
    def _check_secret(cls, secret: SecretStr) -> SecretStr:
        if not _WEBHOOK_SECRET.fullmatch(secret.get_secret_value()):
            raise ValueError("use 16 to 256 of the characters A-Z, a-z, 0-9, _ and -; leave it empty, and one is made")
        return secret


class WebConfig(_Section):
    """The local page. `enabled` left out means: when no other front-end works.

    `steers_queue`: whoever opens the page may pause, empty and cancel; left out: when only
    this machine can open it, by its own names.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    enabled: bool | None = None
    names: tuple[str, ...] = ()
    steers_queue: bool | None = None


class EngineConfig(_Section):
    """The engine and what a job gets when nothing is chosen. `default_size` and `default_steps` 0: the preset's."""

    device: str = "auto"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    weights: str = "bundled"
    deterministic: bool = False
    preview: str = ""
    timelapse: bool = True
    side_by_side: int = Field(default=1, ge=1, le=64)
    max_pixels: int = Field(default=4_194_304, ge=MIN_SIZE * MIN_SIZE)
    default_size: int = Field(default=0, ge=0, le=MAX_SIZE)
    default_steps: int = Field(default=0, ge=0, le=MAX_STEPS)
    default_preset: Literal["draft", "standard", "fine"] = "standard"
    default_strength: int = Field(default=85, ge=0, le=100)


def _named_with_platform(weights: dict[str, float]) -> dict[str, float]:
    for name in weights:
        platform, _, own = name.partition(":")
        if not platform or not own:
            raise ValueError(f'name places and persons with their platform, such as "discord:1234", not {name!r}')
    return weights


Weight = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class QueueConfig(_Section):
    """The queue: where jobs are dispatched, when workers count as lost, how many jobs may wait and be asked for a day
    (0: any), and whose turns weigh more.

    `weights` are of places and persons, by their ids with the platform: `discord:1234`.
    """

    url: str = "memory://"
    lease_seconds: float = Field(default=30, ge=1)
    drain_seconds: float = Field(default=600, ge=0)
    max_per_person: int = Field(default=5, ge=1)
    max_per_place: int = Field(default=50, ge=1)
    max_total: int = Field(default=500, ge=1)
    max_per_person_per_day: int = Field(default=0, ge=0)
    max_per_place_per_day: int = Field(default=0, ge=0)
    cooldown_seconds: float = Field(default=0, ge=0, allow_inf_nan=False)
    weights: Annotated[dict[str, Weight], AfterValidator(_named_with_platform)] = {}
    moderator_weight: Weight = 1.0

    @property
    def is_local(self) -> bool:
        """True if the bot is its own worker."""
        return self.url.startswith("memory:")


class StorageConfig(_Section):
    """Where the ledger and the pictures lie, and how long pictures are kept after a job is over."""

    path: Folder = Path("data")
    blobs: str = ""
    s3_endpoint: str = ""
    keep_hours: float = Field(default=72, ge=0)


class GalleryConfig(_Section):
    """A folder with a community's own styles, beside those that come with the bot, and how many styles a Discord server
    or a Telegram chat may add to its own gallery.
    """

    path: Folder | None = None
    max_per_place: int = Field(default=50, ge=0, le=1000)


class LogConfig(_Section):
    """The log, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


class Config(_Section):
    """The whole configuration; `config.example.toml` explains every key."""

    discord: DiscordConfig = DiscordConfig()
    telegram: TelegramConfig = TelegramConfig()
    web: WebConfig = WebConfig()
    engine: EngineConfig = EngineConfig()
    queue: QueueConfig = QueueConfig()
    storage: StorageConfig = StorageConfig()
    gallery: GalleryConfig = GalleryConfig()
    log: LogConfig = LogConfig()


def load_config(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """Read `path` (or `config.toml` beside the caller, when there is one), then the environment on top.

    Raises `SetupError` with one sentence for a missing file, broken TOML, an unknown key (naming the nearest known
    one) or a bad value. Secrets stand in none of these sentences.
    """
    values = _read_file(path)
    for (section, key), text in _from_environment(os.environ if environ is None else environ):
        inside = values.setdefault(section, {})
        if isinstance(inside, dict):
            inside[key] = text
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise SetupError(_explain(error)) from None


def _read_file(path: Path | None) -> dict[str, Any]:
    chosen = path or Path("config.toml")
    try:
        return tomllib.loads(chosen.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if path is None:
            return {}
        raise SetupError(f"There is no configuration file {chosen}; copy config.example.toml to it.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"The configuration file {chosen} cannot be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise SetupError(f"The configuration file {chosen} is not valid TOML: {error}.") from None


def _from_environment(environ: Mapping[str, str]) -> list[tuple[tuple[str, str], Any]]:
    found: list[tuple[tuple[str, str], Any]] = []
    for name, text in sorted(environ.items()):
        if not name.startswith(ENV_PREFIX):
            continue
        section, _, key = name[len(ENV_PREFIX) :].lower().partition("__")
        known = Config.model_fields.get(section)
        fields = known.annotation.model_fields if known is not None and known.annotation is not None else {}
        if key not in fields:
            raise SetupError(_unknown(name, [_env_name(*keys) for keys in _known_keys()], "environment variable"))
        found.append(((section, key), _parse(text, fields[key].annotation)))
    return found


def _parse(text: str, annotation: Any) -> Any:
    """An environment variable's text as TOML would give it: lists and tables (a=1,b=2) split, others as they are."""
    if str(annotation).startswith("tuple["):
        return [item.strip() for item in text.strip("[] ").split(",") if item.strip()]
    if str(annotation).startswith("dict["):
        pairs = [item.partition("=") for item in text.split(",") if item.strip()]
        return {name.strip(): value.strip() for name, _, value in pairs}
    return None if text == "" and TypeAdapter(annotation).core_schema["type"] == "nullable" else text


def _known_keys() -> list[tuple[str, str]]:
    keys = []
    for section, info in Config.model_fields.items():
        assert info.annotation is not None
        keys += [(section, key) for key in info.annotation.model_fields]
    return keys


def _env_name(section: str, key: str) -> str:
    return f"{ENV_PREFIX}{section}__{key}".upper()


def _explain(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    where = [str(part) for part in first["loc"]]
    if first["type"] == "extra_forbidden":
        known = list(Config.model_fields) if len(where) == 1 else [k for s, k in _known_keys() if s == where[0]]
        inside = "configuration section" if len(where) == 1 else f"key in [{where[0]}]"
        return _unknown(where[-1], known, inside)
    reason = first["msg"].removeprefix("Value error, ")
    return f"The configuration key {'.'.join(where[:2])} is wrong: {reason[0].lower()}{reason[1:]}."


def _unknown(name: str, known: list[str], kind: str) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}."
    return f"There is no {kind} named {name}; {hint}"

"""The compose file says what the program understands."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import build_parser
from bot.config import load_config

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed (pip install pyyaml)")
    composed = yaml.safe_load((ROOT / "compose.yaml").read_text())
    used = {volume.split(":")[0] for service in composed["services"].values() for volume in service["volumes"]}
    assert used == set(composed["volumes"])
    found: dict[str, Any] = composed["services"]
    return found


def environ_of(service: dict[str, Any]) -> dict[str, str]:
    return {name: "" if str(value).startswith("${") else str(value) for name, value in service["environment"].items()}


@pytest.mark.parametrize("name", ["bot", "worker"])
def test_its_commands_and_variables_are_known(services: dict[str, Any], name: str, tmp_path: Path) -> None:
    service = services[name]
    assert build_parser().parse_args(shlex.split(service["command"])).command == {"bot": "run"}.get(name, name)
    (tmp_path / "config.toml").write_text("")
    config = load_config(tmp_path / "config.toml", environ_of(service))
    assert config.queue.url == "redis://redis:6379/0"
    assert config.storage.blobs == "/blobs"
    assert "blobs:/blobs" in service["volumes"]
    assert service["build"] == "." and (ROOT / "Dockerfile").exists()


def test_there_are_two_workers_and_each_may_end_its_picture(services: dict[str, Any], tmp_path: Path) -> None:
    worker = services["worker"]
    (tmp_path / "config.toml").write_text("")
    drain = load_config(tmp_path / "config.toml", environ_of(worker)).queue.drain_seconds
    assert worker["deploy"]["replicas"] == 2
    assert int(worker["stop_grace_period"].removesuffix("s")) > drain


def test_its_redis_forgets_nothing(services: dict[str, Any]) -> None:
    words = services["redis"]["command"].split()
    options = dict(zip(words[1::2], words[2::2], strict=True))
    assert options == {"--appendonly": "yes", "--appendfsync": "always", "--maxmemory-policy": "noeviction"}
    assert "redis:/data" in services["redis"]["volumes"]


def test_the_page_is_published_to_this_machine_alone(services: dict[str, Any]) -> None:
    assert all(port.startswith("127.0.0.1:") for port in services["bot"]["ports"])


def test_its_folders_belong_to_the_image_s_user() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "mkdir /data /blobs && chown atelier /data /blobs" in dockerfile

"""The weights are checked by hash when loaded, and a file that is none is refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from nst_engine import weights as weights_module
from nst_engine.errors import WeightsError
from nst_engine.weights import CONV_INDICES, Weights, bundled_path, load_weights


def test_the_bundled_network_is_whole(weights: Weights) -> None:
    assert sorted(weights.state) == sorted(f"{i}.{part}" for i in CONV_INDICES for part in ("weight", "bias"))
    assert weights.state["0.weight"].shape == (64, 3, 3, 3)
    assert weights.state["34.weight"].shape == (512, 512, 3, 3)
    assert sum(part.numel() for part in weights.state.values()) == 20_024_384


def test_a_changed_byte_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = bytearray(bundled_path().read_bytes())
    damaged[len(damaged) // 2] ^= 1
    copy = tmp_path / "weights.bin"
    copy.write_bytes(damaged)
    monkeypatch.setattr(weights_module, "bundled_path", lambda: copy)
    with pytest.raises(WeightsError, match=r"damaged.*reinstall"):
        load_weights("bundled")


def test_a_file_of_the_bundled_format_loads_by_its_path(weights: Weights) -> None:
    by_path = load_weights(str(bundled_path()))
    assert by_path.sha256 == weights.sha256
    assert torch.equal(by_path.state["34.weight"], weights.state["34.weight"])


def test_files_that_hold_no_vgg_are_refused(tmp_path: Path) -> None:
    text, other = tmp_path / "text.pth", tmp_path / "other.pth"
    text.write_text("no weights")
    torch.save({"layer": torch.zeros(3)}, other)
    with pytest.raises(WeightsError, match="no file of torch weights"):
        load_weights(str(text))
    with pytest.raises(WeightsError, match="holds no VGG-19"):
        load_weights(str(other))
    with pytest.raises(WeightsError, match="cannot be read"):
        load_weights(str(tmp_path / "missing.pth"))

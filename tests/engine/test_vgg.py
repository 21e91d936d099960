"""The network's layers against a direct computation from the weights file."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from torch.nn import functional

from nst_engine.images import to_tensor
from nst_engine.vgg import RELU_INDICES, STYLE_LAYERS, FeatureNetwork
from nst_engine.weights import OXFORD_MEAN, Weights, bundled_path, from_torchvision

BLOCKS = {1: 2, 2: 2, 3: 4, 4: 4, 5: 4}


def direct(picture: torch.Tensor) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Every convolution's output and every ReLU's, by the file alone: BGR, mean subtracted, pooling between blocks."""
    packed = torch.load(bundled_path(), weights_only=True)
    x = picture.flip(1) - torch.tensor(OXFORD_MEAN[::-1]).view(1, 3, 1, 1)
    convs, relus = {}, {}
    for block, count in BLOCKS.items():
        for number in range(1, count + 1):
            name = f"block{block}_conv{number}"
            kernel = torch.from_numpy(packed[f"{name}_W_table"].numpy()[packed[f"{name}_W_q"].numpy()])
            x = functional.conv2d(x, kernel, packed[f"{name}_b"], padding=1)
            convs[f"conv{block}_{number}"] = x
            x = x.clamp(min=0)
            relus[f"relu{block}_{number}"] = x
        x = functional.max_pool2d(x, 2)
    return convs, relus


@pytest.fixture(scope="module")
def picture(otters: Image.Image) -> torch.Tensor:
    return to_tensor(otters, (71, 45))


def test_every_layer_is_what_the_file_says(weights: Weights, picture: torch.Tensor) -> None:
    _, relus = direct(picture)
    tapped = FeatureNetwork(weights, RELU_INDICES)(picture)
    assert set(tapped) == set(relus)
    for name, expected in relus.items():
        scale = expected.abs().max()
        assert torch.allclose(tapped[name] / scale, expected / scale, atol=1e-5), name


def test_a_tapped_relu_leaves_the_convolution_before_it_alone(weights: Weights, picture: torch.Tensor) -> None:
    convs, relus = direct(picture)
    assert convs["conv4_2"].min() < 0 <= relus["relu4_2"].min()
    network = FeatureNetwork(weights, ["relu4_2"])
    assert not any(getattr(part, "inplace", False) for part in network.features)
    assert network(picture)["relu4_2"].min() == 0


def test_the_network_is_cut_after_the_last_layer_used(weights: Weights) -> None:
    assert len(FeatureNetwork(weights, ["relu1_1", "relu4_2"]).features) == 23
    assert len(FeatureNetwork(weights, STYLE_LAYERS).features) == 30


def test_activations_shrink_by_half_from_block_to_block(weights: Weights, picture: torch.Tensor) -> None:
    shapes = {name: tuple(part.shape[1:]) for name, part in FeatureNetwork(weights, STYLE_LAYERS)(picture).items()}
    assert shapes == {
        "relu1_1": (64, 45, 71),
        "relu2_1": (128, 22, 35),
        "relu3_1": (256, 11, 17),
        "relu4_1": (512, 5, 8),
        "relu5_1": (512, 2, 4),
    }


def test_weights_are_frozen_and_channels_last(weights: Weights) -> None:
    network = FeatureNetwork(weights, STYLE_LAYERS)
    assert not any(parameter.requires_grad for parameter in network.parameters())
    kernel = network.features[5].weight
    assert isinstance(kernel, torch.Tensor)
    assert kernel.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.slow
def test_torchvisions_own_weights_are_folded_to_the_same_input_range() -> None:
    """A network by torchvision on inputs of 0..1 with mean and deviation against ours on 0..255."""
    torch.manual_seed(0)
    theirs = torchvision.models.vgg19(weights=None).eval()
    ours = FeatureNetwork(from_torchvision("random", theirs.state_dict(), "-"), ["relu3_1"])
    pixels = torch.from_numpy(np.random.default_rng(0).uniform(0, 255, (1, 3, 32, 32)).astype(np.float32))
    mean, deviation = (torch.tensor(v).view(1, 3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    expected = theirs.features[:12]((pixels / 255 - mean) / deviation)
    assert torch.allclose(ours(pixels)["relu3_1"], expected, atol=1e-4 * float(expected.abs().max()))

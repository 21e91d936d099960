"""The network's layers against a direct computation from the weights file."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from torch.nn import functional

from nst_engine.images import to_tensor
from nst_engine.settings import STYLE_LAYERS
from nst_engine.vgg import RELU_INDICES, FeatureNetwork, depth, halvings
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
    tapped = FeatureNetwork(weights)(picture, RELU_INDICES)
    assert set(tapped) == set(relus)
    for name, expected in relus.items():
        scale = expected.abs().max()
        assert torch.allclose(tapped[name] / scale, expected / scale, atol=1e-5), name


def test_a_tapped_relu_leaves_the_convolution_before_it_alone(weights: Weights, picture: torch.Tensor) -> None:
    convs, relus = direct(picture)
    assert convs["conv4_2"].min() < 0 <= relus["relu4_2"].min()
    network = FeatureNetwork(weights)
    assert not any(getattr(part, "inplace", False) for part in network.features)
    assert network(picture, ["relu4_2"])["relu4_2"].min() == 0


def test_the_network_runs_no_further_than_the_last_layer_in_use(weights: Weights, picture: torch.Tensor) -> None:
    network, ran = FeatureNetwork(weights), []
    for index, part in enumerate(network.features):
        part.register_forward_hook(lambda *_, index=index: ran.append(index))
    network(picture, ["relu1_1", "relu4_2"])
    assert ran == [index for index in range(23) if not isinstance(network.features[index], torch.nn.MaxPool2d)]
    assert depth(["relu4_2", "relu1_1", "relu3_4"]) == "relu4_2"
    assert [halvings(name) for name in STYLE_LAYERS] == [0, 1, 2, 3, 4]


def test_average_pooling_keeps_activations_comparable(weights: Weights, picture: torch.Tensor) -> None:
    """Its root mean square stays within three fifths of what the network was trained with, down to relu5_1."""
    network = FeatureNetwork(weights)
    trained = network(picture, STYLE_LAYERS)
    network.pooling = "average"
    averaged = network(picture, STYLE_LAYERS)
    assert torch.equal(trained["relu1_1"], averaged["relu1_1"])
    for name in STYLE_LAYERS[1:]:
        ratio = (averaged[name].square().mean() / trained[name].square().mean()).sqrt().item()
        assert 0.4 < ratio < 1.6, name
        assert not torch.allclose(trained[name], averaged[name], rtol=0.01)


def test_replicate_padding_continues_the_picture_by_its_edge(weights: Weights) -> None:
    """On a flat picture every place of relu1_1 is the same then; with zeros the border stands out."""
    network, flat = FeatureNetwork(weights), torch.full((1, 3, 20, 24), 200.0)
    zeros = network(flat, ["relu1_1"])["relu1_1"]
    network.padding = "replicate"
    replicated = network(flat, ["relu1_1"])["relu1_1"]
    assert zeros.shape == replicated.shape
    assert torch.allclose(replicated, replicated[..., 10:11, 10:11], atol=1e-3)
    assert torch.allclose(zeros[..., 1:-1, 1:-1], replicated[..., 1:-1, 1:-1], atol=1e-3)
    assert (zeros[..., 0, :] - replicated[..., 0, :]).abs().max() > 10


def test_activations_shrink_by_half_from_block_to_block(weights: Weights, picture: torch.Tensor) -> None:
    shapes = {name: tuple(part.shape[1:]) for name, part in FeatureNetwork(weights)(picture, STYLE_LAYERS).items()}
    assert shapes == {
        "relu1_1": (64, 45, 71),
        "relu2_1": (128, 22, 35),
        "relu3_1": (256, 11, 17),
        "relu4_1": (512, 5, 8),
        "relu5_1": (512, 2, 4),
    }


def test_weights_are_frozen_and_channels_last(weights: Weights) -> None:
    network = FeatureNetwork(weights)
    assert not any(parameter.requires_grad for parameter in network.parameters())
    kernel = network.features[5].weight
    assert isinstance(kernel, torch.Tensor)
    assert kernel.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.slow
def test_torchvisions_own_weights_are_folded_to_the_same_input_range() -> None:
    """A network by torchvision on inputs of 0..1 with mean and deviation against ours on 0..255."""
    torch.manual_seed(0)
    theirs = torchvision.models.vgg19(weights=None).eval()
    ours = FeatureNetwork(from_torchvision("random", theirs.state_dict(), "-"))
    pixels = torch.from_numpy(np.random.default_rng(0).uniform(0, 255, (1, 3, 32, 32)).astype(np.float32))
    mean, deviation = (torch.tensor(v).view(1, 3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    expected = theirs.features[:12]((pixels / 255 - mean) / deviation)
    assert torch.allclose(ours(pixels, ["relu3_1"])["relu3_1"], expected, atol=1e-4 * float(expected.abs().max()))

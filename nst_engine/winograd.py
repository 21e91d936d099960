"""Convolutions of three by three with Winograd's fewer multiplications, by the library ncnn, in float32 on a CPU.

Lavin, Gray: "Fast Algorithms for Convolutional Neural Networks" (CVPR 2016). The results differ from a direct
convolution's by rounding, some 1e-6 of their size.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import nn
from torch.nn import functional

_FLOAT32: Final = b"\0\0\0\0"
"""What stands before weights that are not compressed, in ncnn's files."""
_MAGIC: Final = "7767517"
_TRIAL: Final = (1, 256, 32, 48)
"""A picture for `pays`, of a size between the shallow and the deep layers'."""


class RectifiedConvolutions:
    """Convolutions with a bias and a ReLU behind each, and the way back through both.

    `convolutions` maps names to layers of 3x3 kernels, stride 1 and padding 1. Raises `ImportError` where ncnn is not
    installed and `OSError` where it cannot read the weights, which are handed to it in a temporary file.
    """

    def __init__(self, convolutions: Mapping[str, nn.Conv2d]) -> None:
        import ncnn

        self._ncnn = ncnn
        self._net = ncnn.Net()
        options = self._net.opt
        options.num_threads = torch.get_num_threads()
        options.use_fp16_packed = options.use_fp16_storage = options.use_fp16_arithmetic = False
        options.use_bf16_storage = False
        lines = []
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "weights"
            with path.open("wb") as weights:
                for name, convolution in convolutions.items():
                    assert convolution.bias is not None
                    kernel, bias = convolution.weight.detach(), convolution.bias.detach()
                    # Backwards, the same with the channels' parts changed over and the kernel turned by half.
                    turned = kernel.transpose(0, 1).flip(2, 3)
                    weights.write(_FLOAT32 + _bytes(kernel) + _bytes(bias) + _FLOAT32 + _bytes(turned))
                    lines += [*_branch(name, kernel.shape, "5=1 9=1"), *_branch(f"{name}_slope", turned.shape, "5=0")]
            self._net.load_param_mem("\n".join([_MAGIC, f"{len(lines)} {len(lines)}", *lines, ""]))
            if self._net.load_model(str(path)) != 0:
                raise OSError("ncnn could not read the convolutions' weights.")

    def __call__(self, name: str, x: torch.Tensor) -> torch.Tensor:
        """ReLU(convolution(x)) of a tensor (1, C, H, W) in float32; differentiable with respect to x."""
        result: torch.Tensor = _Rectified.apply(x, self, name)
        return result

    def run(self, branch: str, x: torch.Tensor) -> torch.Tensor:
        """One branch's output, without a graph."""
        extractor = self._net.create_extractor()
        rows = x.contiguous()
        extractor.input(f"{branch}_in", self._ncnn.Mat(rows[0].numpy()))
        failed, out = extractor.extract(f"{branch}_out")
        if failed:
            raise MemoryError("ncnn could not do a convolution, for want of memory.")
        return torch.from_numpy(np.array(out, copy=False)).unsqueeze(0)


class _Rectified(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, convolutions: RectifiedConvolutions, name: str) -> torch.Tensor:
        y = convolutions.run(name, x)
        ctx.save_for_backward(y)
        ctx.is_last = not x.is_contiguous()
        ctx.convolutions, ctx.name = convolutions, name
        return y

    @staticmethod
    def backward(ctx: Any, *slopes: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (y,) = ctx.saved_tensors
        slope = torch.ops.aten.threshold_backward(slopes[0], y, 0)
        back = ctx.convolutions.run(f"{ctx.name}_slope", slope)
        # Laid out as what it is the slope of: the pooling in front is six times slower with one of each.
        return back.contiguous(memory_format=torch.channels_last) if ctx.is_last else back, None, None


def pays(convolutions: RectifiedConvolutions, name: str, like: nn.Conv2d) -> bool:
    """Whether it is faster here than torch's own convolution, by trying both on a layer of 256 channels."""
    x = torch.rand(_TRIAL)
    last = x.contiguous(memory_format=torch.channels_last)
    ours, torchs = [], []
    for _ in range(4):
        began = time.perf_counter()
        convolutions.run(name, x)
        between = time.perf_counter()
        functional.conv2d(last, like.weight, like.bias, padding=1)
        ours.append(between - began)
        torchs.append(time.perf_counter() - between)
    return min(ours) < 0.9 * min(torchs)


def _branch(name: str, shape: torch.Size, more: str) -> list[str]:
    sizes = f"0={shape[0]} 1=3 4=1 6={shape.numel()}"
    return [
        f"Input {name}_i 0 1 {name}_in",
        f"Convolution {name} 1 1 {name}_in {name}_out {sizes} {more}",
    ]


def _bytes(tensor: torch.Tensor) -> bytes:
    return tensor.float().contiguous().numpy().tobytes()

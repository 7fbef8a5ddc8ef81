"""Looking closely at one square of a picture: its own small picture of fixed size, cut out inside the network.

Two products with matrices of weights, one for rows and one for columns, as in DRAW (Gregor et al., ICML 2015), but with triangles that
are as wide as a pixel of the coarser of both pictures: nothing is aliased, and every engine of ONNX can do it.
"""

from __future__ import annotations

import torch
from torch import Tensor

_LEAST = 1e-3


def glimpse(crops: Tensor, where: Tensor, size: int) -> Tensor:
    """Squares (n, channels, size, size) out of crops (n, channels, height, width); 0 beyond their sides.

    :param where: (n, 3): the square's middle across and down, and its side; as shares of width, height and height
    """
    height, width = crops.shape[2:]
    across, down, side = where.unbind(1)
    side_px = side * height
    columns = _weights(across * width, side_px, width, size).transpose(1, 2)
    rows = _weights(down * height, side_px, height, size)
    return rows[:, None] @ (crops @ columns[:, None])


def _weights(middle_px: Tensor, side_px: Tensor, length: int, size: int) -> Tensor:
    """How much each of ``length`` pixels adds to each of ``size`` coarser or finer ones, (n, size, length)."""
    steps = (torch.arange(size, device=middle_px.device) + 0.5) / size - 0.5
    at_px = middle_px[:, None] + side_px[:, None] * steps
    pixels = torch.arange(length, device=middle_px.device) + 0.5
    reach_px = (side_px / size).clamp(min=1.0)[:, None, None]
    triangle = (1 - (pixels - at_px[:, :, None]).abs() / reach_px).clamp(min=0.0)
    return triangle / triangle.sum(2, keepdim=True).clamp(min=_LEAST)

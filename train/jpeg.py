"""JPEG in batches on any device: as libjpeg at 4:2:0 with its own tables, which is Pillow's default.

A test compares it with Pillow's output. Entropy coding is left out, since it is lossless.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from .model import on_device

# ITU-T T.81, tables K.1 and K.2.
_LUMA_TABLE = """
16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62
18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99
"""
_CHROMA_TABLE = """
17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99
99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99
"""
_LUMA, _CHROMA = (
    torch.tensor([float(n) for n in table.split()]).view(8, 8) for table in (_LUMA_TABLE, _CHROMA_TABLE)
)
_FREQUENCY, _PLACE = torch.arange(8.0)[:, None], torch.arange(8.0)[None]
_DCT = torch.cos(math.pi / 16 * (2 * _PLACE + 1) * _FREQUENCY) / 2
_DCT[0] /= math.sqrt(2)
_TO_YCC = torch.tensor(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]
)  # JFIF
_TO_RGB = torch.tensor([[1.0, 0.0, 1.402], [1.0, -0.344136, -0.714136], [1.0, 1.772, 0.0]])


@torch.no_grad()
def jpeg(x: Tensor, quality: Tensor) -> Tensor:
    """Pictures [B,3,H,W] in 0..1, sides in multiples of 16, as saved at `quality` [B], 1..100, and opened."""
    levels = (x.clamp(0, 1) * 255).round()
    planes = torch.einsum("oc,bchw->bohw", on_device(_TO_YCC, x.device), levels)
    luma = _through(planes[:, :1] - 128, _table(_LUMA, quality))
    # Encoded by means of 2x2, decoded by bilinear enlargement ("fancy upsampling").
    chroma = _through(F.avg_pool2d(planes[:, 1:], 2).round(), _table(_CHROMA, quality))
    chroma = F.interpolate(chroma, scale_factor=2, mode="bilinear", align_corners=False)
    rgb = torch.einsum("oc,bchw->bohw", on_device(_TO_RGB, x.device), torch.cat([luma + 128, chroma], dim=1))
    return rgb.round().clamp(0, 255) / 255


def _table(base: Tensor, quality: Tensor) -> Tensor:
    """The divisors at each quality, as libjpeg scales them: [B,8,8]."""
    scale = torch.where(quality < 50, (5000 / quality).floor(), 200 - 2 * quality).view(-1, 1, 1)
    return ((on_device(base, quality.device) * scale + 50) / 100).floor().clamp(1, 255)


def _through(planes: Tensor, table: Tensor) -> Tensor:
    """Planes [B,C,H,W] around 0 after rounding of their coefficients, as whole levels -128..127."""
    batch, channels, height, width = planes.shape
    dct = on_device(_DCT, planes.device)
    blocks = planes.view(batch, channels, height // 8, 8, width // 8, 8).transpose(3, 4)
    divisors = table.view(batch, 1, 1, 1, 8, 8)
    coefficients = ((dct @ blocks @ dct.T) / divisors).round() * divisors
    blocks = dct.T @ coefficients @ dct
    return blocks.transpose(3, 4).reshape(planes.shape).round().clamp(-128, 127)

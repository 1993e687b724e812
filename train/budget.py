"""What is seen of a residual, on batches, for training: the same measure as `hushmark.marking.budget`.

All residuals and images are float tensors [B,3,160,160]; images in 0..1.
"""

import torch
import torch.nn.functional as F
from hushmark.marking.budget import (
    COLOUR_SHARE,
    LUMA_SHARE,
    PEAK,
    SHAPE_ROUNDS,
    TEXTURE_BEYOND,
    TEXTURE_FLOOR,
    TEXTURE_MOST,
    TEXTURE_POWER,
    TEXTURE_UNIT,
    WEIGHTS,
)
from hushmark.picture.colour import TO_RGB, TO_YCC
from torch import Tensor

from .model import local_deviation, on_device

_TO_YCC, _TO_RGB, _WEIGHTS = torch.from_numpy(TO_YCC), torch.from_numpy(TO_RGB), torch.from_numpy(WEIGHTS)
_MOST, _POWER = torch.from_numpy(TEXTURE_MOST).float(), torch.from_numpy(TEXTURE_POWER).float()
_FROM_RGB = _TO_RGB.T.contiguous()
"""Of gradients: the inverse transpose of `_TO_YCC`."""


def texture(image: Tensor) -> Tensor:
    """What the cover hides of Y, Cb, Cr: [B,3,160,160] -> [B,3,160,160]."""
    most, power = (on_device(of, image.device).view(1, 3, 1, 1) for of in (_MOST, _POWER))
    deviation = torch.minimum(local_deviation(image) / TEXTURE_UNIT, most)
    hidden = (TEXTURE_FLOOR + deviation) ** power * TEXTURE_FLOOR ** (power[:, :1] - power)
    return hidden * hidden[:, :1].log().mean(dim=(2, 3), keepdim=True).mul(TEXTURE_BEYOND).exp()


def precondition(gradient: Tensor, image: Tensor) -> Tensor:
    """The direction that gains most for what is seen of it: a gradient with respect to RGB -> RGB."""
    parts = _bands(_mixed(gradient, _FROM_RGB))
    total, *finer = (
        band / _column(level, gradient.device).square() for level, band in reversed(list(enumerate(parts)))
    )
    for band in finer:
        total = _twice(total) + band
    return _mixed(total * texture(image).square(), _TO_RGB)


def shape(residual: Tensor, image: Tensor, strength: Tensor) -> Tensor:
    """The residual with luma and colour each at its share of `strength` [B,1,1,1].

    Gradients see the gains as constants.
    """
    ycc = _mixed(residual, _TO_YCC)
    with torch.no_grad():
        power = _power_seen(ycc, image)
        gains = [
            _gain(power[:, channels].sum(dim=1, keepdim=True).sqrt(), share * strength)
            for channels, share in ((slice(0, 1), LUMA_SHARE), (slice(1, 3), COLOUR_SHARE))
        ]
        gain = torch.cat([gains[0], gains[1], gains[1]], dim=1)
        fine = F.interpolate(gain, scale_factor=4, mode="bilinear", align_corners=False)
    shaped = _mixed(ycc * fine, _TO_RGB)
    weight = fine[:, :1]
    return shaped - weight * shaped.mean(dim=(2, 3), keepdim=True) / weight.mean(dim=(2, 3), keepdim=True)


def visibility(residual: Tensor, image: Tensor) -> Tensor:
    """How visible the residual is: [B]."""
    seen = _power_seen(_mixed(residual, _TO_YCC), image).sum(dim=1, keepdim=True).sqrt()
    return seen.pow(3).mean(dim=(1, 2, 3)) ** (1 / 3)


def _gain(seen: Tensor, wanted: Tensor) -> Tensor:
    """Gain [B,1,40,40] that makes what is seen at each place, like it, as visible as wanted [B,1,1,1]."""
    seen = seen.clamp(min=1e-6)
    most = -F.max_pool2d(-(PEAK * wanted / seen), 3, 1, 1)
    scale = wanted / _norm(seen)
    gain = most
    for _ in range(SHAPE_ROUNDS):
        gain = torch.minimum(scale.expand_as(most), most)
        scale = scale * wanted / _norm(seen * gain)
    return gain


def _norm(seen: Tensor) -> Tensor:
    return seen.pow(3).mean(dim=(2, 3), keepdim=True) ** (1 / 3)


def _power_seen(ycc: Tensor, image: Tensor) -> Tensor:
    """Power of each channel as it is seen at 40x40 places of the cover: [B,3,40,40]."""
    return _weighted_power(ycc) / F.avg_pool2d(texture(image), 4).square()


def _weighted_power(ycc: Tensor) -> Tensor:
    """Weighted power of each channel at 40x40 places, means over 3x3 of them: [B,3,40,40]."""
    total = torch.zeros_like(ycc[:, :, ::4, ::4])
    for level, band in enumerate(_bands(ycc)):
        power = (band * _column(level, ycc.device)).square()
        total = total + (F.avg_pool2d(power, 4 >> level) if level < 3 else _repeated(power))
    return F.avg_pool2d(total, 3, 1, 1, count_include_pad=False)


def _bands(planes: Tensor) -> list[Tensor]:
    """Laplacian pyramid of three halvings, finest first; the last is what is left at 20x20."""
    bands = []
    for _ in range(3):
        half = F.avg_pool2d(planes, 2)
        bands.append(planes - _twice(half))
        planes = half
    return [*bands, planes]


def _twice(planes: Tensor) -> Tensor:
    return F.interpolate(planes, scale_factor=2, mode="bilinear", align_corners=False)


def _repeated(planes: Tensor) -> Tensor:
    return F.interpolate(planes, scale_factor=2, mode="nearest")


def _mixed(planes: Tensor, matrix: Tensor) -> Tensor:
    return torch.einsum("oc,bchw->bohw", on_device(matrix, planes.device), planes)


def _column(level: int, device: torch.device) -> Tensor:
    return on_device(_WEIGHTS, device)[:, level].view(1, 3, 1, 1)

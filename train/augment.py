"""What happens to pictures on their way: differentiable or straight-through, on batches.

All functions take and return float tensors [B,3,H,W] in 0..1. `strength` runs from 0 (nothing happens)
to 1 (as hard as training gets). Codecs and rounding are the real ones, with a straight-through gradient.
"""

import io
import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from .model import luma, turn_hue

_codec_pool = ThreadPoolExecutor(2)


def straight_through(x: Tensor, changed: Tensor) -> Tensor:
    """The value of `changed` with the gradient of `x`."""
    return x + (changed - x).detach()


def round_to_8_bits(x: Tensor) -> Tensor:
    """Clip to 0..1 and round to exact 8-bit levels; the gradient passes straight through."""
    return straight_through(x, (x.detach().clamp(0, 1) * 255).round() / 255)


def coin(batch: int, probability: float, like: Tensor) -> Tensor:
    """[B,1,1,1] of 0 and 1."""
    return (torch.rand(batch, 1, 1, 1, device=like.device) < probability).to(like.dtype)


def uniform(batch: int, low: float, high: float, like: Tensor, channels: int = 1) -> Tensor:
    """[B,channels,1,1] between low and high."""
    return torch.rand(batch, channels, 1, 1, device=like.device) * (high - low) + low


def resample(x: Tensor, grid: Tensor, inside: Tensor | None = None) -> Tensor:
    """Bilinear samples of x at grid [B,H,W,2]; where x, or `inside` [B,1,H,W], ends comes one flat colour.

    The colour is the mean of the picture, black, white or mid-grey, each sample its own.
    """
    batch = x.shape[0]
    kinds = torch.stack(
        [x.detach().mean(dim=(2, 3)), *(torch.full_like(x[:, :, 0, 0], v) for v in (0, 1, 0.5))]
    )
    fill = kinds[torch.randint(4, (batch,), device=x.device), torch.arange(batch, device=x.device)]
    known = torch.ones_like(x[:, :1]) if inside is None else inside
    sampled = F.grid_sample(
        torch.cat([x * known, known], 1), grid, mode="bilinear", padding_mode="zeros", align_corners=False
    )
    return sampled[:, :3] + (1 - sampled[:, 3:]) * fill[:, :, None, None]


def misplace(x: Tensor, strength: float) -> Tensor:
    """What is left when the reader has found the frame of a picture: it is a little off, and parts are gone.

    Off by up to 3% in place, 6% in size, 5 degrees, mostly by much less; in some samples by 3% at each
    corner; in some up to 40% of each side are cut off.
    """
    batch = x.shape[0]
    size = x.shape[-1]
    device = x.device
    on = coin(batch, 0.85, x)[:, :, 0] * strength
    side = torch.tensor([[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]], device=device)

    def draw(*shape: int) -> Tensor:
        return torch.rand(batch, *shape, device=device) * 2 - 1

    def mostly_small(*shape: int) -> Tensor:
        value = draw(*shape)
        return value * value.abs()

    corners = side * (1 + 0.06 * mostly_small(1, 2) * on) + 0.06 * mostly_small(1, 2) * on
    corners = corners + 0.06 * draw(4, 2) * on * coin(batch, 0.3, x)[:, :, 0]
    angle = mostly_small(1) * math.radians(5) * on[:, 0]
    cos, sin = angle.cos(), angle.sin()
    turn = torch.stack([torch.cat([cos, -sin], -1), torch.cat([sin, cos], -1)], -2)
    corners = corners @ turn
    # Bilinear between the four corners: near a perspective for shifts this small, and always invertible.
    t = (torch.arange(size, device=device) + 0.5) / size
    across, down = t[None, None, :, None], t[None, :, None, None]
    tl, tr, bl, br = (corners[:, i, None, None, :] for i in range(4))
    grid = (tl * (1 - across) + tr * across) * (1 - down) + (bl * (1 - across) + br * across) * down

    cropped = coin(batch, 0.5, x) * strength
    cut = torch.ones_like(x[:, :1], dtype=torch.bool)
    for places in (t.view(1, 1, 1, -1), t.view(1, 1, -1, 1)):
        share = 1 - 0.5 * uniform(batch, 0, 1, x) * coin(batch, 0.75, x) * cropped
        start = uniform(batch, 0, 1, x) * (1 - share)
        cut = cut & ((places - start - share / 2).abs() <= share / 2)
    return resample(x, grid, cut.to(x.dtype))


def elsewhere(x: Tensor) -> Tensor:
    """A window that is no good for reading: mirrored or turned by quarters, far too small, or far beside."""
    batch = x.shape[0]
    device = x.device
    kind = torch.randint(4, (batch,), device=device)
    small, beside = kind < 2, kind == 2
    zoom = torch.where(
        small, torch.rand(batch, device=device) * 0.45 + 0.35, torch.ones(batch, device=device)
    )
    eighths = torch.tensor(
        [
            [[1, 0], [0, 1]],
            [[-1, 0], [0, 1]],
            [[1, 0], [0, -1]],
            [[-1, 0], [0, -1]],
            [[0, 1], [1, 0]],
            [[0, -1], [1, 0]],
            [[0, 1], [-1, 0]],
            [[0, -1], [-1, 0]],
        ],
        device=device,
    )
    # The first of them is upright.
    turned = torch.randint(1, 8, (batch,), device=device)
    which = torch.where(small | beside, turned * (torch.rand(batch, device=device) < 0.3), turned)
    place = torch.rand(batch, 2, device=device) * 2 - 1
    far = place.sign() * (0.09 + 0.31 * place.abs())  # 4.5 to 20% of each side
    shift = torch.where(beside[:, None], far, place * (1 - zoom)[:, None])
    theta = torch.cat([eighths[which].to(x.dtype) * zoom[:, None, None], shift[:, :, None]], 2)
    return resample(x, F.affine_grid(theta, list(x.shape), align_corners=False))


def shrink(x: Tensor, strength: float) -> Tensor:
    """Resize to 30-100% of each side and back."""
    size = x.shape[-1]
    small = max(8, round(size * (1 - torch.rand(()).item() * 0.7 * strength)))
    x = F.interpolate(x, size=(small, small), mode="bilinear", antialias=True)
    return F.interpolate(x, size=(size, size), mode="bilinear")


def blur(x: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of a square picture, sigma in pixels; borders count the pixels that are there."""
    place = torch.arange(x.shape[-1], device=x.device, dtype=x.dtype)
    # A product with a banded matrix: several times faster here than a convolution of three channels.
    weights = torch.exp(-((place[:, None] - place) ** 2) / (2 * max(sigma, 1e-3) ** 2))
    weights = weights / weights.sum(dim=1, keepdim=True)
    across = x @ weights.T
    return (across.transpose(2, 3) @ weights.T).transpose(2, 3)


def colour(x: Tensor, strength: float) -> Tensor:
    """Contrast, brightness, saturation, hue, gamma and a shift of each channel, each sample its own."""
    batch = x.shape[0]

    def factor(probability: float, spread: float) -> Tensor:
        return torch.exp(uniform(batch, -spread, spread, x) * coin(batch, probability, x) * strength)

    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    x = (x - mean) * factor(0.35, 0.8) + mean
    x = x * factor(0.35, 0.75) + uniform(batch, -0.08, 0.08, x) * coin(batch, 0.3, x) * strength
    grey = luma(x)
    x = grey + (x - grey) * (1 + uniform(batch, -0.9, 0.6, x) * coin(batch, 0.3, x) * strength)
    turn = uniform(batch, -0.13, 0.13, x) * coin(batch, 0.35, x) * strength
    x = torch.where(turn == 0, x, turn_hue(x, turn))
    x = x + uniform(batch, -0.06, 0.06, x, channels=3) * coin(batch, 0.25, x) * strength
    gamma = torch.exp(uniform(batch, -0.35, 0.35, x) * coin(batch, 0.3, x) * strength)
    # Outside 0..1 the picture is lost for good, but a gradient of zero would stop learning there.
    return straight_through(x, x.detach().clamp(0, 1)).clamp(min=1e-3) ** gamma


def erase(x: Tensor, strength: float) -> Tensor:
    """A patch over 1-16% of the area, of noise or of one colour, in one sample out of four."""
    batch, _, height, width = x.shape
    side = torch.sqrt(torch.rand(batch, 1, 1, 1, device=x.device) * 0.15 + 0.01) * math.sqrt(strength)
    left = torch.rand(batch, 1, 1, 1, device=x.device) * (1 - side)
    top = torch.rand(batch, 1, 1, 1, device=x.device) * (1 - side)
    across = torch.arange(width, device=x.device).view(1, 1, 1, -1) / width
    down = torch.arange(height, device=x.device).view(1, 1, -1, 1) / height
    inside = (across >= left) & (across < left + side) & (down >= top) & (down < top + side)
    inside = inside & (coin(batch, 0.25, x) > 0)
    flat = torch.rand(batch, 3, 1, 1, device=x.device).expand_as(x)
    return torch.where(inside, torch.where(coin(batch, 0.5, x) > 0, torch.rand_like(x), flat), x)


def jpeg(x: Tensor, qualities: list[int | None]) -> Tensor:
    """Pillow's JPEG (4:2:0) at one quality a sample, None to leave it as it is; straight-through gradient."""
    pixels = (x.detach().clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()

    def through_file(pair: tuple[np.ndarray, int | None]) -> np.ndarray:
        image, quality = pair
        if quality is None:
            return image
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=quality)
        return np.asarray(Image.open(file))

    decoded = np.stack(list(_codec_pool.map(through_file, zip(pixels, qualities, strict=True))))
    result = torch.from_numpy(decoded).to(x.device).permute(0, 3, 1, 2).to(x.dtype) / 255
    kept = torch.tensor([q is None for q in qualities], device=x.device).view(-1, 1, 1, 1)
    return straight_through(x, torch.where(kept, x.detach(), result))


def jpeg_somewhere(x: Tensor, strength: float) -> Tensor:
    """JPEG in 75% of the samples: half at this size, half at twice the size, as a picture has it."""
    batch = x.shape[0]

    def draw(lowest: int) -> int:
        return round(95 - torch.rand(()).item() * (95 - lowest) * strength)

    if torch.rand(()).item() < 0.5:
        return jpeg(x, [draw(60) if torch.rand(()).item() < 0.75 else None for _ in range(batch)])
    size = x.shape[-1]
    twice = F.interpolate(x, scale_factor=2, mode="bilinear")
    twice = jpeg(twice, [draw(30) if torch.rand(()).item() < 0.75 else None for _ in range(batch)])
    return F.interpolate(twice, size=(size, size), mode="area")


def everyday(x: Tensor, strength: float, *, grey: float) -> Tensor:
    """One random way of a marked picture through the web; `grey` is the share that loses its colour."""
    if strength > 0:
        x = misplace(x, strength)
        if torch.rand(()).item() < 0.3:
            x = shrink(x, strength)
        if torch.rand(()).item() < 0.3:
            x = blur(x, torch.rand(()).item() * 1.8 * strength)
        x = colour(x, strength)
    x = torch.where(coin(x.shape[0], grey, x) > 0, luma(x).expand(-1, 3, -1, -1), x)
    if strength > 0:
        noisy = coin(x.shape[0], 0.35, x) * uniform(x.shape[0], 0, 0.06, x) * strength
        x = round_to_8_bits(x + torch.randn_like(x) * noisy)
        x = erase(x, strength)
        if torch.rand(()).item() < 0.55:
            x = jpeg_somewhere(x, strength)
    return round_to_8_bits(x)

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

from .model import luma

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


def warp(x: Tensor, strength: float) -> Tensor:
    """A photographer's geometry: crop up to 12% a side, small rotation, corners moved by 2.5%."""
    batch = x.shape[0]
    size = x.shape[-1]
    device = x.device
    on = (torch.rand(batch, device=device) < 0.75).float() * strength
    left, top, right, bottom = (torch.rand(4, batch, device=device) ** 2) * 0.12 * on * 2
    angle = (torch.rand(batch, device=device) * 2 - 1) * math.radians(6) * on
    corners = torch.stack(
        [
            torch.stack([-1 + left, -1 + top], -1),
            torch.stack([1 - right, -1 + top], -1),
            torch.stack([-1 + left, 1 - bottom], -1),
            torch.stack([1 - right, 1 - bottom], -1),
        ],
        1,
    )
    corners = corners + (torch.rand(batch, 4, 2, device=device) * 2 - 1) * 0.05 * on[:, None, None]
    cos, sin = angle.cos(), angle.sin()
    turn = torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], -2)
    corners = corners @ turn
    # Bilinear between the four corners: near a perspective for shifts this small, and always invertible.
    t = (torch.arange(size, device=device) + 0.5) / size
    across, down = t[None, None, :, None], t[None, :, None, None]
    tl, tr, bl, br = (corners[:, i, None, None, :] for i in range(4))
    grid = (tl * (1 - across) + tr * across) * (1 - down) + (bl * (1 - across) + br * across) * down
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def shrink(x: Tensor, strength: float) -> Tensor:
    """Resize to 40-100% of each side and back."""
    size = x.shape[-1]
    small = max(8, round(size * (1 - torch.rand(()).item() * 0.6 * strength)))
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
    """Contrast, brightness, saturation, gamma and a shift of each channel, each sample its own."""
    batch = x.shape[0]
    on = coin(batch, 0.6, x) * strength
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    x = (x - mean) * (1 + uniform(batch, -0.4, 0.6, x) * on) + mean
    x = x * (1 + uniform(batch, -0.35, 0.45, x) * on) + uniform(batch, -0.1, 0.1, x) * on
    grey = luma(x)
    x = grey + (x - grey) * (1 + uniform(batch, -0.8, 0.6, x) * on)
    x = x + uniform(batch, -0.08, 0.08, x, channels=3) * on
    gamma = torch.exp(uniform(batch, -0.3, 0.3, x) * on)
    # Outside 0..1 the picture is lost for good, but a gradient of zero would stop learning there.
    return straight_through(x, x.detach().clamp(0, 1)).clamp(min=1e-3) ** gamma


def erase(x: Tensor, strength: float) -> Tensor:
    """A patch of noise over 1-16% of the area in one sample out of five."""
    batch, _, height, width = x.shape
    side = torch.sqrt(torch.rand(batch, 1, 1, 1, device=x.device) * 0.15 + 0.01) * math.sqrt(strength)
    left = torch.rand(batch, 1, 1, 1, device=x.device) * (1 - side)
    top = torch.rand(batch, 1, 1, 1, device=x.device) * (1 - side)
    across = torch.arange(width, device=x.device).view(1, 1, 1, -1) / width
    down = torch.arange(height, device=x.device).view(1, 1, -1, 1) / height
    inside = (across >= left) & (across < left + side) & (down >= top) & (down < top + side)
    inside = inside & (coin(batch, 0.2, x) > 0)
    return torch.where(inside, torch.rand_like(x), x)


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
        x = warp(x, strength)
        if torch.rand(()).item() < 0.35:
            x = shrink(x, strength)
        if torch.rand(()).item() < 0.35:
            x = blur(x, torch.rand(()).item() * 1.5 * strength)
        x = colour(x, strength)
    x = torch.where(coin(x.shape[0], grey, x) > 0, luma(x).expand(-1, 3, -1, -1), x)
    if strength > 0:
        noisy = coin(x.shape[0], 0.4, x) * uniform(x.shape[0], 0, 0.05, x) * strength
        x = round_to_8_bits(x + torch.randn_like(x) * noisy)
        x = erase(x, strength)
        if torch.rand(()).item() < 0.55:
            x = jpeg_somewhere(x, strength)
    return round_to_8_bits(x)

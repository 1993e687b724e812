"""Augmentations: what happens to pictures on the web, differentiable or straight-through, on any device.

All functions take and return batches of floats [B,3,160,160] in 0..1, each sample changed in its own way.
`strength` runs from 0 (no change) to 1 (as hard as training gets). JPEG and rounding are exact, with a
straight-through gradient.
"""

import math
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from .jpeg import jpeg
from .model import WORKING_SIZE, luma, on_device, turn_hue

CORNERS = torch.tensor([[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]])
"""x and y of a picture's top left, top right, bottom left and bottom right corner."""
_EIGHTHS = torch.tensor(
    [
        [[1.0, 0.0], [0.0, 1.0]],
        [[-1.0, 0.0], [0.0, 1.0]],
        [[1.0, 0.0], [0.0, -1.0]],
        [[-1.0, 0.0], [0.0, -1.0]],
        [[0.0, 1.0], [1.0, 0.0]],
        [[0.0, -1.0], [1.0, 0.0]],
        [[0.0, 1.0], [-1.0, 0.0]],
        [[0.0, -1.0], [-1.0, 0.0]],
    ]
)
_SMALLEST = 72
"""Smallest side in pixels that a picture is shrunk to: 45%."""


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


def resample(x: Tensor, grid: Tensor, inside: Tensor | None = None, around: Tensor | None = None) -> Tensor:
    """Bilinear samples of x at grid [B,H,W,2]; outside of x, or of `inside` [B,1,H,W], is something else.

    In each sample that is the mean of the picture, black, white, mid-grey, or, in one of three samples,
    `around` [B,3,H,W] if given.
    """
    batch = x.shape[0]
    kinds = torch.stack(
        [x.detach().mean(dim=(2, 3)), *(torch.full_like(x[:, :, 0, 0], v) for v in (0, 1, 0.5))]
    )
    fill = kinds[torch.randint(4, (batch,), device=x.device), torch.arange(batch, device=x.device)]
    fill = fill[:, :, None, None]
    if around is not None:
        fill = torch.where(coin(batch, 1 / 3, x) > 0, around, fill)
    known = torch.ones_like(x[:, :1]) if inside is None else inside
    sampled = F.grid_sample(
        torch.cat([x * known, known], 1), grid, mode="bilinear", padding_mode="zeros", align_corners=False
    )
    return sampled[:, :3] + (1 - sampled[:, 3:]) * fill


def bilinear_grid(corners: Tensor) -> Tensor:
    """Places of a window's pixels [B,160,160,2], from its corners [B,4,2]: top left, top right, bottom left,
    bottom right, in -1..1 of the picture.

    Close to a perspective while opposite sides are nearly equal.
    """
    t = (torch.arange(WORKING_SIZE, device=corners.device) + 0.5) / WORKING_SIZE
    across, down = t[None, None, :, None], t[None, :, None, None]
    tl, tr, bl, br = (corners[:, i, None, None, :] for i in range(4))
    return (tl * (1 - across) + tr * across) * (1 - down) + (bl * (1 - across) + br * across) * down


def cut(x: Tensor, strength: float) -> Tensor:
    """[B,1,H,W]: 1 inside a crop, which half of the samples have at full strength.

    At least 45% of each side is left; one of four crops leaves the whole side.
    """
    batch = x.shape[0]
    t = (torch.arange(WORKING_SIZE, device=x.device) + 0.5) / WORKING_SIZE
    cropped = coin(batch, 0.5, x) * strength
    left = torch.ones_like(x[:, :1], dtype=torch.bool)
    for places in (t.view(1, 1, 1, -1), t.view(1, 1, -1, 1)):
        share = 1 - 0.55 * uniform(batch, 0, 1, x) * coin(batch, 0.75, x) * cropped
        start = uniform(batch, 0, 1, x) * (1 - share)
        left = left & ((places - start - share / 2).abs() <= share / 2)
    return left.to(x.dtype)


def misplace(x: Tensor, strength: float) -> Tensor:
    """The window that a reader finds: slightly wrong, and with parts of the picture missing.

    Wrong by up to 3% in place, 6% in size, 5 degrees, mostly by much less; in some samples by 3% at each
    corner; in some up to 55% of each side are cut off.
    """
    batch = x.shape[0]
    device = x.device
    on = coin(batch, 0.85, x)[:, :, 0] * strength
    side = on_device(CORNERS, device)

    def draw(*shape: int) -> Tensor:
        return torch.rand(batch, *shape, device=device) * 2 - 1

    def mostly_small(*shape: int) -> Tensor:
        value = draw(*shape)
        return value * value.abs()

    corners = side * (1 + 0.06 * mostly_small(1, 2) * on) + 0.06 * mostly_small(1, 2) * on
    corners = corners + 0.06 * draw(4, 2) * on * coin(batch, 0.3, x)[:, :, 0]
    angle = mostly_small(1) * math.radians(5) * on[:, 0]
    corners = corners @ turning(angle[:, 0])
    return resample(x, bilinear_grid(corners), cut(x, strength))


def turning(angle: Tensor) -> Tensor:
    """Matrices [B,2,2] that turn rows of places by angles [B] in radians."""
    cos, sin = angle.cos(), angle.sin()
    return torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], -2)


def elsewhere(x: Tensor) -> Tensor:
    """A window that cannot be read: mirrored, turned by quarters, far too small, or far off."""
    batch = x.shape[0]
    device = x.device
    kind = torch.randint(4, (batch,), device=device)
    small, beside = kind < 2, kind == 2
    zoom = torch.where(
        small, torch.rand(batch, device=device) * 0.45 + 0.35, torch.ones(batch, device=device)
    )
    # The first of them is upright.
    turned = torch.randint(1, 8, (batch,), device=device)
    which = torch.where(small | beside, turned * (torch.rand(batch, device=device) < 0.3), turned)
    place = torch.rand(batch, 2, device=device) * 2 - 1
    far = place.sign() * (0.09 + 0.31 * place.abs())  # 4.5 to 20% of each side
    shift = torch.where(beside[:, None], far, place * (1 - zoom)[:, None])
    theta = torch.cat([eighths(device)[which] * zoom[:, None, None], shift[:, :, None]], 2)
    return resample(x, F.affine_grid(theta, list(x.shape), align_corners=False))


def eighths(device: torch.device) -> Tensor:
    """[8,2,2]: upright, mirrored, and turned by quarters, upright first."""
    return on_device(_EIGHTHS, device)


@cache
def _shrinking(device: torch.device) -> Tensor:
    """Matrices that shrink one side, antialiased, and enlarge it again; the last one changes nothing."""
    eye = torch.eye(WORKING_SIZE)[None, None]
    matrices = []
    for side in range(_SMALLEST, WORKING_SIZE + 1):
        small = F.interpolate(eye, (side, WORKING_SIZE), mode="bilinear", antialias=True)
        matrices.append(F.interpolate(small, (WORKING_SIZE, WORKING_SIZE), mode="bilinear")[0, 0])
    return torch.stack(matrices).to(device)


def along_both_sides(x: Tensor, matrices: Tensor) -> Tensor:
    """Rows and columns of [B,3,160,160] mixed by matrices [B,160,160]."""
    # Products with banded matrices: several times faster than convolutions of three channels.
    mixed: Tensor = matrices[:, None] @ x @ matrices[:, None].transpose(2, 3)
    return mixed


def shrink(x: Tensor, strength: float) -> Tensor:
    """Resize to 45-100% of each side and back, in 30% of the samples."""
    matrices = _shrinking(x.device)
    last = len(matrices) - 1
    on = coin(len(x), 0.3, x).flatten()
    lost = torch.rand(len(x), device=x.device) * on * strength * last
    return along_both_sides(x, matrices[last - lost.round().long()])


def blur(x: Tensor, sigma: Tensor) -> Tensor:
    """Gaussian blur, sigma [B] in pixels, 0 for none; at borders, over the existing pixels only."""
    place = torch.arange(WORKING_SIZE, device=x.device, dtype=x.dtype)
    width = sigma.clamp(min=1e-3).view(-1, 1, 1)
    weights = torch.exp(-((place[:, None] - place) ** 2) / (2 * width**2))
    return along_both_sides(x, weights / weights.sum(dim=2, keepdim=True))


def soften(x: Tensor, strength: float) -> Tensor:
    """Blur in 30% of the samples, sharpen in 12%."""
    draw = torch.rand(len(x), 1, 1, 1, device=x.device)
    sigma = torch.rand(len(x), device=x.device) * 2.0 * strength
    blurred = blur(x, torch.where(draw.flatten() < 0.42, sigma, 0))
    kept = torch.where(draw < 0.3, 0.0, 1 + 1.5 * strength * torch.rand_like(draw))
    return blurred + (x - blurred) * kept


def colour(x: Tensor, strength: float) -> Tensor:
    """Contrast, brightness, uneven light, saturation, hue, gamma and a shift of each channel."""
    batch = x.shape[0]

    def factor(probability: float, spread: float) -> Tensor:
        return torch.exp(uniform(batch, -spread, spread, x) * coin(batch, probability, x) * strength)

    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    x = (x - mean) * factor(0.35, 0.8) + mean
    x = x * factor(0.35, 0.75) + uniform(batch, -0.08, 0.08, x) * coin(batch, 0.3, x) * strength
    t = torch.linspace(-1, 1, WORKING_SIZE, device=x.device)
    slope = uniform(batch, -0.25, 0.25, x, channels=2) * coin(batch, 0.15, x) * strength
    x = x * (1 + slope[:, :1] * t.view(1, 1, 1, -1) + slope[:, 1:] * t.view(1, 1, -1, 1))
    grey = luma(x)
    x = grey + (x - grey) * (1 + uniform(batch, -0.9, 0.6, x) * coin(batch, 0.3, x) * strength)
    turn = uniform(batch, -0.13, 0.13, x) * coin(batch, 0.35, x) * strength
    x = torch.where(turn == 0, x, turn_hue(x, turn))
    x = x + uniform(batch, -0.06, 0.06, x, channels=3) * coin(batch, 0.25, x) * strength
    gamma = torch.exp(uniform(batch, -0.5, 0.5, x) * coin(batch, 0.3, x) * strength)
    # Values outside 0..1 are clipped, but their gradient passes, since zero would stop learning there.
    return straight_through(x, x.detach().clamp(0, 1)).clamp(min=1e-3) ** gamma


def without_colour(x: Tensor, share: float, strength: float) -> Tensor:
    """A share of the samples in grey; one in three of these is tinted, as in sepia."""
    batch = x.shape[0]
    tint = 1 + uniform(batch, -0.25, 0.15, x, channels=3) * coin(batch, 1 / 3, x) * strength
    return torch.where(coin(batch, share, x) > 0, luma(x) * tint, x)


def erase(x: Tensor, strength: float) -> Tensor:
    """A rectangle over 1-30% of the area, of noise or of one colour, in 30% of the samples."""
    batch, _, height, width = x.shape
    side = torch.sqrt(uniform(batch, 0.01, 0.3, x)) * math.sqrt(strength)
    shape = torch.exp(uniform(batch, -0.5, 0.5, x))
    across, down = (side * shape).clamp(max=1), (side / shape).clamp(max=1)
    left, top = uniform(batch, 0, 1, x) * (1 - across), uniform(batch, 0, 1, x) * (1 - down)
    column = torch.arange(width, device=x.device).view(1, 1, 1, -1) / width
    row = torch.arange(height, device=x.device).view(1, 1, -1, 1) / height
    inside = (column >= left) & (column < left + across) & (row >= top) & (row < top + down)
    inside = inside & (coin(batch, 0.3, x) > 0)
    flat = torch.rand(batch, 3, 1, 1, device=x.device).expand_as(x)
    return torch.where(inside, torch.where(coin(batch, 0.5, x) > 0, torch.rand_like(x), flat), x)


def jpeg_somewhere(x: Tensor, strength: float) -> Tensor:
    """JPEG in half of the samples: half of these at this size, half at twice it, as in real pictures."""
    half = len(x) // 2

    def saved(part: Tensor, lowest: float) -> Tensor:
        quality = (95 - torch.rand(len(part), device=x.device) * (95 - lowest) * strength).round()
        return jpeg(part, quality)

    small = saved(x.detach()[:half], 45)
    twice = saved(F.interpolate(x.detach()[half:], scale_factor=2, mode="bilinear"), 18)
    changed = torch.cat([small, F.avg_pool2d(twice, 2)])
    return straight_through(x, torch.where(coin(len(x), 0.5, x) > 0, changed, x))


def everyday(x: Tensor, strength: float, *, grey: float) -> Tensor:
    """Random everyday changes of a marked picture, without moving it; `grey`: share that loses colour."""
    if strength > 0:
        x = soften(shrink(x, strength), strength)
        x = colour(x, strength)
    x = without_colour(x, grey, strength)
    if strength > 0:
        noisy = coin(x.shape[0], 0.35, x) * uniform(x.shape[0], 0, 0.05, x) * strength
        x = round_to_8_bits(x + torch.randn_like(x) * noisy)
        x = erase(x, strength)
        x = jpeg_somewhere(x, strength)
    return round_to_8_bits(x)

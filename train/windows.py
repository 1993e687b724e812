"""Windows of marked pictures for the locator to learn from: cropped, grown, turned, in perspective.

A window's corners are [B,4,2]: top left, top right, bottom left, bottom right, in -1..1 of the cover.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from .augment import CORNERS, bilinear_grid, cut, eighths, resample, turning
from .model import on_device

MOST_TURNED = 12.0
"""Windows are turned by at most so many degrees; the reader tries larger turns itself."""


def draw_corners(batch: int, strength: float, device: torch.device) -> Tensor:
    """Corners of realistic windows: [B,4,2].

    Half of them are turned by up to 12 degrees. Sides are cut to 45-100% or, less often, extended; a third of
    the windows has moved corners, as in a camera's picture; a fifth hardly differs from the cover.
    """

    def draw(*shape: int) -> Tensor:
        return torch.rand(batch, *shape, device=device)

    angle = (2 * draw() - 1) * (draw() < 0.5) * strength * math.radians(MOST_TURNED)
    # The turn is in pixels of the cover, whose sides differ, not of its squashed copy.
    shape = torch.exp((2 * draw() - 1) * 0.55)
    half = torch.stack([shape.sqrt(), 1 / shape.sqrt()], dim=1)

    share = torch.where(draw(2) < 0.3, 1.0, 1 - 0.55 * draw(2) * strength)
    grown = 1 + 0.7 * draw(2) * draw(1) * strength
    size = half * torch.where(draw(1) < 0.3, grown, share)
    # A frame that holds the whole turned cover, as editors extend it.
    cos, sin = angle.cos().abs()[:, None], angle.sin().abs()[:, None]
    around = half * cos + half.flip(1) * sin
    size = torch.where((draw(1) < 0.3) & (angle != 0)[:, None], around, size)

    cover = on_device(CORNERS, device)
    corners = cover * size[:, None]
    corners = corners @ turning(angle) / half[:, None]
    room = (1 - size / half).abs()
    corners = corners + ((2 * draw(2) - 1) * room)[:, None]
    shaken = (draw(1, 1) < 0.35) * 0.16 * strength
    corners = corners + (2 * draw(4, 2) - 1) * shaken
    near = cover + 0.08 * (2 * draw(4, 2) - 1) * strength
    return torch.where(draw(1, 1) < 0.2, near, corners)


def windows_of(marked: Tensor, corners: Tensor, strength: float) -> Tensor:
    """The contents of windows of marked pictures [B,3,160,160]; in a third of them a part of the picture is
    also cut off inside the window, and in some another picture surrounds it."""
    some = (torch.rand(len(marked), 1, 1, 1, device=marked.device) < 0.35).to(marked.dtype)
    inside = 1 - some * (1 - cut(marked, strength))
    return resample(marked, bilinear_grid(corners), inside, around=marked.detach().roll(1, 0))


def turned_away(x: Tensor) -> Tensor:
    """The same pictures mirrored or turned by quarters, never upright: [B,3,160,160]."""
    which = torch.randint(1, 8, (len(x),), device=x.device)
    theta = torch.cat([eighths(x.device)[which], torch.zeros(len(x), 2, 1, device=x.device)], 2)
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, mode="nearest", align_corners=False)

"""The Hushmark network: a small StegaStamp-like encoder and decoder in plain PyTorch.

The published interface is kept (StegaStamp, Tancik et al. 2019, adapted to 320x320 and 32 bits):
the encoder maps `secret_bits` and `image` to `residual`, the decoder maps `image` to `logits`.
Inside, both work on a 160x160 mean of the image, unshuffled to 40x40 (encoder) or 80x80 (decoder):
frequencies above 80 cycles a picture would not survive a resize, and leaving them out costs less than
a tenth of the arithmetic.
Every Conv has channel counts that are multiples of 4 (a WebGPU kernel miscomputes some others).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BITS = 32
IMAGE_SIZE = 320
WORKING_SIZE = 160
SECRET_MAP_SIZE = 20
NOMINAL_DB = 38.0
"""PSNR of image + residual as the encoder returns it, before the pipeline scales it."""


def conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """3x3 convolution and ReLU, weights drawn for ReLU (He et al. 2015)."""
    layer = nn.Conv2d(inputs, outputs, 3, stride, 1)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return nn.Sequential(layer, nn.ReLU())


def to_working_size(image: Tensor) -> Tensor:
    """Antialiased 2x2 mean: [B,3,320,320] -> [B,3,160,160]."""
    return F.avg_pool2d(image, IMAGE_SIZE // WORKING_SIZE)


def luma(x: Tensor) -> Tensor:
    """ITU-R BT.601 luma, as Pillow's convert("L"): [B,3,H,W] -> [B,1,H,W]."""
    return 0.299 * x[:, 0:1] + 0.587 * x[:, 1:2] + 0.114 * x[:, 2:3]


def box_mean(x: Tensor) -> Tensor:
    """Mean over 9x9 neighbours (fewer at the border), as two passes over 9."""
    across = F.avg_pool2d(x, (1, 9), 1, (0, 4), count_include_pad=False)
    return F.avg_pool2d(across, (9, 1), 1, (4, 0), count_include_pad=False)


def texture_mask(image: Tensor) -> Tensor:
    """Where a picture hides a residual: [B,3,H,W] in 0..1 -> [B,1,H,W] in 0.35..2.85.

    Grows with the deviation of luma in a 9x9 neighbourhood, from a floor for flat places.
    """
    grey = luma(image)
    # Centred first: the difference of two means of squares loses its digits otherwise.
    grey = grey - grey.mean(dim=(2, 3), keepdim=True)
    mean = box_mean(grey)
    deviation = (F.relu(box_mean(grey * grey) - mean * mean) + 1e-6).sqrt()
    return 0.35 + (deviation / 0.06).clamp(max=2.5)


class Encoder(nn.Module):
    """Bits and cover -> residual.

    The bits reach the residual linearly through `secret_dense` (a learnt spread-spectrum code, which
    trains within minutes); a U-Net that starts as "no change" adds what depends on the picture.
    """

    def __init__(self) -> None:
        super().__init__()
        self.secret_dense = nn.Linear(BITS, 3 * SECRET_MAP_SIZE**2, bias=False)
        nn.init.normal_(self.secret_dense.weight, std=BITS**-0.5)
        self.level1 = conv(96, 48)
        self.level2 = conv(48, 96, 2)
        self.level3 = conv(96, 128, 2)
        self.up2 = nn.Conv2d(128, 96, 1)
        self.join2 = conv(192, 96)
        self.up1 = nn.Conv2d(96, 48, 1)
        self.join1 = conv(96, 48)
        self.to_map = nn.Conv2d(48, 48, 3, padding=1)
        nn.init.normal_(self.to_map.weight, std=1e-3)
        if self.to_map.bias is not None:
            nn.init.zeros_(self.to_map.bias)

    def secret_map(self, bits: Tensor) -> Tensor:
        """[B,32] of 0 and 1 -> [B,3,160,160]."""
        grid = self.secret_dense(bits * 2 - 1).view(-1, 3, SECRET_MAP_SIZE, SECRET_MAP_SIZE)
        return F.interpolate(grid, size=(WORKING_SIZE, WORKING_SIZE), mode="bicubic")

    def refine(self, secret_map: Tensor, image: Tensor) -> Tensor:
        """What the U-Net adds to the map: two [B,3,160,160] -> [B,3,160,160]."""
        inputs = F.pixel_unshuffle(torch.cat([secret_map, image * 2 - 1], dim=1), 4)
        level1 = self.level1(inputs)
        level2 = self.level2(level1)
        x = double(self.up2(self.level3(level2)))
        x = self.join2(torch.cat([x, level2], dim=1))
        x = double(self.up1(x))
        x = self.join1(torch.cat([x, level1], dim=1))
        return F.pixel_shuffle(self.to_map(x), 4)

    def working_residual(self, bits: Tensor, image: Tensor, *, refined: bool = True) -> Tensor:
        """Residual of unit RMS and zero mean at the working size.

        bits [B,32], image [B,3,160,160] in 0..1 -> [B,3,160,160]. `refined=False` leaves out the
        U-Net (the first minutes of training).
        """
        secret_map = self.secret_map(bits)
        if refined:
            secret_map = secret_map + self.refine(secret_map, image)
        residual = F.softsign(secret_map) * texture_mask(image)
        residual = residual - residual.mean(dim=(2, 3), keepdim=True)
        power = (residual * residual).mean(dim=(1, 2, 3), keepdim=True)
        return residual / (power + 1e-12).sqrt()

    def forward(self, secret_bits: Tensor, image: Tensor) -> Tensor:
        """secret_bits [B,32] of 0 and 1, image [B,3,320,320] in 0..1 -> residual [B,3,320,320].

        image + residual is the marked picture at about NOMINAL_DB.
        """
        residual = self.working_residual(secret_bits, to_working_size(image))
        residual = F.interpolate(residual, scale_factor=2, mode="bilinear", align_corners=False)
        return residual * 10 ** (-NOMINAL_DB / 20)


def double(x: Tensor) -> Tensor:
    """Nearest-neighbour enlargement by 2."""
    return F.interpolate(x, scale_factor=2, mode="nearest")


class Decoder(nn.Module):
    """Picture -> logits: plain strided convolutions and two dense layers, no normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            conv(12, 32), conv(32, 64, 2), conv(64, 64), conv(64, 64, 2), conv(64, 128, 2), conv(128, 128, 2)
        )
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(3200, 512), nn.ReLU(), nn.Linear(512, BITS))

    def working_logits(self, image: Tensor) -> Tensor:
        """image [B,3,160,160] in 0..1 -> logits [B,32]."""
        logits: Tensor = self.head(self.features(F.pixel_unshuffle(image * 2 - 1, 2)))
        return logits

    def forward(self, image: Tensor) -> Tensor:
        """image [B,3,320,320] in 0..1 -> logits [B,32]; a positive logit reads as bit 1."""
        return self.working_logits(to_working_size(image))

"""The Hushmark network: a small StegaStamp-like encoder and decoder in plain PyTorch.

The published interface is kept (StegaStamp, Tancik et al. 2019, adapted to 320x320 and 32 bits):
the encoder maps `secret_bits` and `image` to `residual`, the decoder maps `image` to `logits`.
Inside, both work on a 160x160 mean of the image, unshuffled to 40x40 (encoder) or 80x80 (decoder):
frequencies above 80 cycles a picture would not survive a resize, and leaving them out costs less than
a tenth of the arithmetic.
Every Conv has channel counts that are multiples of 4 (a WebGPU kernel miscomputes some others).
"""

from collections.abc import Sequence
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BITS = 256
"""Raw bits of the networks in weights/."""
IMAGE_SIZE = 320
WORKING_SIZE = 160
SECRET_MAP_SIZE = 20
SQUEEZED = 224
ANCHOR_DEVIATION = 0.5
"""Initial deviation of the anchor, relative to that of the bits' map."""
VIEWS, CONTRAST, BRIGHTNESS, HUE = 6, 1.8, 1.8, 0.1
REFINER_VIEWS = (0, 1)
"""Views that the refiner uses: unchanged, and grey. With all six views a step takes three times as long, and
no more bits are right after any distortion."""
WANTED_MARGIN = 4.0
"""From this logit on, a bit is safe enough to spend the residual on other bits."""
NOMINAL_DB = 38.0
"""PSNR of image + residual as the encoder returns it, before the pipeline scales it."""


@cache
def on_device(tensor: Tensor, device: torch.device) -> Tensor:
    """A constant tensor on a device, copied there once."""
    return tensor.to(device)


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


def local_deviation(image: Tensor) -> Tensor:
    """Deviation of luma in a 9x9 neighbourhood: [B,3,H,W] in 0..1 -> [B,1,H,W]."""
    grey = luma(image)
    # Centred first: the difference of two means of squares loses its digits otherwise.
    grey = grey - grey.mean(dim=(2, 3), keepdim=True)
    mean = box_mean(grey)
    return (F.relu(box_mean(grey * grey) - mean * mean) + 1e-6).sqrt()


def texture_mask(image: Tensor) -> Tensor:
    """Where a picture hides a residual: [B,3,H,W] in 0..1 -> [B,1,H,W] in 0.35..2.85.

    Grows with the local deviation of luma, from a floor for flat places.
    """
    return 0.35 + (local_deviation(image) / 0.06).clamp(max=2.5)


class Encoder(nn.Module):
    """Bits and cover -> residual.

    The bits reach the residual linearly through `secret_dense` (a learnt spread-spectrum code, which
    trains within minutes); `anchor` is a pattern that is the same in all marks, for the locator;
    a U-Net that starts as "no change" adds a part that depends on the picture.
    """

    def __init__(self, bits: int = BITS) -> None:
        super().__init__()
        self.secret_dense = nn.Linear(bits, 3 * SECRET_MAP_SIZE**2, bias=False)
        nn.init.normal_(self.secret_dense.weight, std=bits**-0.5)
        coarse = ANCHOR_DEVIATION * torch.randn(1, 3, 2 * SECRET_MAP_SIZE, 2 * SECRET_MAP_SIZE)
        self.anchor = nn.Parameter(
            F.interpolate(coarse, size=(WORKING_SIZE, WORKING_SIZE), mode="bicubic")[0]
        )
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
        """[B,n] of 0 and 1 -> [B,3,160,160]."""
        grid = self.secret_dense(bits * 2 - 1).view(-1, 3, SECRET_MAP_SIZE, SECRET_MAP_SIZE)
        return F.interpolate(grid, size=(WORKING_SIZE, WORKING_SIZE), mode="bicubic") + self.anchor

    def adapt(self, secret_map: Tensor, image: Tensor) -> Tensor:
        """The U-Net's addition to the map: two [B,3,160,160] -> [B,3,160,160]."""
        inputs = F.pixel_unshuffle(torch.cat([secret_map, image * 2 - 1], dim=1), 4)
        level1 = self.level1(inputs)
        level2 = self.level2(level1)
        x = double(self.up2(self.level3(level2)))
        x = self.join2(torch.cat([x, level2], dim=1))
        x = double(self.up1(x))
        x = self.join1(torch.cat([x, level1], dim=1))
        return F.pixel_shuffle(self.to_map(x), 4)

    def working_residual(self, bits: Tensor, image: Tensor, *, adapted: bool = True) -> Tensor:
        """Residual of unit RMS and zero mean at the working size.

        bits [B,n], image [B,3,160,160] in 0..1 -> [B,3,160,160]. `adapted=False` leaves out the
        U-Net (the first minutes of training).
        """
        secret_map = self.secret_map(bits)
        if adapted:
            secret_map = secret_map + self.adapt(secret_map, image)
        residual = F.softsign(secret_map) * texture_mask(image)
        residual = residual - residual.mean(dim=(2, 3), keepdim=True)
        power = (residual * residual).mean(dim=(1, 2, 3), keepdim=True)
        return residual / (power + 1e-12).sqrt()

    def forward(self, secret_bits: Tensor, image: Tensor) -> Tensor:
        """secret_bits [B,n] of 0 and 1, image [B,3,320,320] in 0..1 -> residual [B,3,320,320].

        image + residual is the marked picture at about NOMINAL_DB.
        """
        residual = self.working_residual(secret_bits, to_working_size(image))
        residual = F.interpolate(residual, scale_factor=2, mode="bilinear", align_corners=False)
        return residual * 10 ** (-NOMINAL_DB / 20)


def double(x: Tensor) -> Tensor:
    """Nearest-neighbour enlargement by 2."""
    return F.interpolate(x, scale_factor=2, mode="nearest")


def features(last: int) -> nn.Sequential:
    """Plain strided convolutions, no normalisation: [B,12,80,80] -> [B,`last`,5,5]."""
    return nn.Sequential(
        conv(12, 32), conv(32, 64, 2), conv(64, 64), conv(64, 64, 2), conv(64, 128, 2), conv(128, last, 2)
    )


class Decoder(nn.Module):
    """Picture -> logits: plain strided convolutions and dense layers, no normalisation.

    The first dense layer has a bottleneck (`squeeze`): the same function in half the bytes.
    """

    def __init__(self, bits: int = BITS) -> None:
        super().__init__()
        self.features = features(128)
        squeezed = max(SQUEEZED, bits * 17 // 16)
        self.squeeze = nn.Linear(3200, squeezed, bias=False)
        first = nn.Linear(squeezed, 512)
        self.head = nn.Sequential(first, nn.ReLU(), nn.Linear(512, bits))
        # Keeps the power from layer to layer: with PyTorch's defaults, bits are not learnt within 450 steps.
        nn.init.kaiming_normal_(self.squeeze.weight, nonlinearity="linear")
        nn.init.kaiming_normal_(first.weight, nonlinearity="relu")

    def working_logits(self, image: Tensor) -> Tensor:
        """image [B,3,160,160] in 0..1 -> logits [B,n]."""
        features = self.features(F.pixel_unshuffle(image * 2 - 1, 2))
        logits: Tensor = self.head(self.squeeze(features.flatten(1)))
        return logits

    def forward(self, image: Tensor) -> Tensor:
        """image [B,3,320,320] in 0..1 -> logits [B,n]; a positive logit reads as bit 1."""
        return self.working_logits(to_working_size(image))


class Locator(nn.Module):
    """Picture -> where in a marked picture it lies.

    Layers as in the decoder, and a head for the places of the picture's corners in the cover. For quarter
    turns and mirrored pictures it is run again.
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = features(96)
        self.squeeze = nn.Linear(2400, 160, bias=False)
        first = nn.Linear(160, 256)
        last = nn.Linear(256, 10)
        self.head = nn.Sequential(first, nn.ReLU(), last)
        nn.init.kaiming_normal_(self.squeeze.weight, nonlinearity="linear")
        nn.init.kaiming_normal_(first.weight, nonlinearity="relu")
        nn.init.normal_(last.weight, std=1e-2)
        with torch.no_grad():
            last.bias[:] = torch.tensor([-1.0, -1, 1, -1, -1, 1, 1, 1, -1, 0])

    def working_place(self, image: Tensor) -> Tensor:
        """image [B,3,160,160] in 0..1 -> [B,10].

        x and y of the top left, top right, bottom left and bottom right corner of the image, in -1..1 of the
        cover's width and height; the logarithm of their expected error; a logit of whether it is marked and
        upright.
        """
        features = self.features(F.pixel_unshuffle(image * 2 - 1, 2))
        place: Tensor = self.head(self.squeeze(features.flatten(1)))
        return place

    def forward(self, image: Tensor) -> Tensor:
        """image [B,3,320,320] in 0..1 -> see `working_place`."""
        return self.working_place(to_working_size(image))


def back_through(layer: nn.Conv2d, gradient: Tensor) -> Tensor:
    """From the gradient at the output of a 3x3 convolution (padding 1, stride 1 or 2) to that at its input.

    Convolutions only: WebGPU kernels of ConvTranspose are unreliable. At stride 2 the pixels of each 2x2
    block have separate kernels, joined by a pixel-shuffle.
    """
    weight = layer.weight.transpose(0, 1)
    if layer.stride == (1, 1):
        return F.conv2d(gradient, weight.flip(2, 3), padding=1)
    inputs, outputs = weight.shape[:2]
    weight = F.pad(weight, (0, 1, 0, 1))  # index 3 is zero: even pixels have no such taps
    weight = torch.stack([weight[:, :, 1::2], torch.stack([weight[:, :, 2], weight[:, :, 0]], 2)], 1)
    weight = torch.stack([weight[..., 1::2], torch.stack([weight[..., 2], weight[..., 0]], -1)], 2)
    kernels = weight.reshape(4 * inputs, outputs, 2, 2)
    return F.pixel_shuffle(F.conv2d(F.pad(gradient, (0, 1, 0, 1)), kernels), 2)


def smooth(x: Tensor) -> Tensor:
    """[1 2 1]/4 along both sides: removes the checkerboard that strided layers leave in a gradient."""
    return F.avg_pool2d(F.avg_pool2d(F.pad(x, (1, 1, 1, 1)), 2, 1), 2, 1)


class _Hue:
    """Turning the hue of HSV by `turn` (full turns): the parts that the result and its gradient share."""

    def __init__(self, x: Tensor, turn: Tensor | float) -> None:
        red, green, blue = x[:, 0:1], x[:, 1:2], x[:, 2:3]
        self.value = x.amax(dim=1, keepdim=True)
        least = x.amin(dim=1, keepdim=True)
        self.chroma = self.value - least
        smallest = (x <= least).to(x.dtype)
        self.smallest = smallest / smallest.sum(dim=1, keepdim=True)
        # With (almost) no colour, hue is noise and its gradient unbounded.
        self.safe = self.chroma.clamp(min=1e-3)
        is_red = (red >= self.value).to(x.dtype)
        is_green = (green >= self.value).to(x.dtype) * (1 - is_red)
        is_blue = 1 - is_red - is_green
        self.largest = torch.cat([is_red, is_green, is_blue], 1)
        difference = is_red * (green - blue) + is_green * (blue - red) + is_blue * (red - green)
        self.slope = difference / self.safe
        self.slope_by_channel = torch.cat([is_blue - is_green, is_red - is_blue, is_green - is_red], 1)
        sixths = self.slope + 2 * is_green + 4 * is_blue + 6 * turn
        place = torch.cat([sixths + 5, sixths + 3, sixths + 1], 1) % 6
        self.rising = torch.minimum(place, 4 - place)
        self.falls = (place > 2).to(x.dtype)

    def turned(self) -> Tensor:
        return self.value - self.chroma * self.rising.clamp(0, 1)

    def back(self, gradient: Tensor) -> Tensor:
        """The gradient at the input from the one at the output."""
        slanted = ((self.rising > 0) & (self.rising < 1)).to(gradient.dtype) * (1 - 2 * self.falls)
        of_chroma = self.largest - self.smallest
        by_value = gradient.sum(dim=1, keepdim=True)
        by_ramp = (gradient * self.rising.clamp(0, 1)).sum(dim=1, keepdim=True)
        by_place = (gradient * slanted).sum(dim=1, keepdim=True) * self.chroma / self.safe
        by_slope: Tensor = by_place * (self.slope_by_channel - self.slope * of_chroma)
        return self.largest * by_value - of_chroma * by_ramp - by_slope


def turn_hue(x: Tensor, turn: Tensor | float) -> Tensor:
    """Add `turn` ([B,1,1,1] or one for all, in full turns) to the hue of HSV, as picture editors do."""
    return _Hue(x, turn).turned()


def view_of(marked: Tensor, which: int) -> Tensor:
    """One of the views in which a mark must be readable: [B,3,H,W] -> [B,3,H,W].

    Unchanged, grey, with 1.8 times the contrast or the brightness (clipped to 0..1), with its hue turned
    either way.
    """
    match which:
        case 0:
            return marked
        case 1:
            return luma(marked).expand(-1, 3, -1, -1)
        case 2:
            mean = marked.mean(dim=(1, 2, 3), keepdim=True)
            return (mean + CONTRAST * (marked - mean)).clamp(0, 1)
        case 3:
            return (BRIGHTNESS * marked).clamp(0, 1)
        case 4:
            return turn_hue(marked, HUE)
        case _:
            return turn_hue(marked, -HUE)


def back_through_view(marked: Tensor, gradient: Tensor, which: int) -> Tensor:
    """The gradient [B,3,H,W] of a view, propagated to the marked picture [B,3,H,W]."""
    match which:
        case 0:
            return gradient
        case 1:
            # Grey counts twice: it has only a third of the channels to read.
            total = 2 * gradient.sum(dim=1, keepdim=True)
            return torch.cat([0.299 * total, 0.587 * total, 0.114 * total], dim=1)
        case 2:
            mean = marked.mean(dim=(1, 2, 3), keepdim=True)
            inside = (mean + CONTRAST * (marked - mean) - 0.5).abs() < 0.5
            return CONTRAST * gradient * inside.to(marked.dtype)
        case 3:
            return BRIGHTNESS * gradient * (BRIGHTNESS * marked < 1).to(marked.dtype)
        case 4:
            return _Hue(marked, HUE).back(gradient)
        case _:
            return _Hue(marked, -HUE).back(gradient)


def views_of(marked: Tensor, views: Sequence[int]) -> Tensor:
    """Some views of marked pictures: [B,3,H,W] -> [n*B,3,H,W]."""
    return torch.cat([view_of(marked, which) for which in views])


def back_through_views(marked: Tensor, gradients: Tensor, views: Sequence[int]) -> Tensor:
    """The sum of the gradients [n*B,3,H,W] of some views, propagated to the marked picture [B,3,H,W]."""
    parts = [
        back_through_view(marked, gradient, which)
        for which, gradient in zip(views, gradients.chunk(len(views)), strict=True)
    ]
    return torch.stack(parts).sum(dim=0)


class Refiner(nn.Module):
    """The direction to change a residual so that the decoder reads the bits better: the decoder's gradient.

    Uses two views of the marked picture (unchanged and grey): colours carry most of a mark, and a mark that
    can also be read without them survives most distortions. Holds the decoder's own layers, so that the
    exported graph points into the decoder's weights. The gradient is written out, since an ONNX graph has no
    autograd.
    """

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        self.features = decoder.features
        self.squeeze = decoder.squeeze
        self.head = decoder.head

    def working_gradient(self, bits: Tensor, image: Tensor, residual: Tensor) -> tuple[Tensor, Tensor]:
        """bits [B,n], image and residual [B,3,160,160] -> gradient like the residual, margins [B,n].

        The gradient points to better readable bits; it is smoothed, of any scale. The margin of a bit is its
        logit with the sign of the bit, the smallest of all views.
        """
        marked = image + residual
        sign = (bits * 2 - 1).repeat(len(REFINER_VIEWS), 1)
        margins, gradients = self._margins_and_gradients(views_of(marked, REFINER_VIEWS), sign)
        gradient = smooth(back_through_views(marked, gradients, REFINER_VIEWS))
        return gradient, torch.stack(margins.chunk(len(REFINER_VIEWS))).amin(dim=0)

    def _margins_and_gradients(self, views: Tensor, sign: Tensor) -> tuple[Tensor, Tensor]:
        """views [N,3,160,160], sign [N,32] -> margins [N,32], minus the gradient of the loss [N,3,160,160].

        The loss of a bit is softplus(WANTED_MARGIN - margin).
        """
        activations: list[Tensor] = []
        x = F.pixel_unshuffle(views * 2 - 1, 2)
        for layer in self.features:
            x = layer(x)
            activations.append(x)
        first, last = self.head[0], self.head[2]
        assert isinstance(first, nn.Linear) and isinstance(last, nn.Linear)
        hidden = F.relu(first(self.squeeze(x.flatten(1))))
        margins = last(hidden) * sign
        slope = sign * torch.sigmoid(WANTED_MARGIN - margins)
        slope = (slope @ last.weight) * (hidden > 0)
        slope = ((slope @ first.weight) @ self.squeeze.weight).view(x.shape)
        for layer, activation in zip(reversed(list(self.features)), reversed(activations), strict=True):
            assert isinstance(layer, nn.Sequential) and isinstance(layer[0], nn.Conv2d)
            slope = back_through(layer[0], slope * (activation > 0))
        return margins, F.pixel_shuffle(slope, 2) * 2

    def forward(self, secret_bits: Tensor, image: Tensor, residual: Tensor) -> tuple[Tensor, Tensor]:
        """secret_bits [B,n], image [B,3,320,320], residual [B,3,160,160] -> see `working_gradient`."""
        return self.working_gradient(secret_bits, to_working_size(image), residual)

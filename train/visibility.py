"""How visible a mark is: measured on the exact 8-bit pixels of a picture before and after."""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .benchmark import psnr, ssim

FLAT_DEVIATION = 2.0
"""A place is flat, and hides nothing, where the local deviation of luma (0..255) is below this."""
_NEIGHBOURHOOD = 18
"""A neighbourhood is this fraction (1/n) of each side: 9 of the 160 pixels that the networks work on."""


@dataclass(frozen=True)
class Visibility:
    """`psnr` in dB; `ssim` of luma; `shift`: the largest mean change of a channel, of 255; `flat_rms`: the
    largest RMS of the change, of 255, in a neighbourhood where the cover is flat, 0 where there is none."""

    psnr: float
    ssim: float
    shift: float
    flat_rms: float

    @classmethod
    def of(cls, cover: Image.Image, marked: Image.Image) -> "Visibility":
        """Compare two RGB pictures of one size."""
        change = np.asarray(marked, np.float64) - np.asarray(cover, np.float64)
        power = _neighbourhood_mean(np.square(change).mean(axis=2))
        flat = local_deviation(cover) < FLAT_DEVIATION
        return cls(
            psnr=psnr(cover, marked),
            ssim=ssim(cover, marked),
            shift=float(np.abs(change.mean(axis=(0, 1))).max()),
            flat_rms=float(np.sqrt(power[flat].max(initial=0))),
        )


def butteraugli(cover: Image.Image, marked: Image.Image) -> tuple[float, float]:
    """How visible a change is, by libjxl's `butteraugli_main`: 3-norm and maximum; smaller is better.

    Raises SystemExit when the program is not installed.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("cover.png", "marked.png")]
        for path, image in zip(paths, (cover, marked), strict=True):
            # Both without a profile: if only one had it, their colours would differ.
            image.convert("RGB").save(path, compress_level=1, icc_profile=None)
        try:
            told = subprocess.run(
                ["butteraugli_main", *map(str, paths)], capture_output=True, text=True, check=True
            )
        except FileNotFoundError:
            raise SystemExit(
                "butteraugli_main is not installed: on Debian it is in libjxl-devtools."
            ) from None
    peak, norm = told.stdout.split()[0], told.stdout.split()[-1]  # "2.3", then "3-norm: 0.8"
    return float(norm), float(peak)


def local_deviation(image: Image.Image) -> NDArray[np.float64]:
    """Deviation of luma, 0..255, in each neighbourhood that lies within the RGB picture.

    Element [y,x] of the float64 [H-h+1,W-w+1] is that of the h x w pixels whose top left corner is (x,y).
    """
    luma = np.asarray(image, np.float64) @ np.array([0.299, 0.587, 0.114])
    luma -= luma.mean()  # sums of large squares would lose the digits of a small deviation
    mean = _neighbourhood_mean(luma)
    return np.sqrt(np.maximum(_neighbourhood_mean(luma * luma) - mean * mean, 0))


def _neighbourhood_mean(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of each neighbourhood: [H,W] -> [H-h+1,W-w+1]."""
    for _ in range(2):
        length = max(1, round(len(plane) / _NEIGHBOURHOOD))
        sums = np.concatenate([np.zeros((1, plane.shape[1])), plane.cumsum(axis=0)])
        plane = ((sums[length:] - sums[:-length]) / length).T
    return plane

"""Measure a model as a user would meet it: whole pictures at full size, real files, exact 8-bit pixels.

    python -m train.evaluate --images photos/val --strength 38 40

Marks every picture with random bits through the product's own pipeline, sends it through each distortion
and reads it back, without any search. Prints one row a distortion with n and the Wilson 95% interval;
measures the presence threshold on windows of unmarked pictures and writes it as JSON with --card.
"""

import argparse
import io
import json
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from hushmark.picture import Picture, open_picture
from hushmark.residual import apply, prepare
from PIL import Image, ImageEnhance, ImageFilter

from .export import load_decoder, load_encoder, networks_of
from .model import BITS, IMAGE_SIZE, Decoder, Encoder

Distortion = Callable[[Image.Image, random.Random], Image.Image]
FALSE_POSITIVE_RATE = 0.001
SEED = 1


def through_file(image: Image.Image, file_format: str, **options: object) -> Image.Image:
    """Save and open again."""
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return Image.open(file).convert("RGB")


def scaled(image: Image.Image, factor: float) -> Image.Image:
    """Resize both sides by a factor."""
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.resize(size, Image.Resampling.LANCZOS)


def cropped(image: Image.Image, share: float, rng: random.Random) -> Image.Image:
    """A window of `share` of each side, at a random place."""
    width, height = round(image.width * share), round(image.height * share)
    left, top = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
    return image.crop((left, top, left + width, top + height))


def noisy(image: Image.Image, sigma: float, rng: random.Random) -> Image.Image:
    """Gaussian noise, sigma in 0..1."""
    pixels = np.asarray(image, np.float32)
    noise = np.random.default_rng(rng.randrange(2**32)).normal(0, sigma * 255, pixels.shape)
    return Image.fromarray((pixels + noise).round().clip(0, 255).astype(np.uint8))


def jpeg(quality: int) -> Distortion:
    """A JPEG file of this quality."""
    return lambda image, rng: through_file(image, "JPEG", quality=quality)


DISTORTIONS: dict[str, Distortion] = {
    "none": lambda image, rng: image,
    "JPEG 80": jpeg(80),
    "JPEG 50": jpeg(50),
    "JPEG 30": jpeg(30),
    "WebP 50": lambda image, rng: through_file(image, "WEBP", quality=50),
    "grey": lambda image, rng: image.convert("L").convert("RGB"),
    "resize to 50%": lambda image, rng: scaled(image, 0.5),
    "resize to 32%": lambda image, rng: scaled(image, 0.32),
    "resize to 50%, JPEG 75": lambda image, rng: through_file(scaled(image, 0.5), "JPEG", quality=75),
    "blur, sigma 1% of the short side": lambda image, rng: image.filter(
        ImageFilter.GaussianBlur(min(image.size) * 0.01)
    ),
    "noise, sigma 0.05": lambda image, rng: noisy(image, 0.05, rng),
    "brightness x0.5": lambda image, rng: ImageEnhance.Brightness(image).enhance(0.5),
    "brightness x1.5": lambda image, rng: ImageEnhance.Brightness(image).enhance(1.5),
    "contrast x2": lambda image, rng: ImageEnhance.Contrast(image).enhance(2),
    "crop to 95% of each side": lambda image, rng: cropped(image, 0.95, rng),
    "crop to 84% of each side": lambda image, rng: cropped(image, 0.84, rng),
    "rotate by 2 degrees": lambda image, rng: image.rotate(2, Image.Resampling.BICUBIC),
    "rotate by 5 degrees": lambda image, rng: image.rotate(5, Image.Resampling.BICUBIC),
}


def wilson(share: float, n: int) -> tuple[float, float]:
    """Wilson score interval at 95% of a share observed n times."""
    z = 1.96
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return middle - half, middle + half


@dataclass
class Model:
    """The two networks, on single pictures."""

    encoder: Encoder
    decoder: Decoder

    @torch.inference_mode()
    def residual(
        self, bits: npt.NDArray[np.float32], image: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        """bits [1,32], image [1,3,320,320] -> residual [1,3,320,320]."""
        result: npt.NDArray[np.float32] = self.encoder(
            torch.from_numpy(bits), torch.from_numpy(image)
        ).numpy()
        return result

    @torch.inference_mode()
    def logits(self, images: list[Image.Image]) -> npt.NDArray[np.float32]:
        """Logits [N,32] of whole pictures, as the product prepares them."""
        inputs = np.concatenate([prepare(as_picture(image), IMAGE_SIZE) for image in images])
        result: npt.NDArray[np.float32] = self.decoder(torch.from_numpy(inputs)).numpy()
        return result


def as_picture(image: Image.Image) -> Picture:
    """Pixels as the pipeline would open them from a lossless file."""
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=0)
    return open_picture(file.getvalue(), "picture.png")


def photos(folder: Path) -> Iterator[Image.Image]:
    """The photos of a folder in RGB, sorted by name."""
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp"}:
            yield Image.open(path).convert("RGB")


def unmarked_statistics(model: Model, folder: Path, windows: int) -> npt.NDArray[np.float64]:
    """The presence statistic of windows of unmarked pictures: float64 [N], N about `windows`.

    Each picture as a whole and windows of 40-100% of each side, also mirrored, in grey and as JPEG files.
    """
    rng = random.Random(SEED)
    pictures = list(photos(folder))
    each = math.ceil(windows / len(pictures))
    values = []
    for picture in pictures:
        cuts = [picture]
        while len(cuts) < each:
            cut = cropped(picture, rng.uniform(0.4, 1), rng)
            if rng.random() < 0.5:
                cut = cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            if rng.random() < 0.3:
                cut = cut.convert("L").convert("RGB")
            if rng.random() < 0.5:
                cut = through_file(cut, "JPEG", quality=rng.randint(30, 95))
            cuts.append(cut)
        values.append(np.abs(model.logits(cuts)).mean(axis=1))
    return np.concatenate(values).astype(np.float64)


def presence(model: Model, folder: Path, windows: int) -> dict[str, float | int]:
    """The card's facts about presence: threshold of the mean |logit| and what it was measured on.

    The threshold is the larger of what a normal tail of the log statistic says and what was seen.
    """
    statistics = unmarked_statistics(model, folder, windows)
    logs = np.log(statistics)
    mean, deviation = float(logs.mean()), float(logs.std(ddof=1))
    tail = math.exp(mean + 3.0902 * deviation)
    seen = float(np.quantile(statistics, 1 - FALSE_POSITIVE_RATE))
    return {
        "threshold": round(max(tail, seen), 3),
        "false_positive_rate": FALSE_POSITIVE_RATE,
        "windows": len(statistics),
        "log_mean": round(mean, 4),
        "log_std": round(deviation, 4),
    }


@dataclass
class Row:
    """What was read after one distortion."""

    right: list[float]
    statistics: list[float]


def measure(
    model: Model, folder: Path, strength_db: float, messages: int, names: list[str]
) -> tuple[dict[str, Row], list[float]]:
    """Rows by distortion, and the PSNR of each marked picture."""
    rng = random.Random(SEED)
    rows = {name: Row([], []) for name in names}
    decibels = []
    for cover in photos(folder):
        picture = as_picture(cover)
        image = prepare(picture, IMAGE_SIZE)
        for _ in range(messages):
            bits = np.array([[rng.getrandbits(1) for _ in range(BITS)]], np.float32)
            marked, psnr = apply(picture, model.residual(bits, image), strength_db)
            decibels.append(psnr)
            seen = [DISTORTIONS[name](marked.image.convert("RGB"), rng) for name in names]
            logits = model.logits(seen)
            for name, values in zip(names, logits, strict=True):
                rows[name].right.append(float(((values > 0) == (bits[0] > 0.5)).mean()))
                rows[name].statistics.append(float(np.abs(values).mean()))
    return rows, decibels


def report(rows: dict[str, Row], decibels: list[float], strength_db: float, threshold: float) -> None:
    """Print the table as Markdown."""
    mean = sum(decibels) / len(decibels)
    print(f"\nStrength {strength_db:g} dB: PSNR {mean:.2f}, least {min(decibels):.2f}; n = {len(decibels)}\n")
    print("| distortion | bit accuracy % | 95% interval | whole message % | found % |")
    print("|---|---|---|---|---|")
    for name, row in rows.items():
        n = len(row.right)
        accuracy = sum(row.right) / n
        low, high = wilson(accuracy, n * BITS)
        whole = sum(share == 1 for share in row.right) / n
        found = sum(value >= threshold for value in row.statistics) / n
        print(
            f"| {name} | {accuracy * 100:.2f} | {low * 100:.2f}-{high * 100:.2f} "
            f"| {whole * 100:.1f} | {found * 100:.1f} |"
        )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--images", type=Path, required=True, help="folder of photos that were not trained on"
    )
    parser.add_argument("--weights", type=Path, default=Path("weights"), help="folder of exported weights")
    parser.add_argument("--checkpoint", type=Path, help="a training checkpoint instead of exported weights")
    parser.add_argument("--strength", type=float, nargs="+", default=[38.0], help="PSNR in dB")
    parser.add_argument("--messages", type=int, default=4, help="random messages a picture (default 4)")
    parser.add_argument("--windows", type=int, default=2200, help="unmarked windows (default 2200)")
    parser.add_argument("--only", nargs="+", choices=list(DISTORTIONS), default=list(DISTORTIONS))
    parser.add_argument("--card", type=Path, help="write the model card's facts to this JSON file")
    args = parser.parse_args()

    if args.checkpoint:
        model = Model(*networks_of(args.checkpoint))
    else:
        model = Model(
            load_encoder(args.weights / "encoder.safetensors"),
            load_decoder(args.weights / "decoder.safetensors"),
        )
    facts = presence(model, args.images, args.windows)
    print("presence:", json.dumps(facts))
    if args.card:
        card = {"model": "hushmark-0.1", "bits": BITS, "image_size": IMAGE_SIZE, "presence": facts}
        args.card.write_text(json.dumps(card, indent=1) + "\n")
    for strength_db in args.strength:
        rows, decibels = measure(model, args.images, strength_db, args.messages, args.only)
        report(rows, decibels, strength_db, float(facts["threshold"]))


if __name__ == "__main__":
    main()

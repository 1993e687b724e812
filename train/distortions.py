"""The changes of pictures in the table of `train.benchmark`, on exact 8-bit pixels.

A change takes an RGB picture and a random generator, and gives another RGB picture: the same one for the same
seed. Changes that the page's lab offers, too, come from `hushmark.trials`.
"""

import random
from collections.abc import Callable
from functools import cache
from typing import Literal

from hushmark import trials
from hushmark.trials import brightened, cropped, cut_out, page, resized, rotated, screenshot, through_file
from PIL import Image

from .samples import sample_folder

Change = Callable[[Image.Image, random.Random], Image.Image]
"""An RGB picture and a random generator -> another RGB picture."""


def then(*changes: Change) -> Change:
    """One change after the other."""

    def apply(image: Image.Image, rng: random.Random) -> Image.Image:
        for change in changes:
            image = change(image, rng)
        return image

    return apply


def fixed(change: Callable[..., Image.Image], *amounts: float) -> Change:
    """A change without randomness, with its amounts."""
    return lambda image, rng: change(image, *amounts)


def saved(file_format: str, quality: int) -> Change:
    """Saved as JPEG, WebP or AVIF of a quality 0..100."""
    return lambda image, rng: through_file(image, file_format, quality)


# --- pixels in their place ---


def grey(image: Image.Image) -> Image.Image:
    """Without colour."""
    return image.convert("L").convert("RGB")


def erased(share: float) -> Change:
    """One flat rectangle over a share (0..1) of the area, its sides 1:2 to 2:1."""
    return lambda image, rng: trials.erased(image, share, rng)


def captioned(image: Image.Image, rng: random.Random) -> Image.Image:
    """Two lines of text on a bar over the upper or lower quarter of the picture."""
    return trials.captioned(image, 0.25, rng)


# --- size and place ---


def at_most(longer: int) -> Change:
    """Resized until the longer side has so many pixels."""
    return lambda image, rng: trials.at_most(image, longer)


def aspect(image: Image.Image, rng: random.Random) -> Image.Image:
    """One side a tenth longer or shorter."""
    factors = [rng.choice((0.9, 1.1)), 1.0]
    rng.shuffle(factors)
    return resized(image, *factors)


def crop(share: float) -> Change:
    """A window of `share` (0..1) of each side, at a random place."""
    return lambda image, rng: cropped(image, share, rng)


def strip(across: float, down: float) -> Change:
    """A window of a share (0..1) of the width and of the height, at a random place."""
    return lambda image, rng: cut_out(image, across, down, rng)


def _middle(image: Image.Image, width: int, height: int) -> Image.Image:
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def centre_square(image: Image.Image) -> Image.Image:
    """The middle two thirds of the longer side: a square for pictures of 3:2."""
    width, height = image.size
    if width >= height:
        return _middle(image, round(width * 2 / 3), height)
    return _middle(image, width, round(height * 2 / 3))


def centred(across: int, down: int) -> Change:
    """The largest part in the middle with this ratio of width to height."""

    def apply(image: Image.Image, rng: random.Random) -> Image.Image:
        unit = min(image.width / across, image.height / down)
        return _middle(image, round(unit * across), round(unit * down))

    return apply


def rotate(degrees: float) -> Change:
    """Turned by so much to the left or to the right; the canvas stays."""
    return lambda image, rng: rotated(image, rng.choice((-degrees, degrees)))


def any_angle(image: Image.Image, rng: random.Random) -> Image.Image:
    """Turned by any angle; the canvas stays, so corners are cut off."""
    return rotated(image, rng.uniform(0, 360))


def any_angle_grown(image: Image.Image, rng: random.Random) -> Image.Image:
    """Turned by any angle, the canvas grown so that all of the picture is left."""
    return image.rotate(rng.uniform(0, 360), Image.Resampling.BICUBIC, expand=True)


def quarter_turn(image: Image.Image, rng: random.Random) -> Image.Image:
    """Turned by 90, 180 or 270 degrees."""
    return image.transpose(
        rng.choice((Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270))
    )


def perspective(image: Image.Image, rng: random.Random) -> Image.Image:
    """Each corner moved by 3% of the sides, in a direction of its own."""
    return trials.skewed(image, 0.03, rng)


# --- pages and other surroundings ---


def _shown(image: Image.Image, rng: random.Random) -> Image.Image:
    """At 0.5 to 1.5 times its size."""
    factor = rng.uniform(0.5, 1.5)
    return resized(image, factor, factor)


def on_any_page(image: Image.Image, rng: random.Random) -> Image.Image:
    """A screenshot of a page with the picture at 0.5-1.5x, saved as JPEG of quality 75."""
    return screenshot(image, rng.uniform(0.5, 1.5), rng)


def on_page(tone: Literal["light", "dark"]) -> Change:
    """A screenshot of a page of this tone with the picture at 0.5-1.5x."""

    def apply(image: Image.Image, rng: random.Random) -> Image.Image:
        shown = _shown(image, rng)
        while True:
            shot = page(shown, rng)
            paper = shot.crop((0, shot.height - 1, 1, shot.height))  # there is no text at this place
            if (paper.convert("L").tobytes()[0] < 128) == (tone == "dark"):
                return shot

    return apply


def scrolled(share: float) -> Change:
    """A screenshot that ends inside the picture: `share` (0..1) of it is outside, above or below."""
    return lambda image, rng: trials.scrolled(_shown(image, rng), share, rng)


def collage(image: Image.Image, rng: random.Random) -> Image.Image:
    """The picture at one of 2x2 places on white, three other photos at the others."""
    return trials.collage(image, _other_photos(), rng)


def barred(image: Image.Image, rng: random.Random) -> Image.Image:
    """Bars of one colour on one side or on two opposite ones, each 5-25% of that side of the picture."""
    return trials.barred(image, 0.25, rng)


@cache
def _other_photos() -> tuple[Image.Image, ...]:
    names = ("coffee.png", "chelsea.png", "rocket.jpg")
    return tuple(Image.open(sample_folder() / name).convert("RGB") for name in names)


# --- cameras ---


def camera(share: float, surface: Callable[[Image.Image], Image.Image] | None = None) -> Change:
    """Photographed a little askew: each corner is moved inwards by up to `share` of the sides.

    `surface`: how the picture is shown, on a screen or in print.
    """

    def apply(image: Image.Image, rng: random.Random) -> Image.Image:
        shown = image if surface is None else surface(image)
        return trials.camera(shown, share, rng, image.size)

    return apply


def several(image: Image.Image, rng: random.Random) -> Image.Image:
    """Half as large, JPEG 60, brighter, cropped."""
    image = through_file(resized(image, 0.5, 0.5), "JPEG", 60)
    return cropped(brightened(image, 1.2), 0.9, rng)

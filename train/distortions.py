"""What happens to marked pictures in the table of `train.benchmark`, on exact 8-bit pixels.

A change takes an RGB picture and what to draw from, and gives another RGB picture: the same one for the same
seed. What the page's lab offers, too, comes from `hushmark.trials`.
"""

import math
import random
from collections.abc import Callable
from functools import cache
from typing import Literal

import numpy as np
from hushmark.trials import (
    blurred,
    brightened,
    contrasted,
    cropped,
    cut_out,
    noisy,
    page,
    page_and_place,
    resized,
    rotated,
    saturated,
    screenshot,
    through_file,
)
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

from .samples import sample_folder

Change = Callable[[Image.Image, random.Random], Image.Image]
"""An RGB picture and what to draw from -> another RGB picture."""
Place = tuple[float, float]
"""x and y in pixels."""


def then(*changes: Change) -> Change:
    """One change after the other."""

    def apply(image: Image.Image, rng: random.Random) -> Image.Image:
        for change in changes:
            image = change(image, rng)
        return image

    return apply


def fixed(change: Callable[..., Image.Image], *amounts: float) -> Change:
    """A change that draws nothing, with its amounts."""
    return lambda image, rng: change(image, *amounts)


def saved(file_format: str, quality: int) -> Change:
    """Saved as JPEG, WebP or AVIF of a quality 0..100."""
    return lambda image, rng: through_file(image, file_format, quality)


# --- pixels in their place ---


def grey(image: Image.Image) -> Image.Image:
    """Without colour."""
    return image.convert("L").convert("RGB")


def sepia(image: Image.Image) -> Image.Image:
    """In the brown of old prints."""
    rows = (0.393, 0.769, 0.189, 0, 0.349, 0.686, 0.168, 0, 0.272, 0.534, 0.131, 0)
    return image.convert("RGB", rows)


def of_256_colours(image: Image.Image) -> Image.Image:
    """As a PNG with a palette of 256 colours has it."""
    return image.quantize(256).convert("RGB")


def gamma(image: Image.Image, power: float) -> Image.Image:
    """Each level, as a share of full range, to this power."""
    return image.point([round(255 * (level / 255) ** power) for level in range(256)] * 3)


def vintage(image: Image.Image) -> Image.Image:
    """The filter of photo apps: pale colours, warm light, grey blacks, dark corners."""
    image = contrasted(saturated(image, 0.6), 0.85)
    image = image.convert("RGB", (0.9, 0.08, 0.02, 22, 0.04, 0.88, 0.04, 14, 0.04, 0.1, 0.72, 18))
    x, y = (np.linspace(-1, 1, side) for side in image.size)
    return _lit(image, 1 - 0.25 * (y[:, None] ** 2 + x**2)[..., None])


def _lit(image: Image.Image, light: NDArray[np.float64]) -> Image.Image:
    """The picture times light that can be broadcast to [H,W,3]."""
    return Image.fromarray((np.asarray(image) * light).round().clip(0, 255).astype(np.uint8))


def erased(share: float) -> Change:
    """One flat rectangle over a share (0..1) of the area, its sides 1:2 to 2:1."""

    def apply(image: Image.Image, rng: random.Random) -> Image.Image:
        area = share * image.width * image.height
        width = min(image.width, round(math.sqrt(area * 2 ** rng.uniform(-1, 1))))
        height = min(image.height, round(area / width))
        left, top = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
        result = image.copy()
        result.paste(tuple(rng.randrange(256) for _ in range(3)), (left, top, left + width, top + height))
        return result

    return apply


def captioned(image: Image.Image, rng: random.Random) -> Image.Image:
    """Two lines of text on a bar over the upper or lower quarter of the picture."""
    bar = round(image.height / 4)
    top = rng.choice((0, image.height - bar))
    ink, paper = rng.choice((("white", "black"), ("black", "white")))
    result = image.copy()
    draw = ImageDraw.Draw(result)
    draw.rectangle((0, top, image.width, top + bar - 1), fill=paper)
    text = "WHEN THE PICTURE\nTRAVELS WITHOUT YOU"
    middle = image.width / 2, top + bar / 2
    draw.text(middle, text, ink, anchor="mm", align="center", font_size=max(bar // 3, 1))
    return result


# --- size and place ---


def at_most(longer: int) -> Change:
    """Resized until the longer side has so many pixels."""

    def apply(image: Image.Image, rng: random.Random) -> Image.Image:
        factor = longer / max(image.size)
        return resized(image, factor, factor)

    return apply


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
    """The middle two thirds of the longer side: of a picture of 3:2 its square, of any other as much."""
    width, height = image.size
    if width >= height:
        return _middle(image, round(width * 2 / 3), height)
    return _middle(image, width, round(height * 2 / 3))


def centred(across: int, down: int) -> Change:
    """The largest part in the middle that has this ratio of width and height."""

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
    """Each corner of what is shown lies 3% of the sides from its own, in a direction of its own.

    What lies outside of the picture is black.
    """
    width, height = image.size
    places = []
    for x, y in _corners(width, height):
        angle = rng.uniform(0, 2 * math.pi)
        places.append((x + 0.03 * width * math.cos(angle), y + 0.03 * height * math.sin(angle)))
    return _projected(image, image.size, _corners(width, height), places, (0, 0, 0))


def _corners(width: int, height: int) -> list[Place]:
    return [(0, 0), (width, 0), (0, height), (width, height)]


def _projected(
    image: Image.Image, size: tuple[int, int], to: list[Place], of: list[Place], fill: tuple[int, ...]
) -> Image.Image:
    """A picture of `size` in which four places `of` the picture lie at `to`; `fill` where it ends."""
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(to, of, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    coefficients = np.linalg.solve(np.array(rows), np.array(of).ravel()).tolist()
    return image.transform(
        size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC, fillcolor=fill
    )


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
            paper = shot.crop((0, shot.height - 1, 1, shot.height))  # no text is written down there
            if (paper.convert("L").tobytes()[0] < 128) == (tone == "dark"):
                return shot

    return apply


def scrolled(share: float) -> Change:
    """A screenshot of a page that ends inside of the picture: `share` (0..1) of it is above or below."""

    def apply(image: Image.Image, rng: random.Random) -> Image.Image:
        shown = _shown(image, rng)
        shot, (_, top) = page_and_place(shown, random.Random(rng.getrandbits(32)))
        out = round(share * shown.height)
        if rng.random() < 0.5:
            return shot.crop((0, top + out, shot.width, shot.height))
        return shot.crop((0, 0, shot.width, top + shown.height - out))

    return apply


def collage(image: Image.Image, rng: random.Random) -> Image.Image:
    """The picture at any of 2x2 places on white, three other photos at the others."""
    width, height = image.size
    gap = max(2, round(0.02 * max(image.size)))
    canvas = Image.new("RGB", (2 * width + 3 * gap, 2 * height + 3 * gap), "white")
    pictures = [image, *(ImageOps.fit(photo, image.size) for photo in _other_photos())]
    rng.shuffle(pictures)
    for place, picture in enumerate(pictures):
        row, column = divmod(place, 2)
        canvas.paste(picture, (gap + column * (width + gap), gap + row * (height + gap)))
    return canvas


@cache
def _other_photos() -> tuple[Image.Image, ...]:
    names = ("coffee.png", "chelsea.png", "rocket.jpg")
    return tuple(Image.open(sample_folder() / name).convert("RGB") for name in names)


def barred(image: Image.Image, rng: random.Random) -> Image.Image:
    """Bars of one colour on one side or on two opposite ones, each 5-25% of that side of the picture."""
    first, second = (rng.uniform(0.05, 0.25) for _ in range(2))
    first, second = rng.choice(((first, 0.0), (0.0, second), (first, first)))
    colour = rng.choice(("black", "white", "#30343a"))
    if rng.random() < 0.5:
        return ImageOps.expand(image, (round(first * image.width), 0, round(second * image.width), 0), colour)
    return ImageOps.expand(image, (0, round(first * image.height), 0, round(second * image.height)), colour)


# --- cameras ---


def camera(share: float, surface: Callable[[Image.Image], Image.Image] | None = None) -> Change:
    """Photographed a little askew: each corner lies up to `share` of the sides inside of the shot.

    With uneven light, a colour cast, blur, noise and JPEG 80. `surface`: what the picture is shown on.
    A likeness, not a measurement of cameras.
    """

    def apply(image: Image.Image, rng: random.Random) -> Image.Image:
        shown = image if surface is None else surface(image)
        wall = tuple(rng.randrange(60, 220) for _ in range(3))
        # A pixel of the sensor is the mean of an area.
        width, height = size = 2 * image.width, 2 * image.height
        to = [
            (abs(x - rng.uniform(0, share) * width), abs(y - rng.uniform(0, share) * height))
            for x, y in _corners(width, height)
        ]
        shot = _projected(shown, size, to, _corners(*shown.size), wall).reduce(2)
        across, down = (rng.uniform(-0.2, 0.2) * np.linspace(-1, 1, side) for side in shot.size)
        cast = [rng.uniform(0.88, 1.1) for _ in range(3)]
        shot = _lit(shot, (1 + down[:, None] + across)[..., None] * cast)
        return through_file(noisy(blurred(shot, 0.003), 0.02, rng), "JPEG", 80)

    return apply


def on_screen(image: Image.Image) -> Image.Image:
    """As a screen shows it: stripes of red, green and blue, three to a pixel. A camera sees moire."""
    pixels = np.asarray(image, np.float64).repeat(3, axis=0).repeat(3, axis=1)
    stripes = np.tile(np.eye(3), (image.width, 1))
    # Light spreads into the neighbours, and the exposure makes up for what is lost.
    light = (0.4 + 0.6 * stripes) / 0.6
    return Image.fromarray((pixels * light).round().clip(0, 255).astype(np.uint8))


def halftoned(image: Image.Image) -> Image.Image:
    """As printed: dots of cyan, magenta and yellow, 240 along the longer side, each ink at its own angle."""
    large = resized(image, 4, 4)
    pitch = max(large.size) / 240
    x, y = np.meshgrid(np.arange(large.width), np.arange(large.height))
    inks = []
    for ink, degrees in zip(large.split(), (15, 75, 0), strict=True):
        turn = 2 * math.pi / pitch * np.exp(1j * math.radians(degrees))
        across, down = x * turn.real + y * turn.imag, y * turn.real - x * turn.imag
        inks.append(np.asarray(ink) > 127.5 + 63.7 * (np.cos(across) + np.cos(down)))
    return Image.fromarray(np.stack(inks, axis=2).astype(np.uint8) * 255)


def several(image: Image.Image, rng: random.Random) -> Image.Image:
    """Half as large, JPEG 60, brighter, cropped."""
    image = through_file(resized(image, 0.5, 0.5), "JPEG", 60)
    return cropped(brightened(image, 1.2), 0.9, rng)

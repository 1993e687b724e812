"""Changes that pictures go through on the web, on exact 8-bit pixels, to test marks with.

Every function takes and returns an RGB picture, and gives the same answer in every runtime. The benchmark of
the models (train/benchmark.py) and the page's lab are made of these.
"""

import io
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps, features

Unit = Literal["quality", "share", "degrees", "factor", "amount", "count", "pixels", "switch"]
Group = Literal["file", "frame", "colour", "detail", "covered", "scene"]
Place = tuple[float, float]
"""x and y in pixels."""
WHOLE = (0.0, 0.0, 1.0, 1.0)
"""The frame that cuts nothing off."""

_WORDS = ("the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "and", "runs", "away")


def through_file(image: Image.Image, file_format: str, quality: int) -> Image.Image:
    """Save as JPEG, WebP or AVIF of a quality 0..100 and open again."""
    file = io.BytesIO()
    image.save(file, file_format, quality=quality)
    return Image.open(file).convert("RGB")


def resized(image: Image.Image, across: float, down: float) -> Image.Image:
    """The width and the height times a factor each, at least one pixel."""
    size = (max(1, round(image.width * across)), max(1, round(image.height * down)))
    return image.resize(size, Image.Resampling.LANCZOS)


def at_most(image: Image.Image, longer: int) -> Image.Image:
    """Resized until the longer side has so many pixels."""
    factor = longer / max(image.size)
    return resized(image, factor, factor)


def framed(image: Image.Image, frame: tuple[float, float, float, float]) -> Image.Image:
    """What lies between left, top, right and bottom, in shares (0..1) of the sides; at least a pixel."""
    width, height = image.size
    left, top = min(round(frame[0] * width), width - 1), min(round(frame[1] * height), height - 1)
    right, bottom = max(round(frame[2] * width), left + 1), max(round(frame[3] * height), top + 1)
    return image.crop((left, top, right, bottom))


def cropped(image: Image.Image, share: float, rng: random.Random) -> Image.Image:
    """A window of `share` (0..1) of each side, at a random place."""
    return cut_out(image, share, share, rng)


def cut_out(image: Image.Image, across: float, down: float, rng: random.Random) -> Image.Image:
    """A window of a share (0..1) of the width and of the height, at a random place."""
    width, height = max(1, round(image.width * across)), max(1, round(image.height * down))
    left, top = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
    return image.crop((left, top, left + width, top + height))


def rotated(image: Image.Image, degrees: float) -> Image.Image:
    """Anticlockwise; the canvas stays, so corners are cut off and black ones come in."""
    return image.rotate(degrees, Image.Resampling.BICUBIC)


def blurred(image: Image.Image, share: float) -> Image.Image:
    """Gaussian, its sigma a share of the shorter side."""
    return image.filter(ImageFilter.GaussianBlur(min(image.size) * share))


def noisy(image: Image.Image, sigma: float, rng: random.Random) -> Image.Image:
    """Gaussian noise on each pixel and channel, sigma as a share of full range."""
    pixels = np.asarray(image, np.float32)
    # The page has no numpy.random.
    rows = [row + sigma * 255 * _normal(row.shape, rng) for row in pixels]
    return Image.fromarray(np.stack(rows).round().clip(0, 255).astype(np.uint8))


def _normal(shape: tuple[int, ...], rng: random.Random) -> NDArray[np.float32]:
    """Normally distributed values, by the method of Box and Muller."""
    bits = np.frombuffer(rng.randbytes(8 * math.prod(shape)), "<u4").reshape(2, *shape)
    squared, turn = (bits + 0.5) / 2**32
    values: NDArray[np.float64] = np.sqrt(-2 * np.log(squared)) * np.cos(2 * math.pi * turn)
    return values.astype(np.float32)


def brightened(image: Image.Image, factor: float) -> Image.Image:
    """All channels times a factor."""
    return ImageEnhance.Brightness(image).enhance(factor)


def contrasted(image: Image.Image, factor: float) -> Image.Image:
    """The distance of all channels from the mean grey times a factor."""
    return ImageEnhance.Contrast(image).enhance(factor)


def saturated(image: Image.Image, factor: float) -> Image.Image:
    """The distance of all channels from their grey times a factor; 0 is a grey picture."""
    return ImageEnhance.Color(image).enhance(factor)


def hue_turned(image: Image.Image, turn: float) -> Image.Image:
    """The hue of HSV turned by a share of the circle."""
    hue, saturation, value = image.convert("HSV").split()
    hue = hue.point([(level + round(turn * 256)) % 256 for level in range(256)])
    return Image.merge("HSV", (hue, saturation, value)).convert("RGB")


def sepia(image: Image.Image) -> Image.Image:
    """The brown of old prints."""
    rows = (0.393, 0.769, 0.189, 0, 0.349, 0.686, 0.168, 0, 0.272, 0.534, 0.131, 0)
    return image.convert("RGB", rows)


def of_colours(image: Image.Image, count: int) -> Image.Image:
    """Reduced to `count` colours (2..256), as in a PNG with a palette."""
    return image.quantize(count).convert("RGB")


def posterised(image: Image.Image, levels: int) -> Image.Image:
    """Each channel in so many levels (2..256), evenly from black to white."""
    step = 255 / (levels - 1)
    return image.point([round(round(level / step) * step) for level in range(256)] * 3)


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


def erased(image: Image.Image, share: float, rng: random.Random) -> Image.Image:
    """One flat rectangle over a share (0..1) of the area, its sides 1:2 to 2:1 where that fits."""
    area = share * image.width * image.height
    width = max(round(math.sqrt(area * 2 ** rng.uniform(-1, 1))), math.ceil(area / image.height), 1)
    width = min(image.width, width)
    height = min(image.height, round(area / width))
    left, top = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
    result = image.copy()
    result.paste(tuple(rng.randrange(256) for _ in range(3)), (left, top, left + width, top + height))
    return result


def captioned(image: Image.Image, share: float, rng: random.Random) -> Image.Image:
    """Two lines of text on a bar over the upper or lower `share` (0..1) of the picture."""
    bar = round(image.height * share)
    top = rng.choice((0, image.height - bar))
    ink, paper = rng.choice((("white", "black"), ("black", "white")))
    result = image.copy()
    draw = ImageDraw.Draw(result)
    draw.rectangle((0, top, image.width, top + bar - 1), fill=paper)
    text = "WHEN THE PICTURE\nTRAVELS WITHOUT YOU"
    middle = image.width / 2, top + bar / 2
    draw.text(middle, text, ink, anchor="mm", align="center", font_size=max(bar // 3, 1))
    return result


def skewed(image: Image.Image, share: float, rng: random.Random) -> Image.Image:
    """Each corner moved by a share of the sides, in a direction of its own.

    What lies outside of the picture is black.
    """
    width, height = image.size
    places = []
    for x, y in _corners(width, height):
        angle = rng.uniform(0, 2 * math.pi)
        places.append((x + share * width * math.cos(angle), y + share * height * math.sin(angle)))
    return _projected(image, image.size, _corners(width, height), places, (0, 0, 0))


def _corners(width: int, height: int) -> list[Place]:
    return [(0, 0), (width, 0), (0, height), (width, height)]


def _projected(
    image: Image.Image, size: tuple[int, int], to: list[Place], of: list[Place], fill: tuple[int, ...]
) -> Image.Image:
    """A picture of `size` in which four places `of` the picture lie at `to`; `fill` outside of it."""
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(to, of, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y, u], [0, 0, 0, x, y, 1, -v * x, -v * y, v]]
    return image.transform(
        size, Image.Transform.PERSPECTIVE, _solved(rows), Image.Resampling.BICUBIC, fillcolor=fill
    )


def _solved(equations: list[list[float]]) -> list[float]:
    """The unknowns of linear equations, each given as its coefficients and then its value.

    By Gauss and Jordan: the page has no LAPACK.
    """
    left = np.array(equations, np.float64)
    for column in range(len(left)):
        pivot = column + int(np.abs(left[column:, column]).argmax())
        left[[column, pivot]] = left[[pivot, column]]
        left[column] /= left[column, column]
        others = np.arange(len(left)) != column
        left[others] -= np.outer(left[others, column], left[column])
    solution: list[float] = left[:, -1].tolist()
    return solution


def page(picture: Image.Image, rng: random.Random) -> Image.Image:
    """A made-up page that shows the picture at its size: header bar, lines of text, margins.

    The margin on each side has 5-40% of that side of the picture; the page is white, light or dark.
    """
    return page_and_place(picture, rng)[0]


def page_and_place(picture: Image.Image, rng: random.Random) -> tuple[Image.Image, tuple[int, int]]:
    """The same, and where on it the top left corner of the picture lies, x and y in pixels."""
    width, height = picture.size
    left, right = (round(width * rng.uniform(0.05, 0.4)) for _ in range(2))
    above, below = (round(height * rng.uniform(0.05, 0.4)) for _ in range(2))
    header = round(rng.uniform(24, 64))
    size = (left + width + right, header + above + height + below)
    paper, ink, bar = rng.choice(
        [
            ("#ffffff", "#222222", "#e8e8ec"),
            ("#f3f0e8", "#444038", "#2f5d8a"),
            ("#17191c", "#c8ccd0", "#26292e"),
        ]
    )
    canvas = Image.new("RGB", size, paper)
    draw = ImageDraw.Draw(canvas)
    for top in range(header + 8, size[1] - 12, 16):
        if rng.random() < 0.75:
            line = " ".join(rng.choice(_WORDS) for _ in range(rng.randint(3, 8 + size[0] // 40)))
            draw.text((8, top), line, fill=ink)
    draw.rectangle((0, 0, size[0], header - 1), fill=bar)
    draw.ellipse((8, header // 2 - 6, 20, header // 2 + 6), fill=ink)
    draw.text((28, header // 2 - 6), "Pictures of the week", fill=ink)
    # Pages leave some room around a picture.
    gap = rng.randint(2, 8)
    box = (left - gap, header + above - gap, left + width + gap, header + above + height + gap)
    draw.rectangle(box, fill=paper)
    canvas.paste(picture, (left, header + above))
    return canvas, (left, header + above)


def screenshot(image: Image.Image, factor: float, rng: random.Random) -> Image.Image:
    """The picture at `factor` of its size on a made-up page, saved as JPEG of quality 75."""
    return through_file(page(resized(image, factor, factor), rng), "JPEG", 75)


def scrolled(shown: Image.Image, share: float, rng: random.Random) -> Image.Image:
    """A screenshot of a page that ends inside of the picture: `share` (0..1) of it is above or below."""
    shot, (_, top) = page_and_place(shown, random.Random(rng.getrandbits(32)))
    out = round(share * shown.height)
    if rng.random() < 0.5:
        return shot.crop((0, top + out, shot.width, shot.height))
    return shot.crop((0, 0, shot.width, top + shown.height - out))


def collage(image: Image.Image, others: Sequence[Image.Image], rng: random.Random) -> Image.Image:
    """The picture at one of 2x2 places on white, three other RGB pictures at the others."""
    width, height = image.size
    gap = max(2, round(0.02 * max(image.size)))
    canvas = Image.new("RGB", (2 * width + 3 * gap, 2 * height + 3 * gap), "white")
    pictures = [image, *(ImageOps.fit(other, image.size) for other in others)]
    rng.shuffle(pictures)
    for place, picture in enumerate(pictures):
        row, column = divmod(place, 2)
        canvas.paste(picture, (gap + column * (width + gap), gap + row * (height + gap)))
    return canvas


def _made_up() -> list[Image.Image]:
    """Three pictures that carry no mark."""
    fractal = Image.effect_mandelbrot((512, 512), (-1.6, -1.2, 0.8, 1.2), 100)
    shapes = (Image.linear_gradient("L"), Image.radial_gradient("L"), fractal)
    tones = (("#0b3d4f", "#f0c987"), ("#f7f4ea", "#7a3b2e"), ("#26351f", "#cfe3b4"))
    return [ImageOps.colorize(shape, *pair) for shape, pair in zip(shapes, tones, strict=True)]


def barred(image: Image.Image, most: float, rng: random.Random) -> Image.Image:
    """Bars of one colour on one side or two opposite ones, each `most / 5` to `most` (0..1) of that side."""
    first, second = (rng.uniform(most / 5, most) for _ in range(2))
    first, second = rng.choice(((first, 0.0), (0.0, second), (first, first)))
    colour = rng.choice(("black", "white", "#30343a"))
    if rng.random() < 0.5:
        return ImageOps.expand(image, (round(first * image.width), 0, round(second * image.width), 0), colour)
    return ImageOps.expand(image, (0, round(first * image.height), 0, round(second * image.height)), colour)


def camera(shown: Image.Image, share: float, rng: random.Random, size: tuple[int, int]) -> Image.Image:
    """A photo of `size` of what is shown, a little askew: each corner is moved inwards by up to `share`.

    With uneven light, a colour cast, blur, noise and JPEG 80. An approximation, not measured on cameras.
    """
    wall = tuple(rng.randrange(60, 220) for _ in range(3))
    # A pixel of the sensor is the mean of an area.
    width, height = 2 * size[0], 2 * size[1]
    to = [
        (abs(x - rng.uniform(0, share) * width), abs(y - rng.uniform(0, share) * height))
        for x, y in _corners(width, height)
    ]
    shot = _projected(shown, (width, height), to, _corners(*shown.size), wall).reduce(2)
    across, down = (rng.uniform(-0.2, 0.2) * np.linspace(-1, 1, side) for side in shot.size)
    cast = [rng.uniform(0.88, 1.1) for _ in range(3)]
    shot = _lit(shot, (1 + down[:, None] + across)[..., None] * cast)
    return through_file(noisy(blurred(shot, 0.003), 0.02, rng), "JPEG", 80)


def on_screen(image: Image.Image) -> Image.Image:
    """As a screen shows it: stripes of red, green and blue, three to a pixel. A camera sees moire."""
    pixels = np.asarray(image, np.float64).repeat(3, axis=0).repeat(3, axis=1)
    stripes = np.tile(np.eye(3), (image.width, 1))
    # Light spreads into the neighbours, and the exposure makes up for the loss.
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


@dataclass(frozen=True)
class Trial:
    """One thing to try on a picture, by one amount.

    `apply`: RGB picture, amount -> RGB picture; `group`: its kind; `least`..`most`: range of amounts;
    `start`: the slider's first position; `unit`: of the amount, "switch" where there is none. The random seed
    is fixed, so the same amount gives the same picture.
    """

    apply: Callable[[Image.Image, float], Image.Image]
    group: Group
    least: float
    most: float
    start: float
    unit: Unit


def _chance() -> random.Random:
    return random.Random(1)


def _photo_of(surface: Callable[[Image.Image], Image.Image]) -> Callable[[Image.Image, float], Image.Image]:
    """A photo of a surface with a picture of at most 500 px a side: surfaces are drawn much larger."""

    def apply(image: Image.Image, share: float) -> Image.Image:
        small = at_most(image, 500) if max(image.size) > 500 else image
        return camera(surface(small), share, _chance(), small.size)

    return apply


TRIALS: dict[str, Trial] = {
    "jpeg": Trial(lambda image, a: through_file(image, "JPEG", round(a)), "file", 5, 95, 50, "quality"),
    "webp": Trial(lambda image, a: through_file(image, "WEBP", round(a)), "file", 5, 95, 50, "quality"),
    "avif": Trial(lambda image, a: through_file(image, "AVIF", round(a)), "file", 5, 95, 40, "quality"),
    "chat": Trial(
        lambda image, a: through_file(through_file(at_most(image, round(a)), "JPEG", 55), "JPEG", 60),
        "file",
        120,
        1000,
        360,
        "pixels",
    ),
    "palette": Trial(lambda image, a: of_colours(image, round(a)), "file", 2, 256, 64, "count"),
    "resize": Trial(lambda image, a: resized(image, a, a), "frame", 0.1, 2, 0.5, "share"),
    "aspect": Trial(lambda image, a: resized(image, a, 1), "frame", 0.5, 1.5, 1.1, "share"),
    "crop": Trial(lambda image, a: cropped(image, a, _chance()), "frame", 0.4, 1, 0.84, "share"),
    "rotate": Trial(rotated, "frame", -180, 180, 20, "degrees"),
    "turn": Trial(
        lambda image, a: image.rotate(a, Image.Resampling.BICUBIC, expand=True),
        "frame",
        -180,
        180,
        90,
        "degrees",
    ),
    "mirror": Trial(lambda image, a: ImageOps.mirror(image), "frame", 1, 1, 1, "switch"),
    "skew": Trial(lambda image, a: skewed(image, a, _chance()), "frame", 0, 0.1, 0.03, "share"),
    "brightness": Trial(brightened, "colour", 0.25, 3, 1.5, "factor"),
    "contrast": Trial(contrasted, "colour", 0.25, 3, 1.5, "factor"),
    "gamma": Trial(gamma, "colour", 0.4, 2.5, 1.7, "factor"),
    "saturation": Trial(saturated, "colour", 0, 2, 0, "factor"),
    "hue": Trial(hue_turned, "colour", -0.25, 0.25, 0.1, "share"),
    "sepia": Trial(lambda image, a: Image.blend(image, sepia(image), a), "colour", 0, 1, 0.8, "share"),
    "vintage": Trial(lambda image, a: Image.blend(image, vintage(image), a), "colour", 0, 1, 0.8, "share"),
    "posterise": Trial(lambda image, a: posterised(image, round(a)), "colour", 2, 16, 4, "count"),
    "blur": Trial(blurred, "detail", 0, 0.03, 0.01, "share"),
    "sharpen": Trial(
        lambda image, a: image.filter(ImageFilter.UnsharpMask(2, round(100 * a), 0)),
        "detail",
        0,
        4,
        1.5,
        "share",
    ),
    "median": Trial(
        lambda image, a: image.filter(ImageFilter.MedianFilter(2 * round(a) + 1)),
        "detail",
        0,
        4,
        2,
        "pixels",
    ),
    "noise": Trial(lambda image, a: noisy(image, a, _chance()), "detail", 0, 0.2, 0.05, "share"),
    "erase": Trial(lambda image, a: erased(image, a, _chance()), "covered", 0, 0.5, 0.1, "share"),
    "caption": Trial(lambda image, a: captioned(image, a, _chance()), "covered", 0.1, 0.5, 0.25, "share"),
    "bars": Trial(lambda image, a: barred(image, a, _chance()), "covered", 0, 0.5, 0.25, "share"),
    "collage": Trial(lambda image, a: collage(image, _made_up(), _chance()), "scene", 1, 1, 1, "switch"),
    "screenshot": Trial(lambda image, a: screenshot(image, a, _chance()), "scene", 0.3, 1.5, 0.75, "share"),
    "scroll": Trial(lambda image, a: scrolled(image, a, _chance()), "scene", 0, 0.6, 0.25, "share"),
    "camera": Trial(
        lambda image, a: camera(image, a, _chance(), image.size), "scene", 0, 0.15, 0.05, "share"
    ),
    "screen": Trial(_photo_of(on_screen), "scene", 0, 0.15, 0.05, "share"),
    "print": Trial(_photo_of(halftoned), "scene", 0, 0.15, 0.05, "share"),
}
"""What a mark can be tried against, by name."""


def offered() -> dict[str, Trial]:
    """The trials that this Pillow can do: AVIF needs libavif, and text needs FreeType."""
    needs = {"avif": "avif", "caption": "freetype2"}
    return {name: trial for name, trial in TRIALS.items() if name not in needs or features.check(needs[name])}

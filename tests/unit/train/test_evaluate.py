"""How models are measured: distortions, what can be seen, presence, the report, the gallery, the plot."""

import asyncio
import math
import random
import re
import statistics
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hushmark.card import ModelCard, Presence
from hushmark.forward import Forward
from hushmark.marking.budget import to_grid
from hushmark.marking.pattern import REFINING_STEPS
from hushmark.message.sealing import encode
from hushmark.picture.picture import Picture
from hushmark.picture.view import prepare
from hushmark.reading.opener import Opener
from hushmark.reading.reading import Reading, decide
from hushmark.trials import halftoned, on_screen, page, through_file
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage.metrics import structural_similarity

from tests.support.fakes import SpreadForward, photo
from tests.support.pictures import sample_path
from train import checks, evaluate, plot
from train.benchmark import DISTORTIONS, GEOMETRIC, Distortion, psnr, ssim, wilson
from train.forward import TorchForward, gmac, megabytes
from train.gallery import Exhibit, flattest, write_gallery
from train.model import BITS, IMAGE_SIZE, Decoder, Encoder, Locator
from train.samples import hard_pictures
from train.visibility import Visibility, local_deviation

ROWS = {row.name: row for row in DISTORTIONS}
CARD = ModelCard("test", 256, IMAGE_SIZE, Presence(1000, 0.05, 0.35, 0.04, 0.001))


def flat(value: int, size: tuple[int, int] = (180, 90)) -> Image.Image:
    return Image.new("RGB", size, (value, value, value))


@given(st.floats(0, 1), st.integers(1, 10_000))
def test_the_wilson_interval_holds_the_share(share: float, n: int) -> None:
    low, high = wilson(share, n)
    assert -1e-9 <= low <= share + 1e-9 and share - 1e-9 <= high <= 1 + 1e-9


def test_the_wilson_interval_of_a_textbook_case() -> None:
    assert wilson(0.5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert [f"{bound:.1f}" for n in (1, 2, 5) for bound in wilson(0, n)[:1]] == ["0.0"] * 3


@pytest.mark.parametrize("quality", [20, 90])
def test_ssim_is_the_published_one(quality: int) -> None:
    cover = photo(120, 70)
    other = through_file(cover, "JPEG", quality)
    expected = structural_similarity(
        *(np.asarray(image.convert("L")) for image in (cover, other)),
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    assert ssim(cover, other) == pytest.approx(expected, abs=1e-6)
    assert ssim(cover, cover) == pytest.approx(1)


def test_psnr_of_a_step_of_one_level() -> None:
    assert psnr(flat(100), flat(101)) == pytest.approx(20 * math.log10(255))
    assert psnr(flat(100), flat(100)) == math.inf


@pytest.mark.parametrize("row", DISTORTIONS, ids=lambda row: row.name)
def test_a_distortion_repeats_and_gives_an_rgb_picture(row: Distortion) -> None:
    cover = photo(150, 100)
    once, again = (row.apply(cover, random.Random(3)) for _ in range(2))
    assert once.mode == "RGB" and once.tobytes() == again.tobytes()
    assert (once.tobytes() == cover.tobytes()) == (row.name == "none")
    assert cover.tobytes() == photo(150, 100).tobytes()


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("crop to 71% of each side", (142, 71)),
        ("resize to 32% of each side", (64, 32)),
        ("rotate by 90 degrees", (100, 200)),
        ("rotate by 5 degrees", (200, 100)),
        ("several at once", (90, 45)),
        ("twice as large", (400, 200)),
        ("resize to 160 px", (160, 80)),
        ("chat: 360 px, JPEG 55, JPEG 60", (360, 180)),
        ("centre square of 3:2", (133, 100)),
        ("crop to 4:5", (80, 100)),
        ("crop to 16:9", (178, 100)),
        ("crop to 70% of the width", (140, 100)),
        ("crop to 70% of the height, JPEG 75", (200, 70)),
        ("turned by any angle", (200, 100)),
        ("quarter turn, crop to 90%", (90, 180)),
        ("collage of 2x2", (412, 212)),
        ("camera, perspective 10%", (200, 100)),
        ("camera at a screen (moire)", (200, 100)),
        ("camera at a print (halftone)", (200, 100)),
    ],
)
def test_sizes_after_a_distortion(name: str, size: tuple[int, int]) -> None:
    assert ROWS[name].apply(photo(200, 100), random.Random(1)).size == size


def test_hue_turns_red_towards_yellow_and_towards_blue() -> None:
    red = Image.new("RGB", (4, 4), (200, 0, 0))
    forward, back = (ROWS[f"hue {turn}0.1"].apply(red, random.Random(1)).getpixel((0, 0)) for turn in "+-")
    assert forward == pytest.approx((200, 120, 0), abs=4)
    assert back == pytest.approx((200, 0, 120), abs=4)


def test_erasing_hides_a_tenth() -> None:
    cover = photo(300, 200)
    for seed in range(5):
        erased = np.asarray(ROWS["erase 10% of the area"].apply(cover, random.Random(seed)))
        changed = (erased != np.asarray(cover)).any(axis=2)
        assert changed.mean() == pytest.approx(0.1, abs=0.005)
        rows, columns = np.nonzero(changed)
        assert 0.45 < (np.ptp(columns) + 1) / (np.ptp(rows) + 1) < 2.2


@pytest.mark.parametrize("name", sorted(GEOMETRIC))
def test_a_geometric_row_moves_the_picture(name: str) -> None:
    cover = photo(150, 100)
    changed = ROWS[name].apply(cover, random.Random(3))
    if changed.size == cover.size:
        away = np.asarray(changed, np.int16) - np.asarray(cover)
        assert np.abs(away).mean() > 5


@pytest.mark.parametrize("name", ["turned by any angle", "screenshot, dark page", "bars on one or two sides"])
def test_another_seed_gives_another_picture(name: str) -> None:
    cover = photo(150, 100)
    assert len({ROWS[name].apply(cover, random.Random(seed)).tobytes() for seed in range(6)}) > 3


def test_rows_have_names_of_their_own_and_shares_to_reach() -> None:
    assert len(ROWS) == len(DISTORTIONS) and ROWS.keys() >= GEOMETRIC
    assert all(0 < row.target <= 1 for row in DISTORTIONS)


def test_a_palette_has_256_colours() -> None:
    colours = ROWS["PNG of 256 colours"].apply(photo(150, 100), random.Random(1)).getcolors()
    assert colours is not None and 200 < len(colours) <= 256


def test_a_caption_hides_a_quarter() -> None:
    cover = np.asarray(photo(300, 200))
    for seed in range(4):
        changed = np.asarray(ROWS["caption over a quarter"].apply(photo(300, 200), random.Random(seed)))
        rows = np.flatnonzero((changed != cover).any(axis=(1, 2)))
        assert len(rows) == np.ptp(rows) + 1 == 50 and (rows[0] == 0 or rows[-1] == 199)
        assert {0, 255} <= set(changed[rows].ravel().tolist())


def test_gamma_is_a_power_of_the_level() -> None:
    image = ROWS["gamma 1.7"].apply(flat(100), random.Random(1))
    assert image.getpixel((0, 0)) == (round(255 * (100 / 255) ** 1.7),) * 3


@pytest.mark.parametrize("tone", ["light", "dark"])
def test_pages_have_the_tone_of_their_row(tone: str) -> None:
    for seed in range(4):
        shot = ROWS[f"screenshot, {tone} page"].apply(flat(128), random.Random(seed))
        level = shot.convert("L").getpixel((0, shot.height - 1))
        assert isinstance(level, int) and (level > 200 if tone == "light" else level < 50)


@pytest.mark.parametrize("percent", [10, 25, 40])
def test_scrolling_leaves_the_rest_of_the_picture(percent: int) -> None:
    for seed in range(4):
        cover = Image.new("RGB", (180, 90), "#ff00ff")
        shot = np.asarray(ROWS[f"screenshot, {percent}% scrolled out"].apply(cover, random.Random(seed)))
        rows, columns = np.nonzero((shot == (255, 0, 255)).all(axis=2))
        left, across = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert left / (across / 2) == pytest.approx(1 - percent / 100, abs=0.03)
        assert rows[0] == 0 or rows[-1] == len(shot) - 1


def test_a_collage_shows_the_whole_picture_once() -> None:
    shown = np.asarray(ROWS["collage of 2x2"].apply(Image.new("RGB", (90, 60), "#ff00ff"), random.Random(2)))
    rows, columns = np.nonzero((shown == (255, 0, 255)).all(axis=2))
    assert len(rows) == 90 * 60 and np.ptp(columns) == 89 and np.ptp(rows) == 59


def test_bars_lie_on_one_side_or_two_opposite_ones() -> None:
    for seed in range(8):
        cover = Image.new("RGB", (200, 100), "#ff00ff")
        shown = np.asarray(ROWS["bars on one or two sides"].apply(cover, random.Random(seed)))
        assert (shown == (255, 0, 255)).all(axis=2).sum() == 200 * 100
        across, down = shown.shape[1] / 200 - 1, shown.shape[0] / 100 - 1
        assert min(across, down) == 0 and 0.04 < max(across, down) < 0.51


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("camera, perspective 5%", 0.05),
        ("camera, perspective 10%", 0.1),
        ("camera at a screen (moire)", 0.05),
        ("camera at a print (halftone)", 0.05),
    ],
)
def test_a_camera_sees_all_of_the_picture_inside_of_its_shot(name: str, share: float) -> None:
    for seed in range(3):
        black, white = (
            np.asarray(ROWS[name].apply(flat(level, (400, 200)), random.Random(seed)), np.float64)
            for level in (0, 255)
        )
        down, across = round(200 * share) + 4, round(400 * share) + 4
        inside = slice(down, -down), slice(across, -across)
        # The wall behind it is never darker than this.
        assert black[inside].mean(axis=2).max() < 30 < black.mean(axis=2).max()
        # The light is uneven and has a colour.
        assert white[inside].mean(axis=(0, 1)).std() > 1
        assert white[inside].mean(axis=(0, 2)).std() + white[inside].mean(axis=(1, 2)).std() > 1


def test_a_screen_has_stripes_of_the_three_colours() -> None:
    screen = np.asarray(on_screen(flat(90)))
    assert screen.shape == (270, 540, 3)
    assert screen[0, 0].tolist() == [150, 60, 60] and screen[0, 1].tolist() == [60, 150, 60]
    assert screen[5, 5].tolist() == [60, 60, 150]


@pytest.mark.parametrize("level", [40, 128, 215])
def test_dots_of_a_print_are_as_dense_as_the_ink(level: int) -> None:
    printed = np.asarray(halftoned(flat(level, (480, 240))))
    assert set(printed.ravel().tolist()) == {0, 255}
    assert printed.mean() == pytest.approx(level, abs=30)


def test_perspective_moves_the_picture_by_up_to_3_percent() -> None:
    x, y = np.meshgrid(np.arange(200), np.arange(100))
    places = np.stack([x, 2 * y, np.zeros_like(x)], axis=2).astype(np.uint8)
    for seed in range(5):
        image = ROWS["perspective, corners moved by 3%"].apply(Image.fromarray(places), random.Random(seed))
        moved = np.asarray(image, np.float64)[10:-10, 20:-20] - places[10:-10, 20:-20]
        # The corners' moves are 6 across and 3 down, which green counts twice.
        assert 1.5 < np.abs(moved[..., :2]).max() < 8


def test_a_page_shows_the_whole_picture_inside_of_margins() -> None:
    for seed in range(6):
        shown = np.asarray(page(Image.new("RGB", (90, 60), "#ff00ff"), random.Random(seed)))
        rows, columns = np.nonzero((shown == (255, 0, 255)).all(axis=2))
        assert len(rows) == 90 * 60 and np.ptp(columns) == 89 and np.ptp(rows) == 59
        assert rows.min() >= 24 and columns.min() > 0
        assert rows.max() < shown.shape[0] - 1 and columns.max() < shown.shape[1] - 1


def test_deviation_is_that_of_the_neighbourhood() -> None:
    image = photo(72, 54)
    luma = np.asarray(image, np.float64) @ [0.299, 0.587, 0.114]
    deviation = local_deviation(image)
    assert deviation.shape == (54 - 3 + 1, 72 - 4 + 1)
    assert deviation[20, 7] == pytest.approx(luma[20:23, 7:11].std())


def test_a_change_counts_where_the_cover_is_flat() -> None:
    cover = np.array(flat(100))
    cover[:, 90:] = np.asarray(photo(90, 90))
    changes = np.zeros_like(cover, np.int16)
    changes[:, ::2] = 3
    changes[:, 1::2] = -3
    changes[:, 100:] *= 2  # a neighbourhood may reach a little beyond the flat half
    seen = Visibility.of(Image.fromarray(cover), Image.fromarray((cover + changes).astype(np.uint8)))
    assert seen.flat_rms == pytest.approx(3)
    assert seen.shift == 0
    rough = photo(90, 90)
    brighter = Image.fromarray(np.asarray(rough) + np.array([0, 1, 0], np.uint8))
    assert Visibility.of(rough, brighter).flat_rms == 0
    assert Visibility.of(rough, brighter).shift == 1


@pytest.fixture(scope="module")
def forward() -> TorchForward:
    """Networks that have learnt nothing."""
    torch.manual_seed(1)
    return TorchForward(Encoder().eval(), Decoder().eval(), Locator().eval())


def test_pytorch_computes_what_the_product_asks_for(forward: TorchForward) -> None:
    bits = np.random.default_rng(2).integers(0, 2, (1, BITS)).astype(np.float32)
    image = np.random.default_rng(1).random((1, 3, IMAGE_SIZE, IMAGE_SIZE), np.float32)
    residual = asyncio.run(forward.encode(bits, image))
    small = to_grid(residual)
    gradient, margins = asyncio.run(forward.refine(bits, image, small))
    logits = asyncio.run(forward.decode(image + residual))
    assert residual.shape == image.shape and gradient.shape == small.shape
    assert margins.shape == logits.shape == (1, BITS)
    with torch.no_grad():
        assert np.array_equal(logits, forward.networks["decoder"](torch.from_numpy(image + residual)).numpy())
    # The margins are the smallest of two views, of which one is the marked picture as it is.
    assert (margins <= logits * (bits * 2 - 1) + 1e-5).all()


def test_costs_of_the_networks(forward: TorchForward) -> None:
    for name in ("encoder", "decoder", "locator"):
        numbers = sum(p.numel() for p in forward.networks[name].parameters())
        assert 2e-6 * numbers < megabytes(forward.networks[name]) < 2e-6 * numbers + 0.01
    counts = gmac(forward)
    assert 0.1 < counts["decoder"] < 0.3 and counts["encoder"] < 0.9
    # Two views, forth and back.
    assert 4 * counts["decoder"] < counts["refiner"] < 6 * counts["decoder"]
    figures = {check.what: check.figure for check in checks.costs(forward)}
    parts = [figures[f"{name}, fp16"] for name in ("encoder", "decoder", "locator")]
    assert figures["weights in all, fp16"] == pytest.approx(sum(parts))
    assert figures["arithmetic of a marking"] == counts["encoder"] + REFINING_STEPS * counts["refiner"]


def test_messages_differ_and_repeat() -> None:
    message = evaluate.draw_message("a.jpg", 1)
    assert message == evaluate.draw_message("a.jpg", 1) != evaluate.draw_message("a.jpg", 2)
    assert message.kind == "id"


@pytest.fixture
def spread(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for a model that hides bits in colour differences; the path is of no meaning."""
    monkeypatch.setattr(evaluate, "forward_of", lambda source: SpreadForward())
    return Path("none")


def test_a_marked_picture_is_measured_through_the_product(spread: Path) -> None:
    path = sample_path("chelsea.png")
    names = ("none", "JPEG 50", "brightness x0.5")
    measured = evaluate.measure(path, 1, 2.0, names, spread, CARD)
    assert list(measured.answers) == list(names)
    assert measured.answers["none"] == evaluate.Answer(pytest.approx(1, abs=0.02), True, True, False, 1)
    assert list(measured.statistics) == ["none", "JPEG 50"]
    assert measured.statistics["none"] > CARD.presence.threshold(1)
    assert 1 < measured.butteraugli[0] < measured.butteraugli[1] < 20
    assert 30 < measured.visibility.psnr < 42
    alone = evaluate.measure(path, 1, 2.0, ("JPEG 50",), spread, CARD)
    assert alone.answers["JPEG 50"] == measured.answers["JPEG 50"]


def test_unmarked_windows_are_counted(spread: Path) -> None:
    path = sample_path("chelsea.png")
    values = evaluate.unmarked_statistics(path, 6, spread, CARD)
    assert values[0] == evaluate.statistic(next(evaluate.unmarked(path, 1)), spread)
    # All that the search looks at, which is everything where there is no mark, the strongest places closely.
    assert 8 < len(values) < 250 and max(values) > values[0]
    more = evaluate.unmarked_statistics(path, len(values) + 1, spread, CARD)
    assert len(more) > 1.5 * len(values)


@pytest.mark.parametrize("part", evaluate.PAGE_PARTS)
def test_parts_of_pages_with_an_overlay_are_read(
    part: str, spread: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Picture] = []

    async def search(picture: Picture, *, forward: Forward, card: ModelCard) -> Reading:
        seen.append(picture)
        return decide(await forward.decode(prepare(picture, card.image_size)), Opener(card, None))

    monkeypatch.setattr(evaluate, "search", search)
    path = sample_path("chelsea.png")
    number = evaluate.PAGE_PARTS.index(part)
    whole = page(evaluate.load(path), random.Random(f"{evaluate.SEED} {path.name} overlay {number}"))
    evaluate.overlaid(path, part, spread, CARD)
    share = {"whole page": (1.0, 1.0), "top half": (1.0, 0.5)}.get(part, (0.6, 0.6))
    expected = [2 * side * of for side, of in zip(whole.size, share, strict=True)]
    assert list(seen[0].image.size) == pytest.approx(expected, abs=1)


def test_false_alarms_of_searches_are_counted(spread: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def search(picture: Picture, *, forward: Forward, card: ModelCard) -> Reading:
        return decide(await forward.decode(prepare(picture, card.image_size)), Opener(card, None))

    monkeypatch.setattr(evaluate, "search", search)
    path = sample_path("chelsea.png")
    values = [evaluate.statistic(image, spread) for image in evaluate.unmarked(path, 3)]
    middle = statistics.fmean(sorted(values)[:2])
    card = replace(CARD, presence=Presence(1000, 0.001, middle, 1.0, 0.001))
    found = [one.outcome != "none" for one in evaluate.unmarked_searches(path, 3, spread, card)]
    assert found == [value >= middle for value in values] and sum(found) == 2


def test_the_tail_of_exponential_values_is_found() -> None:
    rng = random.Random(1)
    presence = evaluate.presence_of([rng.expovariate(2) for _ in range(20_000)])
    assert presence.windows == 20_000
    assert presence.tail_start == pytest.approx(math.log(20) / 2, rel=0.05)
    assert presence.tail_scale == pytest.approx(0.5, rel=0.1)
    assert presence.threshold(1) == pytest.approx(math.log(1000) / 2, rel=0.05)


def measured(
    right: float, is_read: bool, *, norm: float = 0.7, statistic: float = 1, is_false: bool = False
) -> evaluate.Measured:
    answer = evaluate.Answer(right, True, is_read, is_false, 4)
    visibility = Visibility(psnr=42, ssim=0.995, shift=0.1, flat_rms=1.6)
    return evaluate.Measured(visibility, (norm, 2 * norm), {"none": answer}, {"none": statistic})


def test_figures_are_held_against_their_targets(capsys: pytest.CaptureFixture[str]) -> None:
    runs = [measured(1, True), measured(0.5, False, norm=1.5, statistic=0.4, is_false=True)]
    figures = evaluate.checks_of(runs, CARD.presence.threshold(1))
    verdicts = {check.what: check.cells()[3] for check in figures}
    assert verdicts["butteraugli 3-norm, mean"] == "FAIL" and verdicts["SSIM, mean"] == "pass"
    assert verdicts["mean change of a channel, largest"] == "pass"
    assert verdicts["local RMS where it is flat, largest"] == "FAIL"
    assert verdicts["read as something else"] == "FAIL"
    assert verdicts["none: found without search"] == "FAIL"
    assert verdicts["SSIM, least"] == ""
    assert verdicts["looks, most of any search"] == "pass"
    assert "looks, median of the geometric rows" not in verdicts
    evaluate.print_rows(evaluate.rows_of(runs), len(runs))
    evaluate.print_rows(evaluate.rows_of([measured(1, True)]), 1)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| none")]
    assert lines[0] == "| none | 2 | 50.0 | 9.5-90.5 | 100 | FAIL | 75.00 | 100.0 | 4 |"
    assert "| 100.0 | 20.7-100.0 | 100 | pass | 100.00 |" in lines[1]


def test_looks_are_counted_over_the_geometric_rows() -> None:
    run = measured(1, True)
    looks = {"none": 300, "mirrored": 10, "rotate by 2 degrees": 30, "several at once": 20}
    answers = {name: evaluate.Answer(1, True, True, False, tried) for name, tried in looks.items()}
    figures = {check.what: check for check in evaluate.checks_of([replace(run, answers=answers)], 0.5)}
    median, most = figures["looks, median of the geometric rows"], figures["looks, most of any search"]
    assert (median.figure, median.cells()[3]) == (20, "pass")
    assert (most.figure, most.cells()[3]) == (300, "FAIL")


def test_a_message_counts_as_read_only_if_its_check_held() -> None:
    rows = evaluate.rows_of([measured(1, False), measured(1, True)])
    assert rows["none"] == {"message_read": 0.5, "bit_accuracy": 1, "found": 1, "looks": 4}


def test_an_answer_is_held_against_the_message() -> None:
    message, other = evaluate.draw_message("a", 1), evaluate.draw_message("a", 2)
    logits = ((encode(message, 256) * 2 - 1) * 3)[np.newaxis]
    reading = decide(logits, Opener(CARD, None))
    assert evaluate.Answer.of(reading, message) == evaluate.Answer(1.0, True, True, False, 1)
    false = evaluate.Answer.of(reading, other)
    assert (false.is_read, false.is_false) == (False, True)
    assert false.right == pytest.approx(0.5, abs=0.15)


def test_the_gallery_shows_what_was_added(tmp_path: Path) -> None:
    marked = flat(100).copy()
    marked.putpixel((5, 5), (102, 99, 100))
    write_gallery([Exhibit("<a>", 2, flat(100), marked), Exhibit("b", 1, flat(9), flat(9))], tmp_path)
    text = (tmp_path / "index.html").read_text()
    assert "&lt;a&gt; at strength 2" in text and "<a>" not in text
    files = re.findall(r'src="([^"]+)"', text)
    assert len(files) == len(set(files)) == 10 and all((tmp_path / name).is_file() for name in files)
    difference = Image.open(tmp_path / "000-difference.png")
    assert difference.getpixel((5, 5)) == (160, 112, 128) and difference.getpixel((6, 5)) == (128, 128, 128)


def test_the_close_up_lies_where_the_picture_is_flattest() -> None:
    rough = photo(300, 200)
    rough.paste((90, 90, 90), (200, 20, 260, 80))
    left, top, right, bottom = flattest(rough, 100)
    assert right - left == bottom - top == 100 and left >= 0 and right <= 300 and top >= 0
    assert left < 230 < right and top < 50 < bottom


def test_hard_pictures_can_be_marked() -> None:
    for image in hard_pictures().values():
        assert evaluate.as_picture(image).image.size == image.size


def test_the_plot_rises_with_the_accuracy() -> None:
    rows = [
        {"step": str(step), "colour_accuracy": str(a), "grey_accuracy": "0.5", "strength": "1"}
        for step, a in ((50, 0.5), (100, 0.8), (150, 1.0))
    ]
    svg = ElementTree.fromstring(plot.draw(rows))
    colour, grey, _ = (
        [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
        for line in svg.iter("{http://www.w3.org/2000/svg}polyline")
    )
    assert all(x < next_x and y > next_y for (x, y), (next_x, next_y) in pairwise(colour))
    assert {y for _, y in grey} == {plot.BOTTOM} and colour[-1] == (plot.RIGHT, plot.TOP)

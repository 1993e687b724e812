"""What Python and the page each have to know is the same in both."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hushmark.marking.budget import DEFAULT_STRENGTH, MAXIMUM_STRENGTH, MINIMUM_STRENGTH
from hushmark.marking.residual import PREVIEW_GAIN
from hushmark.picture.picture import PICTURE_ENDINGS
from PIL import Image, ImageFilter

from tests.support.pictures import sample_path
from train.benchmark import ssim

APP = Path(__file__).parents[3] / "app"


def exported(name: str, expression: str) -> Any:
    """The value of a JavaScript expression, in which `module` is a module of the page."""
    browser = Path(__file__).parents[1] / "js" / "browser.mjs"
    script = f"import '{browser.as_uri()}'; import * as module from '{(APP / name).as_uri()}';"
    script += f"console.log(JSON.stringify({expression}))"
    command = ["node", "--input-type=module", "--eval", script]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def test_a_folder_has_the_same_pictures() -> None:
    endings = exported(
        "ui/picture-types.js", "Object.values(module.PICTURE_TYPES).flatMap(({ endings }) => endings)"
    )
    assert sorted(endings) == sorted(PICTURE_ENDINGS)


def test_the_picture_of_the_residual_is_amplified_as_much() -> None:
    assert exported("mark/pixels.js", "module.GAIN") == PREVIEW_GAIN


def test_the_likeness_of_pictures_is_measured_in_the_same_way() -> None:
    """By the SSIM that docs/measured.md has."""
    with Image.open(sample_path("chelsea.png")) as photo:
        cover = photo.convert("L").crop((100, 60, 160, 100))
    for other in (cover, cover.filter(ImageFilter.GaussianBlur(1)), cover.point(lambda level: level // 2)):
        planes = json.dumps([list(image.convert("RGBA").tobytes()) for image in (cover, other)])
        data = f"{planes}.map((data) => ({{ data, width: {cover.width}, height: {cover.height} }}))"
        assert exported("mark/pixels.js", f"module.ssim(...{data})") == pytest.approx(
            ssim(cover, other), abs=1e-9
        )


def test_the_slider_of_the_strength_has_its_default_and_keeps_its_range() -> None:
    strengths = "[module.FAINTEST_STEP, 0, module.STRONGEST_STEP].map(module.strengthAt)"
    faintest, default, strongest = exported("ui/strength-field.js", strengths)
    assert default == DEFAULT_STRENGTH
    assert MINIMUM_STRENGTH <= faintest < default < strongest <= MAXIMUM_STRENGTH

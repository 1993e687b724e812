"""The page's engine inside Pyodide against the same pipeline in CPython: same input, same bytes.

The network runs natively and its answers are recorded, so that only the package is compared.
"""

import asyncio
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hushmark import Marked, text
from hushmark.card import read_card
from hushmark.credentials.manifest import read_manifest
from hushmark.embedding import MarkOptions
from hushmark.errors import PictureError
from hushmark.hosts.native import NativeForward
from hushmark.hosts.signing import verify
from hushmark.message.keys import Key
from hushmark.message.sealing import encode
from hushmark.picture.container import MIME_TYPES
from hushmark.picture.display_p3 import display_p3
from hushmark.picture.picture import open_picture
from hushmark.picture.view import prepare
from hushmark.pipeline import embed
from hushmark.tasks import plain
from hushmark.trials import TRIALS
from numpy.typing import NDArray
from PIL import Image

from tests.pyodide.conftest import Runner
from tests.support import corpus
from tests.support.credentials import signed_by_us
from tests.support.pictures import sample_photo


class RecordingForward:
    """The native forward pass, which keeps what it was given and what it gave."""

    def __init__(self, native: NativeForward) -> None:
        self._native = native
        self.images: list[NDArray[np.float32]] = []
        self.residual = np.zeros(0, np.float32)
        self.logits: list[NDArray[np.float32]] = []
        self.refinements: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []
        self.patterns: list[NDArray[np.float32]] = []

    async def encode(self, bits: NDArray[np.float32], image: NDArray[np.float32]) -> NDArray[np.float32]:
        self.images.append(image)
        self.residual = await self._native.encode(bits, image)
        return self.residual

    async def refine(
        self, bits: NDArray[np.float32], image: NDArray[np.float32], residual: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self.patterns.append(residual)
        self.refinements.append(await self._native.refine(bits, image, residual))
        return self.refinements[-1]

    async def decode(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        self.images.append(image)
        self.logits.append(await self._native.decode(image))
        return self.logits[-1]

    async def locate(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        return await self._native.locate(image)


@cache
def covers() -> dict[str, bytes]:
    """One picture of every kind that is encoded in its own way, and the corpus."""
    turned = Image.Exif()
    turned[0x0112] = 6
    rocket = Image.open(io.BytesIO(sample_photo("rocket.jpg"))).convert("RGB")
    glass = rocket.crop((0, 0, 201, 133)).convert("RGBA")
    glass.putalpha(rocket.crop((100, 100, 301, 233)).convert("L"))

    def encoded(image: Image.Image, file_format: str, **options: Any) -> bytes:
        buffer = io.BytesIO()
        image.save(buffer, file_format, **options)
        return buffer.getvalue()

    return {
        "rocket.jpg": sample_photo("rocket.jpg"),
        "turned.jpg": encoded(
            rocket.crop((0, 0, 301, 203)), "JPEG", quality=85, exif=turned, progressive=True
        ),
        "grey.jpg": encoded(rocket.convert("L"), "JPEG", quality=70),
        "large.jpg": encoded(rocket.resize((1501, 2700)), "JPEG", quality=80),
        "chelsea.png": sample_photo("chelsea.png"),
        "glass.png": encoded(glass, "PNG"),
        "lossy.webp": encoded(rocket, "WEBP", quality=80),
        "lossless.webp": encoded(glass, "WEBP", lossless=True, exact=True),
        # Black and white dots cannot be marked so that a search would end soon.
        **{name: data for name, data in corpus.formats().items() if name != "1.png"},
        **{name: corpus.annotated()[name] for name in ("turned5.tif", "p3.jpg", "all.png", "deep-exif.png")},
    }


STRENGTHS = {"rocket.jpg": 1.7, "glass.png": 1.0}
PASSPHRASES = {"chelsea.png": "open sesame"}
KEYS = {name: Key.from_passphrase(passphrase) for name, passphrase in PASSPHRASES.items()}
NAMES = list(covers())
TASKS = ("embed", "read", "lab")
DEFECTS = ("SystemError", "AttributeError", "struct.error")


@pytest.fixture(scope="module")
def native(
    repo_root: Path, tmp_path_factory: pytest.TempPathFactory, pyodide: Runner
) -> tuple[Path, dict[str, tuple[Marked, RecordingForward]]]:
    """Every cover marked in CPython, then by the engine in Pyodide, whose answers lie in the folder."""
    folder = tmp_path_factory.mktemp("engine")
    weights = repo_root / "weights"
    card, session = read_card(weights / "decoder.safetensors"), NativeForward(weights)
    results: dict[str, tuple[Marked, RecordingForward]] = {}
    for name, data in covers().items():
        forward = RecordingForward(session)
        strength = STRENGTHS.get(name, 1.4)
        marked = asyncio.run(
            embed(
                data,
                text("pipe"),
                name=name,
                forward=forward,
                card=card,
                options=MarkOptions(strength=strength),
                key=KEYS.get(name),
            )
        )
        (folder / name).write_bytes(data)
        (folder / f"{name}.residual").write_bytes(forward.residual.tobytes())
        before, after = forward.logits  # is it marked already; is it marked now
        (folder / f"{name}.before").write_bytes(before.tobytes())
        (folder / f"{name}.after").write_bytes(after.tobytes())
        for step, (gradient, margins) in enumerate(forward.refinements):
            (folder / f"{name}.gradient{step}").write_bytes(gradient.tobytes())
            (folder / f"{name}.margins{step}").write_bytes(margins.tobytes())
        results[name] = marked, forward
    cases = [
        {"name": name, "strength": STRENGTHS.get(name, 1.4), "key": PASSPHRASES.get(name)} for name in results
    ]
    (folder / "cases.json").write_text(json.dumps(cases))
    for name, data in corpus.heics().items():
        (folder / name).write_bytes(data)
    signed = signed_by_us(results["rocket.jpg"][0].data)
    (folder / "signed.jpg").write_bytes(signed)
    (folder / "altered.jpg").write_bytes(signed.replace(b"Ann Lee", b"Ann Low"))
    answer = pyodide("engine", folder)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return folder, results


@pytest.mark.parametrize("name", NAMES)
def test_same_bytes(name: str, native: tuple[Path, dict[str, tuple[Marked, RecordingForward]]]) -> None:
    folder, results = native
    marked, _ = results[name]
    assert (folder / f"{name}.marked").read_bytes() == marked.data
    assert (folder / f"{name}.difference").read_bytes() == marked.difference()


@pytest.mark.parametrize("name", NAMES)
def test_same_input_to_the_network(
    name: str, native: tuple[Path, dict[str, tuple[Marked, RecordingForward]]]
) -> None:
    folder, results = native
    result, forward = results[name]
    looked_at, cover, marked = forward.images
    whole = prepare(open_picture(result.data, name), 320)
    assert (folder / f"{name}.image0").read_bytes() == looked_at.tobytes() == cover.tobytes()
    assert (folder / f"{name}.image1").read_bytes() == cover.tobytes()
    assert (folder / f"{name}.image2").read_bytes() == marked.tobytes()  # the check after marking
    assert (folder / f"{name}.image3").read_bytes() == whole.tobytes()  # reading what was marked
    for step, pattern in enumerate(forward.patterns):
        assert (folder / f"{name}.pattern{step}").read_bytes() == pattern.tobytes()
    assert not (folder / f"{name}.pattern{len(forward.patterns)}").exists()
    bits = encode(text("pipe"), 256, KEYS.get(name))
    assert (folder / f"{name}.bits").read_bytes() == bits.tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_same_facts_as_plain_javascript(
    name: str, native: tuple[Path, dict[str, tuple[Marked, RecordingForward]]]
) -> None:
    folder, results = native
    marked, _ = results[name]
    answer = json.loads((folder / f"{name}.json").read_text())
    facts, reading = answer["marked"], answer["read"]["reading"]
    assert answer["kinds"] == ["Uint8Array", "Uint8Array", "Array"]
    assert facts["name"] == marked.name
    assert facts["type"] == MIME_TYPES[marked.file_format]
    assert (facts["width"], facts["height"]) == (marked.width, marked.height)
    assert facts["warnings"] == list(marked.warnings)
    assert facts["psnr"] == pytest.approx(marked.psnr)
    assert facts["message"] == {"kind": "text", "value": "pipe"}
    assert list(facts["phases"]) == ["open", "prepare", "forward", "refine", "apply", "save", "check"]
    assert answer["phases"] == [*facts["phases"], *answer["read"]["phases"]]
    check = marked.check
    message = None if check.message is None else {"kind": "text", "value": check.message.value}
    for told in (facts["check"], reading):
        assert told["confidences"] == pytest.approx(check.confidences)
        assert told["statistic"] == pytest.approx(check.statistic)
        assert told["corners"] == [list(corner) for corner in check.window.corners]
    # What is not read at once is searched further, and then takes more to count.
    told = facts["check"]
    assert (told["outcome"], told["reason"], told["message"]) == (check.outcome, check.reason, message)
    assert (told["chance"], told["corrected"]) == (check.chance, check.corrected)
    assert told["threshold"] == pytest.approx(check.threshold)
    assert told["false_alarm"] == pytest.approx(check.false_alarm)
    assert reading["tried"] >= told["tried"] == 1
    assert told["match"] is None
    assert reading["match"]["label"] == "the page"
    assert reading["match"]["message"] == facts["message"]
    right = int(np.sum(np.array(check.bits) == encode(text("pipe"), 256, KEYS.get(name))))
    assert reading["match"]["agreeing"] == right
    assert reading["match"]["chance"] < 1e-5


def test_what_the_browser_opens_is_marked_and_says_so(
    native: tuple[Path, dict[str, tuple[Marked, RecordingForward]]],
) -> None:
    folder, _ = native
    told = json.loads((folder / "by-browser.json").read_text())
    heic, avif = told["heic"], told["avif"]
    assert (heic["name"], heic["type"], heic["width"]) == ("a-marked.jpg", "image/jpeg", 64)
    assert "metadata" in heic["warnings"]
    # What is loaded on demand is asked for first.
    assert told["asked"] == ["heif", "image/heic 52", "avif", "image/avif 52"]
    assert avif["error"]["code"] == "picture-unsupported"


def test_heic_opens_as_on_the_command_line(
    native: tuple[Path, dict[str, tuple[Marked, RecordingForward]]],
) -> None:
    folder, _ = native
    told = json.loads((folder / "heif.json").read_text())
    for name in corpus.heics():
        try:
            picture = open_picture((folder / name).read_bytes(), name)
        except PictureError as error:
            assert told[name] == {"error": error.code}, name
            continue
        about = picture.metadata
        assert told[name] == {
            "format": picture.file_format,
            "mode": picture.image.mode,
            "size": list(picture.image.size),
            "orientation": 1,
            "exif": about.exif.hex(),
            "icc": about.icc.hex(),
            "xmp": about.xmp.hex(),
        }, name
        pixels = np.frombuffer((folder / f"{name}.pixels").read_bytes(), np.uint8)
        wanted = np.asarray(picture.image).ravel()
        # libheif of another version rounds differently.
        assert np.abs(pixels.astype(np.int16) - wanted).mean() < 0.5, name
    refused = {name: answer["error"] for name, answer in told.items() if "error" in answer}
    assert refused == {
        "hdr.heic": "picture-mode",
        "frames.heic": "picture-animated",
        **dict.fromkeys(("cut.heic", "damaged.heic", "empty.heic"), "picture-unreadable"),
    }
    assert told["turned.heic"]["size"] == [180, 240]
    assert bytes.fromhex(told["wide.heic"]["icc"]) == display_p3()
    assert len(told["turned.heic"]["icc"]) > 800 and len(told["turned.heic"]["exif"]) > 200


def test_errors_for_people_come_back_as_values_and_others_are_thrown(
    native: tuple[Path, dict[str, tuple[Marked, RecordingForward]]],
) -> None:
    folder, _ = native
    answers = json.loads((folder / "refusals.json").read_text())
    codes = {key: answer.get("error", {}).get("code") for key, answer in answers.items()}
    assert codes == {
        "truncated": "picture-truncated",
        "text": "picture-format",
        "empty": "message-empty",
        "long": "message-too-long",
        "id": "message-hex",
        "again": "already-marked",
        "read": "picture-format",
        "forward": None,
        "locator": "load-failed",
        **{f"MemoryError, {task}": "picture-memory" for task in TASKS},
        **{f"{error}, {task}": "picture-defect" for error in DEFECTS for task in TASKS},
    }
    for error in DEFECTS:
        assert (
            f"photo.jpg ran into a mistake of Hushmark ({error.split('.')[-1]}: what happened)"
            in (answers[f"{error}, embed"]["error"]["message"])
        )
    assert "photo.jpg is cut off" in answers["truncated"]["error"]["message"]
    assert answers["again"]["error"]["facts"] == {"name": "photo.jpg", "kind": "text", "value": "pipe"}
    assert answers["forward"] == {"thrown": True}
    assert answers["locator"]["error"]["detail"] == "locator.safetensors"


def test_an_overlay_crosses_with_its_rule(
    native: tuple[Path, dict[str, tuple[Marked, RecordingForward]]],
) -> None:
    folder, _ = native
    facts = json.loads((folder / "overlay.json").read_text())
    assert facts["message"] == {"kind": "text", "value": "pipe"}
    assert "body::after" in facts["css"]
    tile = Image.open(folder / "overlay.png")
    assert (tile.mode, tile.size) == ("RGBA", (250, 250))


def test_a_manifest_is_checked_by_webcrypto_as_natively(
    native: tuple[Path, dict[str, tuple[Marked, RecordingForward]]],
) -> None:
    folder, _ = native
    answers = json.loads((folder / "manifests.json").read_text())
    assert answers["signed.jpg"] == plain(
        asyncio.run(read_manifest((folder / "signed.jpg").read_bytes(), verify))
    )
    assert (answers["signed.jpg"]["verdict"], answers["signed.jpg"]["author"]) == ("valid", "Ann Lee")
    assert answers["altered.jpg"]["verdict"] == "broken"
    assert answers["altered.jpg"]["signature"] == "holds"  # the claim is whole; what it lists is not
    assert answers["rocket.jpg"] is None


def test_the_lab_crosses_as_plain_javascript(
    native: tuple[Path, dict[str, tuple[Marked, RecordingForward]]],
) -> None:
    folder, _ = native
    facts = json.loads((folder / "lab.json").read_text())
    names = [kind["name"] for kind in facts["kinds"]]
    # Whether Pillow can save AVIF there depends on the wheel; it has no FreeType for captions.
    assert [name for name in names if name != "avif"] == [
        name for name in TRIALS if name not in ("avif", "caption")
    ]
    assert facts["kinds"][0] == {
        "name": "jpeg",
        "group": "file",
        "least": 5,
        "most": 95,
        "start": 50,
        "unit": "quality",
    }
    assert facts["reading"]["message"]["value"] == "pipe"
    assert Image.open(folder / "lab.jpg").size == (320, 214)

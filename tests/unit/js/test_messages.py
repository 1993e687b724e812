"""The page's two languages say the same things."""

import inspect
import json
import pickle
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hushmark.errors import HushmarkError, MessageEmpty, MessageRange, PictureFormat
from hushmark.reading.reading import AlreadyMarked

Texts = dict[str, str]

SAME_IN_BOTH = {"and", "psnr", "decibels", "pixels"}
"""Figures and terms that are written alike."""


NOT_IN_THE_PAGE = {
    "message-kind",
    "mark-unreadable",
    "model-missing",
    "model-damaged",
    "runtime-missing",
    "output-exists",
    "output-twice",
    "folder-empty",
    "nothing-found",
    "message-missing",
    "run-exists",
    "run-other",
    "engine-missing",
    "engine-failed",
    "file-kind",
    "file",
    "picture-crash",
    "signing-key-damaged",
    "signing-key-other",
    "signing-missing",
    "manifest-missing",
    "manifest-wrong",
}
"""Errors of the command line, and those that only a mistake of ours could bring about."""

SAMPLES: dict[str, tuple[Any, Any]] = {
    "name": ("cat.png", "dog.png"),
    "table": ("ids.csv", "ids.parquet"),
    "found": ("PSD", "HEIC"),
    "pages": (False, True),
    "width": (21, 22),
    "height": (23, 24),
    "minimum": (31, 32.5),
    "scans": (61, 62),
    "frames": (5001, 5002),
    "most": (3000, 3001),
    "pixels": (400_000_000, 500_000_000),
    "maximum": (120_000_000, 130_000_000),
    "file_format": ("AVIF", "TIFF"),
    "length": (5, 6),
    "digits": (8, 10),
    "example": ("01", "ab"),
    "kind": ("smell", "taste"),
    "number": (51, 52),
    "problem": (MessageRange(9), MessageEmpty()),
    "reading": (
        SimpleNamespace(message=SimpleNamespace(kind="text", value="pipe")),
        SimpleNamespace(message=SimpleNamespace(kind="text", value="tube")),
    ),
    "path": (Path("here"), Path("there")),
    "chain": ("chain.pem", "other.pem"),
    "date": ("2026-01-02", "2027-03-04"),
    "reason": ("No access", "No such file"),
}
"""Two values of each argument that the errors take."""


def all_errors(kind: type[HushmarkError]) -> Iterator[type[HushmarkError]]:
    """Those with a sentence of their own."""
    if "code" in vars(kind) and kind is not HushmarkError:
        yield kind
    for special in kind.__subclasses__():
        yield from all_errors(special)


def example(kind: type[HushmarkError], changed: str = "") -> HushmarkError:
    """An error of this kind; `changed` names the argument that is another one than else."""
    names = inspect.signature(kind).parameters
    return kind(**{name: SAMPLES[name][name == changed] for name in names})


def printed(errors: list[HushmarkError]) -> dict[str, Any]:
    """What messages.mjs prints."""
    facts = json.dumps([{"code": error.code, "facts": error.facts} for error in errors])
    command = ["node", str(Path(__file__).with_name("messages.mjs"))]
    done = subprocess.run(command, input=facts, encoding="utf-8", stdout=subprocess.PIPE, check=True)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.fixture(scope="module")
def texts() -> dict[str, Texts]:
    """What each language says under each key."""
    return printed([])


def test_both_languages_have_the_same_keys(texts: dict[str, Texts]) -> None:
    assert texts["en"].keys() == texts["zh"].keys()


def test_the_sentences_of_python_are_translated(texts: dict[str, Texts]) -> None:
    assert set(texts["codes"]) == {kind.code for kind in all_errors(HushmarkError)} - NOT_IN_THE_PAGE


def test_an_error_names_each_of_its_facts_in_both_languages() -> None:
    changes = [
        (example(kind), example(kind, changed), changed)
        for kind in all_errors(HushmarkError)
        for changed in inspect.signature(kind).parameters
    ]
    sentences = printed([error for plain, other, _ in changes for error in (plain, other)])["sentences"]
    for (plain, other, changed), *chinese in zip(changes, sentences[::2], sentences[1::2], strict=True):
        assert str(plain) != str(other), (plain.code, changed)
        if plain.code not in NOT_IN_THE_PAGE:
            assert chinese[0] != chinese[1], (plain.code, changed)


def test_an_error_is_the_same_in_another_process() -> None:
    for kind in set(all_errors(HushmarkError)) - {AlreadyMarked}:  # its reading stands for a real one here
        error = example(kind)
        copy = pickle.loads(pickle.dumps(error))
        assert (type(copy), str(copy), copy.facts) == (kind, str(error), error.facts)


def test_what_is_not_known_is_left_out_of_a_sentence() -> None:
    unread: Any = SimpleNamespace(message=None)
    errors = [PictureFormat("cat.png", None), AlreadyMarked("cat.png", unread)]
    for sentence in [*map(str, errors), *printed(errors)["sentences"]]:
        assert "cat.png" in sentence
        assert not re.search("None|null|undefined", sentence), sentence


def test_both_languages_name_the_same_facts(texts: dict[str, Texts]) -> None:
    for key, text in texts["en"].items():
        assert set(re.findall(r"<\d>", text)) == set(re.findall(r"<\d>", texts["zh"][key])), key


def test_every_message_is_translated(texts: dict[str, Texts]) -> None:
    for key, text in texts["en"].items():
        assert text.strip(), key
        if re.search("[a-z]{2}", re.sub("WebGPU|wasm|Hushmark", "", text)) and key not in SAME_IN_BOTH:
            assert re.search("[\u4e00-\u9fff]", texts["zh"][key]), key

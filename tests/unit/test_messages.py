"""The page's two languages say the same things."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hushmark.errors import HushmarkError

Texts = dict[str, str]

SAME_IN_BOTH = {"and", "psnr", "decibels", "pixels"}
"""Figures and terms that are written alike."""


NOT_IN_THE_PAGE = {
    "error",
    "payload-kind",
    "mark-unreadable",
    "model-missing",
    "model-damaged",
    "runtime-missing",
    "output-exists",
    "output-twice",
    "folder-empty",
    "file",
}
"""Errors of the command line, and those that only a mistake of ours could bring about."""


def all_errors(kind: type[HushmarkError]) -> Iterator[type[HushmarkError]]:
    yield kind
    for special in kind.__subclasses__():
        yield from all_errors(special)


@pytest.fixture(scope="module")
def texts() -> dict[str, Texts]:
    """What each language says under each key."""
    command = ["node", str(Path(__file__).with_name("messages.mjs"))]
    said: dict[str, Texts] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return said


def test_both_languages_have_the_same_keys(texts: dict[str, Texts]) -> None:
    own = {key for key in texts["zh"] if not key.startswith("pythonErrors.")}
    assert texts["en"].keys() == own


def test_the_sentences_of_python_are_translated(texts: dict[str, Texts]) -> None:
    translated = {key.removeprefix("pythonErrors.") for key in texts["zh"] if key.startswith("pythonErrors.")}
    assert translated == {error.code for error in all_errors(HushmarkError)} - NOT_IN_THE_PAGE


def test_both_languages_name_the_same_facts(texts: dict[str, Texts]) -> None:
    for key, text in texts["en"].items():
        assert set(re.findall(r"<\d>", text)) == set(re.findall(r"<\d>", texts["zh"][key])), key


def test_every_message_is_translated(texts: dict[str, Texts]) -> None:
    for key, text in texts["en"].items():
        assert text.strip(), key
        if re.search("[a-z]{2}", re.sub("WebGPU|wasm|Hushmark", "", text)) and key not in SAME_IN_BOTH:
            assert re.search("[\u4e00-\u9fff]", texts["zh"][key]), key

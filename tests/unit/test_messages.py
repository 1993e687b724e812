"""The page's two languages say the same things."""

import json
import re
import subprocess
from pathlib import Path

import pytest

Texts = dict[str, str]

SAME_IN_BOTH = {"title", "and", "psnr", "decibels", "pixels"}
"""Figures and terms that are written alike."""


@pytest.fixture(scope="module")
def texts() -> dict[str, Texts]:
    """What each language says under each key."""
    command = ["node", str(Path(__file__).with_name("messages.mjs"))]
    said: dict[str, Texts] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return said


def test_both_languages_have_the_same_keys(texts: dict[str, Texts]) -> None:
    assert texts["en"].keys() == texts["zh"].keys()


def test_both_languages_name_the_same_facts(texts: dict[str, Texts]) -> None:
    for key, text in texts["en"].items():
        assert set(re.findall(r"<\d>", text)) == set(re.findall(r"<\d>", texts["zh"][key])), key


def test_every_message_is_translated(texts: dict[str, Texts]) -> None:
    for key, text in texts["en"].items():
        assert text.strip(), key
        if re.search("[a-z]{2}", text) and key not in SAME_IN_BOTH:
            assert re.search("[\u4e00-\u9fff]", texts["zh"][key]), key

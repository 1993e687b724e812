"""Our entry for the public list of soft-binding algorithms has what the list's schema (2.3) asks for."""

import copy
import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hushmark.credentials.binding import ALGORITHM

ENTRY = Path(__file__).parents[3] / "docs" / "softbinding-algorithm.json"
_NAME = re.compile(r"[A-Za-z]{2,63}(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+\.?")
_MEDIA = {"application", "audio", "image", "model", "text", "video"}


def wrong(entry: dict[str, Any]) -> Iterator[str]:
    """The fields of an entry that are not as the schema has them."""
    facts = entry.get("entryMetadata", {})
    number, media = entry.get("identifier"), entry.get("decodedMediaTypes", [])
    checks = {
        "identifier": type(number) is int and 0 <= number <= 65_535,
        "alg": _NAME.fullmatch(str(entry.get("alg"))),
        "type": entry.get("type") in ("watermark", "fingerprint"),
        "decodedMediaTypes": media and set(media) <= _MEDIA,
        "description": isinstance(facts.get("description"), str),
        "dateEntered": _is_date_time(facts.get("dateEntered")),
        "contact": re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]+", str(facts.get("contact"))),
        "informationalUrl": urlsplit(str(facts.get("informationalUrl"))).scheme == "https",
    }
    yield from (name for name, holds in checks.items() if not holds)


def _is_date_time(text: object) -> bool:
    try:
        return datetime.fromisoformat(str(text)).tzinfo is not None
    except ValueError:
        return False


def test_the_entry_is_valid_and_names_our_algorithm() -> None:
    (entry,) = json.loads(ENTRY.read_text(encoding="utf-8"))
    assert list(wrong(entry)) == []
    assert (entry["alg"], entry["type"], entry["decodedMediaTypes"]) == (ALGORITHM, "watermark", ["image"])
    assert entry["entryMetadata"]["description"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("identifier", 65_536),
        ("identifier", "0"),
        ("alg", "hushmark"),
        ("alg", "org.hush_mark"),
        ("type", "mark"),
        ("decodedMediaTypes", []),
        ("decodedMediaTypes", ["picture"]),
        ("description", None),
        ("dateEntered", "2026-11-27"),
        ("contact", "nobody"),
        ("informationalUrl", "docs/credentials.md"),
    ],
)
def test_an_entry_that_is_not_as_the_schema_has_it_is_found_out(name: str, value: object) -> None:
    (entry,) = json.loads(ENTRY.read_text(encoding="utf-8"))
    for part in (changed := copy.deepcopy(entry), changed["entryMetadata"]):
        if name in part:
            part[name] = value
    assert list(wrong(changed)) == [name]

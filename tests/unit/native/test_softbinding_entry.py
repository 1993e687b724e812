"""Our entry for the public list of soft-binding algorithms has what the list's schema (2.3) asks for."""

import json
import re
from datetime import datetime
from pathlib import Path

from hushmark.credentials.binding import ALGORITHM

ENTRY = Path(__file__).parents[3] / "docs" / "softbinding-algorithm.json"
NAME = re.compile(r"[A-Za-z]{2,63}(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+\.?")


def test_the_entry_is_valid_and_names_our_algorithm() -> None:
    (entry,) = json.loads(ENTRY.read_text(encoding="utf-8"))
    assert {"identifier", "alg", "type", "entryMetadata"} <= entry.keys()
    assert type(entry["identifier"]) is int and 0 <= entry["identifier"] <= 65_535
    assert entry["alg"] == ALGORITHM and NAME.fullmatch(entry["alg"])
    assert entry["type"] in ("watermark", "fingerprint")
    assert entry["decodedMediaTypes"] == ["image"]
    facts = entry["entryMetadata"]
    assert {"description", "dateEntered", "contact", "informationalUrl"} <= facts.keys()
    assert facts["description"]
    assert datetime.fromisoformat(facts["dateEntered"]).tzinfo is not None
    assert re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]+", facts["contact"])
    assert facts["informationalUrl"].startswith("https://")

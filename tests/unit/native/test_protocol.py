"""What is made from hushmark.tasks is up to date."""

from tools.protocol import MANUAL, TYPES, manual, types


def test_the_types_of_the_page_are_those_of_python() -> None:
    text = TYPES.read_text(encoding="utf-8")
    assert text == types(text), "Renew it: python -m tools.protocol"


def test_the_manual_has_the_fields_of_the_records() -> None:
    text = MANUAL.read_text(encoding="utf-8")
    assert text == manual(text), "Renew it: python -m tools.protocol"

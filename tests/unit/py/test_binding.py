"""What stands for a mark in a manifest."""

from hushmark.credentials import binding
from hushmark.message.keys import Key
from hushmark.message.kinds import identifier, text


def test_the_value_of_a_mark_without_a_key_is_its_message() -> None:
    assert binding.mark_value(text("pipe"), None).hex() == "017069706500000000"
    assert binding.mark_value(identifier("0123456789abcdef"), None).hex() == "020123456789abcdef"


def test_the_value_of_a_mark_with_a_key_does_not_tell_its_message() -> None:
    keys = [Key(bytes(32)), Key(bytes([1]) * 32)]
    values = {binding.mark_value(text(said), key) for said in ("pipe", "tube") for key in keys}
    assert len(values) == 4
    assert {len(value) for value in values} == {16}
    assert binding.mark_value(text("pipe"), keys[0]) == binding.mark_value(text("pipe"), Key(bytes(32)))
    assert not any(b"pipe" in value for value in values)

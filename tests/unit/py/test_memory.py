import sys

import pytest
from hushmark.picture import memory


def test_nobody_is_asked_for_what_every_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_available", lambda: 0)
    assert memory.may_take(memory.ASKED_FROM - 1)


def test_more_than_there_is_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    # In a page it is asked for in earnest, and no page has so much.
    monkeypatch.setattr(memory, "_available", lambda: memory.ASKED_FROM)
    assert not memory.may_take(1 << 40)
    if sys.platform != "emscripten":
        assert memory.may_take(memory.ASKED_FROM)
        monkeypatch.setattr(memory, "_available", lambda: None)
        assert memory.may_take(1 << 40)

"""A register with entries that are damaged, from a file and in the browser's storage."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app import App
from tests.support.pictures import sample_path

STORE = """async ([version, entries]) => {
    const database = await new Promise((resolve, reject) => {
        const opening = indexedDB.open("hushmark-register", version);
        opening.onupgradeneeded = () => {
            if (!opening.result.objectStoreNames.contains("register"))
                opening.result.createObjectStore("register", { keyPath: "id" });
        };
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
    });
    const transaction = database.transaction("register", "readwrite");
    for (const entry of entries) transaction.objectStore("register").put(entry);
    await new Promise((resolve) => (transaction.oncomplete = resolve));
    database.close();
}"""


def entry(name: str, **changes: object) -> dict[str, Any]:
    file = {"name": f"{name}.png", "size": 1, "sha256": "0" * 64}
    whole = {
        "id": name,
        "time": "2026-11-21T12:00:00.000Z",
        "message": {"kind": "text", "value": "pipe"},
        "note": "",
        "cover": file,
        "marked": file,
        "thumbnail": None,
    }
    return whole | changes


def stored(name: str, **changes: object) -> dict[str, Any]:
    return entry(name, time=1795262400000) | changes


DAMAGED = {
    "its id": {"id": "a\nb"},
    "its date": {"time": "the day before yesterday"},
    "its message": {"message": {"kind": "id", "value": "706970"}},
    "its note": {"note": "n" * 20_000},
    "the original's file": {"cover": {"name": "a.png", "size": -1, "sha256": "0" * 64}},
    "the marked picture's file": {"marked": None},
    "its small picture": {"thumbnail": "!"},
}
MESSAGES = [
    {"kind": "text", "value": "too long!"},
    {"kind": "text", "value": "pipe", "hex": "70697066"},
    {"kind": "number", "value": "18446744073709551616"},
    {"kind": "protected", "value": "65536", "hex": "00000000"},
    {"kind": "random", "value": ""},
    {"kind": "hex", "value": "7069706g", "hex": "7069706g"},
    "pipe",
    None,
]


def write(folder: Path, entries: list[object], version: int = 2) -> Path:
    path = folder / "register.json"
    path.write_text(
        json.dumps({"format": "hushmark-register", "version": version, "entries": entries}), "utf-8"
    )
    return path


def test_damaged_entries_of_a_file_are_named_and_left_out(fresh_page: Page, url: str, tmp_path: Path) -> None:
    damaged = [entry("bad", **changes) for changes in DAMAGED.values()]
    entries: list[object] = [entry("first"), *damaged, entry("last"), 7]
    panel = App(fresh_page, f"{url}#register", started=False).show("Register")
    panel.get_by_label("Import").set_input_files(write(tmp_path, entries))
    named = ", ".join(f"entry {number} ({part})" for number, part in enumerate(DAMAGED, 2))
    expect(panel.get_by_role("status")).to_have_text(
        f"2 entries added. Left out, because they are damaged: {named}, entry 10 (all of it)."
    )
    expect(panel.get_by_role("listitem")).to_have_count(2)

    entries = [entry(f"message-{index}", message=message) for index, message in enumerate(MESSAGES)] * 2
    panel.get_by_label("Import").set_input_files(write(tmp_path, entries))
    expect(panel.get_by_role("status")).to_contain_text("0 entries added.")
    expect(panel.get_by_role("status")).to_contain_text("entry 10 (its message) and 6 more.")
    expect(panel.get_by_role("listitem")).to_have_count(2)


def test_a_damaged_entry_in_storage_costs_no_reading_and_can_be_removed(app: App) -> None:
    app.show("Register")
    damaged = [stored("one\ntwo"), stored("short", message={"kind": "id", "value": "70"})]
    app.page.evaluate(STORE, [2, [*damaged, stored("whole"), {"id": 3}]])
    panel = app.read(sample_path("rocket.jpg"))
    expect(panel.locator(".answer")).to_have_text("No mark found")

    panel = app.show("Register")
    expect(panel.get_by_role("listitem")).to_have_count(4)
    expect(panel.get_by_text("This entry is damaged (its id).")).to_have_count(2)
    panel.get_by_role("button", name="Remove a damaged entry").first.click()
    expect(panel.get_by_role("status")).to_have_text("A damaged entry was removed.")
    expect(panel.get_by_role("listitem")).to_have_count(3)


OLDER = [
    {"kind": "text", "value": "pipe", "hex": "70697065"},
    {"kind": "hex", "value": "0badcafe", "hex": "0badcafe"},
    {"kind": "number", "value": "7", "hex": "00000007"},
    {"kind": "protected", "value": "4711", "hex": "12345678"},
]
"""Messages of builds that marked 32 bits."""


def as_older(entries: list[dict[str, Any]]) -> list[object]:
    """The entries with these messages, as those builds wrote them: a message was called payload."""
    pairs = zip(entries, OLDER, strict=True)
    return [
        {**{key: entry[key] for key in entry if key != "message"}, "payload": old} for entry, old in pairs
    ]


@pytest.mark.parametrize("way", ["storage", "file"])
def test_entries_of_an_older_build_are_kept_and_shown(
    fresh_page: Page, url: str, tmp_path: Path, way: str
) -> None:
    app = App(fresh_page, url, started=False)
    names = [f"old-{number}" for number in range(len(OLDER))]
    if way == "storage":
        entries = [stored(name, note=f"note of {name}") for name in names]
        fresh_page.evaluate(STORE, [1, [*as_older(entries), {"id": "bad"}]])
        panel = app.show("Register")
        expect(panel.get_by_text("This entry is damaged")).to_have_count(1)
    else:
        entries = [entry(name, note=f"note of {name}") for name in names]
        panel = app.show("Register")
        panel.get_by_label("Import").set_input_files(write(tmp_path, as_older(entries), version=1))
        expect(panel.get_by_role("status")).to_have_text("4 entries added.")
    for title, name in zip(("“pipe”", "0badcafe", "number 7", "number 4711"), names, strict=True):
        row = panel.get_by_role("listitem").filter(has_text=f"{name}.png")
        expect(row.get_by_role("heading")).to_have_text(title)
        expect(row).to_contain_text("Marked by an earlier version of Hushmark.")
        expect(row.get_by_role("textbox")).to_have_value(f"note of {name}")
    # What is exported now can be imported again.
    with fresh_page.expect_download() as download:
        panel.get_by_role("button", name="Export", exact=True).click()
    exported = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert exported["version"] == 3
    assert {entry["id"]: entry["message"] for entry in exported["entries"]} == dict(
        zip(names, OLDER, strict=True)
    )


@pytest.mark.parametrize(
    ("count", "question"), [(81, "Delete all 81 entries?"), (1, "Delete the only entry?")]
)
def test_the_question_before_all_is_deleted_says_how_much(
    fresh_page: Page, url: str, tmp_path: Path, count: int, question: str
) -> None:
    panel = App(fresh_page, f"{url}#register", started=False).show("Register")
    entries = [entry(f"entry-{number}") for number in range(count)]
    panel.get_by_label("Import").set_input_files(write(tmp_path, entries))
    expect(panel.get_by_role("status")).to_contain_text("added.")
    # Those that a search leaves out are deleted, too.
    panel.get_by_role("searchbox").fill("entry-0")
    expect(panel.get_by_role("listitem")).to_have_count(1)
    panel.get_by_role("button", name="Delete everything").click()
    expect(panel.get_by_role("dialog")).to_contain_text(question)


def test_a_register_of_a_newer_build_says_so(fresh_page: Page, url: str) -> None:
    app = App(fresh_page, url, started=False)
    fresh_page.evaluate(STORE, [7, []])
    app.show("Register")
    expect(fresh_page.get_by_role("alert").filter(has_text="written by a newer Hushmark")).to_be_visible()

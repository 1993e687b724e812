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
        "payload": {"kind": "text", "value": "pipe", "hex": "70697065"},
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
    "its payload": {"payload": {"kind": "hex", "value": "706970", "hex": "706970"}},
    "its note": {"note": "n" * 20_000},
    "the original's file": {"cover": {"name": "a.png", "size": -1, "sha256": "0" * 64}},
    "the marked picture's file": {"marked": None},
    "its small picture": {"thumbnail": "!"},
}
PAYLOADS = [
    {"kind": "text", "value": "pipes", "hex": "70697065"},
    {"kind": "text", "value": "pipe", "hex": "70697066"},
    {"kind": "number", "value": "4294967296", "hex": "00000000"},
    {"kind": "protected", "value": "65536", "hex": "00000000"},
    {"kind": "random", "value": "", "hex": "00000000"},
    {"kind": "hex", "value": "7069706g", "hex": "7069706g"},
    "pipe",
    None,
]


def write(folder: Path, entries: list[object]) -> Path:
    path = folder / "register.json"
    path.write_text(json.dumps({"format": "hushmark-register", "version": 1, "entries": entries}), "utf-8")
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

    entries = [entry(f"payload-{index}", payload=payload) for index, payload in enumerate(PAYLOADS)] * 2
    panel.get_by_label("Import").set_input_files(write(tmp_path, entries))
    expect(panel.get_by_role("status")).to_contain_text("0 entries added.")
    expect(panel.get_by_role("status")).to_contain_text("entry 10 (its payload) and 6 more.")
    expect(panel.get_by_role("listitem")).to_have_count(2)


def test_a_damaged_entry_in_storage_costs_no_reading_and_can_be_removed(app: App) -> None:
    app.show("Register")
    damaged = [stored("one\ntwo"), stored("short", payload={"kind": "hex", "value": "70", "hex": "70"})]
    app.page.evaluate(STORE, [1, [*damaged, stored("whole"), {"id": 3}]])
    panel = app.read(sample_path("rocket.jpg"))
    expect(panel.locator(".answer")).to_have_text("No watermark found")

    panel = app.show("Register")
    expect(panel.get_by_role("listitem")).to_have_count(4)
    expect(panel.get_by_text("This entry is damaged (its id).")).to_have_count(2)
    panel.get_by_role("button", name="Remove a damaged entry").first.click()
    expect(panel.get_by_role("status")).to_have_text("A damaged entry was removed.")
    expect(panel.get_by_role("listitem")).to_have_count(3)


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
    panel.get_by_role("button", name="Delete everything").click()
    expect(panel.get_by_role("dialog")).to_contain_text(question)


def test_a_register_of_a_newer_build_says_so(fresh_page: Page, url: str) -> None:
    app = App(fresh_page, url, started=False)
    fresh_page.evaluate(STORE, [7, []])
    app.show("Register")
    expect(fresh_page.get_by_role("alert").filter(has_text="written by a newer Hushmark")).to_be_visible()

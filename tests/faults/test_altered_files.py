"""Files of the site are altered that tests/browser leaves out: none runs, and each is named."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.altered import assert_refused


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("assets/networks-worker-*.js", "arrived damaged or altered"),
        ("pyodide-*/pyodide.mjs", "pyodide.mjs arrived damaged or altered"),
        ("pyodide-*/pyodide.asm.mjs", "pyodide.asm.mjs arrived damaged or altered"),
        ("pyodide-*/python_stdlib.zip", "python_stdlib.zip arrived damaged or altered"),
        ("pyodide-*/pyodide-lock.json", "pyodide-lock.json arrived damaged or altered"),
        ("wheels/*/numpy-*.whl", "arrived damaged or altered"),
        ("wheels/*/cbor2-*.whl", "arrived damaged or altered"),
        ("wheels/*/hushmark-*.whl", "arrived damaged or altered"),
        ("assets/decoder-*.safetensors", "arrived damaged or altered"),
        ("assets/ort-wasm-*.mjs", "arrived damaged or altered"),
        ("assets/ort-wasm-*.wasm", "arrived damaged or altered"),
    ],
)
def test_an_altered_file_does_not_run_and_is_named(
    browser: Browser, copy: Path, name: str, sentence: str
) -> None:
    assert_refused(browser, copy, name, sentence)

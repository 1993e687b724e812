"""WebAssembly that is trimmed is the same program as long as it calls nothing that was left out."""

import subprocess
from pathlib import Path

import pytest

from tools.trimming.record import with_callees
from tools.trimming.trim import (
    TrimError,
    exported_function,
    function_bodies,
    read_record,
    sections,
    trimmed,
    with_bodies,
)

# (module (import "a" "b" (func)) (func (export "one") (result i32) i32.const 1)
#         (func (export "two") (result i32) i32.const 2))
SMALL = bytes.fromhex(
    "0061736d01000000"
    "010802600000600001 7f"
    "020701016101620000"
    "0303020101"
    "070d02036f6e65000103 74776f0002"
    "0a0b0204004101 0b040041020b"
)
RUN = """
const { instance } = await WebAssembly.instantiate(Buffer.from(process.argv[1], "hex"), { a: { b() {} } });
const answers = ["one", "two"].map((name) => {
    try { return instance.exports[name](); } catch (error) { return error.message; }
});
console.log(JSON.stringify(answers));
"""


def answers(wasm: bytes) -> str:
    command = ["node", "--input-type=module", "-e", RUN, wasm.hex()]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_what_stays_runs_and_what_does_not_is_a_trap() -> None:
    assert answers(SMALL) == "[1,2]"
    assert with_bodies(SMALL, [True, True]) == SMALL
    assert answers(with_bodies(SMALL, [False, True])) == '["unreachable",2]'
    assert [exported_function(SMALL, name) for name in ("one", "two")] == [0, 1]
    with pytest.raises(KeyError):
        exported_function(SMALL, "three")


def test_the_record_is_of_the_locked_file(repo_root: Path) -> None:
    dist = repo_root / "node_modules" / "onnxruntime-web" / "dist"
    whole = (dist / "ort-wasm-simd-threaded.wasm").read_bytes()
    small = trimmed(whole, read_record())
    assert len(small) < len(whole) * 0.6
    kinds, kinds_before = ([number for number, *_ in sections(wasm)] for wasm in (small, whole))
    assert kinds == kinds_before
    (code,) = (begin for number, begin, _ in sections(small) if number == 10)
    assert len(list(function_bodies(small, code))) == read_record().functions
    with pytest.raises(TrimError, match=r"record anew .* python -m tools\.trimming\.record"):
        trimmed(whole[:-1], read_record())


def test_what_is_called_by_name_stays_however_deep() -> None:
    graph = """digraph call {
  "1" -> "2"; // call
  "1" -> "fimport$7"; // call
  "2" -> "3"; // call
  "3" -> "1"; // call
  "4" -> "1"; // call
}"""
    assert with_callees({1, 5}, graph) == {1, 2, 3, 5}

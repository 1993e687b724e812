# Sourced by the wheels' scripts: Debian's Python 3.14 poses as Pyodide's, by Pyodide's sysconfig data.
set -e
export _PYTHON_SYSCONFIGDATA_NAME=_sysconfigdata__emscripten_wasm32-emscripten
export _PYTHON_HOST_PLATFORM=pyemscripten_2026_0_wasm32
export PYTHONPATH=/lab/sysconfigdata
export PATH=/lab/venv/bin:$PATH

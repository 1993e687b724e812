. /lab/recipe/target.sh
# One registry folder for cargo: Debian's crates, and the exact versions that std's lock file names.
rm -rf /lab/reg /lab/cargo /lab/pylib; mkdir -p /lab/reg /lab/cargo /lab/pylib
for crate in /usr/share/cargo/registry/* /usr/src/rustc-*/library/vendor/*; do
  ln -sfn "$crate" /lab/reg/"${crate##*/}"
done
cat > /lab/cargo/config.toml <<'TOML'
[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "/lab/reg"
[target.wasm32-unknown-emscripten]
linker = "/lab/bin/cc"
TOML
# pyo3 links a libpython: an empty one, since Pyodide's main module has the symbols.
emar rcs /lab/pylib/libpython3.14.a /lab/empty.o
emar rcs /lab/pylib/libpython3.a /lab/empty.o
cd /lab/src/safetensors-*/bindings/python
rm -f Cargo.lock
# RUSTC_BOOTSTRAP: Debian has no std for this target, and building one is an unstable option.
export CARGO_HOME=/lab/cargo RUSTC_BOOTSTRAP=1
export PYO3_CROSS=1 PYO3_CROSS_PYTHON_VERSION=3.14 PYO3_CROSS_LIB_DIR=/lab/sysconfigdata
export RUSTFLAGS="-C linker-flavor=em -C link-self-contained=-linker -Z unstable-options -C panic=abort\
 -L native=/lab/pylib -C relocation-model=pic -C link-arg=-sSIDE_MODULE=2\
 -C link-arg=-sEXPORTED_FUNCTIONS=_PyInit__safetensors_rust -Z emscripten-wasm-eh"
cargo build --release --offline --target wasm32-unknown-emscripten -Z build-std=std,panic_abort -j"$JOBS"

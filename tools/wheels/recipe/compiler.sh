# Makes this folder's compiler command (cc) ready: where Clang is, its flags, Emscripten's headers.
set -e
mkdir -p /lab/bin
cp /lab/recipe/cc /lab/bin/cc
chmod +x /lab/bin/cc
cd /lab/bin
ln -sf cc c++
abi="-fPIC -fwasm-exceptions -sSUPPORT_LONGJMP=wasm -sWASM_LEGACY_EXCEPTIONS=1"
echo > /lab/empty.c
# The first compile lays out Emscripten's headers, too. Debian's Clang has its version in its name.
emcc $abi -v -c /lab/empty.c -o /lab/empty.o 2> /lab/emcc-says
clang=$(grep -o '/[^ "]*/clang-[0-9]*' /lab/emcc-says | head -1)
version=${clang##*/clang}
ln -sf "$clang" clang
ln -sf "${clang%/*}/clang++$version" clang++
ln -sf "${clang%/*}/wasm-ld$version" wasm-ld
emcc $abi --cflags > /lab/clang-flags
cat /lab/clang-flags
./cc -c /lab/empty.c -o /lab/empty.o

# Pillow's module for AVIF by itself: three times as large as the others together, and few pages load it.
. /lab/recipe/target.sh
cd /lab/src/pillow-*/
out=/lab/build-pillow-avif; rm -rf $out; mkdir $out
flags="-O3 -DNDEBUG -fno-strict-overflow -fno-strict-aliasing -fvisibility=hidden -msimd128"
/lab/bin/cc $flags -I/lab/deps/include -I/lab/venv/include -I/usr/include/python3.14 -c src/_avif.c -o $out/_avif.o
/lab/bin/cc -shared $flags $out/_avif.o -L/lab/deps/lib -lavif -laom -o $out/_avif.cpython-314-wasm32-emscripten.so

. /lab/recipe/flags.sh
src=$libraries/libwebp; out=/lab/build-webp; rm -rf $out
# libwebp 1.6.0 loses its SIMD code under Emscripten in two ways. Its CMake cuts the list of
# instruction sets after two entries, which now are AVX2 and SSE4.1, without SSE2: take AVX2 off.
# And cpu.c asks for the macro EMSCRIPTEN, which newer Emscriptens do not define any more.
sed -i 's/"AVX2;SSE41/"SSE41/; s/"_avx2.c;_sse41/"_sse41/; s/"-mavx2;-msse4.1/"-msse4.1/; s/"-mno-avx2;-mno-sse4/"-mno-sse4/' \
  $src/cmake/cpu.cmake
export CFLAGS="$CFLAGS -DNDEBUG -DEMSCRIPTEN"
$cmake -S $src -B $out -DWEBP_USE_THREAD=OFF -DWEBP_ENABLE_SIMD=ON -DWEBP_BUILD_LIBWEBPMUX=ON \
  -DWEBP_BUILD_{ANIM_UTILS,CWEBP,DWEBP,GIF2WEBP,IMG2WEBP,VWEBP,WEBPINFO,WEBPMUX,EXTRAS,WEBP_JS,FUZZTEST}=OFF
ninja -C $out -j"$JOBS" install
# Pillow links webp, webpmux and webpdemux only: libsharpyuv's objects go into libwebp.
mkdir $out/objects; cd $out/objects
emar x $deps/lib/libsharpyuv.a
emar rcs $deps/lib/libwebp.a *

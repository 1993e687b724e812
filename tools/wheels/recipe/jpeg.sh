. /lab/recipe/flags.sh
src=$libraries/libjpeg-turbo; out=/lab/build-jpeg; rm -rf $out
export CFLAGS="$CFLAGS -DNDEBUG"
$cmake -S $src -B $out -DENABLE_SHARED=0 -DENABLE_STATIC=1 -DWITH_TURBOJPEG=0 -DWITH_SIMD=0 -DWITH_TOOLS=0 -DWITH_TESTS=0
ninja -C $out -j"$JOBS" jpeg-static
cp $out/libjpeg.a $deps/lib/
cp $out/jconfig.h $src/src/jpeglib.h $src/src/jmorecfg.h $src/src/jerror.h $deps/include/

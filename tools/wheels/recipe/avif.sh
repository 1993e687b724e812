. /lab/recipe/flags.sh
src=$libraries/libavif; out=/lab/build-avif; rm -rf $out
export CFLAGS="$CFLAGS -DNDEBUG" CXXFLAGS="$CFLAGS -DNDEBUG"
$cmake -S $src -B $out -DAVIF_CODEC_AOM=SYSTEM -DAOM_INCLUDE_DIR=$deps/include -DAOM_LIBRARY=$deps/lib/libaom.a \
  -DAVIF_{LIBYUV,LIBSHARPYUV,LIBXML2}=OFF -DAVIF_BUILD_{APPS,TESTS,EXAMPLES,MAN_PAGES}=OFF
ninja -C $out -j"$JOBS" avif
# With BUILD_SHARED_LIBS off and all codecs outside, this is the whole of it.
cp $out/libavif_internal.a $deps/lib/libavif.a
mkdir -p $deps/include/avif
cp $src/include/avif/*.h $deps/include/avif/

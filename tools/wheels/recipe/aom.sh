. /lab/recipe/flags.sh
src=$libraries/aom; out=/lab/build-aom; rm -rf $out
export CFLAGS="$CFLAGS -DNDEBUG" CXXFLAGS="$CFLAGS -DNDEBUG"
# 8 bits a channel, as Pillow has it: code for more would double the size.
$cmake -S $src -B $out -DAOM_TARGET_CPU=generic -DENABLE_{DOCS,EXAMPLES,TESTDATA,TESTS,TOOLS}=0 \
  -DCONFIG_{MULTITHREAD,RUNTIME_CPU_DETECT,WEBM_IO,LIBYUV,AV1_HIGHBITDEPTH,PIC}=0
ninja -C $out -j"$JOBS" aom
cp $out/libaom.a $deps/lib/
mkdir -p $deps/include/aom
cp $src/aom/*.h $deps/include/aom/

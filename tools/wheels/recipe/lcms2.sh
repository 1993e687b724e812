. /lab/recipe/flags.sh
src=$libraries/lcms2; out=/lab/build-lcms2; rm -rf $out; mkdir $out
ls $src/src | grep '\.c$' | sed 's/\.c$//' |
  xargs -P "$JOBS" -I{} /lab/bin/cc $CFLAGS -DNDEBUG -I$src/include -c $src/src/{}.c -o $out/{}.o
emar rcs $deps/lib/liblcms2.a $out/*.o
cp $src/include/lcms2*.h $deps/include/

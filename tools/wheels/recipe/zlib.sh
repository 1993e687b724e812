. /lab/recipe/flags.sh
src=$libraries/zlib; out=/lab/build-zlib; rm -rf $out; mkdir $out
for name in adler32 compress crc32 deflate infback inffast inflate inftrees trees uncompr zutil; do echo $name; done |
  xargs -P "$JOBS" -I{} /lab/bin/cc $CFLAGS -DHAVE_UNISTD_H -c $src/{}.c -o $out/{}.o
emar rcs $deps/lib/libz.a $out/*.o
cp $src/zlib.h $src/zconf.h $deps/include/

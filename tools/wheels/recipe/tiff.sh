. /lab/recipe/flags.sh
src=$libraries/tiff; out=/lab/build-tiff; rm -rf $out
# For size: people wait for it, and few pictures are TIFFs.
export CFLAGS="${CFLAGS/-O3/-Os} -DNDEBUG"
$cmake -S $src -B $out -Dtiff-{tools,tests,contrib,docs,deprecated}=OFF -Dcxx=OFF -Dzlib=ON -Djpeg=ON \
  -D{lzma,zstd,webp,jbig,lerc,libdeflate,old-jpeg,jpeg12,logluv,mdi,next,pixarlog,thunder}=OFF \
  -DZLIB_INCLUDE_DIR=$deps/include -DZLIB_LIBRARY=$deps/lib/libz.a \
  -DJPEG_INCLUDE_DIR=$deps/include -DJPEG_LIBRARY=$deps/lib/libjpeg.a
ninja -C $out -j"$JOBS" tiff
cp $out/libtiff/libtiff.a $deps/lib/
cp $src/libtiff/{tiff,tiffio}.h $out/libtiff/tiff{conf,vers}.h $deps/include/

. /lab/recipe/target.sh
cd /lab/src/pillow-*/
rm -rf build
export CC=/lab/bin/cc CXX=/lab/bin/c++ AR=emar PKG_CONFIG=/bin/false MAX_CONCURRENCY=$JOBS
export LDSHARED="$CC -shared" LDCXXSHARED="$CXX -shared"
flags="-O3 -DNDEBUG -fno-strict-overflow -fno-strict-aliasing -fvisibility=hidden -msimd128"
export CFLAGS="$flags -I/lab/deps/include" CXXFLAGS="$flags" LDFLAGS="-O2 -L/lab/deps/lib"
python -m build -w -n -x -o /lab/whl -Cplatform-guessing=disable -Cparallel="$JOBS" \
  -Czlib=enable -Cjpeg=enable -Cwebp=enable -Clcms=enable -Ctiff=enable -Cfreetype=disable -Craqm=disable \
  -Cjpeg2000=disable -Cimagequant=disable -Cxcb=disable -Cavif=disable

. /lab/recipe/target.sh
rm -rf /lab/build-numpy
cd /lab/src/numpy-*/
flags="-O2 -fvisibility=hidden -fno-strict-overflow -msimd128"
export CFLAGS="$flags" CXXFLAGS="$flags" LDFLAGS="-O2 -msimd128"
python -m build -w -n -x -o /lab/whl -Cbuild-dir=/lab/build-numpy -Ccompile-args=-j"$JOBS" \
  -Csetup-args=--cross-file=/lab/cross.ini -Csetup-args=-Dbuildtype=plain -Csetup-args=-Db_ndebug=true \
  -Csetup-args=-Dblas=none -Csetup-args=-Dlapack=none -Csetup-args=-Dallow-noblas=true \
  -Csetup-args=-Ddisable-optimization=true -Cinstall-args=--tags=runtime,python-runtime,devel

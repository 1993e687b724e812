# Sourced by the C libraries' scripts. Hidden visibility is there for right results, not only for
# size: Emscripten joins the address-taken symbols of all loaded modules by name.
set -e
export CFLAGS="-O3 -g0 -fvisibility=hidden -msimd128"
libraries=/lab/libraries
deps=/lab/deps
mkdir -p $deps/lib $deps/include
cmake="cmake -G Ninja -DCMAKE_TOOLCHAIN_FILE=/lab/recipe/cross.cmake -DCMAKE_BUILD_TYPE=None
  -DCMAKE_INSTALL_PREFIX=$deps -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_SHARED_LIBS=OFF
  -DCMAKE_POSITION_INDEPENDENT_CODE=ON"

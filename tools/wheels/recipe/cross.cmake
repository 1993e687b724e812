# CMake toolchain. Emscripten's own one insists on emcc, and with it on linking real programs.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR x86)  # so does Emscripten's: it is what switches libwebp's SSE code on
set(UNIX 1)
set(EMSCRIPTEN 1)
set(CMAKE_C_COMPILER /lab/bin/cc)
set(CMAKE_CXX_COMPILER /lab/bin/c++)
set(CMAKE_AR /usr/bin/emar)
set(CMAKE_RANLIB /usr/bin/emranlib)
set(CMAKE_FIND_ROOT_PATH /lab/emcache/sysroot)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# test.sh cmake|pkgconfig|amalgamation: builds that consumer project as its user would, and runs it. For the first two
# drystone is installed and the prefix then moved, so that nothing may remember where it was.
set -euo pipefail
project=$PWD/tests/consumers/c
top=$PWD
cd "$TEST_TMPDIR"
# make and CMake write beside their project, and Bazel's tree is read-only.
cp -RL "$project" consumers

quietly() { "$@" >log 2>&1 || { cat log; exit 1; }; }

install_and_move() {
  quietly cmake -S "$top" -B library "$@"
  quietly cmake --build library
  quietly cmake --install library --prefix "$PWD/here"
  # Whoever remembers the old places must fail.
  rm -rf library
  mv here moved
}

run() {
  echo "$1"
  "$@" region.dry
  test ! -e region.dry
}

case $1 in
cmake)
  install_and_move
  quietly cmake -S consumers/cmake -B use -DCMAKE_PREFIX_PATH="$PWD/moved"
  quietly cmake --build use
  for program in use/c_* use/cxx_*; do run "$program"; done
  # Who links the archive gets the threads that it needs; who links the shared library is not asked for them.
  grep -q 'LINK_ONLY:Threads::Threads' moved/lib/cmake/drystone/drystone-targets.cmake
  ;;
pkgconfig)
  # A library folder of two levels, as on Debian.
  install_and_move -DCMAKE_INSTALL_LIBDIR=lib/x86_64-linux-gnu
  export PKG_CONFIG_PATH=$PWD/moved/lib/x86_64-linux-gnu/pkgconfig
  quietly make -C consumers/pkgconfig
  LD_LIBRARY_PATH=moved/lib/x86_64-linux-gnu run consumers/pkgconfig/consumer
  rm consumers/pkgconfig/consumer moved/lib/x86_64-linux-gnu/*.so*
  # What the library needs itself is for who links the archive, and for nobody else.
  test -z "$(pkg-config --libs drystone | grep -- -pthread)"
  pkg-config --libs --static drystone | grep -q -- -pthread
  quietly make -C consumers/pkgconfig STATIC=--static
  run consumers/pkgconfig/consumer
  ;;
amalgamation)
  for compiler in gcc clang-14 aarch64-linux-gnu-gcc; do
    machine=()
    flags=
    if [ "$compiler" = aarch64-linux-gnu-gcc ]; then machine=(qemu-aarch64) flags=-static; fi
    quietly make -B -C consumers/amalgamation DRYSTONE="$top/c/amalgamation" CC="$compiler" LDFLAGS="$flags"
    run "${machine[@]}" consumers/amalgamation/consumer
  done
  # Without SSE 4.2 and AVX, and with all there is: the same program for every x86-64.
  quietly make -B -C consumers/amalgamation DRYSTONE="$top/c/amalgamation" CC=gcc LDFLAGS=-static
  for cpu in qemu64 Nehalem Haswell; do run qemu-x86_64 -cpu $cpu consumers/amalgamation/consumer; done
  ;;
*)
  echo "unknown consumer $1" >&2
  exit 2
  ;;
esac

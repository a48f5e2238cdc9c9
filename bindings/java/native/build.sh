#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# build.sh FOLDER JNI_INCLUDE CC CFLAGS: compiles the native library of the jar; run by Maven in this folder. It takes the
# amalgamation and SWIG's output as they are checked in.
set -eu
mkdir -p "$1"
# Word splitting is wanted: CFLAGS holds several arguments, and CC may.
# shellcheck disable=SC2086
exec $3 $4 -std=c11 -shared -fPIC -fvisibility=hidden -fno-strict-aliasing -I. -I"$2" -I"$2/linux" \
  drystone.c drystone_jni.c glue*.c -Wl,--version-script=jni.lds -pthread -o "$1/libdrystone_jni.so"

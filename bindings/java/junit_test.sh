#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# junit_test.sh default|25|checked JUNIT_SH CLASSES_JAR: runs the tests, on the usual JDK, on JDK 25 where there is one, or
# with drystone.checked; fails too when -Xcheck:jni found something in the native code.
set -euo pipefail
if [ "$1" = 25 ]; then
  home=${DRY_JAVA25_HOME:-/usr/lib/jvm/temurin-25-jdk-amd64}
  if [ ! -x "$home/bin/java" ]; then
    echo "skipped: there is no JDK 25 in $home; DRY_JAVA25_HOME can name another folder"
    exit 0
  fi
  export DRY_JAVA_HOME=$home
elif [ "$1" = checked ]; then
  # The virtual machine says on stderr that it picked this up.
  export JAVA_TOOL_OPTIONS=-Ddrystone.checked=true
fi
shift
"$@" 2>&1 | tee "$TEST_TMPDIR/log"
! grep -A20 -E 'WARNING in native method|FATAL ERROR in native method' "$TEST_TMPDIR/log" >"$TEST_TMPDIR/found" || {
  echo "-Xcheck:jni found:"
  cat "$TEST_TMPDIR/found"
  exit 1
}

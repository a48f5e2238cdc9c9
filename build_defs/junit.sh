#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# junit.sh CLASSES_JAR: runs every test class of a jar; what it depends on lies in the same runfiles.
set -euo pipefail
# Without it Java cannot even open a file whose name is not ASCII.
export LC_ALL=C.UTF-8
classes=$1
java=${DRY_JAVA_HOME:+$DRY_JAVA_HOME/bin/}java
# Sandboxes share /tmp but not process numbers, and a clash over /tmp/hsperfdata_USER is reported on stdout.
flags=(-XX:-UsePerfData -Xcheck:jni -Djava.io.tmpdir="$TEST_TMPDIR")
# From JDK 22 on System.loadLibrary warns unless this is given; 17 does not know it.
if "$java" -XX:-UsePerfData --enable-native-access=ALL-UNNAMED -version >/dev/null 2>&1; then flags+=(--enable-native-access=ALL-UNNAMED); fi
path=$(find -L . -name '*.jar' ! -path "./$classes" ! -name 'junit-platform-console-*' | LC_ALL=C sort | tr '\n' ':')
console=$(find -L . -name 'junit-platform-console-standalone-*.jar' | head -1)
exec "$java" "${flags[@]}" -jar "$console" execute --disable-banner --disable-ansi-colors --details=tree \
  --fail-if-no-tests -cp "$path$classes" --scan-class-path "$classes"

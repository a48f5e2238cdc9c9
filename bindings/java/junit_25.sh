#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# junit_25.sh JUNIT_SH CLASSES_JAR: runs the tests on JDK 25, named by DRY_JAVA25_HOME or where Debian's packages put it.
set -euo pipefail
home=${DRY_JAVA25_HOME:-/usr/lib/jvm/temurin-25-jdk-amd64}
if [ ! -x "$home/bin/java" ]; then
  echo "skipped: there is no JDK 25 in $home; DRY_JAVA25_HOME can name another folder"
  exit 0
fi
DRY_JAVA_HOME=$home exec "$@"

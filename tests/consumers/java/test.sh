#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# test.sh: `mvn install` of bindings/java with neither Bazel nor SWIG, then a project that has only the packaged jar; both
# offline, in a local repository of their own, and run on every JDK there is, from the module path and the class path.
set -euo pipefail
home=$(getent passwd "$(id -u)" | cut -d: -f6)
work=$TEST_TMPDIR/consumer
mkdir -p "$work"
cp -RL bindings/java "$work/java"
cp -RL tests/consumers/java "$work/prices"
chmod -R u+w "$work"
rm -rf "$work/java/target" "$work/prices/target"

# What ci/setup fetched stands in for Maven Central.
cat >"$work/settings.xml" <<XML
<settings>
  <localRepository>$work/repository</localRepository>
  <mirrors>
    <mirror><id>fetched</id><mirrorOf>*</mirrorOf><url>file://$home/.m2/repository</url></mirror>
  </mirrors>
</settings>
XML
export MAVEN_OPTS="-XX:-UsePerfData -Duser.home=$work -Djava.io.tmpdir=$TEST_TMPDIR"
maven() {
  if ! mvn -q -B -s "$work/settings.xml" -f "$@" </dev/null >"$work/log" 2>&1; then
    tail -60 "$work/log"
    exit 1
  fi
}

maven "$work/java/pom.xml" -Dsurefire.failIfNoSpecifiedTests=true -Dtest=HashTest,KvTest,PoolTest install
rm -rf "$work/java"
maven "$work/prices/pom.xml" compile

jar=$work/repository/io/drystone/drystone/0.1.0/drystone-0.1.0.jar
prices=$'gold 2350.00 version 2\nsilver is not there\nnot_found'
orders=$'order 0 quantity 500\ndesk 0 is taken\nann is gone\nstale'

# run EXPECTED JAVA FLAGS...
run() {
  rm -f "$work/prices.dry"
  local said expected=$1
  shift
  said=$("$@" "$work/prices.dry" 2>"$work/errors") || { cat "$work/errors"; exit 1; }
  if [ "$said" != "$expected" ]; then
    printf '%s\nsaid: %s\n' "$*" "$said"
    exit 1
  fi
}

for java in java "${DRY_JAVA25_HOME:-/usr/lib/jvm/temurin-25-jdk-amd64}/bin/java"; do
  if ! command -v "$java" >/dev/null; then
    echo "skipped: there is no $java; DRY_JAVA25_HOME can name the home of a JDK 25"
    continue
  fi
  for program in Prices Orders; do
    expected=$prices
    [ $program = Prices ] || expected=$orders
    run "$expected" "$java" -XX:-UsePerfData -p "$work/prices/target/classes:$jar" \
      -m "org.example.prices/org.example.prices.$program"
    run "$expected" "$java" -XX:-UsePerfData -cp "$work/prices/target/classes:$jar" "org.example.prices.$program"
  done
  echo "ran on $("$java" -XX:-UsePerfData -version 2>&1 | head -1)"
done

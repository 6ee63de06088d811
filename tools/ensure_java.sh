#!/bin/sh
# Java for the Spark tests: looked for, and installed where apt-get can be used. Says one line where it stays missing, and never fails:
# those tests are then skipped with a reason.
set -u

have() {
    if [ -n "${JAVA_HOME:-}" ]; then [ -x "$JAVA_HOME/bin/java" ]; else command -v java >/dev/null 2>&1; fi
}

have && exit 0
if command -v apt-get >/dev/null 2>&1; then
    as_root=""
    [ "$(id -u)" = 0 ] || as_root="sudo -n"
    export DEBIAN_FRONTEND=noninteractive
    echo "installing Java for the Spark tests" >&2
    { $as_root apt-get update && { $as_root apt-get install -y --no-install-recommends openjdk-17-jre-headless ||
        $as_root apt-get install -y --no-install-recommends openjdk-21-jre-headless; }; } </dev/null >/dev/null 2>&1
fi
have || echo "no Java 17 or later here: the Spark tests are skipped (Debian: apt-get install openjdk-17-jre-headless)" >&2
exit 0

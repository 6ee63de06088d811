#!/bin/sh
# Chromium and its driver for the page tests: looked for, and installed where apt-get can be used. Says one line where they stay
# missing, and never fails: those tests are then skipped with a reason.
set -u

have() {
    command -v chromedriver >/dev/null 2>&1 || return 1
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}

have && exit 0
if command -v apt-get >/dev/null 2>&1; then
    as_root=""
    [ "$(id -u)" = 0 ] || as_root="sudo -n"
    export DEBIAN_FRONTEND=noninteractive
    echo "installing Chromium for the page tests" >&2
    { $as_root apt-get update && $as_root apt-get install -y --no-install-recommends chromium chromium-driver; } </dev/null >/dev/null 2>&1
fi
have || echo "no Chromium with its driver here: the page tests are skipped (Debian: apt-get install chromium chromium-driver)" >&2
exit 0

#!/usr/bin/env bash
# All tests of the workspace: `bash scripts/test.sh [cargo test arguments]`.
#
# Says what it installs before it does. A machine with Rust, git and a C linker needs nothing.
# Tests of the kernel's side need root on Linux; without it they say `skipping: …`, and with CI=true
# such a skip is a failure. The whole output stays in target/test-output.txt.
set -euo pipefail
cd "$(dirname "$0")/.."

die() {
    echo "error: $1" >&2
    exit 1
}

command -v cargo >/dev/null || die "cargo is not installed; see https://rustup.rs"

# Rust links with the C compiler driver.
packages=()
command -v cc >/dev/null || packages+=(gcc libc6-dev)

if [ ${#packages[@]} -eq 0 ]; then
    echo "installs: nothing"
else
    echo "installs with apt-get: ${packages[*]}"
    command -v apt-get >/dev/null || die "there is no apt-get here; install a C compiler by hand"
    [ "$(id -u)" = 0 ] || die "installing needs root; run: sudo apt-get install ${packages[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
fi

log=target/test-output.txt
mkdir -p target
status=0
cargo test --workspace --no-fail-fast "$@" -- --show-output </dev/null 2>&1 | tee "$log" || status=$?

# Adds up the harness's own lines: `test result: ok. 61 passed; 0 failed; 0 ignored; …`.
awk '
    /^test result:/ { suites++; passed += $4; failed += $6; ignored += $8 }
    /skipping: /    { skipped[$0]++ }
    END {
        printf "\n%d suites, %d tests ignored\nsummary: %d passed, %d failed\n", suites, ignored, passed, failed
        for (line in skipped) print line
    }' "$log"

if [ "$status" -ne 0 ]; then
    grep -E '^test .* FAILED$|^error' "$log" | sort -u >&2 || true
    die "tests failed; the whole output is in $log"
fi
if [ "${CI:-}" = true ] && grep -q 'skipping: ' "$log"; then
    die "a test was skipped, which is a failure when CI=true"
fi

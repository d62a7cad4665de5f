#!/usr/bin/env bash
# Runs what is packaged for CI services as they would: the steps of action.yml, the hook of
# .pre-commit-hooks.yaml and the job of templates/netpolc.yml, in a repository made for it.
# Takes the binary as its argument, else builds the debug one.
set -euo pipefail
cd "$(dirname "$0")/.."

binary=${1:-}
if [ -z "$binary" ]; then
    cargo build --quiet -p netpolc
    binary=target/debug/netpolc
fi
if ! python3 -c 'import yaml' 2>/dev/null; then
    echo "installs with pip: pyyaml"
    python3 -m pip install --quiet pyyaml || apt-get install -y -qq --no-install-recommends python3-yaml >/dev/null
fi
# Where it is not to be had, the hook's entry is run as pre-commit would.
if ! command -v pre-commit >/dev/null; then
    echo "installs with pip: pre-commit"
    python3 -m pip install --quiet pre-commit || echo "pre-commit cannot be installed here"
fi
python3 scripts/test_packaging.py "$(realpath "$binary")"

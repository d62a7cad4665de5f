#!/usr/bin/env bash
# The digest of what the input compiles to: the same input gives the same bytes.
. "$(dirname "$0")/common.sh"

read_input
if [ "${#input[@]}" -eq 0 ]; then
    outputs digest ""
    exit 0
fi
bundle=$temp/netpolc.npb
if netpolc build "${input[@]}" --output "$bundle" >"$temp/netpolc-build.txt" 2>&1; then
    outputs digest "sha256:$(sha256sum "$bundle" | cut -d ' ' -f 1)"
else
    echo "no bundle: the input is refused, as the check says"
    outputs digest ""
fi

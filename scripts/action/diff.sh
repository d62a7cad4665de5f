#!/usr/bin/env bash
# What the pull request opens and closes, against its base.
. "$(dirname "$0")/common.sh"

read_input
base=${NETPOLC_BASE:?}
if ! git rev-parse --verify --quiet "refs/remotes/origin/$base^{commit}" >/dev/null; then
    # A checkout holds one commit unless it is asked for more.
    git fetch --quiet --depth=1 origin "+refs/heads/$base:refs/remotes/origin/$base" ||
        echo "::warning::the base $base cannot be fetched; nothing is compared"
fi
reference=refs/remotes/origin/$base
flags=()
if [ -n "${NETPOLC_CLUSTER_STATE:-}" ]; then
    flags=(--cluster-state "$NETPOLC_CLUSTER_STATE")
fi
sides=("git:$reference" .)
# One path is compared alone, several as parts of the whole tree.
if [ "${#input[@]}" -gt "${#flags[@]}" ] && [ "$((${#input[@]} - ${#flags[@]}))" -eq 1 ]; then
    path=${input[0]%/}
    sides=("git:$reference:./${path#./}" "$path")
fi
json=$temp/netpolc-diff.json
comment=$temp/netpolc-diff.md
status=0
netpolc diff "${sides[@]}" "${flags[@]}" --format json >"$json" || status=$?
if [ "$status" -gt 1 ]; then
    echo "::warning::nothing is compared with $base; the log says why"
    outputs opened "" closed "" changed ""
    exit 0
fi
netpolc diff "${sides[@]}" "${flags[@]}" --format markdown >"$comment" || true
netpolc diff "${sides[@]}" "${flags[@]}" || true
summarise "$comment"
count() {
    sed -n "s/^    \"$1\": \([0-9]*\),\{0,1\}\$/\1/p" "$json" | head -n 1
}
outputs opened "$(count opened)" closed "$(count closed)" changed "$status" comment-file "$comment"

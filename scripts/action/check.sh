#!/usr/bin/env bash
# Findings as annotations, in the log, as SARIF and in the summary. Ends well whatever is found: the
# last step of the action gives the verdict, when everything has been uploaded.
. "$(dirname "$0")/common.sh"

read_input
sarif=$temp/netpolc.sarif
json=$temp/netpolc.json
log=$temp/netpolc.txt
markdown=$temp/netpolc-check.md
fail_on=${NETPOLC_FAIL_ON:-error}
never=
if [ "$fail_on" = never ]; then
    fail_on=error never=1
fi
status=0
if [ "${#input[@]}" -eq 0 ]; then
    # Each target apart; files are one target's, so the log has all of them and nothing is uploaded.
    netpolc check --format github --fail-on "$fail_on" || status=$?
    outputs exit "$([ -n "$never" ] && [ "$status" -eq 1 ] && echo 0 || echo "$status")"
    exit 0
fi
netpolc check "${input[@]}" --fail-on "$fail_on" --format github --format "sarif=$sarif" \
    --format "json=$json" --format "${NETPOLC_FORMAT:-full}=$log" --format "markdown=$markdown" || status=$?
if [ ! -f "$json" ]; then
    outputs exit "$status"
    exit 0
fi
echo "::group::netpolc check"
cat "$log"
echo "::endgroup::"
summarise "$markdown"
count() {
    sed -n "s/^    \"$1\": \([0-9]*\),\{0,1\}\$/\1/p" "$json" | head -n 1
}
errors=$(count errors)
findings=$((errors + $(count warnings) + $(count notes)))
if [ -n "$never" ] && [ "$status" -eq 1 ]; then
    status=0
fi
outputs findings "$findings" errors "$errors" sarif-file "$sarif" exit "$status"

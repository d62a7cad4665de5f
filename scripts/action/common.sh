# What the steps of action.yml share. Sourced, not run.
set -euo pipefail

temp=${RUNNER_TEMP:-$(mktemp -d)}

# Sets the outputs of a step: NAME VALUE …
outputs() {
    while [ $# -gt 0 ]; do
        printf '%s=%s\n' "$1" "$2" >>"${GITHUB_OUTPUT:-/dev/null}"
        shift 2
    done
}

# The paths of the input, one per line, and the flags of the cluster's state, as the array `input`.
read_input() {
    input=()
    local path
    while IFS= read -r path; do
        # Trims blanks; a path that begins with a hyphen is still a path.
        path=${path#"${path%%[![:space:]]*}"}
        path=${path%"${path##*[![:space:]]}"}
        [ -z "$path" ] && continue
        case $path in -*) path=./$path ;; esac
        input+=("$path")
    done <<<"${NETPOLC_PATHS:-}"
    if [ -n "${NETPOLC_CLUSTER_STATE:-}" ]; then
        input+=(--cluster-state "$NETPOLC_CLUSTER_STATE")
    fi
}

# Appends a file to the summary of the job, which holds 1 MiB of each step.
summarise() {
    local file=$1 summary=${GITHUB_STEP_SUMMARY:-/dev/null}
    if [ "$(wc -c <"$file")" -gt 1000000 ]; then
        printf 'netpolc: the summary is longer than the service takes; see the log.\n' >>"$summary"
    else
        cat "$file" >>"$summary"
    fi
}

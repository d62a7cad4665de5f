#!/usr/bin/env bash
# One comment on the pull request, which is written again instead of another one being added.
. "$(dirname "$0")/common.sh"

file=${NETPOLC_COMMENT_FILE:-}
number=${NETPOLC_PULL_REQUEST:-}
if [ -z "$file" ] || [ -z "$number" ]; then
    exit 0
fi
mark='<!-- netpolc:diff -->'
repository=${GITHUB_REPOSITORY:?}
known=$(gh api --paginate "repos/$repository/issues/$number/comments" \
    --jq ".[] | select(.body | startswith(\"$mark\")) | .id" 2>/dev/null | head -n 1) || known=
if [ -z "$known" ] && [ "$NETPOLC_COMMENT" = auto ] && [ "${NETPOLC_CHANGED:-0}" = 0 ]; then
    exit 0
fi
written=0
if [ -n "$known" ]; then
    gh api --silent --method PATCH "repos/$repository/issues/comments/$known" --field "body=@$file" || written=$?
else
    gh api --silent --method POST "repos/$repository/issues/$number/comments" --field "body=@$file" || written=$?
fi
if [ "$written" -ne 0 ]; then
    # The token of a pull request from a fork may only read.
    echo "::notice::the comment cannot be written with this token; the summary of the job has it"
fi

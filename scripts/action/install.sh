#!/usr/bin/env bash
# Puts netpolc into PATH: the one that is there, else a release whose SHA-256 is checked.
. "$(dirname "$0")/common.sh"

version=${NETPOLC_VERSION:-}
if [ -z "$version" ] && command -v netpolc >/dev/null; then
    echo "uses $(command -v netpolc): $(netpolc --version)"
    exit 0
fi
version=${version:-${NETPOLC_ACTION_REF:-}}
case $version in
v[0-9]*) ;;
*)
    echo "::error::there is no netpolc in PATH, and \`$version\` names no release; set the input \`version\`"
    exit 2
    ;;
esac
case $(uname -s)-$(uname -m) in
Linux-x86_64) target=x86_64-unknown-linux-musl ;;
Linux-aarch64 | Linux-arm64) target=aarch64-unknown-linux-musl ;;
Darwin-arm64) target=aarch64-apple-darwin ;;
*)
    echo "::error::there is no release for $(uname -s) on $(uname -m)"
    exit 2
    ;;
esac
name=netpolc-$version-$target.tar.gz
base=${NETPOLC_DOWNLOADS:-${GITHUB_SERVER_URL:-}/${NETPOLC_ACTION_REPOSITORY:-}/releases/download}/$version
cd "$temp"
curl --fail --silent --show-error --location --retry 3 --remote-name "$base/$name" --remote-name "$base/$name.sha256"
sha256sum --check --strict "$name.sha256"
mkdir -p netpolc-bin
tar --extract --gzip --file "$name" --directory netpolc-bin netpolc
echo "$temp/netpolc-bin" >>"$GITHUB_PATH"
echo "installed $(netpolc-bin/netpolc --version)"

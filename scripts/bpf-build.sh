#!/bin/sh
# Builds runtime-agent/bpf/netpol.bpf.o, the program that the agent carries.
#
#   scripts/bpf-build.sh           build and replace the committed object and its record
#   scripts/bpf-build.sh --check   build elsewhere and compare with the committed object
#
# The compiler is pinned, so that the same sources give the same bytes on every machine. It is
# installed when it is absent (Debian's package of the same version). Another version is skipped
# loudly by --check, which is a failure when CI=true.
set -eu

CLANG=${CLANG:-clang-14}
STRIP=${LLVM_STRIP:-llvm-strip-14}
VERSION=14.0.6
PACKAGES="clang-14 llvm-14"
FLAGS="-target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Wno-unused-parameter -Werror -fdebug-compilation-dir=."
SOURCES="netpol.bpf.c flow.h image.h kernel.h layout.h link.h maps.h parse.h report.h"

cd "$(dirname "$0")/../runtime-agent/bpf"

mode=write
case "${1:-}" in
"") ;;
--check) mode=check ;;
*)
	echo "usage: scripts/bpf-build.sh [--check]" >&2
	exit 2
	;;
esac

skip() {
	echo "skipping: $1" >&2
	if [ "${CI:-}" = true ]; then
		echo "a skipped check is a failure when CI=true" >&2
		exit 1
	fi
	exit 0
}

if ! command -v "$CLANG" >/dev/null || ! command -v "$STRIP" >/dev/null; then
	if ! command -v apt-get >/dev/null; then
		skip "needs $CLANG and $STRIP $VERSION, and there is no apt-get to install them with"
	fi
	echo "installing: $PACKAGES (apt-get install)"
	sudo=
	[ "$(id -u)" = 0 ] || sudo=sudo
	$sudo apt-get install -y -qq --no-install-recommends $PACKAGES >/dev/null
fi

found=$("$CLANG" --version | sed -n 's/.*clang version \([0-9.]*\).*/\1/p' | head -n 1)
if [ "$found" != "$VERSION" ]; then
	if [ "$mode" = check ]; then
		skip "the committed object was made by clang $VERSION, this is $found"
	fi
	echo "error: the object is made by clang $VERSION, this is $found; set CLANG" >&2
	exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$CLANG" $FLAGS -c netpol.bpf.c -o "$work/netpol.bpf.o"
# DWARF goes; BTF, which the kernel wants, stays.
"$STRIP" --strip-debug "$work/netpol.bpf.o"

{
	echo '{'
	echo '  "compiler": "clang '"$VERSION"'",'
	echo '  "flags": "'"$FLAGS"'",'
	echo '  "object": "'"$(sha256sum <"$work/netpol.bpf.o" | cut -d' ' -f1)"'",'
	echo '  "sources": {'
	last=${SOURCES##* }
	for source in $SOURCES; do
		comma=,
		[ "$source" = "$last" ] && comma=
		echo '    "'"$source"'": "'"$(sha256sum <"$source" | cut -d' ' -f1)"'"'"$comma"
	done
	echo '  }'
	echo '}'
} >"$work/netpol.bpf.o.json"

if [ "$mode" = check ]; then
	for file in netpol.bpf.o netpol.bpf.o.json; do
		if ! cmp -s "$work/$file" "$file"; then
			echo "error: runtime-agent/bpf/$file is not what its sources give; run scripts/bpf-build.sh and commit" >&2
			exit 1
		fi
	done
	echo "runtime-agent/bpf/netpol.bpf.o equals a rebuild with clang $VERSION"
else
	cp "$work/netpol.bpf.o" "$work/netpol.bpf.o.json" .
	echo "built runtime-agent/bpf/netpol.bpf.o"
fi

#!/bin/bash
# Every DDL statement of PostgreSQL's own regression scripts as a migration, forward and back (see regression.pl).
#   make torture [TORTURE='NAME...']     only these scripts; default: all
# The source is Debian's package of it, kept under SUREFOOT_SOURCE (default /var/cache/surefoot-source). What is no success is
# told in build/torture.log.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/scripts/common.sh"
source=${SUREFOOT_SOURCE:-/var/cache/surefoot-source}
if [ ! -d "$source/src/test/regress" ]; then
    say "Getting PostgreSQL's source into $source ..."
    rm -rf "$source"
    mkdir -p "$source"
    (cd "$source" && fetch_source postgresql-15) >"$source.log" 2>&1 </dev/null || { tail -n 20 "$source.log" >&2; rm -rf "$source"; die "no source, see $source.log"; }
fi
stage=$(make_folder /tmp)
trap 'rm -rf "$stage"' EXIT
SUREFOOT_BIN=$("$top/scripts/stage" "$stage/pg")
export SUREFOOT_BIN TORTURE_LOG=$top/build/torture.log
mkdir -p "$top/build"
"$top/scripts/cluster" -c fsync=off -c max_locks_per_transaction=512 -c max_worker_processes=32 \
    perl "$top/test/torture/regression.pl" "$source/src/test/regress" "$@"

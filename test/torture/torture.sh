#!/bin/bash
# What nobody thinks of, forward and back: every DDL statement of PostgreSQL's own regression scripts as a migration (see regression.pl),
# and random migrations over random schemas (see test/random/random.pl).
#   make torture [TORTURE='NAME...'] [SEQUENCES=N] [SEED=N]     only these scripts, `random` among them; default: all
# The source is Debian's package of it, kept under SUREFOOT_SOURCE (default /var/cache/surefoot-source). What is no success is
# told in build/torture.log and build/random.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/scripts/common.sh"
random=1 scripts=1 names=()
if [ $# -gt 0 ]; then
    random= scripts=
    for name; do
        if [ "$name" = random ]; then random=1; else scripts=1 names+=("$name"); fi
    done
fi
source=${SUREFOOT_SOURCE:-/var/cache/surefoot-source}
if [ -n "$scripts" ] && [ ! -d "$source/src/test/regress" ]; then
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
result=0
[ -z "$random" ] || "$top/scripts/cluster" -c max_worker_processes=32 perl "$top/test/random/random.pl" \
    --sequences "${SEQUENCES:-10000}" --seed "${SEED:-1}" --out "$top/build/random" || result=1
[ -z "$scripts" ] || "$top/scripts/cluster" -c fsync=off -c max_locks_per_transaction=512 -c max_worker_processes=32 \
    perl "$top/test/torture/regression.pl" "$source/src/test/regress" ${names[@]+"${names[@]}"} || result=1
exit $result

#!/bin/bash
# Compares Surefoot with what one would do without it, side by side in one run: make bench, or make bench BENCH='a d'
#   a  1,000 small migrations     b  an index build      c  the client's start     d  the fingerprint, and recording
#   e  requests during a migration
# Each figure is the median of ROUNDS runs (5), the contenders taking turns. The tables are printed; a run of all of them
# writes docs/benchmarks.md. Bash, psql and awk only. Servers are private and gone at the end.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/test/bench
. "$top/scripts/common.sh"
cd "$top"
parts=("$@")
[ $# -gt 0 ] || parts=(a b c d e)

PG_CONFIG=$(find_pg_config)
export PG_CONFIG MAKEFLAGS= ROUNDS=${ROUNDS:-5}
make -s -j "$(nproc)" all
work=$(make_folder "${TMPDIR:-/tmp}")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
SUREFOOT_BIN=$(scripts/stage "$work/pg")
export SUREFOOT_BIN SUREFOOT_LOG_DIR="$work/log"
out=$top/build/bench
mkdir -p "$out"

# A server as it would be in production, but for the place of its files.
server() { # PARENT SETTINGS... -- COMMAND...
    local parent=$1 settings=(-c shared_buffers=512MB -c max_wal_size=4GB)
    shift
    while [ "$1" != -- ]; do
        settings+=(-c "$1")
        shift
    done
    shift
    scripts/cluster -d "$parent" "${settings[@]}" "$@"
}

for part in "${parts[@]}"; do
    say "--- $part"
    export BENCH_FOLDER="$work/$part"
    mkdir -p "$BENCH_FOLDER"
    {
        case $part in
        a)
            server "${TMPDIR:-/tmp}" fsync=on -- "$here/migrations.sh" disk
            server "$(data_parent)" -- "$here/migrations.sh" "tmpfs, fsync off"
            ;;
        b) server "$(data_parent)" -- "$here/index_build.sh" ;;
        c) server "$(data_parent)" -- "$here/start.sh" ;;
        d) server "$(data_parent)" max_locks_per_transaction=1000 -- "$here/catalog.sh" ;;
        e) server "$(data_parent)" -- "$here/requests.sh" ;;
        *) die "there is no benchmark '$part': a, b, c, d and e there are" ;;
        esac
    } >"$out/$part.md"
    cat "$out/$part.md"
done

machine() {
    printf 'Machine: %s, %s cores, %s GB of memory, %s; ' \
        "$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" \
        "$(awk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo)" "$(uname -sr)"
    printf '%s; %s; %s.\n' "$(. /etc/os-release && echo "$PRETTY_NAME")" "$("$PG_CONFIG" --version)" "$(g++ --version | head -n 1)"
    printf 'Measured on %s with Surefoot %s.\n' "$(date -u +%Y-%m-%d)" \
        "$(sed -n 's/^ *"version": "\([0-9.]*\)",/\1/p' META.json | head -n 1)"
}

if [ "${parts[*]}" = "a b c d e" ]; then
    {
        echo "# Benchmarks"
        echo
        echo "Written by \`make bench\`. Each figure is the median of $ROUNDS runs; those that are compared took turns in one run."
        echo "The ratio is to the first row of its table, and so is the budget."
        echo
        machine
        for part in "${parts[@]}"; do
            echo
            cat "$out/$part.md"
        done
    } >docs/benchmarks.md
    say "docs/benchmarks.md is written."
fi

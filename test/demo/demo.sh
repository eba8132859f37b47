#!/bin/bash
# A column and an index for a million rows, while requests on that table go on. Run by `make demo`.
# Everything happens on a private server that is gone at the end; the log of the run stays in build/demo.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/scripts/common.sh"
. "$top/test/demo/traffic.sh"

# First the build and a server; then this script again, beside it.
if [ "${1:-}" != --story ]; then
    cd "$top"
    PG_CONFIG=$(find_pg_config)
    export PG_CONFIG MAKEFLAGS=
    say "Building for $("$PG_CONFIG" --version) (the first time takes five minutes on two cores) ..."
    build_all
    work=$(make_folder "${TMPDIR:-/tmp}")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' HUP TERM
    SUREFOOT_BIN=$(scripts/stage "$work/pg")
    export SUREFOOT_BIN
    rm -rf build/demo
    mkdir -p build/demo
    say "Starting a private PostgreSQL ..."
    scripts/cluster -l build/demo/server.log "$0" --story
    exit
fi

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' plain=$'\e[0m'; else bold= plain=; fi
heading() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
run() {
    printf '%s$ %s%s\n' "$bold" "$*" "$plain"
    "$@" </dev/null
}

heading "A table of users with a million rows"
psql -X -q -v ON_ERROR_STOP=1 -f "$top/test/demo/users.sql" -c 'CREATE EXTENSION surefoot'
psql -X -c "SELECT count(*) AS users, pg_size_pretty(pg_total_relation_size('users')) AS size FROM users"

heading "Requests begin: 500 a second, half reads, half writes"
start_traffic "$top/build/demo/traffic"
trap 'stop_traffic' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
sleep 2

export SUREFOOT_LOG_DIR=$top/build/demo/log
cd "$top/examples/demo"
heading "The migration"
cat migrations/0019_add_user_status.up.sql
heading "Checklist: is this a good moment?"
run surefoot checklist 0019
heading "Dry run: what would be done"
run surefoot apply 0019 --dry-run
heading "Apply: the column at once, the index by a background worker"
run surefoot apply 0019
heading "Validation: what is there is what was meant"
run surefoot validate 0019
heading "Apply again: nothing to do"
run surefoot apply 0019
heading "Status"
run surefoot status
run psql -X -c '\d users'
heading "Revert: all the way back"
run surefoot revert 0019
run psql -X -c '\d users'

sleep 1
stop_traffic
heading "What the requests noticed"
for script in 0 1; do
    read -r count median p99 slowest < <(latencies "$top/build/demo/traffic" $script)
    printf '%s: %d, median %s ms, 99 %% within %s ms, slowest %s ms\n' \
        "$([ $script = 0 ] && echo reads || echo writes)" "$count" "$median" "$p99" "$slowest"
done
read -r count _ _ slowest < <(latencies "$top/build/demo/traffic")
echo "The slowest of $count requests took $slowest ms; none failed."
echo "The logs of the runs:"
ls "$SUREFOOT_LOG_DIR"/*.log

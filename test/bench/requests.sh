#!/bin/bash
# (e) What reads and writes on a table of a million rows notice of the demo's migration.
. "$(dirname "$0")/measure.sh"
demo=$(cd "$(dirname "$0")/../demo" && pwd)
examples=$(cd "$(dirname "$0")/../../examples/demo" && pwd)
. "$demo/traffic.sh"
trap 'stop_traffic' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
seconds=${SECONDS_OF_TRAFFIC:-10}

with_surefoot() { env DB_NAME=bench surefoot apply 0019 --quiet -C "$examples/migrations"; }
naive() { psql -d bench -1 -f "$examples/migrations/0019_add_user_status.up.sql"; }
nothing() { :; }

# The traffic runs for a fixed time, the change begins a second after it.
observe() { # NAME COMMAND
    fresh_database bench
    psql -d bench -f "$demo/users.sql" -c CHECKPOINT
    rm -rf "$BENCH_FOLDER/traffic"
    local begin=$SECONDS script
    PGDATABASE=bench start_traffic "$BENCH_FOLDER/traffic"
    sleep 1
    measure "$1_duration" "$2"
    [ $((SECONDS - begin)) -ge "$seconds" ] || sleep $((seconds - SECONDS + begin))
    stop_traffic
    for script in 0 1; do
        latencies "$BENCH_FOLDER/traffic" $script >>"$BENCH_FOLDER/$1_$script"
    done
}
for round in $(seq "$ROUNDS"); do
    say "requests: round $round of $ROUNDS"
    observe none nothing
    observe surefoot with_surefoot
    observe naive naive
done

column() { # NAME FIELD: the median of that field
    cut -d ' ' -f "$2" "$BENCH_FOLDER/$1" | sort -n | awk '{ t[NR] = $1 } END { print t[int((NR + 1) / 2)] }'
}
row() { # NAME TEXT
    printf '| %s | %.1f | %s | %s | %s | %s | %s | %s |\n' "$2" "$(figures "$1_duration" | cut -d ' ' -f 1)" \
        "$(column "$1_0" 2)" "$(column "$1_0" 3)" "$(column "$1_0" 4)" "$(column "$1_1" 2)" "$(column "$1_1" 3)" "$(column "$1_1" 4)"
}
echo "## (e) 500 requests a second on a million rows for $seconds s, while a column and an index are added (ms)"
echo
echo "| | the change took (s) | reads p50 | p99 | max | writes p50 | p99 | max |"
echo "|---|---|---|---|---|---|---|---|"
row none 'no change'
row surefoot '`surefoot apply`'
row naive '`ALTER TABLE` and `CREATE INDEX` in one transaction'

#!/bin/bash
# (c) From the client's start to its first answer.
. "$(dirname "$0")/measure.sh"
fresh_database bench
export PGDATABASE=bench DB_NAME=bench
mkdir -p "$BENCH_FOLDER/migrations"
for number in $(seq -w 0001 0020); do
    echo "CREATE TABLE t$number (id int);" >"$BENCH_FOLDER/migrations/${number}_t$number.up.sql"
done
surefoot apply --to 0019 --quiet -C "$BENCH_FOLDER/migrations" >"$BENCH_FOLDER/apply.log" 2>&1
for round in $(seq $((ROUNDS * 5))); do
    measure psql command psql -X -c 'select 1'
    measure status surefoot status --quiet -C "$BENCH_FOLDER/migrations"
done

echo "## (c) The client's start, to its end with the answer printed, 19 migrations applied and one pending ($((ROUNDS * 5)) runs)"
echo
table ms 1 psql "psql|\`psql -X -c 'select 1'\`|" 'status|`surefoot status`|1.50'

#!/bin/bash
# (a) 1,000 migrations of one small CREATE TABLE each, forth and back. Argument: where the server's files are.
. "$(dirname "$0")/measure.sh"
where=$1
folder=$BENCH_FOLDER/files
rm -rf "${BENCH_FOLDER:?}"/*
mkdir -p "$folder"
for n in $(seq -w 0001 1000); do
    echo "CREATE TABLE t$n (id int PRIMARY KEY, name text);" >"$folder/${n}_t$n.up.sql"
done
for file in "$folder"/*; do
    printf 'BEGIN;\n'
    cat "$file"
    printf 'COMMIT;\n'
done >"$BENCH_FOLDER/all.sql"
for n in $(seq -w 1000 -1 0001); do
    printf 'BEGIN;\nDROP TABLE t%s;\nCOMMIT;\n' "$n"
done >"$BENCH_FOLDER/back.sql"

process_each() {
    local file
    for file in "$folder"/*; do
        command psql -X -q -1 -v ON_ERROR_STOP=1 -d bench -f "$file"
    done
}
for round in $(seq "$ROUNDS"); do
    say "migrations, $where: round $round of $ROUNDS"
    fresh_database bench
    measure session command psql -X -q -v ON_ERROR_STOP=1 -d bench -f "$BENCH_FOLDER/all.sql"
    measure session_back command psql -X -q -v ON_ERROR_STOP=1 -d bench -f "$BENCH_FOLDER/back.sql"
    fresh_database bench
    measure surefoot env DB_NAME=bench surefoot apply --all --quiet -C "$folder"
    measure surefoot_back env DB_NAME=bench surefoot revert --all --quiet -C "$folder"
    fresh_database bench
    measure process process_each
done

echo "## (a) 1,000 migrations of one CREATE TABLE each, server on $where"
echo
echo "psql waits for the disk at each commit; Surefoot is at most 0.2 s ahead of it, and waits for all before it ends (see safety.md)."
echo
table s 2 session 'session|one psql session, a transaction each|' \
    "surefoot|\`surefoot apply --all\`|$([ "$where" = disk ] && echo 1.10 || echo 1.50)" 'process|one psql process per file|'
echo
echo "## (a) The same 1,000 walked back, server on $where"
echo
table s 2 session_back 'session_back|DROP TABLE in one psql session, a transaction each|' \
    "surefoot_back|\`surefoot revert --all\`, each by its derived way back and compared|"
echo

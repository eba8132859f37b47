#!/bin/bash
# (b) A concurrent index build on 3,000,000 rows, in Surefoot's worker and in psql.
. "$(dirname "$0")/measure.sh"
fresh_database bench
export PGDATABASE=bench
psql -c "CREATE TABLE big AS SELECT n AS id, md5(n::text) AS name, n % 1000 AS kind FROM generate_series(1, 3000000) AS n" \
    -c "VACUUM ANALYZE big" -c CHECKPOINT

for round in $(seq "$ROUNDS"); do
    say "index build: round $round of $ROUNDS"
    measure psql command psql -X -q -v ON_ERROR_STOP=1 -c 'CREATE INDEX CONCURRENTLY big_name ON big (name)'
    psql -c 'DROP INDEX big_name' -c CHECKPOINT
    psql -c "SELECT migrate_register('$round', 'index', 'CREATE INDEX big_name ON big (name)')" >/dev/null
    # The same road as psql's: one client that starts it and waits for the end.
    measure worker command psql -X -q -v ON_ERROR_STOP=1 -c "SELECT migrate_apply('$round')" -c "CALL migrate_wait('$round')"
    [ "$(psql -Atc "SELECT indisvalid FROM pg_index WHERE indexrelid = 'big_name'::regclass")" = t ]
    psql -c 'DROP INDEX big_name' -c CHECKPOINT
done

echo "## (b) An index on 3,000,000 rows, built concurrently"
echo
table s 2 psql 'psql|`CREATE INDEX CONCURRENTLY` in psql|' 'worker|`migrate_apply` and `migrate_wait` in psql, built by the worker|1.05'

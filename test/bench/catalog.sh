#!/bin/bash
# (d) The fingerprint of a schema against pg_dump of it; and one small migration, recorded, beside so many other tables.
. "$(dirname "$0")/measure.sh"

# COUNT tables of six columns with three indexes and a foreign key each.
make_tables() {
    psql -v count="$1" <<'SQL'
CREATE TABLE parent (id int PRIMARY KEY);
SELECT format('CREATE TABLE t%s (id int PRIMARY KEY, name text NOT NULL DEFAULT ''none'', kind int CHECK (kind > 0),
                  parent_id int REFERENCES parent, created_at timestamptz DEFAULT now(), note text)', n),
       format('CREATE INDEX ON t%s (name)', n), format('CREATE INDEX ON t%s (created_at)', n)
FROM generate_series(1, :count) AS n \gexec
VACUUM ANALYZE;
SQL
}

tables=(100 1000 10000)
for count in "${tables[@]}"; do
    fresh_database "bench_$count"
    PGDATABASE=bench_$count make_tables "$count" >/dev/null
done
for round in $(seq "$ROUNDS"); do
    for count in "${tables[@]}"; do
        say "fingerprint and recording, $count tables: round $round of $ROUNDS"
        export PGDATABASE=bench_$count
        measure "dump_$count" pg_dump -s
        measure "fingerprint_$count" command psql -X -Atc 'SELECT migrate_fingerprint()'
        psql -c "SELECT migrate_register('$round', 'column', 'ALTER TABLE t7 ADD COLUMN c$round int')" >/dev/null
        measure "apply_$count" command psql -X -Atc "SELECT migrate_apply('$round')"
    done
done

for count in 1000 10000; do
    echo "## (d) A schema of $count tables"
    echo
    table s 3 "dump_$count" "dump_$count|\`pg_dump -s\`|" "fingerprint_$count|\`SELECT migrate_fingerprint()\` in psql|0.10"
    echo
done
echo "## (d) One column added and recorded, in a schema of so many tables"
echo
table ms 1 apply_100 'apply_100|100 tables|' 'apply_1000|1,000 tables|flat' 'apply_10000|10,000 tables|flat'

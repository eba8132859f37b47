# Sourced by the benchmarks, which run beside a private server: timing, medians, rows of tables.
set -euo pipefail
psql() { command psql -X -q -v ON_ERROR_STOP=1 "$@"; }
say() { printf '%s\n' "$*" >&2; }

# measure NAME COMMAND...: adds the seconds that the command took to NAME's figures. What it prints is shown when it fails.
measure() {
    local name=$1 begin end
    shift
    begin=$EPOCHREALTIME
    "$@" >"$BENCH_FOLDER/output" 2>&1 </dev/null || { tail -n 20 "$BENCH_FOLDER/output" >&2; return 1; }
    end=$EPOCHREALTIME
    awk -v b="$begin" -v e="$end" 'BEGIN { printf "%.6f\n", e - b }' >>"$BENCH_FOLDER/$name"
}

# figures NAME: median, least and greatest.
figures() {
    sort -n "$BENCH_FOLDER/$1" | awk '{ t[NR] = $1 } END { print (t[int((NR + 1) / 2)] + t[int(NR / 2) + 1]) / 2, t[1], t[NR] }'
}

# table UNIT DECIMALS BASE NAME|TEXT|BUDGET...: a table of the figures (UNIT s or ms), compared with those of BASE.
table() {
    local unit=$1 decimals=$2 base=$3 row name text budget
    shift 3
    base=$(figures "$base" | cut -d ' ' -f 1)
    echo "| | $unit | least to greatest | ratio | budget |"
    echo "|---|---|---|---|---|"
    for row; do
        IFS='|' read -r name text budget <<<"$row"
        figures "$name" | awk -v text="$text" -v budget="$budget" -v base="$base" -v d="$decimals" -v f="$([ "$unit" = ms ] && echo 1000 || echo 1)" \
            '{ n = "%." d "f"; printf "| %s | " n " | " n " to " n " | %.2f | %s |\n", text, $1 * f, $2 * f, $3 * f, $1 / base, budget }'
    done
}

fresh_database() { # NAME
    psql -d postgres -c "DROP DATABASE IF EXISTS $1" -c "CREATE DATABASE $1" 2>/dev/null
    psql -d "$1" -c 'CREATE EXTENSION surefoot'
}

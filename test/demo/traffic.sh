# Sourced by the demo and the benchmark: reads and writes on `users` beside what else is going on, each request timed.

# start_traffic FOLDER: 500 requests a second, half of them writes, until stop_traffic. A request that cannot start when it
# is due, because those before it are stuck, counts from when it was due.
start_traffic() {
    local here
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
    traffic_folder=$1
    mkdir -p "$traffic_folder"
    pgbench -n -c 8 -T 3600 -R 500 -l --log-prefix="$traffic_folder/requests" \
        -f "$here/read.sql" -f "$here/write.sql" >"$traffic_folder/pgbench" 2>&1 </dev/null &
    traffic=$!
}

# The alarm is what pgbench itself ends by, with its log written.
stop_traffic() {
    [ -n "${traffic:-}" ] || return 0
    kill -ALRM "$traffic" 2>/dev/null
    wait "$traffic"
    local status=$?
    traffic=
    [ $status = 0 ] || { cat "$traffic_folder/pgbench" >&2; return $status; }
}

# latencies FOLDER [SCRIPT]: count, median, 99th percentile and maximum in ms; SCRIPT 0 are the reads, 1 the writes.
latencies() {
    cat "$1"/requests.* | awk -v script="${2:-}" 'script == "" || $4 == script { print $3 / 1000 }' | sort -n |
        awk '{ t[NR] = $1 }
             END { if (NR) printf "%d %.1f %.1f %.1f\n", NR, t[int((NR + 1) / 2)], t[int(NR * 0.99) + (NR < 100)], t[NR] }'
}

#!/bin/bash
# Replays real migration histories through Surefoot, forward and then back to the start, and prints what came back: make corpus
#   HISTORIES=FOLDER   the histories in this folder, NAME/NNNN_name.up.sql with .down.sql and prelude.sql, as well as Debian's
#   NAMES='a b'        only these       DOWNS=1  by their own down scripts, where they have some      ROWS=0  with no rows made
#   KEEP=0             without surefoot.keep_rows
#   EACH=1             each migration back right after it was applied, and applied again
# What differed is in build/corpus/NAME. Exit code 1: a way back was inexact and had not said so, or failed.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
here=$top/test/corpus
. "$top/scripts/common.sh"
cd "$top"

PG_CONFIG=$(find_pg_config)
export PG_CONFIG MAKEFLAGS=
out=$top/build/corpus
mkdir -p "$out"
if [ -z "${SUREFOOT_BIN:-}" ]; then
    make -s -j "$(nproc)" all
    work=$(make_folder "${TMPDIR:-/tmp}")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' HUP TERM
    SUREFOOT_BIN=$(scripts/stage "$work/pg")
    export SUREFOOT_BIN
fi

"$here/debian.sh" "$out/debian"
folders=("$out/debian"/{tt-rss,director,mediawiki,davical,roundcube})
[ -z "${HISTORIES:-}" ] || folders+=("$HISTORIES"/*/)

options=()
[ "${ROWS:-1}" = 0 ] || options+=(--rows)
[ "${DOWNS:-0}" = 0 ] || options+=(--downs)
[ "${KEEP:-1}" != 0 ] || options+=(--no-keep)
[ "${EACH:-0}" = 0 ] || options+=(--each)
chosen=()
for folder in "${folders[@]}"; do
    name=$(basename "$folder")
    [[ -z "${NAMES:-}" || " $NAMES " == *" $name "* ]] && ls "$folder"/*.up.sql >/dev/null 2>&1 && chosen+=("$folder")
done
[ ${#chosen[@]} -gt 0 ] || die "there is no history to replay"

walk() { # FOLDER OPTION...
    local name=$(basename "$1") folder=$1
    shift
    say "--- $name"
    scripts/cluster -c max_locks_per_transaction=512 -l "$out/$name.log" test/corpus/walk.pl "$@" "$folder" "$out/$name" ||
        echo "$name could not be replayed" >&2
}
export -f walk say
export out
printf '%s\n' "${chosen[@]}" | xargs -P "${SUREFOOT_JOBS:-$(nproc)}" -I{} bash -c 'walk "$@"' bash {} "${options[@]}"

results=()
for folder in "${chosen[@]}"; do
    results+=("$out/$(basename "$folder")/result.tsv")
done
"$here/table.pl" "${results[@]}"

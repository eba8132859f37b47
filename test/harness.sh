#!/bin/bash
# The harness must see what fails. Runs scripts/check on a copy of the sources whose tests are these, most of them bad, and
# compares its verdicts. By hand, when the harness changes: test/harness.sh
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -a "$top/." "$copy"
cd "$copy"
rm -rf sql expected test/isolation test/tap/*.pl build/results
mkdir -p sql expected test/isolation/specs test/isolation/expected

regress() { # NAME SQL EXPECTED
    printf '%s\n' "$2" >"sql/$1.sql"
    [ $# = 2 ] || printf '%s' "$3" >"expected/$1.out"
}
one=$'SELECT 1;\n ?column? \n----------\n        1\n(1 row)\n\n'
regress passed_plain 'SELECT 1;' "$one"
regress failed_differs 'SELECT 2;' "$one"
regress failed_hangs 'SELECT pg_sleep(600);' "$one"
regress failed_nothing_expected 'SELECT 1;'
regress failed_server_crash "SELECT 1;
\\! kill -SEGV \$(head -n 1 \$PGDATA/postmaster.pid | xargs -I{} cat /proc/{}/task/{}/children | cut -d ' ' -f 2)" "$one"

spec() { # NAME SQL EXPECTED
    printf 'session a\nstep one { %s }\npermutation one\n' "$2" >"test/isolation/specs/$1.spec"
    printf 'Parsed test spec with 1 sessions\n\nstarting permutation: one\nstep one: %s\n%s' "$2" "$3" >"test/isolation/expected/$1.out"
}
spec passed_plain 'SELECT 1 AS n;' $'n\n-\n1\n(1 row)\n\n'
spec failed_differs 'SELECT 2 AS n;' $'n\n-\n1\n(1 row)\n\n'
spec failed_hangs 'SELECT pg_sleep(600);' ''

tap() { # NAME PERL
    printf 'use strict; use FindBin; use lib "$FindBin::Bin/lib"; use Surefoot; use Test::More;\n%s\n' "$2" >"test/tap/$1.pl"
}
tap passed_plain 'ok(1); done_testing();'
tap passed_skips_for_cause 'SKIP: { skip "needs PostgreSQL 99", 1; } ok(1); done_testing();'
tap failed_not_ok 'ok(0); done_testing();'
tap failed_dies 'ok(1); die "no"; done_testing();'
tap failed_no_end 'ok(1);'
tap failed_ends_early 'ok(1); exit 0; done_testing();'
tap failed_nothing 'exit 0;'
tap failed_skips 'SKIP: { skip "not today", 1; } ok(1); done_testing();'
tap failed_skips_all 'plan skip_all => "not today";'
tap failed_hangs 'ok(1); sleep 600;'
tap failed_hangs_with_server 'my $server = new_server("main"); $server->safe_psql("postgres", "SELECT pg_sleep(600)");'
tap failed_leaves_server 'my $server = new_server("main"); ok(1); done_testing(); $server->{_pid} = undef; @PostgreSQL::Test::Cluster::all_nodes = (); require POSIX; POSIX::_exit(0);'

passed=$(ls sql test/isolation/specs test/tap | grep -c '^passed')
failed=$(ls sql test/isolation/specs test/tap | grep -c '^failed')
SUREFOOT_TEST_SECONDS=8 scripts/check 'regress/*' 'isolation/*' 'tap/*' >"$copy/log" 2>&1 && { echo "it said that all is well"; exit 1; }
grep -E '^(passed|failed) ' "$copy/log" | awk '{ split($2, t, "/"); if (t[2] !~ "^" $1) { print "wrong: " $0; bad = 1 } } END { exit bad }' || { cat "$copy/log"; exit 1; }
[ "$(tail -n 1 "$copy/log")" = "$passed passed, $failed failed" ] || { tail -n 1 "$copy/log"; echo "expected: $passed passed, $failed failed"; exit 1; }
echo "The harness saw $passed good tests and $failed bad ones for what they are."

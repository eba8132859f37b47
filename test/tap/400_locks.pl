# Strong locks are sought in short attempts: while a reader holds the table, other readers are not stalled for long; giving up names
# who was in the way, and nothing is changed.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main');
query($node, 'postgres', 'CREATE TABLE users (id int); '
	. register('0019', up => 'ALTER TABLE users ADD COLUMN nick text;', down => 'ALTER TABLE users DROP COLUMN nick;'));
my $before = fingerprint($node, 'postgres');
my $reader = session($node, 'postgres');
$reader->query('BEGIN; SELECT count(*) FROM users');
my $pid = $reader->pid;

my $runner = session($node, 'postgres');
$runner->query("SET surefoot.lock_retry = '3s'");
$runner->send("SELECT migrate_apply('0019')");
# Measured in the server, so that the start of programs does not count; 60 ms is the promise, the rest is room for a busy machine.
my $other = session($node, 'postgres');
my $stalls = $other->query(<<'SQL');
DO $$
DECLARE
	began timestamptz;
	worst interval := '0';
	stalled int := 0;
	took interval;
BEGIN
	FOR n IN 1 .. 200 LOOP
		began := clock_timestamp();
		PERFORM count(*) FROM users;
		took := clock_timestamp() - began;
		worst := greatest(worst, took);
		IF took > '5ms' THEN stalled := stalled + 1; END IF;
		COMMIT;
		PERFORM pg_sleep(0.01);
		COMMIT;
	END LOOP;
	CREATE TABLE measured AS SELECT worst, stalled;
END $$;
SELECT stalled > 0, worst < '150ms', worst FROM measured
SQL
like($stalls, qr/^t\|t\|/, "readers are stalled shortly or not at all: $stalls");
$runner->result;
like($runner->error, qr/ERROR:  SF005: could not get the locks on public.users within 3 s/, 'after surefoot.lock_retry it gives up');
like($runner->error, qr/DETAIL:  Blocked by pid $pid \(postgres, idle in transaction/, 'and names the blocker');
query($node, 'postgres', 'DROP TABLE measured');
is(fingerprint($node, 'postgres'), $before, 'nothing is changed');
is(state_of($node, 'postgres', '0019'), 'registered', 'and it is registered still');
$reader->close;
is(query($node, 'postgres', "SELECT migrate_apply('0019')"), 'applied', 'when the reader has gone, it works');

# To look at a schema that is there locks nothing that is in it.
query($node, 'postgres', 'CREATE SCHEMA busy CREATE TABLE t (a int); ' . register('0020', up => 'CREATE SCHEMA IF NOT EXISTS busy;'));
$reader = session($node, 'postgres');
$reader->query('BEGIN; SELECT count(*) FROM busy.t');
is(query($node, 'postgres', "SET surefoot.lock_retry = '1s'; SELECT migrate_apply('0020')"), 'applied', 'a schema whose tables are in use is skipped');
is(query($node, 'postgres', "SELECT string_agg(nspname, ' ') FROM pg_namespace WHERE nspname ~ 'busy|surefoot_aside'"), 'busy', 'and stays');

done_testing();

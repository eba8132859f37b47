# Strong locks are sought in short attempts: while a reader holds the table, other readers are not stalled for long; giving up names
# who was in the way, and nothing is changed.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use PostgreSQL::Test::Utils qw(slurp_file);
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

# How long a lock is waited for, as what runs in each kind of step sees it: what was measured above has room for a busy machine.
my $note = "INSERT INTO seen SELECT '%s', current_setting('lock_timeout'), backend_type FROM pg_stat_activity WHERE pid = pg_backend_pid();\n";
query($node, 'postgres', big_table('events') . <<'SQL');
CREATE TABLE seen (step text, lock_timeout text, who text);
CREATE FUNCTION noted(id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
	IF id = 1 THEN
		RAISE LOG 'in the build lock_timeout is %', current_setting('lock_timeout');
	END IF;
	RETURN id;
END $$;
SQL
query($node, 'postgres',
	register('0021',
		up => sprintf($note, 'first') . "CREATE INDEX events_noted_idx ON events (noted(id));\n" . sprintf($note, 'later'),
		down => sprintf($note, 'down, first') . "DROP INDEX CONCURRENTLY events_noted_idx;\n" . sprintf($note, 'down, later')));
# A role's or database's own default is for other work.
query($node, 'postgres', "ALTER DATABASE postgres SET lock_timeout = '7s'");
for (['by default', '', '50ms'], ['as it is set', "SET surefoot.lock_timeout = '70ms';", '70ms'])
{
	my ($what, $set, $expected) = @$_;
	my $log = -s $node->logfile;
	is(query($node, 'postgres', "TRUNCATE seen; $set SELECT migrate_apply('0021')"), 'queued: 2 steps', "$what: a build between two transactions");
	query($node, 'postgres', "CALL migrate_wait('0021')");
	is(query($node, 'postgres', "$set SELECT migrate_revert('0021')"), 'queued: 2 steps', "$what: and back");
	query($node, 'postgres', "CALL migrate_wait('0021')");
	is(query($node, 'postgres', 'SELECT * FROM seen ORDER BY step'),
		join("\n", map { "$_->[0]|$expected|$_->[1]" } ['down, first', 'client backend'], ['down, later', 'surefoot worker'],
			['first', 'client backend'], ['later', 'surefoot worker']),
		"$what: the steps in transactions wait $expected for a lock");
	my @builds = slurp_file($node->logfile, $log) =~ /in the build lock_timeout is (\w+)/g;
	is("@builds", '0', "$what: the build is not ended by a wait");
}

done_testing();

# Index builds: what a dead one has left is found and built again, never trusted; other people's builds are left alone; duplicates,
# deadlines and cancellation leave nothing behind; timeouts that a role or the database sets do not kill a build or a step.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;
use Time::HiRes qw(time);

my $node = new_server('main', extension => 0, conf => "deadlock_timeout = '200ms'");
prepare_template(
	$node,
	big_table('users'),
	register('0019', up => 'CREATE INDEX users_name_idx ON users (name);', down => 'DROP INDEX users_name_idx;'),
	register(
		'0021',
		up => "ALTER TABLE users ADD COLUMN nick text;\nCREATE UNIQUE INDEX users_half_idx ON users ((id / 2));",
		down => "DROP INDEX users_half_idx;\nALTER TABLE users DROP COLUMN nick;"));
my $n = 0;
sub fresh { return copy_of($node, 'builds' . ++$n) }

my $plain = fresh();
my $before = fingerprint($node, $plain);
run_to_end($node, $plain, 'migrate_apply', '0019');
my $applied = fingerprint($node, $plain);

# An invalid index of the name, left by a build of somebody's that was killed.
sub leave_invalid
{
	my ($db, $index, $table) = @_;
	my $reader = hold_snapshot($node, $db);
	my $builder = session($node, $db);
	$builder->send("CREATE INDEX CONCURRENTLY $index ON $table");
	wait_for_build($node, $db);
	query($node, $db, 'SELECT pg_terminate_backend(' . $builder->pid . ')');
	wait_until('the end of the build', sub { query($node, $db, 'SELECT count(*) = 0 FROM pg_stat_progress_create_index') eq 't' });
	$reader->close;
	is(query($node, $db, 'SELECT count(*) FROM pg_index WHERE NOT indisvalid'), '1', 'a killed build has left an invalid index');
	return;
}
my $db = fresh();
leave_invalid($db, 'users_name_idx', 'users (name)');
is(run_to_end($node, $db, 'migrate_apply', '0019'), 'queued: 1 step', 'an invalid index does not count as there');
no_debris($node, $db, 'an invalid index of the name');
is(fingerprint($node, $db), $applied, 'it was built again');
is(query($node, $db, "SELECT count(*) FROM surefoot.event WHERE level = 'warning' AND message LIKE 'an invalid index%'"),
	'1', 'and the log says so');

# The same with another definition: what is invalid is not looked at more closely.
$db = fresh();
leave_invalid($db, 'users_name_idx', 'users (created_at)');
run_to_end($node, $db, 'migrate_apply', '0019');
is(fingerprint($node, $db), $applied, 'an invalid index of another definition is replaced');

# On another table it is none of ours.
$db = fresh();
query($node, $db, big_table('others'));
leave_invalid($db, 'users_name_idx', 'others (name)');
fails_with($node, $db, "SELECT migrate_apply('0019');", '42P07', 'an invalid index of the name on another table is an error');
query($node, $db, 'DROP INDEX users_name_idx');
# The same when it comes after the step was planned.
query($node, $db, register('0018', up => 'CREATE INDEX users_name_idx ON users (name);'));
my $planner = session($node, $db);
$planner->query("BEGIN; SELECT migrate_apply('0018')");
leave_invalid($db, 'users_name_idx', 'others (name)');
$planner->query('COMMIT');
fails_with($node, $db, "CALL migrate_wait('0018');", 'SF007', 'an invalid index of the name on another table is not touched');
is(query($node, $db, "SELECT indrelid::regclass FROM pg_index WHERE NOT indisvalid"), 'others', 'it is there still');
query($node, $db, 'DROP INDEX users_name_idx');
run_to_end($node, $db, 'migrate_resume', '0018');
is(state_of($node, $db, '0018'), 'applied', 'resumed when it is out of the way');

# Somebody else makes the very index after the step was planned, while it waits for the table: it stays theirs.
for my $definition ('name', 'created_at')
{
	$db = fresh();
	my $blocker = session($node, $db);
	query($node, $db, register('0022', up => "CREATE INDEX first_idx ON others (name);\nCREATE INDEX users_name_idx ON users (name);",
		down => "DROP INDEX users_name_idx;\nDROP INDEX first_idx;") . big_table('others'));
	call_before($node, $db, "migrate_apply('0022')", $blocker, 'BEGIN; LOCK TABLE others IN SHARE UPDATE EXCLUSIVE MODE', 'others');
	$blocker->result;
	wait_for_worker($node, $db);
	query($node, $db, "CREATE INDEX users_name_idx ON users ($definition)");
	$blocker->close;
	if ($definition eq 'name')
	{
		query($node, $db, "CALL migrate_wait('0022')");
		run_to_end($node, $db, 'migrate_revert', '0022');
		is(query($node, $db, "SELECT to_regclass('users_name_idx')"), 'users_name_idx',
			'an index that somebody else has made meanwhile stays when the migration is reverted');
	}
	else
	{
		fails_with($node, $db, "CALL migrate_wait('0022');", 'SF007', 'another index of the name is an error');
		query($node, $db, "SELECT migrate_resume('0022')");
		fails_with($node, $db, "CALL migrate_wait('0022');", 'SF007', 'also when it is resumed');
		run_to_end($node, $db, 'migrate_revert', '0022');
		is(query($node, $db, "SELECT string_agg(indexrelid::regclass::text, ' ') FROM pg_index WHERE indrelid = 'others'::regclass"),
			'others_pkey', 'and reverted');
		is(query($node, $db, "SELECT to_regclass('users_name_idx')"), 'users_name_idx', 'but the way back leaves it alone');
	}
}

# The same while a killed build waits to be resumed: what has the name now is not what the build has left.
$db = fresh();
my $long = hold_snapshot($node, $db);
query($node, $db, register('0026', up => "ALTER TABLE users ADD COLUMN nick text;\nCREATE INDEX users_nick_idx ON users (name, nick);",
	down => "DROP INDEX users_nick_idx;\nALTER TABLE users DROP COLUMN nick;"));
query($node, $db, "SELECT migrate_apply('0026')");
wait_for_build($node, $db);
query($node, $db, 'SELECT pg_terminate_backend(pid) FROM migrate_jobs() WHERE alive');
holder_is_gone($node, $db);
$long->close;
query($node, $db, 'DROP INDEX users_nick_idx; CREATE INDEX users_nick_idx ON users (id) WHERE id < 0');
query($node, $db, "SELECT migrate_resume('0026')");
fails_with($node, $db, "CALL migrate_wait('0026');", 'SF007', 'an index that took the name of a killed build is not believed to be it');
run_to_end($node, $db, 'migrate_revert', '0026');
is(query($node, $db, "SELECT to_regclass('users_nick_idx')"), 'users_nick_idx', 'and it is there still when the migration is reverted');

# A script that says CONCURRENTLY itself, when the index is there already.
$db = fresh();
query($node, $db, 'CREATE INDEX users_name_idx ON users (name);'
	. register('0024', up => 'CREATE INDEX CONCURRENTLY users_name_idx ON users (name);')
	. register('0025', up => 'CREATE INDEX CONCURRENTLY users_name_idx ON users (created_at);'));
is(query($node, $db, "SELECT migrate_apply('0024')"), 'applied', 'an index that is there is skipped, CONCURRENTLY or not');
fails_with($node, $db, "SELECT migrate_apply('0025');", 'SF007', 'and another one is an error');

# Two builds on one table: ours waits for the other one, and neither is killed.
$db = fresh();
my $reader = hold_snapshot($node, $db);
my $foreign = session($node, $db);
call_before($node, $db, "migrate_apply('0019')", $foreign, 'CREATE INDEX CONCURRENTLY foreign_idx ON users (created_at)', 'users');
wait_for_build($node, $db);
my $pid = wait_for_worker($node, $db);
wait_for_sql($node, "SELECT cardinality(pg_blocking_pids($pid)) > 0");
is(query($node, $db, "SELECT backend_xmin IS NULL FROM pg_stat_activity WHERE pid = $pid"), 't', 'ours waits without a snapshot');
like(query($node, $db, 'SELECT waiting_for FROM migrate_jobs()'), qr/foreign_idx/, 'and shows for what');
$reader->close;
is($foreign->result . $foreign->error, '', 'the other build ends well');
query($node, $db, "CALL migrate_wait('0019')");
no_debris($node, $db, 'two builds on one table');
is(query($node, $db, 'SELECT count(*) FROM surefoot.event WHERE level <> \'info\''), '0', 'without a second try');

# Two equal rows: failed, nothing left; mended, resumed; or reverted.
for my $way (qw(resume revert))
{
	$db = fresh();
	my $start = fingerprint($node, $db);
	query($node, $db, "SELECT migrate_apply('0021')");
	fails_with($node, $db, "CALL migrate_wait('0021');", '23505', "$way: a duplicate fails the build");
	no_debris($node, $db, "$way: a duplicate");
	is(query($node, $db, "SELECT state || ' ' || steps || ' ' || next FROM migrate_status('0021')"),
		'failed 1/2 resume or revert', "$way: the status says where it stands and how to go on");
	is(query($node, $db, "SELECT state, failed_step, sqlstate, line, next FROM migrate_history('0021')"),
		'failed|2|23505|2|resume or revert', "$way: and so does the history");
	fails_with($node, $db, "SELECT migrate_apply('0021');", 'SF013', "$way: it cannot be applied as if nothing were");
	query($node, $db, 'DELETE FROM users WHERE id % 2 = 0') if $way eq 'resume';
	run_to_end($node, $db, "migrate_$way", '0021');
	is(query($node, $db, "SELECT message IS NULL AND failed_step IS NULL FROM migrate_history('0021') WHERE direction = 'up'"),
		$way eq 'resume' ? 't' : 'f', "$way: what failed is over when it is done");
	isnt(fingerprint($node, $db), $start, "$way: done") if $way eq 'resume';
	is(fingerprint($node, $db), $start, "$way: everything as before") if $way eq 'revert';
}

# A deadline of its own, though the build waits where no lock_timeout reaches.
$db = fresh();
query($node, 'postgres', "ALTER DATABASE $db SET surefoot.build_deadline = '1s'");
$reader = hold_snapshot($node, $db);
query($node, $db, "SELECT migrate_apply('0019')");
my ($out, $err) = attempt($node, $db, "CALL migrate_wait('0019');");
like($err, qr/57014: the statement took longer than surefoot.build_deadline allows/, 'a build that takes too long is stopped');
no_debris($node, $db, 'a deadline');
$reader->close;
run_to_end($node, $db, 'migrate_resume', '0019');
is(fingerprint($node, $db), $applied, 'and resumed');

# When a reader of the table itself is in the way, the remains cannot be dropped at once: nobody waits for that for long.
$db = fresh();
$reader = session($node, $db);
call_before($node, $db, "migrate_apply('0019')", $reader, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM users', 'users');
wait_for_build($node, $db);
my $start = time;
query($node, $db, "SELECT migrate_cancel('0019')");
wait_for_state($node, $db, '0019', 'failed');
cmp_ok(time - $start, '<', 20, 'a cancelled build ends though its remains are in use');
is(query($node, $db, "SELECT count(*) FROM surefoot.event WHERE level = 'warning' AND message LIKE '%is left because it is in use%'"),
	'1', 'the log says that they are left');
$reader->close;
run_to_end($node, $db, 'migrate_resume', '0019');
is(fingerprint($node, $db), $applied, 'resume clears them away');
no_debris($node, $db, 'remains in use');

# Defaults of a role or a database kill neither a build nor a step.
$db = fresh();
query($node, 'postgres', join ';', map { "ALTER DATABASE $db SET $_" }
	"statement_timeout = '700ms'", "lock_timeout = '300ms'", "idle_in_transaction_session_timeout = '300ms'");
my $sleeper = register('0030', up => "CREATE INDEX users_name_idx ON users (name);\nSELECT pg_sleep(1.2);",
	down => 'DROP INDEX users_name_idx;');
query($node, $db, "SET statement_timeout = 0; $sleeper");
$reader = hold_snapshot($node, 'postgres');
my $locker = session($node, $db);
$locker->query("SET idle_in_transaction_session_timeout = 0; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
query($node, $db, "SELECT migrate_apply('0030')");
wait_for_build($node, $db);
sleep 1.5;
ok(wait_for_build($node, $db), 'a build outlives the statement_timeout and lock_timeout of the database');
$locker->close;
query($node, $db, "SET statement_timeout = 0; CALL migrate_wait('0030')");
is(state_of($node, $db, '0030'), 'applied', 'and so does a step');

# The script's own statement_timeout holds in a worker.
$db = fresh();
query($node, $db, register('0031',
	up => "SET statement_timeout = '300ms';\nCREATE INDEX users_name_idx ON users (name);\nSELECT pg_sleep(30);"));
query($node, $db, "SELECT migrate_apply('0031')");
fails_with($node, $db, "CALL migrate_wait('0031');", '57014', "the script's own statement_timeout holds in its later steps");
is(query($node, $db, "SELECT line FROM migrate_history('0031')"), '3', 'and its line is known');

# Steps other than builds: killed when they had done their work, or half of it.
$db = fresh();
query($node, $db, big_table('others') . 'CREATE INDEX old_idx ON others (name);
	CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
	CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);'
	. register('0040', up => "DROP INDEX CONCURRENTLY old_idx;", down => 'CREATE INDEX old_idx ON others (name);')
	. register('0041', up => "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;", down => 'ALTER TABLE p ATTACH PARTITION p1 FOR VALUES IN (1);
		ALTER TABLE p1 DROP CONSTRAINT IF EXISTS p1_id_check;')
	. register('0038', up => "REINDEX INDEX CONCURRENTLY old_idx;")
	. register('0043', up => "VACUUM others;"));
my $whole = fingerprint($node, $db);
my %event = (
	'0040' => 'DROP INDEX CONCURRENTLY', '0041' => 'DETACH PARTITION CONCURRENTLY', '0038' => 'REINDEX CONCURRENTLY');
# Objects, and whether they were there before and after. The server itself adds a constraint to a partition that it detaches so.
my %effect = (
	'0038' => '',
	'0040' => 'public.old_idx: true false',
	'0041' => 'p1_id_check on public.p1: false true, public.p1: true true, public.p1.id: true true');
my %table = ('0040' => 'others', '0041' => 'p', '0038' => 'others');
for my $version ('0038', '0040', '0041')
{
	my $reader = session($node, $db);
	call_before($node, $db, "migrate_apply('$version')", $reader,
		"BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM $table{$version}", $table{$version});
	my $pid = wait_for_worker($node, $db);
	wait_for_sql($node, "SELECT wait_event_type = 'Lock' AND query LIKE '%CONCURRENTLY%' FROM pg_stat_activity WHERE pid = $pid");
	query($node, $db, "SELECT pg_terminate_backend($pid)");
	holder_is_gone($node, $db);
	$reader->close;
	run_to_end($node, $db, 'migrate_resume', $version);
	no_debris($node, $db, "$event{$version}, killed half way and resumed");
	is(query($node, $db, "SELECT string_agg(identity || ': ' || (before IS NOT NULL) || ' ' || (after IS NOT NULL), ', ' ORDER BY identity)
		FROM surefoot.effect WHERE run = (SELECT max(id) FROM surefoot.run)"), $effect{$version}, "$event{$version}: its effect is known");
	next if $version eq '0038';
	run_to_end($node, $db, 'migrate_revert', $version);
	is(fingerprint($node, $db), $whole, "$event{$version}: reverted, all is as before");
}
# A worker that was killed when the statement had done its work, but was not yet written down as done.
sub kill_before_record
{
	my ($db, $version, $table) = @_;
	my $reader = session($node, $db);
	call_before($node, $db, "migrate_apply('$version')", $reader,
		"BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM $table", $table);
	my $pid = wait_for_worker($node, $db);
	wait_for_sql($node, "SELECT wait_event_type = 'Lock' AND query LIKE '%CONCURRENTLY%' FROM pg_stat_activity WHERE pid = $pid");
	my $blocker = session($node, $db);
	$blocker->query('BEGIN; LOCK TABLE surefoot.effect IN SHARE MODE');
	$reader->close;
	wait_for_sql($node, 'SELECT ' . $blocker->pid . " = ANY (pg_blocking_pids($pid))");
	query($node, $db, "SELECT pg_terminate_backend($pid)");
	holder_is_gone($node, $db);
	$blocker->close;
	is(state_of($node, $db, $version), 'running', "$version: killed when its work was done");
	return;
}
kill_before_record($db, '0040', 'others');
is(query($node, $db, "SELECT to_regclass('old_idx') IS NULL"), 't', 'the index is gone');
run_to_end($node, $db, 'migrate_resume', '0040');
is(state_of($node, $db, '0040'), 'applied', 'an index that is dropped already is not missed by the resumed step');
run_to_end($node, $db, 'migrate_revert', '0040');
is(fingerprint($node, $db), $whole, 'and its definition before is known to the way back');
my $built = fresh();
kill_before_record($built, '0019', 'users');
is(query($node, $built, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_name_idx'::regclass"), 't', 'an index is built');
run_to_end($node, $built, 'migrate_resume', '0019');
is(fingerprint($node, $built), $applied, 'and not built again');
run_to_end($node, $built, 'migrate_revert', '0019');
is(fingerprint($node, $built), $before, 'the way back knows that it is ours');
run_to_end($node, $db, 'migrate_apply', '0043');
is(state_of($node, $db, '0043'), 'applied', 'VACUUM takes the same road');

done_testing();

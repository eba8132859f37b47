# One runner at a time: who comes second is told who the first is, or what has to end first; procedures wait instead. Attempts that
# failed are in the history though their transaction was rolled back. Without a free worker slot nothing is changed, and a queue
# without a worker is picked up again.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0, conf => 'max_worker_processes = 3');
prepare_template(
	$node,
	big_table('users'),
	register('0019', up => "ALTER TABLE users ADD COLUMN nick text;\nCREATE INDEX users_name_idx ON users (name);",
		down => "DROP INDEX users_name_idx;\nALTER TABLE users DROP COLUMN nick;"),
	register('0020', up => 'CREATE TABLE later (id int);', down => 'DROP TABLE later;'));
my $db = copy_of($node, 'runners');
my $before = fingerprint($node, $db);

# Two sessions
my $first = session($node, $db);
$first->query('BEGIN');
$first->query("SELECT migrate_apply('0019')");
my $pid = $first->pid;
for my $call ("migrate_apply('0019')", "migrate_apply('0020')", "migrate_revert('0019')", "migrate_resume('0019')",
	"migrate_cancel('0019')")
{
	fails_with($node, $db, "SELECT $call;", qr/ERROR:  SF004: .*DETAIL:  It is pid $pid \(postgres, idle in transaction/s,
		"$call while another session runs: the holder is named");
}
# A procedure waits for it and finds nothing left to do for that one.
my $second = session($node, $db);
$second->send('CALL migrate_apply_all()');
sleep 0.3;
ok(!$second->done, 'migrate_apply_all waits for the other session');
is(query($node, $db, 'SELECT backend_xmin IS NULL FROM pg_stat_activity WHERE pid = ' . $second->pid), 't', 'without a snapshot');
$first->query('COMMIT');
$second->result;
is($second->error =~ /ERROR/ ? $second->error : '', '', 'and goes on when that has ended');
is(query($node, $db, 'SELECT version, state FROM migrate_status()'), "0019|applied\n0020|applied", 'both are applied');
is(query($node, $db, "SELECT count(*) FROM migrate_history()"), '2', 'each once');

# Steps to finish come first.
$db = copy_of($node, 'steps');
my $reader = hold_snapshot($node, $db);
query($node, $db, "SELECT migrate_apply('0019')");
wait_for_build($node, $db);
fails_with($node, $db, "SELECT migrate_apply('0020');",
	qr/ERROR:  SF004: migration 0019 has steps to finish.*HINT:  CALL migrate_wait\('0019'\)/s, '0020 while 0019 has steps to finish');
is(query($node, $db, "SELECT migrate_apply('0019')"), 'queued: 1 step', 'the same again: still queued');
fails_with($node, $db, "SELECT migrate_revert('0019');", qr/ERROR:  SF004: migration 0019 has steps to finish.*migrate_cancel\('0019'\)/s,
	'reverting what is running');
is(query($node, $db, 'SELECT count(*) FROM migrate_jobs() WHERE alive'), '1', 'and one worker');
$reader->close;
query($node, $db, "CALL migrate_wait('0019')");
is(query($node, $db, "SELECT migrate_apply('0020')"), 'applied', 'afterwards 0020 can be applied');

# A failed attempt is in the history.
$db = copy_of($node, 'attempts');
query($node, $db, register('0021', up => "CREATE TABLE half (id int);\nSELECT 1 / 0;"));
my $session = session($node, $db);
$session->query("SET application_name = 'deploy 7'");
$session->query("SELECT migrate_apply('0021')");
like($session->error, qr/ERROR:  22012: division by zero/, 'an apply fails');
wait_for_sql($node, "SELECT count(*) FROM migrate_history('0021')", '1', database => $db);
is(query($node, $db, "SELECT direction, state, sqlstate, message, line, col, role, application, wal_lsn IS NOT NULL FROM migrate_history('0021')"),
	'up|rolled back|22012|division by zero|2|1|postgres|deploy 7|t', 'its attempt is in the history, with who and where');
is(query($node, $db, "SELECT count(*) FROM pg_class WHERE relname = 'half'"), '0', 'and nothing else of it');
$session->query('BEGIN');
$session->query('CREATE TABLE mine (id int)');
$session->query("SELECT migrate_apply('0021')");
wait_for_sql($node, "SELECT count(*) FROM migrate_history('0021')", '2', database => $db);
pass('also when it fails in an explicit transaction that is still open');
$session->query('ROLLBACK');
$session->query('BEGIN');
$session->query('SAVEPOINT a');
$session->query("SELECT migrate_apply('0021')");
$session->query('ROLLBACK TO SAVEPOINT a');
is($session->query("SELECT migrate_apply('0020')"), 'applied', 'after a savepoint the transaction goes on');
$session->query('COMMIT');
wait_for_sql($node, "SELECT count(*) FROM migrate_history('0021')", '3', database => $db);
pass('and that attempt is there too');
is(state_of($node, $db, '0021'), 'registered', 'the migration stays registered');
query($node, $db, "SELECT migrate_revert('0020')");
query($node, $db, "CREATE TABLE later (id text); " . register('0022', up => "CREATE TABLE x (id int);\nALTER TABLE missing ADD y int;"));
fails_with($node, $db, "SELECT migrate_apply('0022');", '42P01', 'another failure');
wait_for_sql($node, "SELECT state || line FROM migrate_history('0022')", 'rolled back2', database => $db);

# No slot is free: one belongs to the server itself, the others are taken by workers that wait for open transactions.
$db = copy_of($node, 'slots');
my @holders;
for my $n (1 .. 2)
{
	my $other = copy_of($node, "holder$n");
	push @holders, my $holder = session($node, $other);
	$holder->query('BEGIN');
	is($holder->query("SELECT migrate_apply('0019')"), 'queued: 1 step', "slot $n is taken");
}
my $start = fingerprint($node, $db);
fails_with($node, $db, "SELECT migrate_apply('0019');", qr/ERROR:  SF011: no background worker is free.*HINT:.*max_worker_processes/s,
	'no slot is free: an error that says so');
my $checklist = client($node, [ 'checklist', '0019' ], dir => folder(), env => { DB_NAME => $db });
is($checklist->exit, 7, 'the checklist says so, too');
like($checklist->stderr, qr/failed: worker_slots\nHINT +Nothing of 0019 was run\. Mend what the rows name\.\n/, 'and offers no override, which would not help');
is(fingerprint($node, $db), $start, 'nothing is changed');
is(state_of($node, $db, '0019'), 'registered', 'nothing is queued');
like(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/migration 0019 up failed: no background worker is free/,
	'the attempt is in the log of the server');
is(query($node, $db, "SELECT migrate_apply('0020')"), 'applied', 'what needs no worker works');
query($node, $db, "SELECT migrate_revert('0020')");

# A queue without a worker: the server went down between the commit and the worker's start.
$_->close for @holders;
wait_until('free slots', sub { !worker_pids($node) });
for my $way ('migrate_wait', 'migrate_apply', 'migrate_resume', 'migrate_revert', 'migrate_cancel', 'migrate_apply_all')
{
	my $copy = "queue_$way";
	copy_of($node, $copy);
	my $blocker = session($node, $copy);
	call_before($node, $copy, "migrate_apply('0019')", $blocker, 'BEGIN; LOCK TABLE surefoot.migration IN EXCLUSIVE MODE', 'surefoot.migration');
	wait_for_worker($node, $copy);
	crash_server($node);
	$node->start;
	$blocker->close;
	is(state_of($node, $copy, '0019'), 'queued', "$way: a queue without a worker after a restart");
	is(query($node, $copy, "SELECT alive, next FROM migrate_jobs()"), 'f|resume', "$way: migrate_jobs says so");
	if ($way eq 'migrate_wait') { query($node, $copy, "CALL migrate_wait('0019')"); }
	elsif ($way eq 'migrate_apply_all') { query($node, $copy, 'CALL migrate_apply_all()'); }
	elsif ($way eq 'migrate_cancel') { is(query($node, $copy, "SELECT migrate_cancel('0019')"), 'cancelled', "$way: it is cancelled"); }
	else { run_to_end($node, $copy, $way, '0019'); }
	is(state_of($node, $copy, '0019'), { migrate_cancel => 'failed', migrate_revert => 'reverted' }->{$way} // 'applied', "$way: picked up");
	is(fingerprint($node, $copy), $before, "$way: all is as before") if $way eq 'migrate_revert';
	no_debris($node, $copy, $way);
}

done_testing();

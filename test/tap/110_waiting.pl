# A call never waits for a concurrent build, and who waits holds no snapshot that the build would wait for; queued steps begin after
# the commit and vanish with a rollback; what cannot work is refused at once.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;
use Time::HiRes qw(time);

my $node = new_server('main', extension => 0, conf => 'max_prepared_transactions = 5');
prepare_template(
	$node,
	big_table('users'),
	register('0001', up => 'CREATE TABLE first (id int);', down => 'DROP TABLE first;'),
	register(
		'0019',
		up => 'CREATE INDEX users_name_idx ON users (name);',
		down => 'DROP INDEX users_name_idx;'),
	register('0020', up => 'CREATE TABLE later (id int);', down => 'DROP TABLE later;'));
my $db = copy_of($node, 'waiting');
my $before = fingerprint($node, $db);

# Where waiting cannot work
fails_with($node, $db, "BEGIN;\nCALL migrate_wait('0019');\nROLLBACK;", 'SF010', 'migrate_wait inside BEGIN raises');
fails_with($node, $db, "SELECT 1 \\; CALL migrate_wait('0019');", 'SF010', 'and in a string of several statements');
fails_with($node, $db, "BEGIN;\nCALL migrate_apply_all();\nROLLBACK;", 'SF010', 'and so does migrate_apply_all');

# Isolation levels
for my $level ('REPEATABLE READ', 'SERIALIZABLE')
{
	for my $function (qw(apply revert resume cancel))
	{
		fails_with($node, $db, "BEGIN ISOLATION LEVEL $level;\nSELECT migrate_$function('0019');", 'SF010',
			"migrate_$function in $level is refused");
	}
}
is(state_of($node, $db, '0019'), 'registered', 'none of them has changed anything');

# A rollback takes the queue with it, also one to a savepoint.
my $session = session($node, $db);
$session->query('BEGIN');
is($session->query("SELECT migrate_apply('0019')"), 'queued: 1 step', 'queued in a transaction');
$session->query('ROLLBACK');
holder_is_gone($node, $db);
is(state_of($node, $db, '0019'), 'registered', 'ROLLBACK starts nothing');
$session->query('BEGIN');
$session->query('SAVEPOINT a');
is($session->query("SELECT migrate_apply('0019')"), 'queued: 1 step', 'queued after a savepoint');
$session->query('ROLLBACK TO SAVEPOINT a');
is($session->query("SELECT migrate_apply('0001')"), 'applied', 'after ROLLBACK TO SAVEPOINT another can be applied');
$session->query('COMMIT');
holder_is_gone($node, $db);
is(state_of($node, $db, '0019'), 'registered', 'ROLLBACK TO SAVEPOINT starts nothing');
is(query($node, $db, 'SELECT count(*) FROM pg_index WHERE NOT indisvalid'), '0', 'and builds nothing');

# After queued steps nothing else goes into the transaction.
$session->query('BEGIN');
$session->query('SAVEPOINT a');
$session->query("SELECT migrate_apply('0019')");
$session->query('RELEASE SAVEPOINT a');
for my $call ("migrate_apply('0020')", "migrate_apply('0019')", "migrate_revert('0001')", "migrate_resume('0019')")
{
	$session->query('SAVEPOINT b');
	$session->query("SELECT $call");
	like($session->error, qr/ERROR:  SF010: .*queued steps/, "$call after queued steps is refused");
	$session->query('ROLLBACK TO SAVEPOINT b');
}
$session->query("PREPARE TRANSACTION 'surefoot'");
like($session->error, qr/ERROR:  SF010: cannot PREPARE/, 'PREPARE TRANSACTION with queued steps is refused');
holder_is_gone($node, $db);
is(query($node, $db, 'SELECT count(*) FROM pg_prepared_xacts'), '0', 'and nothing is prepared');
is(state_of($node, $db, '0019'), 'registered', 'nor queued');
$session->query('BEGIN');
$session->query('SAVEPOINT a');
$session->query("SELECT migrate_apply('0019')");
$session->query('ROLLBACK TO SAVEPOINT a');
$session->query("PREPARE TRANSACTION 'surefoot'");
is($session->error, '', 'after ROLLBACK TO SAVEPOINT a transaction can be prepared');
$session->query("ROLLBACK PREPARED 'surefoot'");

# The function returns at once, though a reader blocks the build.
my $reader = hold_snapshot($node, $db);
my $start = time;
is($session->query("SELECT migrate_apply('0019')"), 'queued: 1 step', 'migrate_apply returns while a reader blocks the build');
cmp_ok(time - $start, '<', 5, 'at once');
my $worker = wait_for_build($node, $db);

# The waiter holds no snapshot, transaction by transaction.
my $waiter = session($node, $db);
my $waiting = $waiter->pid;
$waiter->send("CALL migrate_wait('0019')");
my ($looks, $held) = (0, 0);
wait_for_sql($node, "SELECT state = 'active' FROM pg_stat_activity WHERE pid = $waiting");
for (1 .. 30)
{
	my $row = query($node, $db, "SELECT backend_xmin IS NOT NULL FROM pg_stat_activity WHERE pid = $waiting");
	$looks++;
	$held++ if $row eq 't';
}
cmp_ok($held, '<', $looks / 2, 'who waits holds no snapshot, but for the moments when it looks');
ok(!$waiter->done, 'and it waits still');
like(
	query($node, $db, "SELECT waiting_for FROM migrate_jobs()"),
	qr/^pid \d+ \(idle in transaction, /, 'migrate_jobs names what the build waits for');
$reader->close;
is($waiter->result, '', 'the wait ends with the build');
is($waiter->error, '', 'without an error');
is(state_of($node, $db, '0019'), 'applied', 'and the migration is applied');

# Without a version; and for what is not registered.
succeeds($node, $db, 'CALL migrate_wait();', '', 'nothing to wait for');
fails_with($node, $db, "CALL migrate_wait('0077');", 'SF001', 'waiting for an unknown migration');
succeeds($node, $db, "DO \$\$ BEGIN CALL migrate_wait('0019'); END \$\$;", '', 'migrate_wait in a DO block');

# The failure of a step is raised where one waits.
query($node, $db, register('0021', up => "CREATE UNIQUE INDEX users_twice_idx ON users ((id / 2));"));
query($node, $db, "SELECT migrate_apply('0021')");
my ($out, $err) = attempt($node, $db, "CALL migrate_wait('0021');");
like($err, qr/ERROR:  23505: could not create unique index "users_twice_idx"/, 'migrate_wait raises what went wrong, with its SQLSTATE');
like($err, qr/DETAIL:  Key .* is duplicated/, 'its detail');
like($err, qr/migrate_resume\('0021'\)/, 'and what to do');
like($err, qr/CONTEXT:  migration 0021 up, step 1, statement 1, line 1, column 1/, 'and the place in the script');
no_debris($node, $db, 'a failed build');

# migrate_apply_all applies in order and waits for each.
$db = copy_of($node, 'everything');
$reader = hold_snapshot($node, $db);
$waiter = session($node, $db);
$waiter->send('CALL migrate_apply_all()');
wait_for_build($node, $db);
is(query($node, $db, "SELECT string_agg(state, ' ' ORDER BY version) FROM migrate_status()"),
	'applied running registered', 'migrate_apply_all waits for the steps of one before it begins the next');
$reader->close;
$waiter->result;
is($waiter->error =~ /ERROR/ ? $waiter->error : '', '', 'migrate_apply_all ends well');
is(query($node, $db, "SELECT string_agg(state, ' ' ORDER BY version) FROM migrate_status()"),
	'applied applied applied', 'and all are applied');

done_testing();

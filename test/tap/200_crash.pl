# A run that is killed inside its index build (worker, client or postmaster; by kill -9, pg_terminate_backend or
# pg_cancel_backend) is finished by resume and undone by revert; nothing is left behind and nothing is lost.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0);
prepare_template(
	$node,
	big_table('users'),
	register(
		'0019',
		up => "ALTER TABLE users ADD COLUMN status varchar(50) NOT NULL DEFAULT 'active';
CREATE INDEX users_status_created_at_idx ON users (status, created_at);",
		down => "DROP INDEX users_status_created_at_idx;\nALTER TABLE users DROP COLUMN status;",
		verify => "SELECT count(*) = 16000 FROM users WHERE status = 'active';"));

# What an undisturbed run makes of it.
my $plain = copy_of($node, 'plain');
my $before = fingerprint($node, $plain);
is(run_to_end($node, $plain, 'migrate_apply', '0019'), 'queued: 1 step', 'the build is a step of its own');
my $applied = fingerprint($node, $plain);
isnt($applied, $before, 'an undisturbed run changes the fingerprint');
run_to_end($node, $plain, 'migrate_revert', '0019');
is(fingerprint($node, $plain), $before, 'an undisturbed revert brings it back');

# Each event, in a session's own words: what is done while the build is held up; ends when the run has no worker any more.
my @events = (
	[
		'kill -9 of the worker',
		sub { my ($db, $pid) = @_; restarts($node, sub { crash_process($pid) }) },
		'running'
	],
	[ 'kill -9 of the postmaster', sub { crash_server($node); $node->start }, 'running' ],
	[
		'pg_terminate_backend of the worker',
		sub { my ($db, $pid) = @_; query($node, $db, "SELECT pg_terminate_backend($pid)"); holder_is_gone($node, $db) },
		'running'
	],
	[
		'pg_cancel_backend of the worker',
		sub { my ($db, $pid) = @_; query($node, $db, "SELECT pg_cancel_backend($pid)"); holder_is_gone($node, $db) },
		'failed'
	],
	[
		'migrate_cancel',
		sub { my ($db) = @_; query($node, $db, "SELECT migrate_cancel('0019')"); holder_is_gone($node, $db) },
		'failed'
	],);

my $n = 0;
for my $event (@events)
{
	my ($what, $do, $state) = @$event;
	for my $way (qw(resume revert))
	{
		my $db = copy_of($node, 'crash' . ++$n);
		my $reader = hold_snapshot($node, $db);
		is(query($node, $db, "SELECT migrate_apply('0019')"), 'queued: 1 step', "$what, $way: queued");
		$do->($db, wait_for_build($node, $db));
		$reader->close;
		is(state_of($node, $db, '0019'), $state, "$what, $way: the migration is $state");
		is(run_to_end($node, $db, "migrate_$way", '0019'),
			$way eq 'resume' ? 'queued: 1 step' : 'reverted', "$what, $way: it works");
		is(fingerprint($node, $db), $way eq 'resume' ? $applied : $before, "$what, $way: the schema is as it should be");
		is(state_of($node, $db, '0019'), $way eq 'resume' ? 'applied' : 'reverted', "$what, $way: and so is the state");
		is(query($node, $db, 'SELECT count(*) FROM users'), '16000', "$what, $way: no row is lost");
		no_debris($node, $db, "$what, $way");
	}
}

# The client: it waits in one session and is killed, the worker goes on.
my $db = copy_of($node, 'client');
my $reader = hold_snapshot($node, $db);
my $client = psql_start($node, "SELECT migrate_apply('0019'); CALL migrate_wait('0019');", database => $db);
my $pid = wait_for_build($node, $db);
$client->kill('KILL')->finish;
is(wait_for_build($node, $db), $pid, 'kill -9 of the client: the same worker goes on');
$reader->close;
wait_for_state($node, $db, '0019', 'applied');
is(fingerprint($node, $db), $applied, 'kill -9 of the client: the worker ends the run');
no_debris($node, $db, 'kill -9 of the client');

# A client whose transaction is killed before it commits leaves nothing.
$db = copy_of($node, 'open');
my $session = session($node, $db);
$session->query('BEGIN');
is($session->query("SELECT migrate_apply('0019')"), 'queued: 1 step', 'queued in a transaction');
my $backend = $session->pid;
restarts($node, sub { crash_process($backend) });
is(state_of($node, $db, '0019'), 'registered', 'kill -9 of the caller before its commit: not applied');
is(fingerprint($node, $db), $before, 'and nothing is changed');
is(run_to_end($node, $db, 'migrate_apply', '0019'), 'queued: 1 step', 'it can be applied then');
is(fingerprint($node, $db), $applied, 'with the same result');

done_testing();

# Every state of a migration against every event: the table of docs/states.md, a test for each cell.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

# Every index of a table that has a page is built concurrently.
my $node = new_server('main', extension => 0, conf => "surefoot.direct_index_pages = 0\n");
prepare_template(
	$node,
	'CREATE TABLE users (id int, name text); INSERT INTO users VALUES (1);',
	register('0019', up => "ALTER TABLE users ADD COLUMN nick text;\nCREATE INDEX users_name_idx ON users (name);",
		down => "DROP INDEX CONCURRENTLY users_name_idx;\nALTER TABLE users DROP COLUMN nick;"));

# How a database comes to each state; what holds up the worker in it, if there is one, is returned.
my $snapshot = 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM users';

sub kill_worker
{
	my ($db) = @_;
	query($node, $db, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type LIKE 'surefoot%' AND datname = '$db'");
	holder_is_gone($node, $db);
	return;
}

sub hold_up
{
	my ($db, $call) = @_;
	my $blocker = session($node, $db);
	call_before($node, $db, $call, $blocker, $snapshot, 'users');
	wait_for_sql($node,
		"SELECT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type LIKE 'surefoot%' AND datname = '$db' AND wait_event_type = 'Lock' AND query LIKE '%CONCURRENTLY%')");
	return $blocker;
}

my %reach;
%reach = (
	'registered' => sub { },
	'queued' => sub {
		my ($db) = @_;
		my $caller = session($node, $db);
		$caller->query("BEGIN; SELECT migrate_apply('0019')");
		wait_until('the worker', sub { worker_of($node, $db) });
		kill_worker($db);
		$caller->query('COMMIT');
		return;
	},
	'running' => sub { hold_up($_[0], "migrate_apply('0019')") },
	'running, worker gone' => sub { my $blocker = $reach{'running'}->($_[0]); kill_worker($_[0]); $blocker->close; return },
	'applied' => sub { run_to_end($node, $_[0], 'migrate_apply', '0019'); return },
	'failed' => sub {
		my ($db) = @_;
		my $blocker = session($node, $db);
		$blocker->query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
		query($node, $db, "SELECT migrate_apply('0019')");
		wait_for_build($node, $db);
		query($node, $db, "SELECT migrate_cancel('0019')");
		holder_is_gone($node, $db);
		return;
	},
	'reverting' => sub { run_to_end($node, $_[0], 'migrate_apply', '0019'); hold_up($_[0], "migrate_revert('0019')") },
	'reverting, worker gone' => sub { my $blocker = $reach{'reverting'}->($_[0]); kill_worker($_[0]); $blocker->close; return },
	'failed revert' => sub {
		my ($db) = @_;
		my $blocker = $reach{'reverting'}->($db);
		query($node, $db, "SELECT migrate_cancel('0019')");
		holder_is_gone($node, $db);
		return;
	},
	'reverted' => sub { run_to_end($node, $_[0], $_, '0019') for 'migrate_apply', 'migrate_revert'; return },
	'orphaned' => sub {
		my ($db) = @_;
		my $source = copy_of($node, "source_$db");
		$reach{'running, worker gone'}->($source);
		wait_until('no sessions', sub { query($node, 'postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = '$source'") eq 't' });
		query($node, 'postgres', "DROP DATABASE $db");
		query($node, 'postgres', "CREATE DATABASE $db TEMPLATE $source");
		return;
	});

# state => { event => [ answer or SQLSTATE, state at once, state when what was begun is over ] }. A wait says nothing.
my %table = (
	'registered' => {
		apply => [ 'queued: 1 step', undef, 'applied' ],
		revert => [ 'not applied', 'registered' ],
		resume => [ 'SF013', 'registered' ],
		cancel => [ 'nothing to cancel', 'registered' ],
		wait => [ '', 'registered' ],
		copy => [ 'registered' ] },
	'queued' => {
		apply => [ 'queued: 1 step', undef, 'applied' ],
		revert => [ 'reverted', 'reverted' ],
		resume => [ 'queued: 1 step', undef, 'applied' ],
		cancel => [ 'cancelled', 'failed' ],
		wait => [ '', 'applied' ],
		copy => [ 'orphaned' ] },
	'running' => {
		apply => [ 'queued: 1 step', 'running', 'applied' ],
		revert => [ 'SF004', 'running', 'applied' ],
		resume => [ 'queued: 1 step', 'running', 'applied' ],
		cancel => [ 'cancelling', undef, 'failed' ],
		wait => [ '', 'running', 'applied' ],
		kill => [ 'running' ],
		copy => [ 'orphaned' ] },
	'running, worker gone' => {
		apply => [ 'queued: 1 step', undef, 'applied' ],
		revert => [ qr/^(queued: \d steps?|reverted)$/, undef, 'reverted' ],
		resume => [ 'queued: 1 step', undef, 'applied' ],
		cancel => [ 'cancelled', 'failed' ],
		wait => [ '', 'applied' ],
		copy => [ 'orphaned' ] },
	'applied' => {
		apply => [ 'already applied', 'applied' ],
		revert => [ 'queued: 2 steps', undef, 'reverted' ],
		resume => [ 'SF013', 'applied' ],
		cancel => [ 'nothing to cancel', 'applied' ],
		wait => [ '', 'applied' ],
		copy => [ 'applied' ] },
	'failed' => {
		apply => [ 'SF013', 'failed' ],
		revert => [ 'reverted', 'reverted' ],
		resume => [ 'queued: 1 step', undef, 'applied' ],
		cancel => [ 'nothing to cancel', 'failed' ],
		wait => [ '57014', 'failed' ],
		copy => [ 'failed' ] },
	'reverting' => {
		apply => [ 'SF004', 'reverting', 'reverted' ],
		revert => [ 'queued: 2 steps', 'reverting', 'reverted' ],
		resume => [ 'queued: 2 steps', 'reverting', 'reverted' ],
		cancel => [ 'cancelling', undef, 'failed' ],
		wait => [ '', 'reverting', 'reverted' ],
		kill => [ 'reverting' ],
		copy => [ 'orphaned' ] },
	'reverting, worker gone' => {
		apply => [ 'SF004', 'reverting' ],
		revert => [ 'queued: 2 steps', undef, 'reverted' ],
		resume => [ 'queued: 2 steps', undef, 'reverted' ],
		cancel => [ 'cancelled', 'failed' ],
		wait => [ '', 'reverted' ],
		copy => [ 'orphaned' ] },
	'failed revert' => {
		apply => [ 'SF013', 'failed' ],
		revert => [ 'queued: 2 steps', undef, 'reverted' ],
		resume => [ 'queued: 2 steps', undef, 'reverted' ],
		cancel => [ 'nothing to cancel', 'failed' ],
		wait => [ '57014', 'failed' ],
		copy => [ 'failed' ] },
	'reverted' => {
		apply => [ 'queued: 1 step', undef, 'applied' ],
		revert => [ 'not applied', 'reverted' ],
		resume => [ 'SF013', 'reverted' ],
		cancel => [ 'nothing to cancel', 'reverted' ],
		wait => [ '', 'reverted' ],
		copy => [ 'reverted' ] },
	'orphaned' => {
		apply => [ 'SF014', 'orphaned' ],
		revert => [ qr/^(queued: \d steps?|reverted)$/, undef, 'reverted' ],
		resume => [ 'queued: 1 step', undef, 'applied' ],
		cancel => [ 'nothing to cancel', 'orphaned' ],
		wait => [ 'SF014', 'orphaned' ],
		copy => [ 'orphaned' ] });

my $n = 0;
my %print;

# The schema as it is without the migration, and with it.
my $base = copy_of($node, 'reference');
$print{without} = fingerprint($node, $base);
run_to_end($node, $base, 'migrate_apply', '0019');
$print{with} = fingerprint($node, $base);

sub reach_state
{
	my ($state) = @_;
	my $db = copy_of($node, 'state' . ++$n);
	my $blocker = $reach{$state}->($db);
	(my $shown = $state) =~ s/,.*| revert$//;
	die "$db is not $state\n" unless state_of($node, $db, '0019') eq $shown;
	return ($db, $shown, $blocker);
}

# What a call answered, or the SQLSTATE of its error.
sub answer
{
	my ($out, $err) = @_;
	return $err =~ /(?:ERROR|FATAL):  (\w{5}):/ ? $1 : $out;
}

# The run is over; what came of it agrees with the state that is said.
sub is_over
{
	my ($db, $blocker, $expected, $name) = @_;
	$blocker->close if $blocker;
	attempt($node, $db, "CALL migrate_wait('0019');") if $expected ne 'orphaned';
	holder_is_gone($node, $db);
	is(state_of($node, $db, '0019'), $expected, "$name: $expected in the end");
	is(fingerprint($node, $db), $print{$expected eq 'applied' ? 'with' : 'without'}, "$name: and the schema agrees")
	  if $expected =~ /^(applied|reverted|registered)$/;
	return;
}

for my $state (sort keys %table)
{
	my ($db, $shown, $blocker) = reach_state($state);
	my $cell = $table{$state};
	my $changed = 0;

	# What leaves the state as it is comes first, in one database.
	for my $event (sort { defined $cell->{$b}[1] <=> defined $cell->{$a}[1] or $a cmp $b } grep { !/kill|copy/ } keys %$cell)
	{
		my ($says, $now, $end) = @{ $cell->{$event} };
		($db, $shown, $blocker) = reach_state($state) if $changed;
		$changed = !defined $now || $now ne $shown || ($event eq 'wait' && $blocker);
		my $name = "$state, $event";

		if ($event eq 'wait' && $blocker)
		{
			my $waiter = session($node, $db);
			$waiter->send("CALL migrate_wait('0019')");
			sleep 0.1;
			ok(!$waiter->done, "$name: it waits");
			$blocker->close;
			is(answer($waiter->result, $waiter->error), $says, "$name: and ends");
			is_over($db, undef, $end, $name);
			next;
		}
		my $call = $event eq 'wait' ? 'CALL migrate_wait' : "SELECT migrate_$event";

		# Undone, it has changed nothing and starts nothing.
		if ($event ne 'wait' && !$blocker)
		{
			for my $undo ("BEGIN; $call('0019'); ROLLBACK;", "BEGIN; SAVEPOINT a; $call('0019'); ROLLBACK TO SAVEPOINT a; COMMIT;")
			{
				attempt($node, $db, $undo =~ s/; /;\n/gr);
				holder_is_gone($node, $db);
				is(state_of($node, $db, '0019'), $shown, "$name, undone" . ($undo =~ /SAVEPOINT/ ? ' to a savepoint' : '') . ': as before');
			}
		}
		my $said = answer(attempt($node, $db, "$call('0019');"));
		if (ref $says) { like($said, $says, "$name: $said"); }
		else { is($said, $says, "$name: $says"); }
		is(state_of($node, $db, '0019'), $now, "$name: $now at once") if defined $now;
		is_over($db, $blocker, $end // $now, $name) if $changed;
	}

	if ($cell->{kill})
	{
		($db, $shown, $blocker) = reach_state($state) if $changed;
		kill_worker($db);
		is(state_of($node, $db, '0019'), $cell->{kill}[0], "$state, kill of the worker: $cell->{kill}[0]");
		$blocker->close;
		$changed = 1;
	}
	if (my $expected = $cell->{copy})
	{
		($db, $shown, $blocker) = reach_state($state) if $changed;
		my $file = folder() . '/dump.sql';
		$node->command_ok([ 'pg_dump', '-f', $file, '-d', $node->connstr($db) ], "$state, dump");
		query($node, 'postgres', "CREATE DATABASE restored$n");
		$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-d', $node->connstr("restored$n"), '-f', $file ], "$state, restore");
		is(state_of($node, "restored$n", '0019'), $expected->[0], "$state, restored elsewhere: $expected->[0]");
		ok(!worker_of($node, "restored$n"), "$state, restored elsewhere: nothing begins by itself");
		$blocker->close if $blocker;
	}
}

done_testing();

# A run that is killed between its steps or inside a build, whatever the kinds of the steps, on the way up or down, and also before its
# last transaction, is finished by resume and undone by revert. Each blocker holds up one place of a run, so that the kill comes for
# certain there; each place and way on has a database of its own, and all of them are hit by the same kill.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

# So many runs at a time, each with a worker; none gives up its search for a lock before the kill.
my $node = new_server('main', extension => 0, conf => "max_worker_processes = 40\nmax_connections = 100\nsurefoot.lock_retry = '170s'\n");
my %scripts = two_builds();
prepare_template(
	$node,
	tables_of_two_builds(),
	'CREATE INDEX users_name_idx ON users (name);',
	register('0019', %scripts, verify => 'SELECT count(*) = 0 FROM gate;'),
	# One whose way back is a build.
	register('0020', up => "DROP INDEX users_name_idx;\n", down => "CREATE INDEX users_name_idx ON users (name);\n"));

my $plain = copy_of($node, 'plain');
my $before = fingerprint($node, $plain);
is(run_to_end($node, $plain, 'migrate_apply', '0019'), 'queued: 3 steps', 'two builds, and a transaction between them');
my $applied = fingerprint($node, $plain);
is(query($node, $plain, "SELECT steps FROM migrate_status('0019')"), '4/4', 'four steps in all');
run_to_end($node, $plain, 'migrate_revert', '0019');
is(fingerprint($node, $plain), $before, 'an undisturbed revert brings it back');

my %lock = (
	events => 'LOCK TABLE events IN SHARE UPDATE EXCLUSIVE MODE',
	accounts => 'LOCK TABLE accounts IN ACCESS SHARE MODE',
	users => 'LOCK TABLE users IN ACCESS SHARE MODE',
	orders => 'LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE',
	gate => 'LOCK TABLE gate IN ACCESS EXCLUSIVE MODE');
my $read = 'SELECT FROM %s LIMIT 1';

# Where a run is held up: by which lock, or by what reads and is waited for inside of a step; and the steps done before.
my @up = (
	{ place => 'before the first build', table => 'events', block => $lock{events}, done => '1/4' },
	{ place => 'inside the first build', table => 'pg_class', block => sprintf($read, 'pg_class'), done => '1/4', inside => 1 },
	{ place => 'before the transaction', table => 'accounts', block => $lock{accounts}, done => '2/4', retries => 1 },
	{ place => 'before the second build', table => 'orders', block => $lock{orders}, done => '3/4' },
	{ place => 'before the end', table => 'gate', block => $lock{gate}, done => '4/4' });
my @down = (
	{ place => 'before the first drop', table => 'orders', block => $lock{orders}, done => '0/4' },
	{ place => 'inside the first drop', table => 'orders', block => sprintf($read, 'orders'), done => '0/4' },
	{ place => 'before the transaction', table => 'accounts', block => $lock{accounts}, done => '1/4', retries => 1 },
	{ place => 'before the second drop', table => 'events', block => $lock{events}, done => '2/4' },
	{ place => 'before the last transaction', table => 'users', block => $lock{users}, done => '3/4', retries => 1 },
	{ place => 'inside a build', table => 'pg_class', block => sprintf($read, 'pg_class'), done => '0/1', inside => 1, version => '0020' });
my $n = 0;

# The pid of the worker, once CELL's run stands at its place.
sub stands_at
{
	my ($cell) = @_;
	return wait_for_build($node, $cell->{db}) if $cell->{inside};
	my $held = $cell->{retries}
	  ? "EXISTS (SELECT FROM surefoot.step WHERE kind = 'transaction' AND state = 'running')"
	  : 'cardinality(pg_blocking_pids(pid)) > 0';
	return wait_until(
		"the run $cell->{name}",
		sub {
			query($node, $cell->{db},
				"SELECT pid FROM migrate_status('$cell->{version}') s, pg_stat_activity a
				WHERE backend_type LIKE 'surefoot%' AND datname = current_database() AND steps = '$cell->{done}' AND $held");
		});
}

# call_all(CELLS, FUNCTION): the function that FUNCTION names for each cell, to its end, in all of them at the same time.
sub call_all
{
	my ($cells, $function) = @_;
	my @calls = map {
		my $name = $function->($_);
		psql_start($node, "SELECT $name('$_->{version}'); CALL migrate_wait('$_->{version}');", database => $_->{db})
	} @$cells;
	for (0 .. $#calls)
	{
		is($calls[$_]->finish->exit, 0, "$cells->[$_]{name}: " . $function->($cells->[$_]) . ' works');
	}
	return;
}

# A cell for each place and way on.
sub cells
{
	my ($event, $run, @places) = @_;
	return map {
		my $place = $_;
		map { { version => '0019', %$place, run => $run, way => $_, db => 'd' . ++$n, name => "$event, $run, $place->{place}, $_" } }
		  qw(resume revert)
	} @places;
}

sub ends_well
{
	my ($cell) = @_;
	my ($db, $name) = @$cell{qw(db name)};
	my $forward = $cell->{run} eq 'up' && $cell->{way} eq 'resume';
	is(state_of($node, $db, $cell->{version}), $forward ? 'applied' : 'reverted', "$name: the state");
	is(fingerprint($node, $db), $forward ? $applied : $before, "$name: the schema is as it should be");
	is(query($node, $db, 'SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM events), (SELECT count(*) FROM orders)'),
		'16000|16000|16000', "$name: no row is lost");
	no_debris($node, $db, $name);
	query($node, 'postgres', "DROP DATABASE $db");
	return;
}

my %events = (
	'kill -9 of the worker' => sub { my (@pids) = @_; restarts($node, sub { kill 'KILL', @pids }) },
	'kill -9 of the postmaster' => sub { crash_server($node); $node->start },
	'pg_terminate_backend' => sub { query($node, 'postgres', 'SELECT ' . join ', ', map { "pg_terminate_backend($_)" } @_) });

for my $event (sort keys %events)
{
	my @cells = (cells($event, 'up', @up), cells($event, 'down', @down));
	copy_of($node, $_->{db}) for @cells;
	call_all([ grep { $_->{run} eq 'down' } @cells ], sub { 'migrate_apply' });
	for my $cell (@cells)
	{
		my $function = $cell->{run} eq 'up' ? 'migrate_apply' : 'migrate_revert';
		$cell->{blocker} = session($node, $cell->{db});
		call_before($node, $cell->{db}, "$function('$cell->{version}')", $cell->{blocker},
			"BEGIN ISOLATION LEVEL REPEATABLE READ; $cell->{block}", $cell->{table});
		$cell->{blocker}->result;
	}
	my @pids = map { stands_at($_) } @cells;
	$events{$event}->(@pids);
	for my $cell (@cells)
	{
		holder_is_gone($node, $cell->{db});
		$cell->{blocker}->close;
		is(query($node, $cell->{db}, "SELECT steps, state FROM migrate_status('$cell->{version}')"),
			"$cell->{done}|" . ($cell->{run} eq 'up' ? 'running' : 'reverting'), "$cell->{name}: it stands there");
	}
	call_all(\@cells, sub { "migrate_$_[0]{way}" });
	ends_well($_) for @cells;
}

done_testing();

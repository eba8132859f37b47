# A run that is killed between its steps, whatever the kinds of the steps and also before its last transaction, is finished by
# resume and undone by revert. Each blocker holds up one place of the run, so that the kill comes for certain there.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0);
my $up = <<'SQL';
ALTER TABLE users ADD COLUMN status varchar(50) NOT NULL DEFAULT 'active';
CREATE INDEX events_name_idx ON events (name);
COMMENT ON INDEX events_name_idx IS 'by name';
ALTER TABLE accounts ADD COLUMN touched timestamptz;
CREATE INDEX orders_name_idx ON orders (name);
SQL
my $down = <<'SQL';
DROP INDEX CONCURRENTLY orders_name_idx;
ALTER TABLE accounts DROP COLUMN touched;
DROP INDEX CONCURRENTLY events_name_idx;
ALTER TABLE users DROP COLUMN status;
SQL
prepare_template(
	$node,
	big_table('users'),
	big_table('events'),
	big_table('orders'),
	'CREATE TABLE accounts (id int PRIMARY KEY); CREATE TABLE gate (id int);',
	register('0019', up => $up, down => $down, verify => 'SELECT count(*) = 0 FROM gate;'));

my $plain = copy_of($node, 'plain');
my $before = fingerprint($node, $plain);
is(run_to_end($node, $plain, 'migrate_apply', '0019'), 'queued: 3 steps', 'two builds, and a transaction between them');
my $applied = fingerprint($node, $plain);
is(query($node, $plain, "SELECT steps FROM migrate_status('0019')"), '4/4', 'four steps in all');
run_to_end($node, $plain, 'migrate_revert', '0019');
is(fingerprint($node, $plain), $before, 'an undisturbed revert brings it back');

# What holds up the run, and where.
my %blocks = (
	'before the first build' => 'LOCK TABLE events IN SHARE UPDATE EXCLUSIVE MODE',
	'before the transaction' => 'LOCK TABLE accounts IN ACCESS SHARE MODE',
	'before the second build' => 'LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE',
	'before the end' => 'LOCK TABLE gate IN ACCESS EXCLUSIVE MODE');
my %table = map { $_ => $blocks{$_} =~ /TABLE (\w+)/ } keys %blocks;
my %done = ('before the first build' => 1, 'before the transaction' => 2, 'before the second build' => 3, 'before the end' => 4);
my $n = 0;

# Runs in a copy of the database up to PLACE, with the worker's pid.
sub run_up_to
{
	my ($place, $db, $function) = @_;
	my $blocker = session($node, $db);
	call_before($node, $db, "$function('0019')", $blocker, "BEGIN; $blocks{$place}", $table{$place});
	$blocker->result;
	my $pid = wait_until(
		"the run $place",
		sub {
			query($node, $db,
				"SELECT pid FROM migrate_status('0019') s, pg_stat_activity a
				WHERE backend_type LIKE 'surefoot%' AND datname = current_database() AND steps LIKE '$done{$place}/%'
					AND ("
				  . ($place eq 'before the transaction'
					? "EXISTS (SELECT FROM surefoot.step WHERE kind = 'transaction' AND state = 'running')"
					: "cardinality(pg_blocking_pids(pid)) > 0") . ')');
		});
	return ($blocker, $pid);
}

for my $place (sort { $done{$a} <=> $done{$b} } keys %blocks)
{
	for my $event ('kill -9 of the worker', 'kill -9 of the postmaster', 'pg_terminate_backend')
	{
		for my $way (qw(resume revert))
		{
			# Crashes of the whole server take the longest; one way is enough at each place.
			next if $event eq 'kill -9 of the postmaster' && ($done{$place} + ($way eq 'resume')) % 2;
			my $name = "$event $place, $way";
			my $db = copy_of($node, 'step' . ++$n);
			my ($blocker, $pid) = run_up_to($place, $db, 'migrate_apply');
			if ($event eq 'kill -9 of the worker') { restarts($node, sub { crash_process($pid) }); }
			elsif ($event eq 'kill -9 of the postmaster') { crash_server($node); $node->start; }
			else { query($node, $db, "SELECT pg_terminate_backend($pid)"); holder_is_gone($node, $db); }
			$blocker->close;
			is(query($node, $db, "SELECT steps FROM migrate_status('0019')"), "$done{$place}/4", "$name: it stands there");
			run_to_end($node, $db, "migrate_$way", '0019');
			is(fingerprint($node, $db), $way eq 'resume' ? $applied : $before, "$name: the schema is as it should be");
			no_debris($node, $db, $name);
		}
	}
}

# The same of a revert: its steps are the other way round, and none comes before the first of them.
$done{'before the second build'} = 0;
$done{'before the transaction'} = 1;
$done{'before the first build'} = 2;
for my $place ('before the second build', 'before the transaction', 'before the first build')
{
	for my $way (qw(resume revert))
	{
		my $name = "revert killed at $place, $way";
		my $db = copy_of($node, 'down' . ++$n);
		run_to_end($node, $db, 'migrate_apply', '0019');
		my ($blocker, $pid) = run_up_to($place, $db, 'migrate_revert');
		query($node, $db, "SELECT pg_terminate_backend($pid)");
		holder_is_gone($node, $db);
		$blocker->close;
		is(state_of($node, $db, '0019'), 'reverting', "$name: reverting");
		run_to_end($node, $db, "migrate_$way", '0019');
		is(fingerprint($node, $db), $before, "$name: the schema is as it was");
		is(state_of($node, $db, '0019'), 'reverted', "$name: reverted");
		no_debris($node, $db, $name);
	}
}

done_testing();

# The client is killed with -9 while the run that it has begun stands between two steps, or inside a build: the worker goes on, and a
# resume or revert that comes meanwhile waits for it and ends as it should. All places have a database of their own.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Client;
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0, conf => "max_worker_processes = 40\nmax_connections = 100\nsurefoot.lock_retry = '170s'\n");
my %scripts = (two_builds(), verify => "SELECT count(*) = 0 FROM gate;\n");
prepare_template($node, tables_of_two_builds());
my $plain = project($node, 'plain', '0019_test' => \%scripts);
my $before = fingerprint($node, 'plain');
is($plain->run('apply', '0019')->exit, 0, 'an undisturbed run');
my $applied = fingerprint($node, 'plain');
is($plain->run('revert', '0019')->exit, 0, 'and its way back');
is(fingerprint($node, 'plain'), $before, 'which brings it back');

my @places = (
	{ place => 'before the first build', table => 'events', mode => 'SHARE UPDATE EXCLUSIVE', done => '1/4' },
	{ place => 'inside the first build', done => '1/4' },
	{ place => 'before the transaction', table => 'accounts', mode => 'ACCESS SHARE', done => '2/4' },
	{ place => 'before the second build', table => 'orders', mode => 'SHARE UPDATE EXCLUSIVE', done => '3/4' },
	{ place => 'before the end', table => 'gate', mode => 'ACCESS EXCLUSIVE', done => '4/4' });
my @cells = map { my $place = $_; map { { %$place, way => $_, name => "$place->{place}, $_" } } qw(resume revert) } @places;

my $n = 0;
for my $cell (@cells)
{
	my $p = $cell->{project} = project($node, 'c' . ++$n, '0019_test' => \%scripts);
	my $db = $p->{db};
	if ($cell->{done} eq '1/4' && $cell->{table})
	{
		# The lock would be in the way of the call, too: it is asked for before the call commits, and the client joins in.
		$p->sql(register('0019', %scripts));
		$cell->{blocker} = session($node, $db);
		call_before($node, $db, "migrate_apply('0019')", $cell->{blocker}, "BEGIN; LOCK TABLE $cell->{table} IN $cell->{mode} MODE", $cell->{table});
		$cell->{client} = $p->start('apply', '0019')->wait_for(qr/was begun before/);
		next;
	}
	my $reader = hold_snapshot($node, $db);
	$cell->{client} = $p->start('apply', '0019');
	wait_for_build($node, $db);
	$cell->{blocker} = $reader;
	next unless $cell->{table};
	$cell->{blocker} = session($node, $db);
	$cell->{blocker}->query("BEGIN; LOCK TABLE $cell->{table} IN $cell->{mode} MODE");
	$reader->close;
}
for my $cell (@cells)
{
	my $db = $cell->{project}{db};
	my $held = $cell->{place} eq 'before the transaction'
	  ? "EXISTS (SELECT FROM surefoot.step WHERE kind = 'transaction' AND state = 'running')"
	  : 'cardinality(pg_blocking_pids(pid)) > 0';
	$cell->{worker} = $cell->{table}
	  ? wait_until(
		"the run $cell->{name}",
		sub {
			query($node, $db,
				"SELECT pid FROM migrate_status('0019') s, pg_stat_activity a
				WHERE backend_type LIKE 'surefoot%' AND datname = current_database() AND steps = '$cell->{done}' AND $held");
		})
	  : wait_for_build($node, $db);
	$cell->{client}->kill('KILL')->finish;
	is($cell->{client}->signal, 9, "$cell->{name}: the client is killed");
}
for my $cell (@cells)
{
	my ($p, $name) = @$cell{qw(project name)};
	is($p->sql("SELECT steps, state FROM migrate_status('0019')"), "$cell->{done}|running", "$name: the run stands there");
	is(worker_of($node, $p->{db}), $cell->{worker}, "$name: with the same worker");
	$cell->{client} = $p->start($cell->{way}, '0019')
	  ->wait_for($cell->{way} eq 'resume' ? qr/0019: queued/ : qr/waiting: migration 0019 has steps to finish/);
	$cell->{blocker}->close;
}
for my $cell (@cells)
{
	my ($p, $name) = @$cell{qw(project name)};
	my $forward = $cell->{way} eq 'resume';
	is($cell->{client}->finish->exit, 0, "$name: it ends") or diag($cell->{client}->stderr);
	is($p->state('0019'), $forward ? 'applied' : 'reverted', "$name: the state");
	is(fingerprint($node, $p->{db}), $forward ? $applied : $before, "$name: the schema is as it should be");
	is($p->sql('SELECT count(*) FROM migrate_history()'), $forward ? 1 : 2, "$name: it was run once");
	is($p->sql('SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM events), (SELECT count(*) FROM orders)'),
		'16000|16000|16000', "$name: no row is lost");
	no_debris($node, $p->{db}, $name);
}

done_testing();

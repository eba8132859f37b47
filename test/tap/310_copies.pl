# Standby, promotion, restored dumps and copied databases: a standby refuses, nothing begins by itself, and the history goes with the
# data. A queue that came with a copy is orphaned; resume and revert work there.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0, allows_streaming => 1, conf => "autovacuum = off");
prepare_template(
	$node,
	big_table('users'),
	register('0001', up => 'CREATE TABLE first (id int);', down => 'DROP TABLE first;'),
	register('0019', up => "ALTER TABLE users ADD COLUMN nick text;\nCREATE INDEX users_name_idx ON users (name);\nALTER TABLE users ALTER nick SET DEFAULT 'x';",
		down => "DROP INDEX CONCURRENTLY users_name_idx;\nALTER TABLE users DROP COLUMN nick;"));
my $db = copy_of($node, 'plain');
query($node, $db, "SELECT migrate_apply('0001')");
my $before = fingerprint($node, $db);
run_to_end($node, $db, 'migrate_apply', '0019');
my $applied = fingerprint($node, $db);

# A run whose worker is killed in the build, in the database that is copied below.
sub interrupted
{
	my ($name) = @_;
	my $db = copy_of($node, $name);
	query($node, $db, "SELECT migrate_apply('0001')");
	my $reader = hold_snapshot($node, $db);
	query($node, $db, "SELECT migrate_apply('0019')");
	my $pid = wait_for_build($node, $db);
	query($node, $db, "SELECT pg_terminate_backend($pid)");
	holder_is_gone($node, $db);
	$reader->close;
	wait_until("no sessions in $db", sub { query($node, 'postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = '$db'") eq 't' });
	return $db;
}
my $source = interrupted('source');
is(state_of($node, $source, '0019'), 'running', 'a run without a worker');

# Copies of the database: by CREATE DATABASE, and by dump and restore.
my @copies;
for my $n (1 .. 4)
{
	query($node, 'postgres', "CREATE DATABASE copy$n TEMPLATE $source");
	push @copies, "copy$n";
}
my $dump = folder() . '/dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, '-d', $node->connstr($source) ], 'the database is dumped');
for my $n (1 .. 3)
{
	query($node, 'postgres', "CREATE DATABASE restored$n");
	$node->command_ok([ 'pg_restore', '-d', $node->connstr("restored$n"), $dump ], 'and restored');
	push @copies, "restored$n";
}
for my $copy (@copies)
{
	is(query($node, $copy, "SELECT version, state, next FROM migrate_status()"),
		"0001|applied|\n0019|orphaned|resume or revert", "$copy: its unfinished run is orphaned");
	is(query($node, $copy, 'SELECT count(*) FROM migrate_history()'), '2', "$copy: it has the history");
	is(query($node, $copy, 'SELECT count(*) FROM surefoot.event'), query($node, $source, 'SELECT count(*) FROM surefoot.event'),
		"$copy: and the events");
	is(query($node, $copy, "SELECT DISTINCT alive, next FROM migrate_jobs()"), 'f|resume or revert', "$copy: migrate_jobs agrees");
	fails_with($node, $copy, "SELECT migrate_apply('0019');", 'SF014', "$copy: it cannot be applied as if nothing were");
	fails_with($node, $copy, "CALL migrate_wait('0019');", 'SF014', "$copy: nor waited for");
	fails_with($node, $copy, "CALL migrate_wait();", 'SF014', "$copy: nor waited for without a name");
	query($node, $copy, register('0020', up => 'CREATE TABLE later (id int);'));
	fails_with($node, $copy, "SELECT migrate_apply('0020');", qr/SF004: migration 0019 is orphaned and comes first/, "$copy: it comes first");
	is(query($node, $copy, "SELECT migrate_cancel('0019')"), 'nothing to cancel', "$copy: there is nothing to cancel");
	ok(!worker_of($node, $copy), "$copy: nothing begins by itself");
	my $way = $copy =~ /[13]/ ? 'resume' : 'revert';
	run_to_end($node, $copy, "migrate_$way", '0019');
	is(state_of($node, $copy, '0019'), $way eq 'resume' ? 'applied' : 'reverted', "$copy: $way works");
	is(fingerprint($node, $copy), $way eq 'resume' ? $applied : $before, "$copy: with the right result");
	no_debris($node, $copy, $copy);
	is(query($node, $copy, "SELECT migrate_apply('0020')"), 'applied', "$copy: life goes on");
	run_to_end($node, $copy, 'migrate_revert', '0020') if 0;
}
is(state_of($node, $source, '0019'), 'running', 'the source is as it was');

# A role that is not there in the copy
query($node, 'postgres', 'CREATE ROLE owner_role LOGIN SUPERUSER; CREATE ROLE other LOGIN SUPERUSER;');

# The standby
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
is(state_of($standby, $source, '0019'), 'running', 'a standby shows the state');
for my $call ("SELECT migrate_apply('0019');", "SELECT migrate_revert('0001');", "SELECT migrate_resume('0019');",
	"SELECT migrate_cancel('0019');", "CALL migrate_wait('0019');", 'CALL migrate_wait();', 'CALL migrate_apply_all();')
{
	fails_with($standby, $source, $call, 'SF010', "a standby refuses $call");
}
$standby->promote;
query($standby, $source, 'CREATE TABLE after_promotion (id int)');
sleep 0.5;
is(query($standby, 'postgres', "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'surefoot%'"), '0',
	'nothing begins by itself after the promotion');
is(state_of($standby, $source, '0019'), 'running', 'the run waits for somebody to go on with it');
query($standby, $source, 'DROP TABLE after_promotion');
run_to_end($standby, $source, 'migrate_resume', '0019');
is(fingerprint($standby, $source), $applied, 'resume works on the promoted server');
$standby->stop('immediate');

done_testing();

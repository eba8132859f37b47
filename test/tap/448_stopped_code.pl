# Code that commits by itself, and is under way when the server is stopped: that there is no record of what it had committed is said,
# by resume and by revert.
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
	'CREATE TABLE t (id int);',
	register('0019', up => "-- surefoot: no-transaction
COMMENT ON TABLE t IS 'remark';
DO \$do\$ BEGIN CREATE TABLE IF NOT EXISTS half (); COMMIT; PERFORM pg_advisory_xact_lock(7); CREATE TABLE rest (); END \$do\$"));

for my $way (qw(resume revert))
{
	my $db = copy_of($node, $way);
	my $holder = session($node, $db);
	$holder->query('SELECT pg_advisory_lock(7)');
	query($node, $db, "SELECT migrate_apply('0019')");
	wait_for_sql($node, "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)");
	my $pid = worker_of($node, $db);
	restarts($node, sub { crash_process($pid) });
	my (undef, $messages) = attempt($node, $db, "SELECT migrate_$way('0019')");
	like($messages, qr/WARNING:.*step 2 was under way when the server was stopped: what its code had committed by then is not recorded/, "$way says so");
	attempt($node, $db, "CALL migrate_wait('0019')");
	is(state_of($node, $db, '0019'), $way eq 'resume' ? 'applied' : 'reverted', "$way: it works");
	is(query($node, $db, "SELECT coalesce(to_regclass('half')::text, 'none') || ' ' || coalesce(to_regclass('rest')::text, 'none')"),
		$way eq 'resume' ? 'half rest' : 'half none', "$way: what had been committed is there");
	$holder->close;
}

done_testing();

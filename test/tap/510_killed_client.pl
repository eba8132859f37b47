# The client is killed with -9 wherever it may be: what was committed stays, what was not is rolled back, and status, jobs and the
# next apply, resume or revert know what to do.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Client;
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0);
prepare_template($node, big_table('users'));
my %migration = ('0019_add_status' => { column_and_index('users') });
my $before = fingerprint($node, 'base');

# It waits for a job. The job goes on.
my $shop = project($node, 'shop', %migration);
my $reader = hold_snapshot($node, 'shop');
my $client = $shop->start('apply', '0019');
my $worker = wait_for_build($node, 'shop');
wait_until('the statement in its log', sub { $shop->log_text =~ /CREATE INDEX CONCURRENTLY/ });
$client->kill('KILL')->finish;
is($client->signal, 9, 'a client is killed while it waits for a job');
like($shop->log_text, qr/CREATE INDEX CONCURRENTLY/, 'its log has the statement that runs');
my $status = $shop->run('status');
like($status->stdout, qr/^0019 .* running .* wait or cancel$/m, 'status says that it runs');
my $jobs = $shop->run('jobs');
like($jobs->stdout, qr/^0019 +up +2 +running +$worker .* waiting for old snapshots/m, 'jobs names the worker and where it is');
like($jobs->stdout, qr/pid \d+ \(idle in transaction/, 'and whom it waits for');
my $again = $shop->start('apply', '0019')->wait_for(qr/was begun before; what it did so far: surefoot log 0019/);
is(wait_for_build($node, 'shop'), $worker, 'apply again: the same job');
$reader->close;
is($again->finish->exit, 0, 'is followed to its end');
like($again->stdout, qr/^0019_add_status applied/m, 'which is told');
is($shop->sql('SELECT count(*) FROM migrate_history()'), '1', 'there was one run');
my $applied = fingerprint($node, 'shop');
my $third = $shop->run('apply', '0019');
is($third->exit, 0, 'and once more');
like($third->stdout, qr/^0019_add_status is already applied \(at .* by postgres\); nothing to do$/m, 'nothing is to be done');

# The worker is killed as well: the server starts again, and no worker begins by itself.
for my $way (qw(apply resume revert))
{
	my $p = project($node, $way, %migration);
	$reader = hold_snapshot($node, $way);
	$client = $p->start('apply', '0019');
	$worker = wait_for_build($node, $way);
	$client->kill('KILL')->finish;
	restarts($node, sub { crash_process($worker) });
	$reader->close;
	like($p->run('status')->stdout, qr/^0019 .* running .* resume$/m, "$way: status says resume");
	like($p->run('jobs')->stdout, qr/^0019 .*running \(no worker\).* resume$/m, "$way: jobs says the same");
	if ($way eq 'resume')
	{
		my $watcher = $p->run('jobs', '--follow');
		is($watcher->exit, 8, 'jobs --follow of a job without a worker: exit code 8');
		like($watcher->stderr, qr/no worker runs the steps of 0019/, 'it says so');
		like($watcher->stderr, qr/NEXT +surefoot resume 0019   # or: surefoot revert 0019/, 'and what to do');
	}
	is($p->run($way, '0019')->exit, 0, "$way: it finishes");
	is($p->state('0019'), $way eq 'revert' ? 'reverted' : 'applied', "$way: the state");
	is(fingerprint($node, $way), $way eq 'revert' ? $before : $applied, "$way: the schema");
	no_debris($node, $way, $way);
}

# The worker alone is killed: the client comes back and says how to go on.
my $alone = project($node, 'alone', %migration);
$reader = hold_snapshot($node, 'alone');
$client = $alone->start('apply', '0019');
$worker = wait_for_build($node, 'alone');
query($node, 'alone', "SELECT pg_terminate_backend($worker)");
is($client->finish->exit, 8, 'a worker is ended, its client waits: exit code 8');
like($client->stderr, qr/ERROR .*no worker runs the steps of 0019.*STATE +0019 is running, steps done: 1\/2.*NEXT +surefoot resume 0019/s, 'and it says what to do');
$reader->close;
my $resumed = $alone->run('resume', '0019');
is($resumed->exit, 0, 'which works');
is(() = $resumed->stderr =~ /up: started|ALTER TABLE/g, 0, 'and does not tell again what had run before');

# It waits for the answer of a call. The server notices at its end; it was one transaction.
my $call = project($node, 'call',
	'0001_one' => { up => "CREATE TABLE one (id int);\nSELECT pg_sleep(1);\n", down => "DROP TABLE one;\n" });
$client = $call->start('apply', '0001')->wait_for(qr/line 2: SELECT pg_sleep/);
$client->kill('KILL')->finish;
$again = $call->run('apply', '0001');
is($again->exit, 0, 'killed during a call: apply waits for the other session');
like($again->stderr, qr/waiting: another session is applying or reverting a migration in this database; It is pid \d+ \(postgres, active/,
	'and names it');
is($call->state('0001'), 'applied', 'it is applied');
is($call->sql('SELECT count(*) FROM migrate_history()'), '1', 'once');
is($call->run('revert', '0001')->exit, 0, 'and can be walked back');

$client = $call->start('apply', '0001')->wait_for(qr/line 2: SELECT pg_sleep/);
$client->kill('KILL')->finish;
query($node, 'postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'call' AND application_name = 'surefoot'");
wait_for_sql($node, "SELECT count(*) FROM pg_stat_activity WHERE datname = 'call' AND application_name = 'surefoot'", '0');
like($call->run('status')->stdout, qr/^0001 .* reverted/m, 'its session is ended too: rolled back');
is($call->run('apply', '0001')->exit, 0, 'and it can be applied');

# Before the call: nothing is begun.
my $early = project($node, 'early', %migration);
$client = $early->start('apply', '0019', '--check-command', 'sleep 2');
wait_until('its checklist', sub { $early->sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'surefoot' AND query LIKE '%migrate_checklist%' AND state = 'idle'") });
$client->kill('KILL')->finish;
is($early->state('0019'), 'registered', 'killed during the checklist: nothing is begun');
is($early->run('apply', '0019')->exit, 0, 'and it can be applied');
is(fingerprint($node, 'early'), $applied, 'as ever');

done_testing();

# Ctrl-C. Once while a worker runs a step: the step goes on, and the client says how to watch it and how to stop it. Twice: it is
# cancelled, and resume and revert finish. During a call: the call is rolled back.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Client;
use Jobs;
use Surefoot;
use Test::More;
use Time::HiRes qw(sleep);

my $node = new_server('main', extension => 0);
prepare_template($node, big_table('users'));
my %migration = ('0019_add_status' => { column_and_index('users') });
my $before = fingerprint($node, 'base');

# Once, beside a terminal where the same is done twice.
my $once = project($node, 'once', %migration);
my $twice = project($node, 'twice', %migration);
my $reader = hold_snapshot($node, 'once');
my $other_reader = hold_snapshot($node, 'twice');
my $client = $once->start('apply', '0019');
my $terminal = $twice->terminal('apply', '0019');
my $worker = wait_for_build($node, 'once');
wait_for_build($node, 'twice');
$client->kill('INT');
$client->wait_for(qr/Ctrl-C again within 3 s cancels it/);
$terminal->wait_for(qr/waiting for old snapshots.*waiting for pid/)->type("\cC");
$terminal->wait_for(qr/Ctrl-C again/)->type("\cC");

is($terminal->finish->exit, 130, 'Ctrl-C twice: exit code 130');
like($terminal->stdout, qr/cancelling 0019/, 'it says that it cancels');
like($terminal->stdout, qr/NEXT .*surefoot resume 0019 .*surefoot revert 0019/, 'and what to do next');
is($twice->state('0019'), 'failed', 'the migration is failed');
$other_reader->close;
no_debris($node, 'twice', 'Ctrl-C twice');
is($twice->sql("SELECT count(*) FROM pg_indexes WHERE indexname = 'users_status_idx'"), '0', 'the index is gone');

is($client->finish->exit, 9, 'Ctrl-C once: exit code 9');
like($client->stdout, qr/^0019 is still running; watch it:  surefoot jobs --follow$/m, 'it says how to watch');
like($client->stdout, qr/^ +cancel it: surefoot cancel 0019$/m, 'and how to cancel');
like($once->log_text, qr/INFO  0019 goes on in the server/, 'the log says so too');
is(wait_for_build($node, 'once'), $worker, 'the job goes on');
my $watcher = $once->start('jobs', '--follow');
wait_until('the first look of the watcher', sub { $watcher->running; $once->sql(
	"SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%migrate_jobs()%' AND application_name = 'surefoot' AND state = 'idle'") });
$reader->close;
is($watcher->finish->exit, 0, 'the watching ends with the job');
like($watcher->stdout, qr/^0019 is applied$/m, 'and says how it ended');
is($once->state('0019'), 'applied', 'the migration is applied');

# What was cancelled goes on, or back.
my $resumed = $twice->run('resume', '0019');
is($resumed->exit, 0, 'resume after it');
is($twice->state('0019'), 'applied', 'finishes');
is(fingerprint($node, 'twice'), fingerprint($node, 'once'), 'with what an undisturbed run makes');
unlike($resumed->stderr, qr/ALTER TABLE/, 'resume shows what it runs, not what had run before');
like($resumed->stderr, qr/step 2, line 2: CREATE INDEX CONCURRENTLY/, 'the step that it runs is shown');

my $back = project($node, 'back', %migration);
$reader = hold_snapshot($node, 'back');
$client = $back->start('apply', '0019');
wait_for_build($node, 'back');
$client->kill('INT');
$client->wait_for(qr/Ctrl-C again/)->kill('INT');
is($client->finish->exit, 130, 'twice without a terminal: the same');
$reader->close;
my $reverted = $back->run('revert', '0019');
is($reverted->exit, 0, 'revert after it');
is($back->state('0019'), 'reverted', 'finishes');
is(fingerprint($node, 'back'), $before, 'and all is as before');
is($back->run('apply', '0019')->exit, 0, 'and it can be applied again');

# Watching is not owning.
$reader = hold_snapshot($node, 'back');
is($back->run('revert', '0019')->exit, 0, 'back once more');
is($back->run('apply', '0019', '--no-wait')->exit, 9, 'a job');
$watcher = $back->terminal('jobs', '--follow')->wait_for(qr/0019 up/)->type("\cC");
is($watcher->finish->exit, 130, 'Ctrl-C while watching: exit code 130');
wait_for_build($node, 'back');
pass('and the job goes on');
my $cancelled = $back->run('cancel', '0019');
is($cancelled->exit, 0, 'cancel');
like($cancelled->stdout, qr/^0019 is cancelled; some of its steps are not done\ngo on:    surefoot resume 0019\nway back: surefoot revert 0019$/m, 'says the ways on');
$reader->close;
no_debris($node, 'back', 'cancel');

# A call: what runs is the client's own statement.
my $call = project($node, 'call', '0001_slow' => { up => "CREATE TABLE a (id int);\nSELECT pg_sleep(60);\n", down => 'DROP TABLE a' },
	'0002_lock' => { up => "ALTER TABLE users ADD COLUMN a int;\n", down => 'ALTER TABLE users DROP COLUMN a' });
$client = $call->terminal('apply', '0001')->wait_for(qr/line 2: SELECT pg_sleep/)->type("\cC");
is($client->finish->exit, 130, 'Ctrl-C during a call: exit code 130');
like($client->stdout, qr/everything that 0001 did in this call was rolled back/, 'it says what is left');
is($call->sql("SELECT count(*) FROM pg_class WHERE relname = 'a'"), '0', 'which is true');
wait_for_sql($node, "SELECT state, sqlstate FROM migrate_history('0001')", 'rolled back|57014', database => 'call');
pass('the attempt is in the history');

my $holder = session($node, 'call');
$holder->query('BEGIN; LOCK TABLE users IN ACCESS SHARE MODE');
$client = $call->start('apply', '0002')->wait_for(qr/gave its locks back/);
$client->kill('TERM');
is($client->finish->exit, 130, 'SIGTERM while a lock is sought: the same');
# The server forgets a cancel request that arrives together with the end of its lock_timeout: it is sent again.
$client = $call->start('apply', '0002')->wait_for(qr/gave its locks back/);
my $waiting = "FROM pg_stat_activity WHERE application_name = 'surefoot' AND datname = 'call' AND wait_event_type = 'Lock'";
my $backend;
wait_until('a backend that was stopped while it waits for a lock', sub {
	$backend = $node->safe_psql('postgres', "SELECT pid $waiting") || return 0;
	kill STOP => $backend;
	return 1 if $node->safe_psql('postgres', "SELECT count(*) $waiting") == 1;
	kill CONT => $backend;
	return 0;
});
sleep 0.2; # longer than surefoot.lock_timeout
$client->kill('INT');
sleep 0.3;
kill CONT => $backend;
is($client->finish->exit, 130, 'Ctrl-C just as a lock is given up: the same');
like($client->stderr, qr/interrupted|canceling statement due to user request/, 'for that reason');
$holder->query("ROLLBACK; BEGIN; SELECT migrate_apply('0002')");
$client = $call->start('apply', '0001')->wait_for(qr/waiting: another session is applying or reverting/);
$client->kill('HUP');
is($client->finish->exit, 130, 'SIGHUP while another runner is waited for: the same');
like($client->stderr, qr/interrupted while waiting for another runner/, 'and it says so');
$holder->query('ROLLBACK');

done_testing();

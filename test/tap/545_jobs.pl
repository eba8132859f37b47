# jobs, log, resume and cancel: what is under way is shown and followed, and what is not under way is not waited for.
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
my %history = (
	'0018_other' => { up => "CREATE TABLE other (id int);\n", down => "DROP TABLE other;\n" },
	'0019_add_status' => { column_and_index('users') });
my $shop = project($node, 'shop', %history);

is($shop->run('jobs')->stdout, "no steps are queued or running\n", 'no jobs');
my $none = $shop->run('jobs', '--follow');
is($none->exit . $none->stdout, "0no steps are queued or running\n", 'none to follow');

# Followed until its end, by version too.
my $reader = hold_snapshot($node, 'shop');
is($shop->run('apply', '0018')->exit, 0, 'another migration');
is($shop->run('apply', '0019', '--no-wait')->exit, 9, 'a job');
my $worker = wait_for_build($node, 'shop');
is($shop->run('jobs', '18')->stdout, "no steps are queued or running\n", 'jobs of the other one');
like($shop->run('jobs', '19')->stdout, qr/^0019 +up +2 +running +$worker/m, 'jobs of this one');
my $one = $shop->start('jobs', '19', '--follow');
my $all = $shop->start('jobs', '--follow');

# The server goes down under it: it comes back, and says that nobody is at work.
wait_until('two who follow', sub { $_->running for $one, $all; $shop->sql(
	"SELECT count(*) = 2 FROM pg_stat_activity WHERE query LIKE '%migrate_jobs()%' AND application_name = 'surefoot'") eq 't' });
restarts($node, sub { crash_process($worker) });
$reader->close;
for my $follow ($one, $all)
{
	is($follow->finish->exit, 8, 'the worker was killed: exit code 8');
	like($follow->stderr, qr/connection lost, trying again.*connected again/s, 'the connection is made again');
	like($follow->stderr, qr/no worker runs the steps of 0019.*NEXT +surefoot resume 0019/s, 'and it says what to do');
}
like($shop->run('status')->stdout, qr/^0019 .* resume$/m, 'status says the same');
is($shop->sql("SELECT DISTINCT s.next || ' ' || j.next FROM migrate_status('0019') s, migrate_jobs() j"), 'resume resume', 'the server does too');
my $json = $shop->run('jobs', '--follow', '--json');
is($json->exit, 8, 'as JSON');
my @lines = split /\n/, $json->stdout;
is_json($_, 'a line') for @lines;
like($lines[-1], qr/"NO_WORKER"/, 'the last says why it ends');

# Resumed from two places at once.
my @resumed = map { $shop->start('resume', '0019') } 1, 2;
my @codes = sort map { $_->finish->exit } @resumed;
is($codes[0], 0, 'resume finishes it');
like($codes[1], qr/^[01]$/, 'whoever comes second joins, or finds nothing to resume');
is($shop->state('0019'), 'applied', 'it is applied');
no_debris($node, 'shop', 'resume');
my $log = $shop->run('log', '0019');
like($log->stdout, qr/^RUN .*\n1?2 +0019 +up +done .*\nrun \d+:\n  \S+Z 0019 up: started \(.*\n.*line 1: ALTER TABLE users .*\n/m, 'log shows the run and its statements');
unlike($log->stdout, qr/0018/, 'of this one only');
like($shop->run('log')->stdout, qr/0018.*\n.*0019/, 'log without a version: all, the newest last');
is($shop->run('log', '-n', '1')->stdout =~ tr/\n//, 2, 'or the last ones');
is($shop->run('log', '0018', '--json')->exit, 0, 'log of the other one');
like($shop->run('log', '4711')->stdout, qr/^4711 was never run$/m, 'log of none');

# What failed is no job to follow.
$shop->write('0020_twice', up => "CREATE TABLE twenty (id int);\nCREATE UNIQUE INDEX users_twice_idx ON users ((id / 2));\n",
	down => "DROP INDEX users_twice_idx;\nDROP TABLE twenty;\n");
is($shop->run('apply', '0020')->exit, 8, 'a job that fails');
my $failed = $shop->run('jobs', '--follow', { seconds => 20 });
is($failed->exit, 8, 'it is not waited for');
like($failed->stdout, qr/^0020 is failed; resume or revert$/m, 'but named');
like($shop->run('jobs')->stdout, qr/^0020 +up +2 +failed.*resume or revert$/m, 'jobs shows it');
is($shop->run('cancel', '0020')->stdout =~ /nothing to cancel/, 1, 'there is nothing to cancel');
my $again = $shop->run('resume', '0020');
is($again->exit, 8, 'resume without a remedy fails again');
like($again->stderr, qr/users_twice_idx.*DETAIL +Key .* is duplicated/s, 'with the same error');
$shop->sql('DELETE FROM users WHERE id % 2 = 1');
is($shop->run('resume', '0020')->exit, 0, 'with a remedy it goes on');
is($shop->run('validate', '0020')->exit, 0, 'and is valid');

# The way back has jobs too.
$shop->write('0021_back', up => "CREATE INDEX users_back_idx ON users (name);\n", down => "DROP INDEX CONCURRENTLY users_back_idx;\n");
is($shop->run('apply', '0021')->exit, 0, 'an index');
$reader = hold_snapshot($node, 'shop', 'users');
is($shop->run('revert', '0021', '--no-wait')->exit, 9, 'its way back is a job');
wait_for_worker($node, 'shop');
my $follow = $shop->start('revert', '0021')->wait_for(qr/./);
$reader->close;
is($follow->finish->exit, 0, 'revert again joins it');
is($shop->state('0021'), 'reverted', 'until it is reverted');

done_testing();

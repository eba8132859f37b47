# Two clients at once: the second waits, looks again and finds nothing left to do. Who is waited for is named. A psql session with an
# open transaction counts as a runner too.
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
	'0001_one' => { up => "CREATE TABLE one (id int);\nSELECT pg_sleep(0.3);\n", down => "DROP TABLE one;\n" },
	'0002_index' => { up => "CREATE INDEX users_name_idx ON users (name);\n", down => "DROP INDEX users_name_idx;\n" },
	'0003_status' => { column_and_index('users') },
	'0004_four' => { up => "CREATE TABLE four (id int);\n", down => "DROP TABLE four;\n" });

# Many at once, as the replicas of a program do when it is deployed.
my $shop = project($node, 'shop', %history);
my @clients = map { $shop->start('apply', '--all', '--json') } 1 .. 4;
my @results;
for my $n (0 .. $#clients)
{
	is($clients[$n]->finish->exit, 0, "client $n of four ends well");
	push @results, grep { $_->{result} eq 'applied' && !$_->{queued} } @{ is_json($clients[$n]->stdout, "client $n")->{results} // [] };
}
is($shop->sql("SELECT string_agg(version || ' ' || state, ', ' ORDER BY version) FROM migrate_history()"),
	'0001 done, 0002 done, 0003 done, 0004 done', 'each migration was run once');
is(join(' ', sort map { $_->{version} } @results), '0001 0004', 'and is told as applied by the one that did it');
my $waited = grep { $_->stderr =~ /waiting: another session is applying or reverting a migration in this database; It is pid \d+ \(postgres/ } @clients;
cmp_ok($waited, '>=', 1, 'who waited for a call was told for whom');

# They walk back together as well.
@clients = map { $shop->start('revert', '--all') } 1, 2;
is($_->finish->exit, 0, 'two reverts end well') for @clients;
is($shop->sql("SELECT count(*) FROM migrate_history() WHERE direction = 'down'"), '4', 'each was walked back once');

# A session of psql's.
my $psql = session($node, 'shop');
$psql->query('BEGIN');
is($psql->query("SELECT migrate_apply('0001')"), 'applied', 'psql applies in an open transaction');
my $pid = $psql->pid;
my $client = $shop->start('apply', '--to', '1');
$client->wait_for(qr/waiting: another session .*It is pid $pid \(postgres, idle in transaction/);
is($shop->sql("SELECT bool_and(backend_xmin IS NULL AND state = 'idle') FROM pg_stat_activity WHERE application_name = 'surefoot'"), 't',
	'who waits has no snapshot and no transaction');
my $impatient = $shop->run('apply', '0001', '--wait-timeout', '0.3');
is($impatient->exit, 5, 'with --wait-timeout it gives up: exit code 5');
like($impatient->stderr, qr/DETAIL +It is pid $pid .*HINT +Waited 0 s \(--wait-timeout\).*STATE +nothing was run/s, 'naming the holder');
$psql->query('COMMIT');
is($client->finish->exit, 0, 'when it commits, the client goes on');
like($client->stdout, qr/^0001_one is already applied .*nothing to do$/m, 'and finds nothing to do');

$psql->query("BEGIN; SELECT migrate_revert('0001')");
$client = $shop->start('apply', '0001')->wait_for(qr/already applied/);
is($client->finish->exit, 0, 'what is applied is so until the other one commits');
$client = $shop->start('revert', '0001')->wait_for(qr/waiting: another session/);
$psql->query('ROLLBACK');
is($client->finish->exit, 0, 'when it rolls back');
like($client->stdout, qr/^0001 reverted/m, 'the work is done by the one that waited');

# Another migration's job is waited for too, and a revert of the one that runs.
my $other = project($node, 'other', %history);
my $reader = hold_snapshot($node, 'other');
is($other->run('apply', '0003', '--no-wait')->exit, 9, 'a job');
$client = $other->start('apply', '0004')->wait_for(qr/waiting: migration 0003 has steps to finish/);
my $back = $other->start('revert', '0003')->wait_for(qr/waiting: migration 0003 has steps to finish/);
$client->kill('KILL')->finish;
$reader->close;
is($back->finish->exit, 0, 'a revert waits for the job');
is($other->state('0003'), 'reverted', 'and walks it back');

# What failed is not waited for: nobody works on it.
$other->write('0005_bad', up => "CREATE TABLE five (id int);\nCREATE UNIQUE INDEX users_half_idx ON users ((id / 2));\n", down => "DROP INDEX users_half_idx;\nDROP TABLE five;\n");
is($other->run('apply', '0005')->exit, 8, 'a job that fails');
$client = $other->run('apply', '0004', '--out-of-order', '--override', 'unfinished', { seconds => 30 });
is($client->exit, 7, 'another migration is not kept waiting for it');
like($client->stdout, qr/^fail +unfinished +0005 +migration 0005 is failed$/m, 'but told');
like($client->stderr, qr/WARN +--override unfinished has no effect: the server runs one migration at a time.*NEXT +surefoot status 0005\n/s, 'that row is not to be overridden');

done_testing();

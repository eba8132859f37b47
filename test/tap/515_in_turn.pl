# Many migrations of one command, which the client has applied in one call: each is reported, logged and committed by itself, also
# where one has later steps, one fails, somebody else has applied one, or the server is killed in the middle.
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
sub tables { return map { sprintf('%04d_t%d', $_, $_) => { up => "CREATE TABLE t$_ (a int);" } } @_ }
my $applied = "SELECT string_agg(version, ' ' ORDER BY version) FROM migrate_status() WHERE state = 'applied'";
sub versions { return join ' ', map { sprintf '%04d', $_ } @_ }

# Beside tables one has an index to build, and one comes when another runner has applied it.
my $p = project($node, 'mixed', tables(1 .. 14, 16 .. 30), '0015_status' => { column_and_index('users') });
my $reader = hold_snapshot($node, 'mixed');
my $client = $p->start('apply', '--all');
wait_for_build($node, 'mixed');
is($p->sql($applied), versions(1 .. 14), 'what comes before an index that is built is applied');
$reader->close;
$client->finish;
is($client->exit, 0, 'then the rest is');
my @told = $client->stdout =~ /^(\d{4})_\S+ applied in /gm;
is("@told", versions(1 .. 30), 'each is told, in order and once');
like($p->log_text, qr/INFO  0030 up, step 1, line 1: CREATE TABLE t30/, 'and is in the log');
is(() = $p->log_text =~ /INFO  0014 up: applied$/gm, 1, 'once');
is($p->run('apply', '--all')->exit, 0, 'again');

# One fails.
$p = project($node, 'fails', tables(1 .. 19, 21 .. 30), '0020_wrong' => { up => "CREATE TABLE t20 (a int);\nSELECT 1 / 0;" });
$client = $p->run('apply', '--all');
is($client->exit, 1, 'one fails');
is($p->sql($applied), versions(1 .. 19), 'what comes before it stays');
like($client->stderr, qr/0020_wrong\.up\.sql:2:\d+/, 'the error has its place');
like($client->stderr, qr/STATE    0020 was rolled back; 19 before it are applied$/m, 'and says what became of the rest');
is($p->sql("SELECT to_regclass('t20') IS NULL"), 't', 'nothing of it is there');

# Another runner is ahead of it by one.
$p = project($node, 'ahead', tables(1 .. 30));
my $holder = session($node, 'ahead');
$p->run('apply', '0001');
$holder->query('BEGIN; LOCK TABLE surefoot.step IN SHARE MODE');
$client = $p->start('apply', '--all');
wait_for_sql($node, "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'surefoot.step'::regclass", '1', database => 'ahead');
$holder->query('ROLLBACK');
$client->finish;
is($client->exit, 0, 'it goes on when a lock is free');
is($p->sql($applied), versions(1 .. 30), 'all are applied');

# The server is killed in the middle.
$p = project($node, 'killed', tables(1 .. 19, 21 .. 30), '0020_slow' => { up => "CREATE TABLE t20 (a int);\nSELECT pg_sleep(50);" });
$client = $p->start('apply', '--all');
$client->wait_for(qr/0020 up, step 1, line 2: SELECT pg_sleep/);
# What the others have committed is on the disk by then: the crash is to take nothing but 0020.
$p->sql('CHECKPOINT');
my $pid = $p->sql("SELECT pid FROM pg_stat_activity WHERE query LIKE '%apply_in_turn%' AND pid <> pg_backend_pid()");
restarts($node, sub { crash_process($pid) });
$client->finish;
isnt($client->exit, 0, 'killed in the middle');
is($p->sql($applied), versions(1 .. 19), 'what was committed stays');
$p->write('0020_slow', up => 'CREATE TABLE t20 (a int);');
is($p->run('apply', '--all')->exit, 0, 'the next run goes on');
is($p->sql($applied), versions(1 .. 30), 'to the end');

# By itself, and not in a transaction.
my $db = copy_of($node, 'alone');
query($node, $db, register('1', up => 'CREATE TABLE a ()') . register('2', up => 'CREATE TABLE b ()'));
fails_with($node, $db, "BEGIN; CALL surefoot.apply_in_turn('{1,2}'); COMMIT;", 'SF010', 'not in a transaction block');
is(query($node, $db, "CALL surefoot.apply_in_turn('{1,2}')"), '2|applied', 'the last one and its answer');
is(query($node, $db, "CALL surefoot.apply_in_turn('{1,2}')"), '2|already applied', 'again');
is(query($node, $db, "CALL surefoot.apply_in_turn('{}')"), '|', 'none');
done_testing();

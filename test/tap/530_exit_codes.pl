# One number, one meaning: each exit code of docs/errors.md, and the same number in the JSON.
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
my $shop = project($node, 'shop', '0001_one' => { up => "CREATE TABLE one (id int);\n", down => "DROP TABLE one;\n" });

# ends(CODE, NAME, ARGUMENTS...) runs it as JSON; the object's error.
sub ends
{
	my ($code, $name, @arguments) = @_;
	my $run = $shop->run(@arguments);
	is($run->exit, $code, "$code: $name");
	my $json = is_json($run->stdout, $name);
	is($json->{exit_code}, $code, "$name: the JSON says so too");
	is($json->{error}{exit_code}, $code, "$name: and the error in it") if $json->{error};
	return $json;
}

is(ends(3, 'something is pending', 'status', '--exit-code', '--json')->{pending}, 1, 'one is');
ends(0, 'asked without --exit-code', 'status', '--json');
ends(9, 'left to the server', 'apply', '0002', '--json', '--no-wait')
  if $shop->write('0002_index', up => "CREATE INDEX users_name_idx ON users (name);\n", down => "DROP INDEX users_name_idx;\n") || 1;
wait_for_state($node, 'shop', '0002', 'applied');
is($shop->run('revert', '0002')->exit, 0, 'back again');

ends(0, 'applied', 'apply', '0001', '--json');
is(ends(0, 'nothing to do', 'apply', '0001', '--json')->{results}[0]{result}, 'already applied', 'it says so');
ends(0, 'reverted', 'revert', '0001', '--json');
is(ends(0, 'nothing to revert', 'revert', '0001', '--json')->{results}[0]{result}, 'not applied', 'it says so');

$shop->write('0003_bad', up => "CREATE TABLE three (id int);\nSELECT 1 / 0;\n", down => "DROP TABLE three;\n");
my $error = ends(1, 'failed and rolled back', 'apply', '0003', '--json')->{error};
is("@$error{qw(sqlstate migration direction step line column)}", '22012 0003 up 1 2 1', 'with its place');
is($shop->sql("SELECT to_regclass('three') IS NULL"), 't', 'nothing of it is there');
$shop->write('0003_bad', up => "CREATE TABLE three (id int);\n", down => "SELECT 1;\n");
is(ends(1, 'a way back that is none', 'apply', '0003', '--json')->{error}{sqlstate}, 'SF008', 'is refused');
unlink glob "$shop->{dir}/migrations/0003*";

ends(2, 'no such command', 'no-such-command', '--json');
ends(2, 'no such option', 'apply', '--no-such-option', '--json');
ends(2, 'two targets', 'apply', '0001', '--all', '--json');
ends(2, 'no such migration', 'apply', '4711', '--json');
ends(2, 'no such folder', 'apply', '--all', '--dir', '/none', '--json');
ends(2, 'a migration that is not registered', 'resume', '4711', '--json');
ends(2, 'a folder for the log that cannot be', 'apply', '0001', '--json', '--log-dir', '/proc/none');
my $bare = client($node, [ 'status', '--json' ]);
is($bare->exit, 2, '2: the extension is not in the database');
like(is_json($bare->stdout, 'no extension')->{error}{next_command}, qr/^psql .* -c 'CREATE EXTENSION surefoot'$/, 'and what to do');

$shop->write('0004_verify', up => "CREATE TABLE four (id int);\n", down => "DROP TABLE four;\n", verify => "SELECT count(*) > 0 FROM four;\n");
ends(4, 'the verify script fails', 'apply', '0004', '--json');
is($shop->sql("SELECT to_regclass('four') IS NULL"), 't', 'nothing of it is there');
unlink glob "$shop->{dir}/migrations/0004*";
ends(0, 'applied once more', 'apply', '0001', '--json');
ends(0, 'which is valid', 'validate', '--json');
$shop->sql('ALTER TABLE one ADD COLUMN by_hand int');
ends(4, 'changed by hand', 'validate', '0001', '--json');
$shop->sql('ALTER TABLE one DROP COLUMN by_hand');

$shop->write('0005_lock', up => "ALTER TABLE one ADD COLUMN a int;\n", down => "ALTER TABLE one DROP COLUMN a;\n");
my $holder = session($node, 'shop');
$holder->query('BEGIN; LOCK TABLE one IN ACCESS SHARE MODE');
my $retry = { env => { PGOPTIONS => '-c surefoot.lock_retry=500ms' } };
my $pid = $holder->pid;
like(ends(5, 'a lock was not to be had', 'apply', '0005', '--json', $retry)->{error}{detail}, qr/pid $pid/, 'the holder is named');
$holder->query("ROLLBACK; BEGIN; SELECT migrate_revert('0001')");
like(ends(5, 'another runner', 'apply', '0005', '--json', '--wait-timeout', '0.2')->{error}{detail}, qr/pid $pid/, 'it is named as well');
$holder->query('ROLLBACK');
ends(0, 'then it can be had', 'apply', '0005', '--json', $retry);

ends(6, 'no server', 'status', '--json', { env => { DB_PORT => 1 } });
ends(6, 'a wrong setting', 'status', '--json', { env => { DB_PORT => 'x' } });
is(ends(7, 'a check that fails', 'apply', '0002', '--json', '--out-of-order', '--check-command', 'false')->{error}{code}, 'CHECKLIST', 'the checklist refuses');
ends(7, 'asked by itself', 'checklist', '0002', '--json', '--check-command', 'exit 3');

$shop->write('0006_twice', up => "CREATE TABLE six AS SELECT 1 AS id;\nCREATE UNIQUE INDEX users_twice_idx ON users ((id / 2));\n",
	down => "DROP INDEX users_twice_idx;\nDROP TABLE six;\n");
$error = ends(8, 'a later step fails', 'apply', '0006', '--json')->{error};
is("@$error{qw(sqlstate step line)}", '23505 2 2', 'with its place');
like($error->{next_command}, qr/surefoot resume 0006 .*surefoot revert 0006/, 'and the ways on');
ends(8, 'applied again without mending', 'apply', '0006', '--json');
ends(8, 'resumed without mending', 'resume', '0006', '--json');
is(ends(7, 'another one before that is mended', 'apply', '0002', '--json', '--out-of-order')->{error}{code}, 'CHECKLIST', 'is refused');
ends(0, 'walked back', 'revert', '0006', '--json');
ends(1, 'nothing to resume', 'resume', '0006', '--json');

# 130 and 9 by Ctrl-C are in 500_interrupt.
$shop->write('0007_slow', up => "SELECT pg_sleep(60);\n", down => "SELECT 1;\n");
my $slow = $shop->start('apply', '0007', '--json')->wait_for(qr/pg_sleep/)->kill('INT')->finish;
is($slow->exit, 130, '130: interrupted');
is(is_json($slow->stdout, 'interrupted')->{error}{exit_code}, 130, 'the JSON says so too');

done_testing();

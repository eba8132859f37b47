# Who is at the client is told the client's commands, and who lacks a right is told which role lacks it.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Client;
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0);
prepare_template($node, 'CREATE ROLE watcher LOGIN; CREATE ROLE "Big One" LOGIN; CREATE ROLE deployer LOGIN; GRANT "Big One" TO deployer;',
	'CREATE TABLE t (a int); CREATE TABLE owned (a int); GRANT CREATE ON SCHEMA public TO deployer');
my %chain = map { ("000$_\_m$_" => { up => "ALTER TABLE t ADD COLUMN c$_ int;\nCREATE TABLE t$_ (id int);\n", down => "DROP TABLE t$_;\nALTER TABLE t DROP COLUMN c$_;\n" }) } 2 .. 4;
my $shop = project($node, 'shop', %chain);

# hints(NAME, EXIT, qr/.../, ARGUMENTS...)
sub hints
{
	my ($name, $code, $pattern, @arguments) = @_;
	my $run = $shop->run(@arguments);
	is($run->exit, $code, "$name: exit code $code");
	like($run->stdout . $run->stderr, $pattern, "$name: the hint");
	unlike($run->stdout . $run->stderr, qr/(SELECT|CALL|SET) (migrate_|surefoot\.allow_)/, "$name: no command of psql's");
	return $run;
}

is($shop->run('apply', '--all', '-q')->stdout =~ /^pass/m, '', 'with -q nothing that passes is shown');
my $derived = project($node, 'derived', '0001_w' => { up => "-- a table\n\nCREATE TABLE w (id int);\nCREATE TABLE x (id int);\n" });
is($derived->run('apply', '1', '-q')->stdout =~ /^pass/m, '', 'of one alone neither');
$derived->sql('CREATE VIEW on_w AS SELECT * FROM w');
for my $files (1, 0)
{
	unlink glob "$derived->{dir}/migrations/*" if !$files;
	my $back = $derived->run('revert', '1');
	is($back->exit, 1, 'a derived way back that fails');
	like($back->stderr, qr/\t0001 down, as it was derived:2:1\n.*\t> 2 \| DROP TABLE public\.w;\n\t +\| \^\n/s, 'is shown as it was derived, not the up file');
	like($back->stderr, qr/NEXT +surefoot show 0001\n/, 'and what comes next is not the same again');
	like($back->stderr, $files ? qr/HINT .*beginning with it: surefoot new --down 0001\n/ : qr/HINT .*in its way\.\n/, 'but a look, or a script of one\'s own');
}
$derived->write('0001_w', up => "CREATE TABLE w (id int);\nCREATE TABLE x (id int);\n");
$derived->write('0002_y', up => "CREATE TABLE y (id int);\n");
my $pending = $derived->run('show', '2');
is($pending->exit, 2, 'the way back of what is pending');
like($pending->stderr, qr/migration 0002 is not applied\n.*HINT +Its way back is derived when it is applied.*NEXT +surefoot plan 0002\n/s, 'comes later');
hints('unknown', 2, qr/neither registered.*NEXT +surefoot status\n/s, 'revert', '99');
hints('unknown to resume', 2, qr/NEXT +surefoot status\n/, 'resume', '99');
$shop->sql('CREATE VIEW v AS SELECT c2 FROM t');
hints('later ones', 7, qr/cannot be reverted before.*NEXT +surefoot revert 0005 && surefoot revert 0004 && surefoot revert 0003\n/s, 'revert', '3')
  if $shop->write('0005_v', up => "CREATE VIEW v3 AS SELECT c3 FROM t;\n", down => "DROP VIEW v3;\n") || $shop->run('apply', '5') || 1;
$shop->sql('DROP VIEW v');
$shop->write('0001_late', up => "CREATE TABLE late (id int);\n", down => "DROP TABLE late;\n");
hints('a late branch among all', 7, qr/HINT +Nothing of 0001 was run\. If it is meant: surefoot apply 0001 --out-of-order; together with what comes after it: surefoot apply --all --out-of-order\n/,
	'apply', '--all');
hints('a late branch', 7, qr/fail +order .*\n.*surefoot apply 0001 --out-of-order/, 'apply', '1');
is($shop->run('apply', '1', '--override', 'order')->exit, 0, 'overriding the row is enough');

my $retry = { env => { PGOPTIONS => '-c surefoot.lock_retry=300ms' } };
$shop->write('0006_lock', up => "ALTER TABLE t ADD COLUMN c6 int;\n", down => "ALTER TABLE t DROP COLUMN c6;\n");
my $holder = session($node, 'shop');
$holder->query('BEGIN; LOCK TABLE t IN ACCESS SHARE MODE');
hints('a lock', 5, qr/NEXT +PGOPTIONS='-c surefoot\.lock_retry=5min' surefoot apply 0?0?0?6\n/, 'apply', '6', $retry);
$holder->query('ROLLBACK');

$shop->write('0007_down', up => "CREATE TABLE seven (id int);\n", down => "-- nothing\nDROP TABLE eleven;\n");
hints('a down script that fails', 1, qr/migrations\/0007_down\.down\.sql:2:1\n.*> 2 \| DROP TABLE eleven.*HINT +Mend migrations\/0007_down\.down\.sql.*NEXT +surefoot apply 0007\n/s, 'apply', '7');
$shop->write('0007_down', up => "CREATE TABLE seven (id int);\n", down => "SELECT 1;\n");
hints('a down script that is none', 1, qr/HINT +Mend migrations\/0007_down\.down\.sql, or accept .*surefoot: accept=public\.seven.*NEXT +surefoot apply 0007\n/s, 'apply', '7');
$shop->write('0007_down', up => "CREATE TABLE seven (id int);\n", down => " \n");
hints('an empty down script', 2, qr/Fill it in, or delete the file: then the way back is derived/, 'apply', '7');
unlink glob "$shop->{dir}/migrations/0007*";

# Rights
my $look = { env => { DB_USER => 'watcher' } };
my $as = { env => { DB_USER => 'deployer', PGOPTIONS => '-c role=Big\ One' } };
my $none = $shop->run('status', $look);
is($none->exit, 2, 'a role that may nothing: exit code 2');
like($none->stderr, qr/CALL surefoot\.allow\('watcher', 'apply'\)/, 'and who lacks the right');
like($shop->run('status', $as)->stderr, qr/CALL surefoot\.allow\('"Big One"', 'apply'\)/, 'the current role, not the one that is connected');
$shop->sql("CALL surefoot.allow('watcher', 'look'); CALL surefoot.allow('deployer', 'apply')");
is($shop->run('plan', '6', $look)->exit, 0, 'who may look sees the plan of a file');
my $checklist = $shop->run('checklist', '0006', $look);
is($checklist->exit, 0, 'and the checklist of what is registered');
for my $command ([ 'rehearse', '6' ], [ 'apply', '6' ], [ 'revert', '6' ], [ 'resume', '6' ], [ 'archive', '--purge' ])
{
	my $may = $shop->run(@$command, $look);
	is($may->exit, 2, "@$command: exit code 2");
	like($may->stderr, qr/HINT +"watcher" may only look\. As a superuser, run: CALL surefoot\.allow\('watcher', 'apply'\);\n/, 'the right that is missing, not the one that is there');
}
is($shop->run('jobs', '--follow', $look)->exit, 0, 'who may look may follow');
my $planned = $derived->sql("CALL surefoot.allow('watcher', 'look')") . $derived->run('revert', '1', '--dry-run', $look)->stdout;
like($planned, qr/^DROP TABLE public\.w;$/m, 'and sees the way back that was derived');
$shop->write('0008_owner', up => "ALTER TABLE owned ADD COLUMN b int;\n", down => "ALTER TABLE owned DROP COLUMN b;\n");
my $unknown = $shop->run('checklist', '8', $look);
is($unknown->exit, 2, 'but not of what is not');
like($unknown->stderr, qr/0008_owner is not registered, and "watcher" may only look.*NEXT +surefoot plan 0008/s, 'which it says');
is($shop->run('checklist', '8')->exit, 0, 'another may');
is($shop->sql('SELECT count(*) FROM migrate_status(\'8\')'), '0', 'and registers nothing by it');
my $owner = $shop->run('apply', '8', { env => { DB_USER => 'deployer' } });
is($owner->exit, 1, 'a right that the script lacks: exit code 1');
like($owner->stderr, qr/SQLSTATE 42501.*HINT +Role "deployer" lacks a right .*GRANT/s, 'is told as what it is');

# The verify script reads what a role that may only look may not read: nothing was found wrong.
$shop->write('0009_proved', up => "CREATE TABLE proved (id int);\n", verify => "SELECT count(*) = 0 FROM proved;\n");
is($shop->run('apply', '9')->exit, 0, 'a migration with a verify script');
my $validated = $shop->run('validate', '9', $look);
is($validated->exit, 0, 'validated by a role that may only look') or diag($validated->stderr);
like($validated->stdout, qr/^warn +verify +0009 +the verify script cannot be run by role "watcher": permission denied for table proved\n.*SQLSTATE 42501\n +Validate as that role or as a member of it\.$/m,
	'tells that it could not be run');
like($validated->stdout, qr/^0009 is valid, but for its verify script, which this role cannot run$/m, 'and how it ends');
$shop->sql('INSERT INTO proved VALUES (1); GRANT SELECT ON proved TO watcher');
is($shop->run('validate', '9', $look)->exit, 4, 'what it can read it judges');
$shop->sql('DELETE FROM proved');

# Functions in a schema of one's own
my $tools = project($node, 'tools', '0001_a' => { up => "CREATE TABLE a (id int);\n" });
$tools->sql("DROP EXTENSION surefoot; CREATE SCHEMA tools; CREATE EXTENSION surefoot SCHEMA tools; CALL surefoot.allow('watcher', 'look')");
is($tools->run('status', $look)->exit, 0, 'who may look may name the functions, wherever they are');
is($tools->run('drift')->exit, 0, 'which is no drift');
$tools->sql('REVOKE USAGE ON SCHEMA tools FROM watcher');
my $nameless = $tools->run('status', $look);
is($nameless->exit, 2, 'without');
like($nameless->stderr, qr/HINT +As the owner of the schema, run: GRANT USAGE ON SCHEMA tools TO "watcher";/, 'it is told who may give it');

# What was made is gone: nothing is in the way of the derived way back.
$tools->write('0002_gone', up => "CREATE TABLE gone (id int);\nCREATE TABLE gone2 (id int);\n");
is($tools->run('apply', '2', '--override', 'order')->exit, 0, 'a migration whose');
$tools->sql('DROP TABLE gone');
my $gone = $tools->run('revert', '2');
is($gone->exit, 1, 'table somebody drops');
like($gone->stderr, qr/HINT .*dropped or renamed it by hand.*surefoot drift --sql recorded\n(.*\n)*\s*NEXT +surefoot drift --sql recorded\n/, 'is brought back first');

# Commands
like($shop->run('aply')->stderr, qr/unknown command "aply"; did you mean apply\?/, 'a slip of the finger');
like($shop->run('-d', 'x', 'frob')->stderr, qr/unknown command "frob"\n/, 'no guess where nothing is near');
is($shop->run('--dir', 'migrations', 'status')->exit, 0, 'options may come first');
is_deeply(is_json($shop->run('apply', '1', '2', '--json')->stdout, 'two')->{error}{exit_code}, 2, 'two versions');
unlink glob "$shop->{dir}/migrations/000[68]*";
is_deeply(is_json($shop->run('apply', '--all', '--json')->stdout, 'nothing to do')->{results}, [], 'nothing to do: no results');

done_testing();

# The checklist: shown before any change, with a row of one's own by a command's exit code; a failed row stops the run (exit code 7)
# unless it is overridden by its name.
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
my $shop = project($node, 'shop', '0018_first' => { up => "CREATE TABLE first (id int);\n", down => "DROP TABLE first;\n" },
	'0019_add_status' => { column_and_index('users') });
my $before = fingerprint($node, 'shop');

my $checklist = $shop->run('checklist', '0019');
is($checklist->exit, 0, 'a checklist without a failure: exit code 0');
like($checklist->stdout, qr/^pass +migration +0019 +migration 0019 "add_status" is pending$/m, 'what it asks about is pending, and not registered');
like($checklist->stdout, qr/^warn +order +0018 +0018_first comes first and is not applied\n +Once 0019 is applied, .*--out-of-order\.\n +Together: surefoot apply --to 0019$/m,
	'what would be left behind is told');
unlike($shop->run('checklist', '0018')->stdout, qr/comes first/, 'nothing is before the first');
like($checklist->stdout, qr/^$_ /m, "it has the row $_")
  for map { "(pass|warn) +$_" } qw(connection server_version server_role extension_version worker_slots wal_archive migration plan plain_index
	long_transactions prepared_transactions table_locks invalid_indexes replication_slots table_size disk_space way_back way_back_command);
like($checklist->stdout, qr/way_back_command +0019 +surefoot revert 0019$/m, 'the way back can be pasted');
is($shop->sql('SELECT count(*) FROM surefoot.migration'), '0', 'it writes nothing');
like($shop->run('checklist')->stdout, qr/migration +0018 /, 'without a version: the first that is pending');

# A command of one's own
my $mark = "$shop->{dir}/ran";
my $passes = $shop->run('checklist', '0019', '--check-command', "echo 'backup of today'; echo again >>$mark");
is($passes->exit, 0, 'a check of one\'s own that passes');
like($passes->stdout, qr/^pass +check_command +echo .* exit code 0$/m, 'is a row');
my $fails = $shop->run('apply', '--all', '--check-command', 'echo no backup since Monday >&2; exit 3');
is($fails->exit, 7, 'one that fails: exit code 7');
like($fails->stdout, qr/^fail +check_command .* exit code 3\n +no backup since Monday\n/m, 'with what it said');
like($fails->stderr, qr/the checklist of 0018 failed: check_command.*HINT +Nothing of 0018 was run\. .*surefoot apply 0018 --override check_command\n/s, 'and how to go on');
is(fingerprint($node, 'shop'), $before, 'nothing is changed');
is($shop->run('checklist', '0019', '--check-command', 'kill -9 $$')->exit, 7, 'one that is killed fails');
like($shop->run('checklist', '0019', '--check-command', '/no/such/program')->stdout, qr/^fail +check_command .* exit code 127$/m, 'one that is not there too');
is($shop->run('checklist', '0019', '--check-command', 'yes | head -n 1')->exit, 0, 'a pipe in it ends as in a shell');
unlike($shop->run('checklist', '0019', '-v', '--check-command', 'yes | head -n 1')->stdout, qr/roken pipe/, 'without a word about it');
is($shop->run('checklist', '0019', { env => { SUREFOOT_CHECK_COMMAND => 'false' } })->exit, 7, 'by the environment');
is($shop->run('checklist', '0019', '--check-command', 'true', { env => { SUREFOOT_CHECK_COMMAND => 'false' } })->exit, 0, 'the option comes first');
my $json = is_json($shop->run('checklist', '0019', '--json', '--check-command', 'echo out; echo err >&2; false')->stdout, 'what the command prints does not spoil the JSON');
is($json->{exit_code}, 7, 'which says 7');

# Override
is($shop->run('checklist', '0019', '--check-command', 'false', '--override', 'check_command')->exit, 0, 'overridden by its name');
is($shop->run('checklist', '0019', '--check-command', 'false', '--override', 'server_role')->exit, 7, 'not by another one');
unlink $mark;
my $applied = $shop->run('apply', '--all', '--check-command', "echo x >>$mark; false", '--override', 'check_command');
is($applied->exit, 0, 'apply goes on');
like($applied->stderr, qr/WARN +overridden: check_command/, 'and says what was overridden');
like($shop->log_text, qr/WARN +overridden: check_command/, 'in the log too');
is(-s $mark, 2, 'the command ran once, not once a migration');
is($shop->run('revert', '0019', '--check-command', 'false')->exit, 7, 'revert asks as well');
is($shop->state('0019'), 'applied', 'and did nothing');
is($shop->run('revert', '0019', '--check-command', 'true')->exit, 0, 'it passes');

like($shop->run('checklist', '0018', '--check-command', 'false')->stderr,
	qr/HINT +Nothing of 0018 was run\. Mend what the rows name, or go on in spite of them: surefoot apply 0018 --override check_command\nNEXT +surefoot checklist 0018\n/, 'what to do next');
like($shop->run('revert', '0018', '--check-command', 'false')->stderr, qr/surefoot revert 0018 --override check_command\n\s*NEXT +surefoot checklist --down 0018\n/, 'on the way back, too');

# Rows of the server
$shop->write('0017_late', up => "CREATE TABLE late (id int);\n", down => "DROP TABLE late;\n");
my $late = $shop->run('apply', '0017');
is($late->exit, 7, 'a version below the highest applied one: exit code 7');
like($late->stdout, qr/^fail +order +0018 .*later one\n.*surefoot apply 0017 --out-of-order$/m, 'a row says why');
is($shop->run('apply', '0017', '--override', 'order')->exit, 0, 'to override that row allows it');
is($shop->run('revert', '0017')->exit, 0, 'back again');
is($shop->run('apply', '0017', '--out-of-order')->exit, 0, 'the option for it allows it too');
my $holder = session($node, 'shop');
$holder->query("BEGIN; LOCK TABLE users IN ACCESS SHARE MODE");
my $pid = $holder->pid;
wait_for_sql($node, "SELECT xact_start < clock_timestamp() - interval '1 s' FROM pg_stat_activity WHERE pid = $pid");
like($shop->run('checklist', '0019')->stdout, qr/^warn +(table_locks|idle_transactions) .*\n(.*\n)*? +.*\b$pid\b/m, 'who is in the way is named');
$holder->query('ROLLBACK');

# Scripts that do nothing
my $empty = project($node, 'empty', '0001_none' => { up => "-- data came by hand\n", down => "/* none */\n", verify => "-- none\n" }, '0002_b' => { up => "CREATE TABLE b (id int);\n" },
	'0003_c' => { up => "CREATE TABLE c (id int);\n" });
my $none = $empty->run('apply', '1');
is($none->exit, 0, 'a script of comments is applied');
my @warned = $none->stdout =~ /^warn +no_statement +0001 +the (\w+) script has no statement/mg;
is("@warned", 'up down verify', 'and each is told');
my $nothing = $empty->run('new', '--down', '1');
is($nothing->exit, 2, 'there is no way back to write down');
like($nothing->stderr, qr/0001_none has changed nothing in the schema/, 'which it says');

# One that is skipped
my $third = $empty->run('apply', '3');
like($third->stdout, qr/^warn +order +0002 +0002_b comes first and is not applied$/m, 'apply tells as well');
unlike($empty->run('apply', '2', '--out-of-order')->stdout, qr/comes first/, 'and when it comes, nothing is said of it');

# Where all-or-nothing ends there is something to undo.
like($shop->run('plan', '0019')->stdout, qr/--- all-or-nothing ends here; what is above is undone by: surefoot revert 0019 ---/, 'by a command that can be pasted');
like($shop->run('apply', '0019', '--dry-run')->stdout, qr/^-- all-or-nothing ends here; what is above is undone by: surefoot revert 0019$/m, 'in the SQL of a dry run too');
is($shop->run('apply', '0019')->exit, 0, 'both steps of it');

# Rows that will not come back are told beforehand, and in the last line, however quiet it is.
$shop->sql('INSERT INTO late VALUES (1)');
$shop->write('0031_drop', up => "-- surefoot: keep=off\nDROP TABLE late;\n");
my $drops = $shop->run('apply', '0031', '-q');
like($drops->stdout, qr/^warn +way_back +0031 +derived when it is applied: exact without rows\n +line 2, public\.late: its rows are gone \(the script says keep=off\)$/m, 'a warning');
like($drops->stdout, qr/^way back: surefoot revert 0031 \(exact without rows: table public\.late: its rows are gone \(the script says keep=off\)\)$/m, 'and the last line');
$shop->write('0032_exact', up => "CREATE TABLE exact (id int);\n");
$shop->write('0033_writes', up => "CREATE SEQUENCE s;\nUPDATE users SET id = id WHERE false;\n");
$shop->write('0034_drop', up => "-- surefoot: keep=off\nDROP TABLE first;\n");
like($shop->run('apply', '-q', '--to', '0034')->stdout, qr/^way back: surefoot revert --to 0031 \(exact without rows: 0034\)$/m, 'of several, which they are');
my $back = $shop->run('revert', '0034');
like($back->stdout, qr/^warn +comes_back +0034 +exact without rows\n +table public\.first: its rows are gone/m, 'and when that way is taken');
$shop->sql('CREATE TABLE aside (a int); INSERT INTO aside VALUES (1)');
$shop->write('0035_aside', up => "DROP TABLE aside;\n", down => "CREATE TABLE aside (a int);\n");
like($shop->run('apply', '0035', '-q')->stdout,
	qr/^way back: surefoot revert 0035 \(down script without the rows that are kept: public\.aside; after it: SELECT surefoot\.restore_table\('0035', 'public\.aside'\);\)$/m,
	'rows that are kept beside a down script');

# A build that goes on is no invalid index, and who walks back hears that it is waited for.
$shop->write('0040_build', up => "CREATE INDEX building ON users ((1));\n");
$holder->query('BEGIN; LOCK TABLE users IN ROW EXCLUSIVE MODE');
is($shop->run('apply', '0040', '--no-wait')->exit, 9, 'a build');
wait_for_sql($node, 'SELECT count(*) FROM pg_index WHERE NOT indisvalid', '1', database => 'shop');
is($shop->sql("SELECT level FROM migrate_checklist('0040', 'down') WHERE code = 'invalid_indexes'"), 'pass', 'it is none of the invalid ones');
is($shop->sql("SELECT level FROM migrate_checklist('0040', 'down') WHERE code = 'plan'"), 'pass', 'nor is it without a way back');
like($shop->sql("SELECT level || ' ' || detail || ' ' || hint FROM migrate_checklist('0040', 'down') WHERE code = 'migration'"),
	qr/^warn A worker is about its steps\. A revert waits for their end.*migrate_cancel\('0040'\);$/, 'and a revert waits');
$holder->query('ROLLBACK');
is($shop->run('revert', '0040')->exit, 0, 'which it does');

# What has failed half way is neither applied in spite of that nor asked for again.
$shop->write('0041_half', up => "ALTER TABLE users ADD COLUMN half int;\nCREATE UNIQUE INDEX half ON users ((1));\n");
is($shop->run('apply', '0041')->exit, 8, 'a migration that fails half way');
my $half = $shop->run('checklist', '0041', '--override', 'order');
is($half->exit, 7, 'fails the checklist');
like($half->stdout, qr/^fail +migration +0041 .* is failed\n +Mend what stopped it and go on: surefoot resume 0041, or walk back: surefoot revert 0041$/m, 'by a row that has the ways on');
like($half->stderr, qr/HINT +Some steps of 0041 are done already\. .*\nNEXT +surefoot resume 0041   # or: surefoot revert 0041\n/, 'as the hint has');
unlike($half->stderr, qr/--override migration/, 'and none that cannot work');
is($shop->run('revert', '0041')->exit, 0, 'back again');

done_testing();

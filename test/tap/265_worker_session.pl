# A worker's session is its own: what a role or the database makes the default of transactions does not reach it, and the extension
# stays while it works.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0);
prepare_template($node, big_table('users'), 'CREATE TABLE queue (id int, done bool)');

# A step that waits for a lock sees what its holder has committed meanwhile.
my $db = copy_of($node, 'isolation');
query($node, $db, register('1', up => "CREATE INDEX ON users (name);\nLOCK TABLE queue;\nUPDATE queue SET done = true;", down => "-- surefoot: accept=inexact-down\nSELECT 1"));
query($node, 'postgres', "ALTER DATABASE $db SET default_transaction_isolation = 'repeatable read'");
query($node, 'postgres', "ALTER DATABASE $db SET surefoot.lock_timeout = '60s'");
my $caller = session($node, $db);
$caller->query("BEGIN ISOLATION LEVEL READ COMMITTED; SELECT migrate_apply('1')");
is($caller->error =~ /ERROR/ ? $caller->error : '', '', 'applied in a transaction that is READ COMMITTED');
my $writer = session($node, $db);
$writer->query('BEGIN ISOLATION LEVEL READ COMMITTED; INSERT INTO queue VALUES (1, false)');
$caller->query('COMMIT');
wait_for_sql($node, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'queue'::regclass)", 't', database => $db);
$writer->query('COMMIT');
$caller->query("SET default_transaction_isolation = 'read committed'; CALL migrate_wait('1')");
wait_for_state($node, $db, '1', 'applied');
is(query($node, $db, 'SELECT id, done FROM queue'), '1|t', 'the worker sees what was committed while it waited');

# The same when the session itself has set it, and what it has set is carried to the worker.
$db = copy_of($node, 'carried');
query($node, $db, register('1', up => "CREATE INDEX ON users (name);\nCREATE TABLE level AS SELECT current_setting('transaction_isolation') AS x;", down => "-- surefoot: accept=inexact-down\nSELECT 1"));
$caller = session($node, $db);
$caller->query("SET default_transaction_isolation = serializable; BEGIN ISOLATION LEVEL READ COMMITTED; SELECT migrate_apply('1'); COMMIT");
wait_for_state($node, $db, '1', 'applied');
is(query($node, $db, 'SELECT x FROM level'), 'read committed', 'nor does it take the isolation of the session over');

# Read-only by default: the migration is not stranded.
$db = copy_of($node, 'readonly');
query($node, $db, register('1', up => "CREATE INDEX users_name_idx ON users (name);\nCREATE TABLE b ();", down => "DROP TABLE b;\nDROP INDEX users_name_idx;"));
query($node, 'postgres', "ALTER DATABASE $db SET default_transaction_read_only = on");
$caller = session($node, $db);
$caller->query("SET default_transaction_read_only = off");
is($caller->query("SELECT migrate_apply('1')"), 'queued: 2 steps', 'applied by who may write');
$caller->query("CALL migrate_wait('1')");
is($caller->error =~ /ERROR/ ? $caller->error : '', '', 'a default of read-only does not keep the worker from writing');
is(state_of($node, $db, '1'), 'applied', 'and the migration ends');

# DROP EXTENSION waits for the steps.
$db = copy_of($node, 'dropped');
query($node, $db, register('1', up => "CREATE TABLE a ();\nCREATE INDEX users_name_idx ON users (name);\nCREATE TABLE b ();", down => "DROP TABLE b;\nDROP INDEX users_name_idx;\nDROP TABLE a;")
	  . register('2', up => 'CREATE TABLE c ();', down => 'DROP TABLE c;'));
my $reader = hold_snapshot($node, $db);
query($node, $db, "SELECT migrate_apply('1')");
wait_for_build($node, $db);
fails_with($node, $db, "SET lock_timeout = '200ms'; DROP EXTENSION surefoot;", '55P03', 'the extension cannot be dropped during a build');
fails_with($node, $db, "SELECT migrate_apply('2');", qr/SF004: migration 1 has steps to finish/, 'and the gate is open meanwhile');
my $dropper = session($node, $db);
$dropper->send('DROP EXTENSION surefoot');
wait_for_sql($node, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid = " . $dropper->pid . ')');
$reader->close;
$dropper->result;
is($dropper->error, '', 'it is dropped when the steps are over');
is(query($node, $db, "SELECT to_regclass('b'), indisvalid FROM pg_index WHERE indexrelid = 'users_name_idx'::regclass"), 'b|t', 'all of them');

done_testing();

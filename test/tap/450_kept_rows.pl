# Rows that a migration changes, kept and put back beside writers, and with the backend killed in the middle: nothing that others have
# written is lost, and nothing is half.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

# Tables that are walked there and back beside writers grow: they are small to keep all the same.
my $node = new_server('main', extension => 0, conf => "surefoot.keep_rows = on\nsurefoot.keep_size = '64MB'\n");
prepare_template($node, <<'SQL',
CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL DEFAULT 0, note text, email text UNIQUE);
INSERT INTO accounts SELECT n, 0, NULL, 'm' || n FROM generate_series(1, 2000) n;
CREATE TABLE entries (id int PRIMARY KEY, account int NOT NULL REFERENCES accounts, amount int);
INSERT INTO entries SELECT n, n, n FROM generate_series(1, 1000) n;
CREATE PROCEDURE traffic(first int, last int, rounds int) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..rounds LOOP
        UPDATE accounts SET balance = balance + 1 WHERE id = first + i % (last - first + 1);
        COMMIT;
    END LOOP;
END $$;
SQL
	register('1', up => "UPDATE accounts SET note = 'm' WHERE id <= 1000;\nDELETE FROM entries WHERE id > 500;\n"
		. "DELETE FROM accounts WHERE id BETWEEN 900 AND 1000;\nINSERT INTO accounts VALUES (3000, 0, 'new', 'm900');"),
	register('2', up => "-- surefoot: accept=conflicts\nUPDATE accounts SET note = 'm';"));

my $contents = "SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM (SELECT id, note, email FROM accounts) t "
  . "UNION ALL SELECT md5(string_agg(e::text, ',' ORDER BY id)) FROM entries e";

# Others write to rows that the migration leaves alone.
my $db = copy_of($node, 'beside');
my $before = query($node, $db, $contents);
my $rounds = 4000;
my @traffic = map { session($node, $db)->send("CALL traffic(1001, 2000, $rounds)") } 1 .. 2;
my $walks = 0;
do
{
	succeeds($node, $db, "SELECT migrate_apply('1')", 'applied', 'it is applied beside writers of the same tables') if $walks < 2;
	query($node, $db, "SELECT migrate_apply('1')");
	succeeds($node, $db, "SELECT migrate_revert('1')", 'reverted', 'and walked back') if $walks < 2;
	query($node, $db, "SELECT migrate_revert('1')");
	$walks++;
} while (grep { !$_->done } @traffic);
$_->result for @traffic;
is(join('', map { $_->error } @traffic), '', 'the writers saw no error');
is(query($node, $db, $contents), $before, 'all rows are what they were');
is(query($node, $db, 'SELECT sum(balance) FROM accounts'), 2 * $rounds, 'and what was written meanwhile is there');

# Others write to the very rows.
$db = copy_of($node, 'conflicts');
@traffic = map { session($node, $db)->send("CALL traffic(1, 2000, $rounds)") } 1 .. 2;
do
{
	query($node, $db, "SET client_min_messages = error; SELECT migrate_apply('2')");
	query($node, $db, "SET client_min_messages = error; SELECT migrate_revert('2')");
} while (grep { !$_->done } @traffic);
$_->result for @traffic;
is(query($node, $db, 'SELECT sum(balance) FROM accounts'), 2 * $rounds, 'no write to a row that comes back is lost');
is(query($node, $db, 'SELECT count(*) FROM accounts'), 2000, 'no row is');

# Killed while rows are kept: the archive is locked by somebody.
$db = copy_of($node, 'killed');
$before = query($node, $db, $contents);
my $holder = session($node, $db);
$holder->query('BEGIN; LOCK TABLE surefoot.archive_row');
my $runner = session($node, $db);
$runner->query("SET surefoot.lock_timeout = '50s'");
$runner->send("SELECT migrate_apply('1')");
my $waits = 'SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = ';
wait_for_sql($node, $waits . $runner->pid, '1', database => $db);
restarts($node, sub { crash_process($runner->pid) });
is(query($node, $db, $contents), $before, 'killed while rows are kept: nothing has changed');
is(state_of($node, $db, '1'), 'registered', 'nothing is applied');
is(query($node, $db, 'SELECT count(*) FROM surefoot.archive') + query($node, $db, 'SELECT count(*) FROM surefoot.archive_row'), 0, 'nothing is kept');
succeeds($node, $db, "SELECT migrate_apply('1')", 'applied', 'it can be applied');
is(query($node, $db, "SELECT way_back FROM migrate_status('1')"), 'exact', 'with an exact way back');

# Killed while rows are put back: somebody is about to refer to one.
my $applied = query($node, $db, $contents);
$holder = session($node, $db);
$holder->query('BEGIN; SELECT FROM accounts WHERE id = 3000 FOR KEY SHARE');
$runner = session($node, $db);
$runner->query("SET surefoot.lock_timeout = '50s'");
$runner->send("SELECT migrate_revert('1')");
wait_for_sql($node, $waits . $runner->pid, '1', database => $db);
restarts($node, sub { crash_process($runner->pid) });
is(query($node, $db, $contents), $applied, 'killed while rows are put back: nothing has changed');
is(state_of($node, $db, '1'), 'applied', 'it is applied');
succeeds($node, $db, "SELECT migrate_revert('1')", 'reverted', 'it can be reverted');
is(query($node, $db, $contents), $before, 'exactly');

# One who holds such a row for long only makes the revert try again; it waits no longer than surefoot.lock_timeout at a time.
query($node, $db, "SELECT migrate_apply('1')");
$holder = session($node, $db);
$holder->query('BEGIN; SELECT FROM accounts WHERE id = 3000 FOR KEY SHARE');
fails_with($node, $db, "SET surefoot.lock_retry = '1s'; SELECT migrate_revert('1')", 'SF005', 'a row that stays locked');
is(state_of($node, $db, '1'), 'applied', 'leaves the migration applied');
$holder->query("INSERT INTO entries VALUES (5000, 3000, 1); COMMIT");
fails_with($node, $db, "SELECT migrate_revert('1')", '23503', 'a row that refers to one that would go stops it');
query($node, $db, 'DELETE FROM entries WHERE id = 5000');
succeeds($node, $db, "SELECT migrate_revert('1')", 'reverted', 'until it is gone');
is(query($node, $db, $contents), $before, 'then all is what it was');

# Without a key any of equal rows will do: nobody waits for one that others have locked while there are enough besides, nor locks theirs.
query($node, $db, 'CREATE TABLE marks (n int, note text); '
	. "INSERT INTO marks SELECT n, 'x' FROM (VALUES (1), (1), (2), (2), (3)) v(n); "
	. "SELECT migrate_register('3', 'marks', 'UPDATE marks SET n = 2 WHERE n = 1; DELETE FROM marks WHERE n = 3')");
$holder = session($node, $db);
$holder->query('BEGIN; UPDATE marks SET note = note WHERE ctid = (SELECT min(ctid) FROM marks WHERE n = 2)');
succeeds($node, $db, "SET surefoot.lock_retry = '1s'; SELECT migrate_apply('3')", 'applied', 'it is applied beside one who has locked an equal row');
is(query($node, $db, "SELECT way_back FROM migrate_status('3')"), 'exact', 'with an exact way back');
succeeds($node, $db, "SET surefoot.lock_retry = '1s'; SELECT migrate_revert('3')", 'reverted', 'and walked back');
$holder->query('COMMIT');
is(query($node, $db, 'SELECT string_agg(n::text, $$,$$ ORDER BY n) FROM marks'), '1,1,2,2,3', 'all is what it was');
query($node, $db, "SELECT migrate_apply('3')");
$holder->query('BEGIN; UPDATE marks SET note = note WHERE n = 2');
fails_with($node, $db, "SET surefoot.lock_retry = '1s'; SELECT migrate_revert('3')", 'SF005', 'when all are locked it is tried again for a while');
$holder->query("UPDATE marks SET note = 'others' WHERE n = 2; COMMIT");
fails_with($node, $db, "SELECT migrate_revert('3')", 'SF017', 'what they have become by then counts');
done_testing();

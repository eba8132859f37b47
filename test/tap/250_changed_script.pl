# A down script that was mended after its later step had failed: the steps that are stored are of the old one. Nothing of it is run by
# number, resume says so, and revert begins anew.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0);
prepare_template($node, big_table('users'));
my $n = 0;
my $up = "CREATE TABLE other ();\nCREATE INDEX users_name_idx ON users (name);";
my $long = "-- surefoot: accept=inexact-down\nDROP TABLE other;\n"
  . join('', map { "CREATE TABLE a$_ ();\n" } 1 .. 6)
  . "DROP INDEX CONCURRENTLY users_name_idx;\nSELECT 1 / 0;";

# A way back that has failed in its last step.
sub failed_revert
{
	my $db = copy_of($node, 'changed' . ++$n);
	query($node, $db, register('1', up => $up, down => $long));
	run_to_end($node, $db, 'migrate_apply', '1');
	query($node, $db, "SELECT migrate_revert('1')");
	fails_with($node, $db, "CALL migrate_wait('1');", '22012', 'the last step of the way back fails');
	return $db;
}

# Shorter, longer, and with no more than other blanks and comments.
my %mended = (
	'shorter' => "-- surefoot: accept=inexact-down\nSELECT 1;",
	'longer' => "-- surefoot: accept=inexact-down\n" . join('', map { "DROP TABLE IF EXISTS a$_;\n" } 1 .. 6)
	  . "DROP TABLE IF EXISTS other;\nDROP INDEX IF EXISTS users_name_idx;\nSELECT 1;\nSELECT 2;\nSELECT 3;");
for my $how (sort keys %mended)
{
	my $db = failed_revert();
	query($node, $db, register('1', up => $up, down => $mended{$how}));
	fails_with($node, $db, "SELECT migrate_resume('1');", 'SF002', "$how: what was planned is not what would be resumed");
	is(state_of($node, $db, '1'), 'failed', "$how: nothing has happened");
	like(query($node, $db, "SELECT migrate_revert('1')"), qr/^(queued|reverted)/, "$how: the way back begins anew");
	query($node, $db, "CALL migrate_wait('1')");
	is(state_of($node, $db, '1'), 'reverted', "$how: and ends");
}
is(query($node, 'changed1', "SELECT to_regclass('users_name_idx')"), '', 'what the mended script drops is gone');

my $db = failed_revert();
(my $spaced = $long) =~ s/SELECT 1 \/ 0/\n\nSELECT  1 \/ 0 -- still/;
query($node, $db, register('1', up => $up, down => $spaced));
like(query($node, $db, "SELECT migrate_resume('1')"), qr/^queued: 1 step/, 'other blanks and comments are the same script');
fails_with($node, $db, "CALL migrate_wait('1');", qr/22012.*line 12,/s, 'and lines are counted in the new one');

# The same when a worker was killed on the way.
$db = copy_of($node, 'killed');
query($node, $db, register('1', up => 'CREATE INDEX users_name_idx ON users (name);', down => 'DROP INDEX CONCURRENTLY users_name_idx;'));
run_to_end($node, $db, 'migrate_apply', '1');
my $reader = session($node, $db);
call_before($node, $db, "migrate_revert('1')", $reader, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM users', 'users');
my $pid = wait_for_worker($node, $db);
fails_with($node, $db, register('1', up => 'CREATE INDEX users_name_idx ON users (name);', down => 'SELECT 1;'), 'SF004',
	'what is under way does not change');
query($node, $db, "SELECT pg_terminate_backend($pid)");
holder_is_gone($node, $db);
$reader->close;
query($node, $db, register('1', up => 'CREATE INDEX users_name_idx ON users (name);', down => 'DROP INDEX users_name_idx;'));
fails_with($node, $db, "SELECT migrate_resume('1');", 'SF002', 'killed: resume is refused');
is(query($node, $db, "SELECT migrate_revert('1')"), 'reverted', 'killed: revert begins anew');

like(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/ready to accept/, 'there is a log');
unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/terminated by signal/, 'nothing has crashed');
done_testing();

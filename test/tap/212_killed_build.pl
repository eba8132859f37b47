# The way back that is derived of a run which was killed inside an index build: what the build has left goes with it, also where nothing
# else was changed, and nothing goes that is somebody else's.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0);
prepare_template($node, big_table('users'), big_table('events'), 'ALTER TABLE users ADD COLUMN email text');
my $n = 0;

# killed(UP, REACHED, do => SQL, writer => TABLE): a database in which 0500 is killed inside the build of the index REACHED, which waits
# for a snapshot or for who writes to TABLE; SQL is done in it before.
sub killed
{
	my ($up, $reached, %o) = @_;
	my $db = copy_of($node, 'killed' . ++$n);
	query($node, $db, $o{do}) if $o{do};
	query($node, $db, register('0500', up => $up));
	my $blocker = $o{writer} ? session($node, $db) : hold_snapshot($node, $db);
	$blocker->query("BEGIN; LOCK TABLE $o{writer} IN ROW EXCLUSIVE MODE") if $o{writer};
	query($node, $db, "SELECT migrate_apply('0500')");
	wait_until("the build of $reached",
		sub { query($node, $db, "SELECT index_relid::regclass::text = '$reached' FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting for %'") eq 't' });
	query($node, $db, 'SELECT pg_terminate_backend(' . worker_of($node, $db) . ')');
	holder_is_gone($node, $db);
	$blocker->close;
	is(query($node, $db, "SELECT indisvalid FROM pg_index WHERE indexrelid = '$reached'::regclass"), 'f', "$reached is left invalid");
	return $db;
}

sub goes_back
{
	my ($db, $before, $name) = @_;
	run_to_end($node, $db, 'migrate_revert', '0500');
	is(state_of($node, $db, '0500'), 'reverted', "$name: reverted");
	is(fingerprint($node, $db), $before, "$name: the schema is what it was");
	no_debris($node, $db, $name);
	return;
}

my $plain = copy_of($node, 'plain');
my $before = fingerprint($node, $plain);

my $db = killed('CREATE UNIQUE INDEX users_uq ON users (email);', 'users_uq');
goes_back($db, $before, 'a unique index');
query($node, $db, "INSERT INTO users (id, name, email) VALUES (-1, '', 'a'), (-2, '', 'a')");
is(query($node, $db, "SELECT string_agg(statement, '; ' ORDER BY id) FROM surefoot.event WHERE direction = 'down' AND statement IS NOT NULL"),
	'DROP INDEX CONCURRENTLY public.users_uq', 'it is dropped concurrently');
run_to_end($node, $db, 'migrate_revert', '0500');
fails_with($node, $db, "SELECT migrate_apply('0500'); CALL migrate_wait('0500');", '23505', 'it can be applied again, and says then what is wrong');

$db = killed('CREATE INDEX users_email ON users (email);', 'users_email');
goes_back($db, $before, 'an index');

$db = killed("CREATE INDEX events_name ON events (name);\nCREATE INDEX users_email ON users (email);", 'users_email', writer => 'users');
goes_back($db, $before, 'the second of two indexes');

$db = killed('ALTER TABLE users ADD CONSTRAINT users_uq UNIQUE (email);', 'users_uq');
goes_back($db, $before, 'a constraint');

$db = killed("ALTER TABLE users ADD COLUMN nick text;\nCREATE INDEX users_nick ON users (nick);", 'users_nick');
like(query($node, $db, "SELECT migrate_revert('0500', dry_run => true)"), qr/DROP INDEX CONCURRENTLY public\.users_nick;.*DROP COLUMN nick;/s,
	'an index of a new column: the plan of the way back is to drop it concurrently');
goes_back($db, $before, 'an index of a new column');
like(query($node, $db, "SELECT string_agg(statement, '; ' ORDER BY id) FROM surefoot.event WHERE direction = 'down' AND statement IS NOT NULL"),
	qr/^DROP INDEX CONCURRENTLY public\.users_nick; ALTER TABLE public\.users DROP COLUMN nick$/, 'and so it is');

# A build that was killed, dropped by hand, and made by somebody else
$db = killed('CREATE INDEX users_email ON users (email);', 'users_email');
query($node, $db, 'DROP INDEX users_email');
query($node, $db, 'CREATE INDEX users_email ON users (email)');
my $theirs = fingerprint($node, $db);
goes_back($db, $theirs, 'a valid index of the name');

# The carcasses of others, whatever the migration has built on their tables
my $invalid = sub { "CREATE INDEX $_[0] ON users (length(name)); UPDATE pg_index SET indisvalid = false WHERE indexrelid = '$_[0]'::regclass;" };
$db = killed("ALTER TABLE users ADD COLUMN nick text;\nCREATE INDEX users_nick ON users (nick);", 'users_nick', do => $invalid->('theirs'));
run_to_end($node, $db, 'migrate_revert', '0500');
is(query($node, $db, 'SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid'), 'theirs', 'an invalid index of somebody else stays');

$db = copy_of($node, 'whole');
query($node, $db, $invalid->('theirs') . register('0500', up => "ALTER TABLE users ADD COLUMN nick text;\nCREATE INDEX users_nick ON users (nick);"));
run_to_end($node, $db, 'migrate_apply', '0500');
run_to_end($node, $db, 'migrate_revert', '0500');
is(query($node, $db, 'SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid'), 'theirs', 'also when nothing is killed');

# One of the very name that was there before: it goes when the build is about to begin, and not when it never began.
$db = copy_of($node, 'before');
query($node, $db, $invalid->('users_email'));
query($node, $db, register('0500', up => 'CREATE INDEX users_email ON users (email);'));
my $reader = session($node, $db);
call_before($node, $db, "migrate_apply('0500')", $reader, 'BEGIN ISOLATION LEVEL REPEATABLE READ; LOCK TABLE users IN SHARE UPDATE EXCLUSIVE MODE', 'users');
$reader->result;
my $worker = wait_for_worker($node, $db);
wait_until('the worker to wait', sub { query($node, $db, "SELECT cardinality(pg_blocking_pids($worker)) > 0") eq 't' });
query($node, $db, "SELECT pg_terminate_backend($worker)");
holder_is_gone($node, $db);
$reader->close;
run_to_end($node, $db, 'migrate_revert', '0500');
is(query($node, $db, 'SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid'), 'users_email', 'an invalid index that was there before stays');

done_testing();

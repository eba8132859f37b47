# The way back that is derived, where it takes more than one transaction: indexes of large tables go and come concurrently, and what
# has stopped half way goes back as far as it came. The client shows it and writes it down.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Client;
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0);
prepare_template($node, big_table('users'), 'CREATE INDEX users_name_idx ON users (name) WITH (fillfactor = 80)');
my $n = 0;

sub statements
{
	my ($db, $direction) = @_;
	return query($node, $db,
		"SELECT string_agg(statement, '; ' ORDER BY id) FROM surefoot.event WHERE direction = '$direction' AND statement IS NOT NULL");
}

# there_and_back(UP, VERDICT): the statements of the way back.
sub there_and_back
{
	my ($up, $verdict, $name) = @_;
	my $db = copy_of($node, 'derived' . ++$n);
	my $before = fingerprint($node, $db);
	query($node, $db, register('0019', up => $up));
	run_to_end($node, $db, 'migrate_apply', '0019');
	is(query($node, $db, "SELECT way_back FROM migrate_status('0019')"), $verdict, "$name: $verdict");
	run_to_end($node, $db, 'migrate_revert', '0019');
	is(fingerprint($node, $db), $before, "$name: the way back is exact");
	no_debris($node, $db, $name);
	return statements($db, 'down');
}

is(there_and_back("ALTER TABLE users ADD COLUMN status text;\nCREATE INDEX users_status ON users (status);", 'exact', 'an index that was built'),
	'DROP INDEX CONCURRENTLY public.users_status; ALTER TABLE public.users DROP COLUMN status', 'goes concurrently, and then the column');
like(there_and_back('DROP INDEX users_name_idx', 'exact', 'an index that was dropped'),
	qr/CREATE INDEX CONCURRENTLY users_name_idx ON public\.users USING btree \(name\) WITH \(fillfactor='80'\)/, 'is built concurrently');
like(there_and_back('ALTER TABLE users DROP CONSTRAINT users_pkey', 'exact', 'a key that was dropped'),
	qr/CREATE UNIQUE INDEX CONCURRENTLY .*ADD CONSTRAINT users_pkey PRIMARY KEY USING INDEX/, 'is built concurrently, and then made a key');
like(there_and_back('ALTER TABLE users ADD CONSTRAINT name_key UNIQUE (name), ALTER name SET DEFAULT 1', 'exact', 'a key that was added'),
	qr/DROP CONSTRAINT name_key/, 'goes');

# What has stopped half way: the way back of the whole would fail, so it is derived anew.
my $db = copy_of($node, 'half');
my $before = fingerprint($node, $db);
query($node, $db, register('0019', up => "ALTER TABLE users ADD COLUMN nick text;\nCREATE UNIQUE INDEX users_half ON users ((id / 2));\nCOMMENT ON INDEX users_half IS 'x';"));
query($node, $db, "SELECT migrate_apply('0019')");
fails_with($node, $db, "CALL migrate_wait('0019');", '23505', 'a step fails');
is(state_of($node, $db, '0019'), 'failed', 'the migration stands half way');
run_to_end($node, $db, 'migrate_revert', '0019');
is(fingerprint($node, $db), $before, 'and goes back from there');

# An enum value that the same script uses cannot be tried in one transaction: it is when the revert begins.
$db = copy_of($node, 'enum');
query($node, $db, "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE moods (m mood)");
$before = fingerprint($node, $db);
query($node, $db, register('0019', up => "ALTER TYPE mood ADD VALUE 'new';\nALTER TABLE moods ALTER m SET DEFAULT 'new';\nINSERT INTO moods VALUES ('ok');"));
run_to_end($node, $db, 'migrate_apply', '0019');
like(query($node, $db, "SELECT migrate_inverse('0019')"), qr/not tried\n-- line 3 of the up script changes rows\n/, 'and rows that stay are told');
is(query($node, $db, "SELECT way_back FROM migrate_status('0019')"), 'derived', 'a new enum value: not tried beforehand');
run_to_end($node, $db, 'migrate_revert', '0019');
is(fingerprint($node, $db), $before, 'a new enum value: the way back is exact');

# A table that the migration has not touched, but whose column is of that type, is made to fit and stays.
$db = copy_of($node, 'enum_elsewhere');
query($node, $db, "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE moods (id int PRIMARY KEY, m mood); INSERT INTO moods VALUES (1, 'ok')");
$before = fingerprint($node, $db);
query($node, $db, register('0019', up => "ALTER TYPE mood ADD VALUE 'new';\nSELECT 'new'::mood;"));
run_to_end($node, $db, 'migrate_apply', '0019');
run_to_end($node, $db, 'migrate_revert', '0019');
is(query($node, $db, 'SELECT m FROM moods'), 'ok', 'a new enum value: a table of the type stays');
is(fingerprint($node, $db), $before, 'and is what it was');

# The client
my $project = project($node, 'client', '0019_status' => { up => "ALTER TABLE users ADD COLUMN status text;\n" });
my $run = $project->run('apply', '0019');
is($run->exit, 0, 'apply');
like($run->stdout, qr/^way back: surefoot revert 0019/m, 'and what takes it back');
$run = $project->run('show', '0019');
like($run->stdout, qr/\A-- 0019, the way back .*: exact\nALTER TABLE public\.users DROP COLUMN status;\n\z/, 'show');
like($project->run('status')->stdout, qr/^0019 .*exact/m, 'status');
$run = $project->run('new', '--down', '0019');
is($run->exit, 0, 'new --down');
like($run->stdout, qr/0019_status\.down\.sql$/m, 'names the file');
isnt($project->run('new', '--down', '0019')->exit, 0, 'and overwrites none');
is($project->run('revert', '0019')->exit, 0, 'which is a down script as any other');
$run = $project->run('show', '0020');
isnt($run->exit, 0, 'there is nothing to show of what is not there');

done_testing();

# A rehearsal on a live server: beside an open transaction that holds the table, within its budget of pages and time, with nothing
# left of it.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP;
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main');
my $dir = folder();
write_migration("$dir/migrations", '0001_status', up => "ALTER TABLE users ADD COLUMN status text;\n", down => "ALTER TABLE users DROP COLUMN status;\n");
write_migration("$dir/migrations", '0002_forgets', up => "CREATE TABLE a (id int);\nCREATE TABLE b (id int);\n", down => "DROP TABLE a;\n");
write_migration("$dir/migrations", '0003_fails', up => "CREATE TABLE c (id int);\nALTER TABLE nothing ADD COLUMN a int;\n");
write_migration("$dir/migrations", '0004_rewrites', up => "ALTER TABLE users ALTER COLUMN id TYPE bigint;\nUPDATE users SET name = 'x';\n");
write_migration("$dir/migrations", '0005_slow', up => "ALTER TABLE users ADD COLUMN slow int;\nSELECT pg_sleep(60);\n");
write_migration("$dir/migrations", '0006_index', up => "CREATE INDEX users_name ON users (name);\n", verify => "SELECT count(*) = 50000 FROM users WHERE name LIKE 'name %';\n");
query($node, 'postgres', "CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users SELECT n, 'name ' || n FROM generate_series(1, 50000) AS n");
my $before = query($node, 'postgres', "SELECT migrate_fingerprint(kind => 'physical')");

sub rehearse
{
	my ($options, @arguments) = @_;
	return client($node, [ 'rehearse', @arguments ], dir => $dir, env => { PGOPTIONS => $options });
}
my $time = '-c surefoot.rehearse_timeout=60s';

my $fine = rehearse($time);
is($fine->exit, 0, 'the first pending one is rehearsed');
like($fine->stdout, qr/^pass +down_script +0001 +exact$/m, 'its down script is exact');
like($fine->stdout, qr/^pass +lock +public.users +ACCESS EXCLUSIVE$/m, 'its lock is told');
like($fine->stdout, qr/^up +2? *1 .*ALTER TABLE users ADD COLUMN status text$/m, 'and each statement');

my $forgets = rehearse($time, '0002');
is($forgets->exit, 4, 'one that leaves something behind: exit code 4');
like($forgets->stdout, qr/table public\.b: added/, 'what it leaves is shown');
like($forgets->stdout, qr/derived is exact.*surefoot new --down 0002/, 'and the derived way back is offered');
like($forgets->stdout, qr/^warn +order +0001/m, 'what comes first and is not applied is told');

my $fails = rehearse($time, '0003');
is($fails->exit, 1, 'one that fails: exit code 1');
like($fails->stdout, qr/^fail +up +0003 +relation "nothing" does not exist$/m, 'with the error');

# The budget of pages.
my $large = rehearse("$time -c surefoot.rehearse_pages=100", '0004');
is($large->exit, 0, 'a rewrite of a large table');
like($large->stdout, qr/rewrites public.users, and was rehearsed on empty storage/, 'is rehearsed on empty storage');
like($large->stdout, qr/the query was prepared and not run/, 'and an UPDATE is prepared only');
my $small = rehearse("$time -c surefoot.rehearse_pages=10000", '0004');
like($small->stdout, qr/0 rows inserted, 50000 updated/, 'with a larger budget it is done in earnest');

# The budget of time: rolled back, and once more with no rows at all.
my $slow = rehearse('-c surefoot.rehearse_timeout=1s', '0005');
is($slow->exit, 0, 'what takes too long');
like($slow->stdout, qr/nothing was run on rows: with them, it takes longer than surefoot.rehearse_timeout/, 'is rehearsed without rows');

write_migration("$dir/migrations", '0007_slower', up => "DO \$\$ BEGIN PERFORM pg_sleep(30); END \$\$;\n");
my $slower = rehearse('-c surefoot.rehearse_timeout=200ms', '0007');
is($slower->exit, 5, 'what takes too long even so: exit code 5');
like($slower->stdout, qr/^fail +time +0007 +the rehearsal takes longer than surefoot.rehearse_timeout allows$/m, 'is given up');

# An index of a large table is not built, and no query looks into it.
my $index = rehearse($time . ' -c surefoot.rehearse_pages=10', '0006');
is($index->exit, 0, 'an index of a large table');
like($index->stdout, qr/^pass +not-built +public.users +up, line 1: the index was defined and not built/m, 'is told of');
like($index->stdout, qr/defined, not built +public.users: SHARE UPDATE EXCLUSIVE/, 'is not built');
like($index->stdout, qr/^pass +verify/m, 'and the verify script does not look into it');

# For programs.
my $json = decode_json(rehearse($time, '0002', '--json')->stdout);
is($json->{exit_code}, 4, 'as JSON: the exit code');
is((grep { $_->{code} eq 'down_script' } @{ $json->{rehearsal} })[0]{level}, 'fail', 'the findings');
is_deeply([ map { $_->{direction} } @{ $json->{statements} } ], [ 'up', 'up', 'down' ], 'the statements');

# Beside a transaction that holds the table: given up, with whoever holds it, and nobody waits behind it for long.
my $holder = session($node, 'postgres');
$holder->query('BEGIN; SELECT count(*) FROM users');
my $blocked = rehearse("$time -c surefoot.lock_retry=1s", '0001');
is($blocked->exit, 5, 'beside an open transaction: exit code 5');
like($blocked->stderr, qr/could not get the locks on public.users within 1 s/, 'the lock is named');
like($blocked->stderr, qr/Blocked by pid \d+ \(postgres, idle in transaction/, 'and who holds it');
my $patient = client_start($node, [ 'rehearse', '0001' ], dir => $dir, env => { PGOPTIONS => $time });
is(query($node, 'postgres', "SET statement_timeout = '5s'; SELECT count(*) FROM users"), 50000, 'a reader goes on meanwhile');
$holder->query('COMMIT');
is($patient->finish->exit, 0, 'it goes on when the table is free');

is(query($node, 'postgres', "SELECT migrate_fingerprint(kind => 'physical')"), $before, 'nothing is left of all that');
is(query($node, 'postgres', 'SELECT count(*) FROM surefoot.migration'), 0, 'not even a registration');

# One that is applied: its ways back, the down script as it is in the file by now.
is(client($node, [ 'apply', '0001' ], dir => $dir)->exit, 0, 'a migration is applied');
write_migration("$dir/migrations", '0001_status', down => "ALTER TABLE users DROP COLUMN status;\nCREATE TABLE more (id int);\n");
my $applied = rehearse($time, '0001');
is($applied->exit, 4, 'its mended down script is judged');
like($applied->stdout, qr/^fail +down_script +0001 +inexact$/m, 'before it is needed');
like($applied->stdout, qr/^pass +derived +0001 +exact$/m, 'beside the way back that is derived');

done_testing();

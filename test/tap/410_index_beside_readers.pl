# A migration that only builds indexes needs no lock that readers would notice, not even to prove its way back; a writer that does
# not end makes it go on without that proof, and say so.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main');
query($node, 'postgres',
	  'CREATE TABLE users (id int PRIMARY KEY, name text); '
	. "INSERT INTO users SELECT n, 'name ' || n FROM generate_series(1, 50000) AS n; "
	. register('1', up => 'CREATE INDEX users_name ON users (name);', down => 'DROP INDEX users_name;')
	. register('2', up => 'CREATE INDEX users_name ON users (name);', down => 'DROP INDEX users_name;')
	. register('3', up => 'CREATE INDEX users_id_name ON users (id, name);')
	. register('4', up => 'CREATE INDEX users_both ON users (name, id);', down => 'SELECT 1;')
	. register('5', up => 'CREATE INDEX users_wrong ON users (no_such_column);')
	. register('6', up => 'CREATE INDEX users_name_id ON users (name, id);', down => 'DROP INDEX CONCURRENTLY users_name_id;')
	. register('7', up => 'CREATE UNIQUE INDEX users_name ON users (name);'));
sub errors
{
	my ($sql) = @_;
	return (attempt($node, 'postgres', $sql))[1];
}

my $fast = "SET surefoot.lock_retry = '3s'; ";

# The reader holds AccessShareLock on the table and on its indexes from here on.
my $reader = session($node, 'postgres');
$reader->query('BEGIN; SELECT count(*) FROM users; SELECT name FROM users WHERE id = 7');

is(query($node, 'postgres', "$fast SELECT migrate_apply('1')"), 'queued: 1 step', 'an index beside an idle reader');
query($node, 'postgres', "CALL migrate_wait('1')");
is(state_of($node, 'postgres', '1'), 'applied', 'is built, and its way back was proved');
is(query($node, 'postgres', "SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_name'::regclass"), 't', 'it is valid');

$reader->query("SELECT id FROM users WHERE name = 'x'");
is(query($node, 'postgres', "$fast SELECT migrate_apply('2')"), 'applied', 'the same index again');
is(query($node, 'postgres', "SELECT count(*) FROM surefoot.event WHERE version = '2' AND message LIKE '%same definition, skipping'"), 1,
	'is skipped beside the reader');
like(errors("$fast SELECT migrate_apply('7')"), qr/SF007: index public.users_name exists with another definition/,
	'and another of that name refused');
like(errors("$fast SELECT migrate_apply('4')"), qr/SF008: the down script of migration 4 does not restore index public.users_both/,
	'a down script that leaves an index is found');
unlike(errors("$fast SELECT migrate_apply('4')"), qr/valid/, 'with nothing said of its validity');
like(errors("$fast SELECT migrate_apply('5')"), qr/42703: column "no_such_column" does not exist/,
	'a wrong column is found before anything is queued');
is(query($node, 'postgres', "SELECT relname FROM pg_class WHERE relname LIKE 'surefoot_aside%'"), '', 'nothing is left of the trials');

# An invalid index of the name makes room, read or not.
my $writer = session($node, 'postgres');
$writer->query('BEGIN; INSERT INTO users VALUES (0)');
like(errors("SET statement_timeout = '1s'; CREATE INDEX CONCURRENTLY users_id_name ON users (id, name)"),
	qr/statement timeout/, 'a build that dies');
$writer->query('COMMIT');
$reader->query("SELECT id FROM users WHERE name = 'y'");
is(query($node, 'postgres', "$fast SELECT migrate_apply('3')"), 'queued: 1 step', 'leaves an invalid index, which is no obstacle');
$reader->query('COMMIT');
query($node, 'postgres', "CALL migrate_wait('3')");
is(query($node, 'postgres', "SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_id_name'::regclass"), 't', 'it is built anew');

$writer->query('BEGIN; UPDATE users SET name = name WHERE id = 1');
is(query($node, 'postgres', "$fast SELECT migrate_apply('6')"), 'queued: 1 step', 'beside a writer the index is queued as well');
is(query($node, 'postgres', "SELECT count(*) FROM surefoot.event WHERE version = '6' AND level = 'warning' "
		. "AND message LIKE '%were not tried beforehand%'"), 1, 'with a warning that its way back is not proved');
$writer->query('COMMIT');
query($node, 'postgres', "CALL migrate_wait('6')");
is(query($node, 'postgres', "SELECT migrate_revert('6')"), 'queued: 1 step', 'it goes back');
query($node, 'postgres', "CALL migrate_wait('6')");
is(state_of($node, 'postgres', '6'), 'reverted', 'exactly');

done_testing();

# Purging while somebody is in the way: what stays is named, with the call that removes it later, and the rest goes.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0, conf => "surefoot.keep_rows = on\nlock_timeout = 20s\n");
prepare_template(
	$node,
	'CREATE TABLE users (id int PRIMARY KEY, name text, email text);',
	"INSERT INTO users VALUES (1, 'a', 'a\@example.org');",
	'CREATE TABLE old (id int); INSERT INTO old VALUES (1); CREATE TABLE older (id int); INSERT INTO older VALUES (1);',
	register('1', up => 'DROP TABLE old; DROP TABLE older'),
	register('2', up => "-- surefoot: keep=hidden\nALTER TABLE users DROP COLUMN email"),
	register('3', up => "UPDATE users SET name = 'b'"));
my $db = copy_of($node, 'purge');
query($node, $db, "SELECT migrate_apply('$_')") for 1 .. 3;
my $id = query($node, $db, "SELECT id FROM surefoot.archive WHERE name = 'public.old'");
my $purger = session($node, $db);

my $reader = session($node, $db);
$reader->query('BEGIN');
$reader->query("SELECT count(*) FROM surefoot_archive.table_$id");
is($purger->query("SELECT migrate_purge('1')"), 'purged: 1', 'what is free goes');
like($purger->error, qr/WARNING:  01000: what is kept of table public\.old is not purged: it is in use\nHINT:  Try again later: SELECT migrate_purge\('1'\);/,
	'what is read is named');
$reader->query('COMMIT');
is($purger->query("SELECT migrate_purge('1')"), 'purged: 1', 'which works afterwards');

$reader->query('BEGIN');
$reader->query('SELECT count(*) FROM users');
query($node, $db, 'UPDATE surefoot.archive SET purge_after = clock_timestamp()');
is($purger->query('SELECT migrate_purge()'), 'purged: 1', 'what is past its time, beside a table in use');
like($purger->error, qr/WARNING:  01000: hidden column public\.users\.email is not purged: its table is in use\nHINT:  Try again later: SELECT migrate_purge\(\);/,
	'the call is the same');
$reader->query('COMMIT');

my $hidden = query($node, $db, "SELECT attname FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname LIKE 'surefoot%'");
query($node, $db, "CREATE VIEW leans AS SELECT $hidden FROM users");
is($purger->query('SELECT migrate_purge()'), 'purged: 0', 'a view leans on it');
like($purger->error, qr/WARNING:  01000: hidden column public\.users\.email is not purged: other objects depend on it\nHINT:  Drop them, and then: SELECT migrate_purge\(\);/,
	'which is said');
query($node, $db, 'DROP VIEW leans');
is($purger->query('SELECT migrate_purge()'), 'purged: 1', 'and it goes after the view');
is(query($node, $db, "SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname LIKE 'surefoot%'"), '0', 'for good');
$_->close for $reader, $purger;
done_testing();

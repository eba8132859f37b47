# The rows that a TRUNCATE has removed are in files that were moved: through crashes, with and without WAL of new files, on a standby,
# and in a dump. They come back with their indexes.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Surefoot;
use PostgreSQL::Test::Utils;
use Test::More;

my $make = <<'SQL';
CREATE EXTENSION amcheck;
CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE NOT NULL, big text, n numeric);
ALTER TABLE users ALTER big SET STORAGE EXTERNAL;
INSERT INTO users (email, big, n) SELECT 'u' || i, repeat(md5(i::text), 100), i / 7.0 FROM generate_series(1, 20000) i;
CREATE TABLE orders (id int PRIMARY KEY, u int REFERENCES users);
INSERT INTO orders SELECT i, i FROM generate_series(1, 100) i;
CHECKPOINT;
SELECT migrate_register('1', 'truncate', 'TRUNCATE users RESTART IDENTITY CASCADE');
SQL
my $rows = q{SELECT (SELECT count(*) || ' ' || md5(string_agg(u::text, '' ORDER BY id)) FROM users u) || ' ' || (SELECT count(*) FROM orders)};
my $by_key = q{SET enable_seqscan = off; SELECT id FROM users WHERE email = 'u777'};
my $check = q{SELECT count(bt_index_check(indexrelid, true)::text) FROM pg_index WHERE indrelid IN ('users'::regclass, 'orders'::regclass)};
my $next = q{SELECT nextval('users_id_seq')};

for my $level ('minimal', 'replica')
{
	my $node = new_server($level, conf => "wal_level = $level\nmax_wal_senders = " . ($level eq 'minimal' ? 0 : 4) . "\nfsync = on\nwal_skip_threshold = 0\n");
	my $ask = sub { return $node->safe_psql('postgres', $_[0]); };
	my $crash = sub { crash_server($node); $node->start; };
	$ask->($make);
	my $was = $ask->($rows);

	is($ask->(q{SELECT migrate_apply('1')}), 'applied', "$level: tables are truncated");
	$crash->();
	is($ask->(q{SELECT way_back FROM surefoot.derived}), 'exact', 'the way back is exact');
	is($ask->(q{SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM orders)}), '0', 'they are empty after a crash');
	is($ask->($check), '3', 'and so are their indexes');
	is($ask->(q{INSERT INTO users (email) VALUES ('new'); DELETE FROM users RETURNING id}), '1', 'and can be written');
	is($ask->(q{SELECT migrate_revert('1')}), 'reverted', 'the rows come back');
	is($ask->($rows), $was, 'all of them');
	$crash->();
	is($ask->($rows), $was, 'and stay, after another crash');
	is($ask->($by_key), '777', 'and are found by their key');
	is($ask->($check), '3', 'the indexes have them');
	is($ask->($next), '20001', 'the sequence stands where it stood');
	is($ask->(q{SELECT count(*) FROM pg_class WHERE relnamespace = 'surefoot_archive'::regnamespace}), '0', 'nothing is left of the archive');

	$ask->(q{BEGIN; SELECT migrate_apply('1'); ROLLBACK});
	is($ask->($rows) . ' ' . $ask->($check), "$was 3", 'rolled back, they are there');
	$ask->(q{BEGIN; SAVEPOINT a; SELECT migrate_apply('1'); ROLLBACK TO a; INSERT INTO users VALUES (0, 'u0', 'b', 0); DELETE FROM users WHERE id = 0; COMMIT});
	$crash->();
	is($ask->($rows) . ' ' . $ask->($check), "$was 3", 'also to a savepoint, and can be written');
	$ask->(q{BEGIN; SELECT migrate_apply('1'); INSERT INTO users (id, email, big) SELECT i, i, repeat('b', 5000) FROM generate_series(1, 100) i; COMMIT});
	$crash->();
	is($ask->(q{SELECT count(*) || ' ' || sum(length(big)) FROM users}) . ' ' . $ask->($check), '100 500000 3', 'what is written in the same transaction lasts');
	$ask->(q{BEGIN; DELETE FROM users; SELECT migrate_revert('1'); ROLLBACK});
	$crash->();
	is($ask->(q{SELECT count(*) FROM users}), '100', 'a way back that was rolled back');
	$ask->(q{UPDATE users SET id = id + 50000});
	is($ask->(q{SELECT migrate_revert('1', accept => '{conflicts}')}), 'reverted', 'can be gone again, beside new rows');
	$crash->();
	is($ask->(q{SELECT count(*) || ' ' || sum(length(big)) FROM users}) . ' ' . $ask->($check), '20100 64500000 3', 'which are all there');
	$ask->(q{DELETE FROM users WHERE id > 20000; VACUUM (FREEZE) users; UPDATE users SET big = big || 'x' WHERE id = 5});
	is($ask->(q{SELECT count(*) FROM users WHERE big = repeat(md5(id::text), 100) || 'x'}), '1', 'large values can be written anew');
	next if $level eq 'minimal';

	# Whoever writes to what the rows refer to is not waited for, but by the way back.
	$ask->(q{CREATE TABLE towns (id int PRIMARY KEY); INSERT INTO towns VALUES (1); CREATE TABLE people (t int REFERENCES towns); INSERT INTO people VALUES (1);
		SELECT migrate_register('2', 'people', 'TRUNCATE people')});
	my $writer = psql_start($node, q{BEGIN; INSERT INTO towns VALUES (100); SELECT pg_sleep(60)});
	wait_for_sql($node, q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'});
	is($ask->(q{SET surefoot.lock_retry = 1; SELECT migrate_apply('2')}), 'applied', 'beside a writer to a table that is referred to');
	is($ask->(q{SELECT way_back FROM surefoot.derived ORDER BY run DESC LIMIT 1}), 'exact', 'the way back was tried');
	my ($code, $out, $error) = $node->psql('postgres', q{SET surefoot.lock_retry = 1; SELECT migrate_revert('2')});
	isnt($code, 0, 'the way back waits for the writer');
	$ask->(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'});
	$writer->finish;
	is($ask->(q{SELECT migrate_revert('2')}) . $ask->(q{SELECT count(*) FROM people}), 'reverted1', 'and goes on then');

	# In a dump, and where it is read.
	$was = $ask->($rows);
	$ask->(q{SELECT migrate_apply('1')});
	my $dump = folder() . '/dump';
	$node->command_ok([ 'pg_dump', '-f', $dump, $node->connstr('postgres') ], 'what is kept can be dumped');
	$ask->('CREATE DATABASE copy TEMPLATE template0');
	$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-d', $node->connstr('copy'), '-f', $dump ], 'and read');
	is($node->safe_psql('copy', q{SELECT migrate_revert('1')}), 'reverted', 'there it comes back');
	is($node->safe_psql('copy', $rows) . ' ' . $node->safe_psql('copy', $check), "$was 3", 'with its rows');

	# On a standby.
	$node->backup('base');
	my $standby = PostgreSQL::Test::Cluster->new('standby');
	$standby->init_from_backup($node, 'base', has_streaming => 1);
	$standby->start;
	is($ask->(q{SELECT migrate_revert('1')}), 'reverted', 'on the primary');
	$node->wait_for_catchup($standby);
	is($standby->safe_psql('postgres', $rows) . ' ' . $standby->safe_psql('postgres', $check), "$was 3", 'a standby has the rows as well');
	$standby->stop;
	$node->stop;
}
done_testing();

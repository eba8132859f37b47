# What the way back finds in files that were moved, and in columns that got their place again, stays there: through crashes, with and
# without WAL of new files, on a standby, and in a dump.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Surefoot;
use PostgreSQL::Test::Utils;
use Test::More;

my $make = <<'SQL';
CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE NOT NULL, big text, n numeric);
ALTER TABLE users ALTER big SET STORAGE EXTERNAL;
INSERT INTO users SELECT i, 'u' || i, repeat(md5(i::text), 100), i / 7.0 FROM generate_series(1, 20000) i;
CREATE TABLE orders (id int PRIMARY KEY, u int REFERENCES users);
INSERT INTO orders SELECT i, i FROM generate_series(1, 100) i;
CHECKPOINT;
SELECT migrate_register('1', 'drop', 'DROP TABLE users CASCADE');
SELECT migrate_register('2', 'columns', 'ALTER TABLE users DROP COLUMN email, DROP COLUMN big');
SQL
my $rows = q{SELECT count(*) || ' ' || md5(string_agg(u::text, '' ORDER BY id)) FROM users u};
my $by_key = q{SET enable_seqscan = off; SELECT id FROM users WHERE email = 'u777'};

for my $level ('minimal', 'replica')
{
	my $node = new_server($level, conf => "wal_level = $level\nmax_wal_senders = " . ($level eq 'minimal' ? 0 : 4) . "\nfsync = on\nwal_skip_threshold = 0\n");
	my $ask = sub { return $node->safe_psql('postgres', $_[0]); };
	my $crash = sub { crash_server($node); $node->start; };
	$ask->($make);
	my $was = $ask->($rows);

	is($ask->(q{SELECT migrate_apply('1')}), 'applied', "$level: a table is dropped");
	$crash->();
	is($ask->(q{SELECT way_back FROM surefoot.derived}), 'exact', 'its way back is exact');
	is($ask->(q{SELECT migrate_revert('1')}), 'reverted', 'after a crash it comes back');
	is($ask->($rows), $was, 'with its rows');
	$crash->();
	is($ask->($rows), $was, 'which stay, after another crash');
	is($ask->($by_key), '777', 'and are found by their key');
	is($ask->(q{SELECT count(*) FROM pg_class WHERE relnamespace = 'surefoot_archive'::regnamespace}), '0', 'nothing is left of the archive');

	$ask->(q{BEGIN; SELECT migrate_apply('1'); ROLLBACK});
	is($ask->($rows), $was, 'rolled back, it is there');
	$ask->(q{BEGIN; SAVEPOINT a; SELECT migrate_apply('1'); ROLLBACK TO a; INSERT INTO users VALUES (0, 'u0', 'b', 0); DELETE FROM users WHERE id = 0; COMMIT});
	is($ask->($rows), $was, 'also to a savepoint, and can be written');
	$ask->(q{SELECT migrate_apply('1')});
	$ask->(q{BEGIN; SELECT migrate_revert('1'); ROLLBACK});
	$crash->();
	is($ask->(q{SELECT migrate_revert('1')}), 'reverted', 'a way back that was rolled back');
	is($ask->($rows), $was, 'can be gone again');

	is($ask->(q{SELECT migrate_apply('2')}), 'applied', 'two columns are dropped');
	$crash->();
	$ask->(q{UPDATE users SET n = n WHERE id > 19999});
	$ask->(q{SELECT migrate_revert('2')});
	$ask->(q{CALL migrate_wait('2')});
	is($ask->(q{SELECT state FROM migrate_status('2')}), 'reverted', 'and come back');
	$crash->();
	is($ask->(q{SELECT count(*) FROM users WHERE email = 'u' || id AND big = repeat(md5(id::text), 100)}), '19999', 'with the values of all rows but one');
	is($ask->(q{SELECT email || coalesce(big, 'null') FROM users WHERE id = 20000}), 'null', 'which was written meanwhile');
	$ask->(q{VACUUM (FREEZE) users; UPDATE users SET big = big || 'x' WHERE id = 5});
	is($ask->(q{SELECT count(*) FROM users WHERE big = repeat(md5(id::text), 100) || 'x'}), '1', 'large values can be written anew');
	next if $level eq 'minimal';

	# In a dump, and where it is read.
	$was = $ask->($rows);
	$ask->(q{SELECT migrate_apply('1')});
	# Enums have other numbers there, and the type itself is gone meanwhile.
	$ask->(q{CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE moods AS SELECT i, (ARRAY['sad', 'ok'])[1 + i % 2]::mood AS mood FROM generate_series(1, 30000) i});
	my $moods = q{SELECT md5(string_agg(m::text, ',' ORDER BY i)) FROM moods m};
	my $moods_were = $ask->($moods);
	is($ask->(q{SELECT migrate_register('3', 'moods', 'DROP TABLE moods; DROP TYPE mood')}), 'registered', 'a table with an enum');
	is($ask->(q{SELECT migrate_apply('3')}), 'applied', 'goes, and the enum as well');
	my $dump = folder() . '/dump';
	$node->command_ok([ 'pg_dump', '-f', $dump, $node->connstr('postgres') ], 'what is kept can be dumped');
	$ask->('CREATE DATABASE copy TEMPLATE template0');
	$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-d', $node->connstr('copy'), '-f', $dump ], 'and read');
	is($node->safe_psql('copy', q{SELECT migrate_revert('1')}), 'reverted', 'there it comes back');
	is($node->safe_psql('copy', $rows), $was, 'with its rows');
	is($node->safe_psql('copy', q{SELECT migrate_revert('3')}), 'reverted', 'the one with the enum, too');
	is($node->safe_psql('copy', $moods), $moods_were, 'whose values are called what they were called');

	# On a standby.
	$node->backup('base');
	my $standby = PostgreSQL::Test::Cluster->new('standby');
	$standby->init_from_backup($node, 'base', has_streaming => 1);
	$standby->start;
	is($ask->(q{SELECT migrate_revert('1')}), 'reverted', 'on the primary');
	$node->wait_for_catchup($standby);
	is($standby->safe_psql('postgres', $rows), $was, 'a standby has the rows as well');
	is($ask->(q{SELECT migrate_revert('3')}), 'reverted', 'and the enum');
	is($ask->($moods), $moods_were, 'comes back on the primary');
	$standby->stop;
	$node->stop;
}
done_testing();

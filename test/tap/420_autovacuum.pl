# An autovacuum of the table does not keep a strong lock away: it gives way although lock_timeout is far below deadlock_timeout.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', conf => <<'CONF');
autovacuum = on
autovacuum_naptime = 1s
autovacuum_vacuum_cost_delay = 100ms
autovacuum_vacuum_cost_limit = 1
autovacuum_vacuum_insert_threshold = 1
autovacuum_vacuum_insert_scale_factor = 0
CONF
query($node, 'postgres',
	  'CREATE TABLE users (id int, name text); '
	. register('1', up => 'ALTER TABLE users ADD COLUMN nick text;', down => 'ALTER TABLE users DROP COLUMN nick;'));
query($node, 'postgres', "INSERT INTO users SELECT n, repeat('x', 100) FROM generate_series(1, 100000) AS n");
wait_for_sql($node, "SELECT EXISTS (SELECT FROM pg_stat_progress_vacuum WHERE relid = 'users'::regclass)", 't');
is(query($node, 'postgres', "SET surefoot.lock_retry = '5s'; SELECT migrate_apply('1')"), 'applied', 'beside an autovacuum of the table');
is(query($node, 'postgres', 'SHOW deadlock_timeout'), '1s', 'whose setting is the session\'s own again');

done_testing();

# Indexes and keys of partitioned tables: each partition that is worth it gets its own concurrently, and once; what a partition has
# already is taken; the whole is valid in the end, also when the worker is killed between, and comes back exactly.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0);
# Two large partitions, one of them of a second level, one that has an index already, and a small one.
prepare_template($node, <<'SQL');
CREATE TABLE visits (id int NOT NULL, place int NOT NULL, note text) PARTITION BY RANGE (id);
CREATE TABLE visits_a PARTITION OF visits FOR VALUES FROM (0) TO (20000);
CREATE TABLE visits_b PARTITION OF visits FOR VALUES FROM (20000) TO (40000) PARTITION BY RANGE (place);
CREATE TABLE visits_b1 PARTITION OF visits_b FOR VALUES FROM (0) TO (100000);
CREATE TABLE visits_small PARTITION OF visits FOR VALUES FROM (40000) TO (50000);
INSERT INTO visits SELECT n, n, repeat('x', 60) || n FROM generate_series(1, 39999) n;
CREATE INDEX mine ON visits_a (note);
SQL
my $n = 0;
sub fresh { return copy_of($node, 'parts' . ++$n) }

# Each with how many steps follow the first, and the indexes that it makes, of which table. mine is not made anew.
my @migrations = (
	[ 'CREATE INDEX visits_note ON visits (note);', 2, 'visits:visits_note visits_b:visits_b_note_idx visits_b1:visits_b1_note_idx visits_small:visits_small_note_idx' ],
	[ 'CREATE INDEX CONCURRENTLY ON visits (place DESC);', 3,
		'visits:visits_place_idx visits_a:visits_a_place_idx visits_b:visits_b_place_idx visits_b1:visits_b1_place_idx visits_small:visits_small_place_idx' ],
	[ 'CREATE INDEX visits_upper ON visits (upper(note)) WHERE id > 5;', 3,
		'visits:visits_upper visits_a:visits_a_upper_idx visits_b:visits_b_upper_idx visits_b1:visits_b1_upper_idx visits_small:visits_small_upper_idx' ],
	[ "ALTER TABLE visits ADD PRIMARY KEY (id, place);\nCOMMENT ON INDEX visits_pkey IS 'the key';", 3,
		'visits:visits_pkey visits_a:visits_a_pkey visits_b:visits_b_pkey visits_b1:visits_b1_pkey visits_small:visits_small_pkey' ],
	[ 'ALTER TABLE visits ADD CONSTRAINT visits_once UNIQUE (place, id) INCLUDE (note);', 3,
		'visits:visits_once visits_a:visits_a_place_id_key visits_b:visits_b_place_id_note_key visits_b1:visits_b1_place_id_key visits_small:visits_small_place_id_note_key' ]);
my $indexes = "SELECT string_agg(tablename || ':' || indexname, ' ' ORDER BY tablename, indexname) FROM pg_indexes
	WHERE tablename LIKE 'visits%' AND indexname <> 'mine'";
my $valid = 'SELECT count(*) FROM pg_index WHERE NOT indisvalid OR NOT indisready';
for my $migration (@migrations)
{
	my ($sql, $steps, $expected) = @$migration;
	# The key of a partition makes NOT NULL, which it had from its parent, its own from 18 on, and nothing takes that back.
	my $stays = $node->pg_version >= 18 && $sql =~ /PRIMARY KEY/;
	my $db = fresh();
	my $before = fingerprint($node, $db);
	if ($stays)
	{
		query($node, $db, register('1', up => $sql));
		fails_with($node, $db, "SELECT migrate_apply('1')", 'SF016', 'what has no way back is refused');
		$sql = "-- surefoot: accept=no-way-back\n$sql";
	}
	query($node, $db, register('1', up => $sql));
	is(run_to_end($node, $db, 'migrate_apply', '1'), "queued: $steps steps", $sql);
	is(query($node, $db, $indexes), $expected, 'each partition has one index of it');
	is(query($node, $db, $valid), '0', 'all are valid');
	is(query($node, $db, "SELECT way_back FROM migrate_status('1')"), $stays ? 'no way back' : 'exact', 'its way back');
	next if $stays;
	run_to_end($node, $db, 'migrate_revert', '1');
	is(fingerprint($node, $db), $before, 'and all is what it was');
}

# Killed when the partitions have their indexes and the whole has not: nothing is built again.
my $db = fresh();
my $before = fingerprint($node, $db);
query($node, $db, register('1', up => $migrations[2][0]));
my $holder = session($node, $db);
call_before($node, $db, "migrate_apply('1')", $holder, 'BEGIN; LOCK TABLE visits_small IN ROW EXCLUSIVE MODE', 'visits_small');
wait_for_sql($node, "SELECT string_agg(state, ' ' ORDER BY n) FROM surefoot.step", 'done done running', database => $db);
my $built = query($node, $db, "SELECT string_agg(oid::text, ' ' ORDER BY oid) FROM pg_class WHERE relname ~ '_upper_idx'");
restarts($node, sub { crash_process(worker_of($node, $db)) });
is(query($node, $db, "SELECT string_agg(oid::text, ' ' ORDER BY oid) FROM pg_class WHERE relname ~ '_upper_idx'"), $built, 'killed before the parts are attached');
run_to_end($node, $db, 'migrate_resume', '1');
is(query($node, $db, $indexes), $migrations[2][2], 'resumed: each partition has one index of it');
is(query($node, $db, "SELECT count(*) FROM pg_class WHERE oid = ANY (string_to_array('$built', ' ')::oid[])"), '2', 'those that were built before');
no_debris($node, $db, 'resumed');
run_to_end($node, $db, 'migrate_revert', '1');
is(fingerprint($node, $db), $before, 'and walked back');
done_testing();

# surefoot rehearse --all --sandbox: a whole history forth, back and forth again, with real commits.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Client;
use JSON::PP;
use Surefoot;
use Test::More;

my $dir = folder();
write_migration("$dir/migrations", '0001_mood', up => "CREATE TYPE mood AS ENUM ('sad', 'ok');\nCREATE TABLE moods (m mood, id int PRIMARY KEY);\n",
	down => "DROP TABLE moods;\nDROP TYPE mood;\n");
write_migration("$dir/migrations", '0002_happy', up => "ALTER TYPE mood ADD VALUE 'happy';\nINSERT INTO moods VALUES ('happy', 1);\nDELETE FROM moods;\n");
write_migration("$dir/migrations", '0003_index', up => "CREATE INDEX CONCURRENTLY moods_m ON moods (m);\nCOMMENT ON INDEX moods_m IS 'by mood';\n",
	down => "DROP INDEX CONCURRENTLY moods_m;\n");
write_migration("$dir/migrations", '0004_drop', up => "ALTER TABLE moods ADD COLUMN a int;\nALTER TABLE moods DROP COLUMN m;\n");
write_migration("$dir/migrations", '0005_left', up => "CREATE TEMP TABLE helper (id int);\nCREATE TABLE left_over (id int);\n", down => "-- surefoot: accept=public.left_over\nSELECT 1;\n");

sub rehearse
{
	return client(undef, [ 'rehearse', '--sandbox', @_ ], dir => $dir, env => { PGHOST => '/none' });
}

my $all = rehearse('--all');
is($all->exit, 0, 'a history that goes back as it says: exit code 0');
like($all->stdout, qr/^0001 +mood +exact \(down script\) +exact +exact/m, 'a down script');
like($all->stdout, qr/^0002 +happy .*exact +exact/m, 'an enum value, with real commits');
like($all->stdout, qr/^0003 +index +exact \(down script\) +exact +exact/m, 'a concurrent step');
like($all->stdout, qr/^0004 +drop +exact without rows \(derived\) +exact but for column order/m, 'a column that comes back last');
like($all->stdout, qr/^5 migrations: /m, 'and a line at the end');
my $one = rehearse('0003');
is($one->exit, 0, 'one alone, on what comes before it');
like($one->stdout, qr/^1 migration: 1 exact/m, 'is told alone');

# A down script that forgets: named, and the history goes on with the derived one.
write_migration("$dir/migrations", '0006_forgets', up => "CREATE TABLE a (id int);\nCREATE TABLE b (id int);\n", down => "DROP TABLE a;\n");
write_migration("$dir/migrations", '0007_last', up => "CREATE VIEW v AS SELECT id FROM b;\n", down => "DROP VIEW v ON b;\n");
my $inexact = rehearse('--all', '--json');
is($inexact->exit, 4, 'a down script that forgets something: exit code 4');
my $report = decode_json($inexact->stdout);
is_deeply([ map { scalar @{ $_->{faults} } > 0 ? $_->{version} : () } @{ $report->{migrations} } ], [ '0006', '0007' ],
	'it and one that is no SQL are the only ones with faults');
like($report->{migrations}[5]{faults}[0], qr/inexact/, 'which are named');
like($report->{migrations}[6]{faults}[0], qr/line 1: syntax error/, 'both');
is($report->{migrations}[6]{walked_back}, 'exact', 'and what comes after it is rehearsed, with the derived ones');

# One without a way back is a fault, unless it says that it is meant.
write_migration("$dir/lost", '0001_above', up => 'CREATE TABLE above (a int); CREATE TABLE below () INHERITS (above);');
write_migration("$dir/lost", '0002_lost', up => 'ALTER TABLE below NO INHERIT above;');
write_migration("$dir/lost", '0003_after', up => 'CREATE TABLE c (a int);');
my $undeclared = rehearse('--all', '--dir', "$dir/lost");
is($undeclared->exit, 4, 'no way back: exit code 4');
like($undeclared->stdout, qr/^0002 +lost +no way back \(derived\) +no way back/m, 'it is told');
like($undeclared->stdout, qr/^0003 +after +exact \(derived\) +exact/m, 'and what comes after it is rehearsed');
write_migration("$dir/lost", '0002_lost', up => "-- surefoot: accept=no-way-back\nALTER TABLE below NO INHERIT above;");
my $meant = rehearse('--all', '--dir', "$dir/lost");
is($meant->exit, 0, 'as declared: exit code 0');
like($meant->stdout, qr/1 inexact as declared, 0 with faults/, 'and counted as that');

# One that fails ends it, with what was rehearsed before.
write_migration("$dir/migrations", '0008_fails', up => "SELECT nothing;\n");
my $fails = rehearse('--all');
is($fails->exit, 1, 'a migration that fails: exit code 1');
like($fails->stdout, qr/^0007 +last/m, 'the table is shown');
like($fails->stderr, qr/column "nothing" does not exist/, 'and the error');

# Usage.
my $live = client(undef, [ 'rehearse', '--all' ], dir => $dir);
is($live->exit, 2, 'a whole history needs a sandbox');
like($live->stderr, qr/rehearse --all --sandbox/, 'which is said');

done_testing();

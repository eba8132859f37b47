# Small migrations that follow one another wait for the disk together: a crash takes back the last of them at most, each as a whole,
# and none once the run has ended.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Surefoot;
use Test::More;

# Nobody else writes the WAL in time.
my $node = new_server('main', conf => "wal_writer_delay = 10s\nautovacuum = off\nwal_level = replica\n");
my $count = 1500;
my $folder = folder();
write_migration($folder, sprintf('%04d_t', $_), up => "CREATE TABLE t$_ (id int);\n") for 1 .. $count;

sub numbers { return $node->safe_psql('postgres', $_[0]); }
sub applied { return numbers(q{SELECT string_agg(version::int::text, ' ' ORDER BY version::int) FROM migrate_status() WHERE state = 'applied'}); }
sub tables { return numbers(q{SELECT string_agg(substr(relname, 2), ' ' ORDER BY substr(relname, 2)::int) FROM pg_class WHERE relname ~ '^t\d+$'}); }

my $run = client_start($node, [ 'apply', '--all', '-C', $folder ]);
$run->wait_for(qr{^0200_t applied}m);
crash_server($node);
$node->start;
$run->finish;
isnt($run->exit, 0, 'the run fails with the server');
my $reported = () = $run->stdout =~ /^\d+_t applied/mg;
cmp_ok($reported, '<', $count, 'in its middle');
my $first = applied();
is($first, join(' ', 1 .. split(/ /, $first)), 'what is applied has no gap');
is(tables(), $first, 'and each is there as a whole');
cmp_ok(scalar(split / /, $first), '>', 0, 'what came before the last tenth of a second stays');

$run = client($node, [ 'apply', '--all', '-C', $folder ]);
is($run->exit, 0, 'the same command goes on') or diag($run->stderr);
crash_server($node);
$node->start;
is(applied(), join(' ', 1 .. $count), 'a crash right after its end takes nothing back');
is(tables(), join(' ', 1 .. $count), 'nor any table');

# One that fails has not taken back what was reported before it.
write_migration($folder, '2001_good', up => "CREATE TABLE good (id int);\n");
write_migration($folder, '2002_good', up => "CREATE TABLE better (id int);\n");
write_migration($folder, '2003_bad', up => "SELECT 1 / 0;\n");
$run = client($node, [ 'apply', '--all', '-C', $folder ]);
isnt($run->exit, 0, 'a migration fails');
crash_server($node);
$node->start;
is(numbers(q{SELECT string_agg(version, ' ' ORDER BY version) FROM migrate_status() WHERE state = 'applied' AND version > '2000'}),
	'2001 2002', 'those before it are there');

# Other sessions, and those who do not ask, wait for each commit.
$node->safe_psql('postgres', "SELECT migrate_register('3001', 'a', 'CREATE TABLE a1 (id int)'), migrate_register('3002', 'b', 'CREATE TABLE a2 (id int)')");
$node->psql('postgres', "SET surefoot.allow_out_of_order = on;\nSELECT migrate_apply('3001');\nSELECT migrate_apply('3002');");
crash_server($node);
$node->start;
is(numbers(q{SELECT count(*) FROM pg_class WHERE relname IN ('a1', 'a2')}), 2, 'nobody else is affected');

done_testing();

# Inheritors are locked where the server locks them, and nowhere else; who holds one is named.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', conf => "surefoot.lock_retry = 1\n");
query($node, 'postgres', <<'SQL');
CREATE TABLE p (id int, name text) PARTITION BY LIST (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE TABLE p2 (id int, name text);
CREATE TABLE parent (id int);
CREATE TABLE child () INHERITS (parent);
SQL
my $other = session($node, 'postgres');
$other->query('BEGIN; LOCK TABLE p1, child IN SHARE UPDATE EXCLUSIVE MODE');
my $version = 0;
for my $script (
	'ALTER TABLE p ATTACH PARTITION p2 FOR VALUES IN (2)', 'ALTER TABLE p DETACH PARTITION p2',
	'ALTER TABLE parent RENAME TO parent_2', 'ALTER TABLE parent_2 OWNER TO CURRENT_USER',
	'ALTER TABLE parent_2 SET (fillfactor = 50)', 'ALTER TABLE parent_2 ENABLE ROW LEVEL SECURITY')
{
	$version++;
	query($node, 'postgres', "SELECT migrate_register('$version', 'x', \$\$-- surefoot: accept=inexact-down\n$script\$\$)");
	succeeds($node, 'postgres', "SELECT migrate_apply('$version');", 'applied', $script);
}
my $pid = $other->pid;
for my $script ('ALTER TABLE p ADD COLUMN z int', 'ALTER TABLE parent_2 RENAME COLUMN id TO number')
{
	$version++;
	query($node, 'postgres', "SELECT migrate_register('$version', 'x', \$\$$script\$\$)");
	fails_with($node, 'postgres', "SELECT migrate_apply('$version');", qr/ERROR:  SF005:.*DETAIL:.*pid $pid /s, "$script: who is in the way");
}
done_testing();

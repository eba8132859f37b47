# The lock table under default settings: as many tables as there is room for are made in one transaction and walked back; what the
# server itself has no room for is refused before any of it runs.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

# The harness has other numbers of connections, workers and WAL senders, which make the room too.
my $node = new_server('main', conf => "max_connections = 100\nmax_worker_processes = 8\nmax_wal_senders = 10\nwal_level = replica\n");
if ($node->pg_version >= 18)
{
	# By default they are more than autovacuum_max_workers, which set the room until then.
	$node->append_conf('postgresql.conf', "autovacuum_worker_slots = 3\n");
	$node->restart;
}
is(query($node, 'postgres', 'SHOW max_locks_per_transaction'), '64', 'max_locks_per_transaction is what it is by default');
my $folder = folder();
my $made = "SELECT count(*) FROM pg_class WHERE relname LIKE 'many%'";

sub tables { return join '', map { "CREATE TABLE many_$_ (n int);\n" } 1 .. $_[0]; }

# What the contract names, where the server is Debian's; one that is built with assertions has room for more.
my ($too_many, $err);
for my $tables (6685, 20_000, 40_000)
{
	$too_many = $tables;
	(undef, $err) = attempt($node, 'postgres', 'BEGIN; ' . tables($too_many) . 'ROLLBACK');
	last if $err ne '';
}
like($err, qr/ERROR:  53200: out of shared memory/, "the server cannot make $too_many tables in one transaction");
write_migration($folder, '0001_too_many', up => tables($too_many));
my $run = client($node, [ 'apply', '1', '-C', $folder, '--quiet' ]);
is($run->exit, 7, 'their migration is refused by the checklist') or diag($run->stderr);
my $locks = 3 * $too_many;
like($run->stdout, qr/It needs about $locks; with max_locks_per_transaction = 64 there is room for \d+\./, 'which says why');
fails_with($node, 'postgres', "SELECT migrate_apply('1')", 'SF012', 'and by the server');
is(query($node, 'postgres', $made), '0', 'before any of them is made');

write_migration($folder, '0002_many', up => tables(4000));
$run = client($node, [ 'apply', '2', '-C', $folder, '--quiet', '--out-of-order' ]);
is($run->exit, 0, '4,000 have room') or diag(substr($run->stderr, 0, 2000));
is(query($node, 'postgres', $made), '4000', 'all of them');

# It takes longer to walk back.
prepare_template($node, register('1', up => tables(2000)));
is(query($node, 'base', "SELECT migrate_apply('1')"), 'applied', '2,000 are made');
is(query($node, 'base', "SELECT migrate_revert('1')"), 'reverted', 'and walked back');
is(query($node, 'base', $made), '0', 'all of them');

done_testing();

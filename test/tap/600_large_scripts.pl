# Scripts that are larger than anybody means them to be: run, or refused before anything has happened.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Surefoot;
use Test::More;

my $small = new_server('small');
my $large = new_server('large', conf => "max_locks_per_transaction = 512\nfsync = off\nmax_wal_size = 4GB\n");
my $folder = folder();

write_migration($folder, '0001_inserts',
	up => "CREATE TABLE t (n int);\n" . join('', map { "INSERT INTO t VALUES ($_);\n" } 1 .. 100_000));
my $run = client($small, [ 'apply', '1', '-C', $folder, '--quiet' ]);
is($run->exit, 0, '100,000 INSERTs') or diag($run->stderr);
is($small->safe_psql('postgres', 'SELECT count(*), sum(n) FROM t'), '100000|5000050000', 'all of them');

# One statement of 50 MB between small ones.
my $blob = '0123456789abcdef' x (50 * 65536);
write_migration($folder, '0002_blob', up => "CREATE TABLE b (x text);\nINSERT INTO b VALUES ('$blob');\nCREATE TABLE c (n int);\n");
$run = client($small, [ 'apply', '2', '-C', $folder, '--quiet' ]);
is($run->exit, 0, 'a script of 50 MB') or diag(substr($run->stderr, 0, 2000));
is($small->safe_psql('postgres', 'SELECT length(x), md5(x) = md5(repeat(\'0123456789abcdef\', 50 * 65536)) FROM b'), '52428800|t',
	'byte for byte');

write_migration($folder, '0003_tables',
	up => join('', map { "CREATE TABLE many_$_ (n int);\n" } 1 .. 10_000));
$run = client($small, [ 'apply', '3', '-C', $folder, '--quiet' ]);
is($run->exit, 7, '10,000 CREATE TABLEs are refused by the checklist where the lock table is small') or diag($run->stderr);
like($run->stdout . $run->stderr, qr/max_locks_per_transaction/, 'which names the setting');
my ($code, $out, $err) = $small->psql('postgres', "SELECT migrate_apply('3')", extra_params => [ '-v', 'VERBOSITY=verbose' ]);
like($err, qr/SF012/, 'and by the server');
is($small->safe_psql('postgres', "SELECT count(*) FROM pg_class WHERE relname LIKE 'many%'"), 0, 'before any of them is made');

$run = client($large, [ 'apply', '3', '-C', $folder, '--quiet' ]);
is($run->exit, 0, 'where it is large they are made') or diag(substr($run->stderr, 0, 2000));
is($large->safe_psql('postgres', "SELECT count(*) FROM pg_class WHERE relname LIKE 'many%'"), 10_000, 'all of them');

done_testing();

# The examples are true: the shop's own pg_regress suite, and its history in a sandbox.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Surefoot;
use Test::More;

my $shop = "$FindBin::Bin/../../examples/shop";
my $server = new_server('main', extension => 0);
my $out = folder();
{
	local %ENV = %ENV;
	delete $ENV{PGOPTIONS};
	$ENV{PGHOST} = $server->host;
	$ENV{PGPORT} = $server->port;
	my $pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		chdir $shop or die "$shop: $!";
		exec $ENV{PG_REGRESS}, "--bindir=$ENV{SUREFOOT_BIN}", '--inputdir=.', "--outputdir=$out", '--dbname=shop',
		  'migrations'
		  or die "pg_regress: $!";
	}
	waitpid $pid, 0;
	is($?, 0, 'the suite of the shop passes') or diag(-e "$out/regression.diffs" ? `cat $out/regression.diffs` : '');
}

my $applied = client(undef, [ '--sandbox', 'apply', '--all', '--dir', "$shop/migrations" ]);
is($applied->exit, 0, 'its history can be applied in a sandbox');
like($applied->stdout, qr/^3 migrations applied/m, 'all of it');
my $reverted = client(undef, [ '--sandbox', 'revert', '0003', '--dir', "$shop/migrations" ]);
is($reverted->exit, 0, 'and walked back there');

done_testing();

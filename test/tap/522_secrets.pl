# Passwords that stand apart from their word: none is shown or in a log file, neither of a script that is refused nor of one that is accepted.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Client;
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0);
prepare_template($node, '');
my $shop = project($node, 'shop');
my $accept = "-- surefoot: accept=literal-password\n";

sub hides
{
	my ($what, $sql, %expected) = @_;
	$shop->write('0001_secret', up => $sql, down => 'SELECT 1;');
	for my $command ([ 'plan', '1' ], [ 'checklist', '1' ], [ 'apply', '1', '--dry-run' ], [ 'rehearse', '1', '--json' ],
		[ 'apply', '1', '--echo', '--verbose' ], [ 'log', '1' ], [ 'log', '1', '--json' ])
	{
		my $run = $shop->run(@$command);
		unlike($run->stdout . $run->stderr . ($shop->log_files ? $shop->log_text : ''), qr/hunter|er5/, "$what: @$command hides it");
		is($run->exit, $expected{exit}, "$what: @$command ends as expected") if $command->[0] eq 'apply' && @$command > 3;
		like($run->stderr, $expected{shown}, "$what: what is around is shown") if $expected{shown} && @$command > 3;
	}
}

my $excerpt = qr/create role app3 login\n\t    \| \^\n\t  2 \|   password\n\t  3 \|     '\*{8}';/;
hides('refused, on three lines', "create role app3 login\n  password\n    'hunter5';\n", exit => 1);
like($shop->log_text, $excerpt, 'the lines are those of the script');
hides('a mistake beside it', "${accept}create rle app3 login\n  encrypted password\n    'hunter5';\n", exit => 1);
hides('a mistake before it', "${accept}create role app3 login no_such_option\n  encrypted password /* x */\n    'hunter5';\n", exit => 1);
hides('within a literal', "${accept}create role app2;\ndo \$\$begin execute 'alter role app2 password ''hunter5'''; perform 1/0; end\$\$;\n",
	exit => 1, shown => qr/password ''\*{8}'''/);
hides('an argument', "${accept}do \$\$begin execute format('create role app4 password %L','hunter5'); perform 1/0; end\$\$;\n", exit => 1);
hides('concatenated', "${accept}do \$\$begin execute 'create role app5 password ' || quote_literal('hunter5'); perform 1/0; end\$\$;\n", exit => 1);
hides('continued', "${accept}create role app6 password 'hunt'\n  'er5' no_such_option;\n", exit => 1);

done_testing();

# --json: each command writes one object on standard output and nothing else there, also when it fails; `jobs --follow` one a line.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Client;
use Jobs;
use JSON::PP;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0);
prepare_template($node, big_table('users'));
my $shop = project($node, 'shop',
	'0001_one' => { up => "CREATE TABLE one (id int);\n-- \"quoted\" \\ and \x{c3}\x{a9}\nCOMMENT ON TABLE one IS 'a \"b\" \\ \x{c3}\x{a9}';\n", down => "DROP TABLE one;\n", verify => "SELECT true;\n" },
	'0019_add_status' => { column_and_index('users') });

sub object
{
	my ($code, @arguments) = @_;
	my $o = ref $arguments[-1] ? pop @arguments : {};
	my $run = $shop->run(@arguments, '--json', $o);
	is($run->exit, $code, "@arguments: exit code $code");
	my $json = is_json($run->stdout, "@arguments");
	is($json->{schema_version}, 1, "@arguments: the version of its shape");
	is($json->{exit_code}, $code, "@arguments: its exit code");
	return $json;
}

is(object(0, 'status')->{pending}, 2, 'status: what is pending');
is(scalar @{ object(0, 'plan', '--all')->{plans} }, 2, 'plan: each migration');
is(object(0, 'plan', '0019')->{plans}[0]{steps}[1]{kind}, 'concurrent', 'plan: its steps');
ok((grep { $_->{code} eq 'way_back' } @{ object(0, 'checklist', '0019')->{findings} // object(0, 'checklist', '0019')->{checklist} }), 'checklist: its rows');
is(scalar @{ object(0, 'apply', '--all', '--dry-run')->{plans} }, 2, 'apply --dry-run: the plans');
my $applied = object(0, 'apply', '--all');
is(join(' ', map { "$_->{version} $_->{result}" } @{ $applied->{results} }), '0001 applied 0019 applied', 'apply: the results');
ok(-e $applied->{log}, 'apply: the path of the log');
is($applied->{way_back}, 'surefoot revert --all', 'apply: the way back');
object(0, 'apply', '--all');
is(object(0, 'status', '0019')->{migrations}[0]{state}, 'applied', 'status: of one');
ok(@{ object(0, 'validate')->{validation} } >= 2, 'validate: its rows');
object(0, 'validate', '0019');
is(scalar @{ object(0, 'jobs')->{jobs} }, 0, 'jobs: none');
is(scalar @{ object(0, 'log')->{runs} }, 2, 'log: the runs');
ok((grep { ($_->{statement} // '') =~ /COMMENT ON TABLE one IS 'a "b" \\ \x{e9}'/ } @{ object(0, 'log', '0001')->{runs}[0]{events} }), 'log: the statements');
ok(object(0, 'version')->{client} // object(0, 'version')->{versions}, 'version');
is(scalar @{ object(0, 'plan', '0019', '--down')->{plans} }, 1, 'plan --down');
object(0, 'checklist', '0019', '--down');
object(0, 'revert', '0019', '--dry-run');
is(object(0, 'revert', '0019')->{results}[0]{result}, 'reverted', 'revert: the result');
object(0, 'cancel', '0019');
object(0, 'new', 'more');
unlink glob "$shop->{dir}/migrations/0020*";

# What fails
is(object(1, 'resume', '0019')->{error}{sqlstate}, 'SF013', 'resume: the error');
object(2, 'plan', '4711');
object(2, 'validate', '4711');
object(2, 'no-such-command');
object(2, 'revert');
is(object(6, 'status', { env => { DB_NAME => 'none' } })->{error}{code}, 'CONNECTION', 'no such database: the error');

# A job
my $reader = hold_snapshot($node, 'shop');
is(object(9, 'apply', '0019', '--no-wait')->{results}[0]{next_command}, 'surefoot jobs --follow', 'apply --no-wait: what to do');
wait_for_build($node, 'shop');
my $job = object(0, 'jobs')->{jobs}[0];
is("@$job{qw(version direction state phase)}", '0019 up running waiting for old snapshots', 'jobs: a job');
my $follow = $shop->start('jobs', '--follow', '--json')->wait_for(qr/"job"/);
$reader->close;
is($follow->finish->exit, 0, 'jobs --follow ends');
my @lines = split /\n/, $follow->stdout;
my @objects = map { eval { decode_json($_) } } @lines;
is(scalar @objects, scalar @lines, 'each line of it is an object');
is($objects[-1]{end}{state}, 'applied', 'the last says how it ended');
is($objects[0]{job}{version}, '0019', 'the first what runs');

# In a sandbox
my $sandbox = client(undef, [ '--sandbox', 'validate', '0001', '--json' ], dir => $shop->{dir});
is($sandbox->exit, 0, 'in a sandbox');
is_json($sandbox->stdout, 'in a sandbox');
like($sandbox->stderr, qr/sandbox: ready/, 'what goes on is on standard error');

done_testing();

# The command line: help where it is looked for, mistakes in sentences, and what becomes of output that nobody reads.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Client;
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0);
prepare_template($node, big_table('users'));
my $shop = project($node, 'shop', '0001_one' => { up => "CREATE TABLE one (id int);\n", down => "DROP TABLE one;\n" });

# Help
for my $help ([ 'help', 'apply' ], [ 'apply', '--help' ])
{
	my $run = $shop->run(@$help);
	is($run->exit, 0, "@$help");
	like($run->stdout, qr/--dry-run .*With every command: --dir .*--json.*--echo.*--sandbox.*surefoot --help/s, "@$help: its options, and where the others are");
}
like($shop->run('help')->stdout, qr/^ +apply +apply migrations/m, 'help without a command');

# Mistakes
sub mistake
{
	my ($message, $hint, @arguments) = @_;
	my $run = $shop->run(@arguments);
	is($run->exit, 2, "@arguments: exit code 2");
	like($run->stderr, qr/^surefoot: error: $message\nHINT +$hint/, "@arguments: a sentence, and where to look");
	my $json = is_json($shop->run(@arguments, '--json')->stdout, "@arguments --json");
	is($json->{command}, $arguments[0] =~ /^\w/ ? $arguments[0] : 'status', "@arguments: the JSON has the command");
}

mistake('--limit takes a number, not "abc"', 'See: surefoot log --help', 'log', '--limit', 'abc');
mistake('--limit takes a number above 0', 'See: surefoot log --help', 'log', '-n', '0');
mistake('--color takes auto, always or never, not "x"', 'See: surefoot status --help', '--color', 'x', 'status');
mistake('apply does not take: --no-such', 'See: surefoot apply --help', 'apply', '--no-such');
mistake('resume needs a version', 'See: surefoot resume --help', 'resume');
mistake('--to needs a value', 'See: surefoot apply --help', 'apply', '--to');
mistake('give a version, or --to, or --all, not two of them', 'See: surefoot apply --help', 'apply', '1', '--all');
mistake('what shall be reverted\?', 'Give a version, --to VERSION or --all; .*surefoot status', 'revert');
mistake('what shall be reverted\?', 'Give a version', 'plan', '--down');
is(scalar(my @logs = $shop->log_files), 0, 'none of them has written a log file');

# Nothing to do
like($shop->run('plan', '--all', '--down')->stdout, qr/^nothing to do: nothing is applied$/m, 'plan --down says that there is nothing');
my $not = $shop->run('revert', '1');
is($not->exit, 0, 'a revert of what is not applied') or diag($not->stderr);
unlike($not->stdout, qr/^pass/m, 'without a checklist');
my $slip = $shop->run('apply', '1', '--override', 'no_such_row', '--override', 'order');
is($slip->exit, 2, 'an override of what is no row of any checklist is refused');
like($slip->stderr, qr/--override no_such_row: no checklist has a row "no_such_row"\n/, 'by its name');
is($shop->state('0001'), 'registered', 'before anything is run');
my ($rows) = $slip->stderr =~ /HINT +The rows are: (.*)\./;
my $sources = join '', map { PostgreSQL::Test::Utils::slurp_file($_) } glob "$FindBin::Bin/../../extension/server/checklist/*.cpp";
my %codes = map { $_ => 1 } grep { $_ ne 'pass' } 'check_command', $sources =~ /"(?:pass|warn|fail)",\s*"([a-z_]+)"/g, $sources =~ /counted\([^"]*"([a-z_]+)"/g;
is($rows, join(', ', sort keys %codes), 'and told the rows that there are');
my $applied = $shop->run('apply', '1', '--override', 'hazard', '--override', 'order');
is($applied->exit, 0, 'an override of a row that is not there');
is(() = $applied->stderr =~ /WARN  --override hazard: there is no row "hazard" in the checklist$/mg, 1, 'is told, by its name');
unlike($applied->stderr, qr/--override order/, 'one of a row is not');
is_deeply(is_json($shop->run('checklist', '--json')->stdout, 'a checklist of nothing')->{checklist}, [], 'a checklist of nothing is an empty one');
my $rehearsal = is_json($shop->run('rehearse', '--json')->stdout, 'a rehearsal of nothing');
is_deeply([ @$rehearsal{qw(rehearsal statements)} ], [ [], [] ], 'so is a rehearsal');
like($shop->run('validate', '1')->stdout, qr/^0001 is valid$/m, 'a version is told as it is registered');

# Output that cannot be written
sub shell
{
	my ($command) = @_;
	my %o = $shop->_options({});
	local %ENV = Surefoot::_client_env($node, $o{env});
	return Surefoot::Process->new([ 'bash', '-c', $command ], %o)->finish;
}

my $closed = shell('surefoot status | true; echo ${PIPESTATUS[0]}');
is($closed->stderr, '', 'a pipe that is closed: not a word');
like($closed->stdout, qr/^(141|0)$/m, 'and the exit code that a shell gives for that, if it was closed in time');
my $pipe = shell('(sleep 0.3; surefoot status; echo $? >&2) | true');
is($pipe->stderr, "141\n", 'one that was closed before');
my $full = shell('surefoot status >/dev/full');
is($full->exit, 2, 'a full device: exit code 2');
like($full->stderr, qr/could not write to standard output: No space left on device/, 'and why');
my $reverted = shell('(sleep 0.3; surefoot revert 1; echo $? >&2) | true');
like($reverted->stderr, qr/^0$/m, 'what was changed has the exit code of the change');

# Echo
$shop->write('0002_index', up => "CREATE INDEX users_name_idx ON users (name);\nCREATE INDEX users_two_idx ON users (name, id);\n");
my $echo = $shop->run('apply', '2', '--echo', '--out-of-order');
is($echo->exit, 0, 'a build with --echo');
like($echo->stdout, qr/^pass +worker_slots .*\n +\d+ of max_worker_processes = \d+ are free\.\n/m, 'how many workers are free is told though it passes');
like($echo->stdout, qr/^pass +disk_space .*\n +About .* needed for a time; .* are free/m, 'and how much room there is');
my $polls = () = $echo->stderr =~ /FROM (?:public\.)?migrate_jobs\(\)/g;
cmp_ok($polls, '<=', 3, 'what is asked again and again is shown once');

done_testing();

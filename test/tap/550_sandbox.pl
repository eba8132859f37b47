# --sandbox: every command on a private server of its own, which is gone afterwards, with its folder, however the client ended.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Client;
use Surefoot;
use Test::More;

# Sandboxes go to /dev/shm, or to TMPDIR: those of other tests are left out of account.
my $dir = folder();
my %up = (up => "CREATE TABLE users (id int, name text);\n", down => "DROP TABLE users;\n");
write_migration("$dir/migrations", '0001_users', %up);
write_migration("$dir/migrations", '0002_index', up => "CREATE INDEX CONCURRENTLY users_name_idx ON users (name);\n",
	down => "DROP INDEX CONCURRENTLY users_name_idx;\n", verify => "SELECT true;\n");

sub sandbox
{
	my (@arguments) = @_;
	my $o = ref $arguments[-1] ? pop @arguments : {};
	return client_start(undef, [ '--sandbox', @arguments ],
		dir => $dir, env => { PGHOST => '/none', PGSERVICE => 'none', DB_HOST => '/none', DB_PASSWORD => 'x', %{ $o->{env} // {} } });
}

# The folder of a sandbox, and whether anything of it is left: the folder, or a process that has it in its arguments.
sub folder_of
{
	my ($text) = @_;
	my ($folder) = $text =~ m{sandbox: a private PostgreSQL in (\S+)} or die "no sandbox in: $text";
	return $folder;
}

sub processes_of
{
	my ($folder) = @_;
	my @found;
	for my $file (glob '/proc/[0-9]*/cmdline')
	{
		open my $in, '<', $file or next;
		local $/;
		my $words = <$in> // '';
		push @found, $file if index($words, $folder) >= 0;
	}
	return @found;
}

sub is_gone
{
	my ($folder, $name) = @_;
	my $gone = eval { wait_until('its end', sub { !-e $folder && !processes_of($folder) }, seconds => 20) };
	ok($gone, "$name: no folder and no process is left") or diag(join "\n", $folder, processes_of($folder));
	return;
}

# Each command, several at a time.
my @commands = (
	[ 0, 'version' ],
	[ 0, 'status' ],
	[ 3, 'status', '--exit-code' ],
	[ 0, 'plan', '0002' ],
	[ 0, 'plan', '--down', '0002' ],
	[ 0, 'checklist', '0002' ],
	[ 0, 'checklist', '--down', '0002' ],
	[ 0, 'apply', '--dry-run', '--all' ],
	[ 0, 'apply', '0002' ],
	[ 0, 'revert', '0002' ],
	[ 0, 'revert', '--all' ],
	[ 0, 'revert', '--dry-run', '0002' ],
	[ 0, 'validate', '0002' ],
	[ 0, 'validate' ],
	[ 0, 'jobs' ],
	[ 0, 'jobs', '--follow' ],
	[ 0, 'log' ],
	[ 0, 'log', '0002' ],
	[ 1, 'resume', '0002' ],
	[ 0, 'cancel', '0002' ],
	[ 0, 'new', 'more' ],);
while (my @some = splice(@commands, 0, 4))
{
	my @runs = map { my ($code, @words) = @$_; [ $code, "@words", sandbox(@words) ] } @some;
	for (@runs)
	{
		my ($code, $name, $run) = @$_;
		is($run->finish->exit, $code, "$name: exit code $code");
		is_gone(folder_of($run->stderr), $name) unless $name eq 'new more';
		like($run->stdout, qr/0002_index applied/, "$name: it is applied") if $name eq 'apply 0002';
		like($run->stdout, qr/0002 reverted/, "$name: it is reverted") if $name =~ /^revert (0002|--all)$/;
		like($run->stdout, qr/objects? (is|are) as the migration made/, "$name: what it made is looked at") if $name eq 'validate 0002';
	}
}
ok(-e "$dir/migrations/0003_more.up.sql", 'new makes its file where it always does');
unlink glob "$dir/migrations/0003*";

# A script that fails, and one that is interrupted.
write_migration("$dir/migrations", '0003_bad', up => "SELECT 1 / 0;\n", down => "SELECT 1;\n");
write_migration("$dir/migrations", '0004_slow', up => "SELECT pg_sleep(60);\n", down => "SELECT 1;\n");
my $bad = sandbox('apply', '0003')->finish;
is($bad->exit, 1, 'a script that fails: exit code 1');
is_gone(folder_of($bad->stderr), 'a script that fails');
unlink glob "$dir/migrations/0003*";

my @ends;
for my $signal (qw(INT TERM HUP KILL))
{
	push @ends, [ $signal, sandbox('apply', '0004') ];
}
for (@ends)
{
	my ($signal, $run) = @$_;
	$run->wait_for(qr/line 1: SELECT pg_sleep/)->kill($signal)->finish;
	is($run->exit, 130, "$signal: exit code 130") if $signal ne 'KILL';
	is_gone(folder_of($run->stderr), $signal);
}

# The children of a process; those that have just ended have none.
sub children_of
{
	my ($pid) = @_;
	open my $in, '<', "/proc/$pid/task/$pid/children" or return ();
	return split ' ', scalar(<$in>) // '';
}

# It is killed while the server is being made: initdb says where.
my $early = sandbox('apply', '0002');
my $made = wait_until('its folder', sub {
	$early->running;
	my $words = join ' ', map { PostgreSQL::Test::Utils::slurp_file("/proc/$_/cmdline") } map { children_of($_) } children_of($early->pid);
	return $words =~ m{-D\0([^\0]+)/data} ? $1 : undef;
});
$early->kill('KILL')->finish;
is_gone($made, 'killed at the start');

# Its guard is killed as well: the server sees that and ends, and the next sandbox removes the folder.
my $alone = sandbox('apply', '0004')->wait_for(qr/line 1: SELECT pg_sleep/);
my $left = folder_of($alone->stderr);
my $client = $alone->pid;
my ($guard) = children_of($client);
kill 'KILL', $guard, $client;
$alone->finish;
ok(eval { wait_until('the end of the server', sub { !processes_of($left) }, seconds => 20) }, 'its guard is killed too: no process is left');
ok(-e $left, 'but the folder, which nobody could remove');
utime time - 100, time - 100, $left;

# And started again.
my $again = sandbox('apply', '0002')->finish;
is($again->exit, 0, 'the next one starts as ever');
is_gone(folder_of($again->stderr), 'the next one');
ok(!-e $left, 'and it has removed what a killed one left');

my $none = sandbox('apply', '0002', '--pg-bin', '/none')->finish;
is($none->exit, 2, 'no programs: exit code 2');
like($none->stderr, qr/"\/none" does not hold initdb and postgres/, 'and it says so');

# What the next sandbox does not know of is no advice, and what is gone is not walked back.
my $fine = sandbox('apply', '0002')->finish;
unlike($fine->stdout, qr/^way back:|^log:/m, 'no way back, no log file');
write_migration("$dir/migrations", '0003_fails', up => "CREATE TABLE three (id int);\nCREATE INDEX CONCURRENTLY ON users (nothing_there);\n", down => "DROP TABLE three;\n");
my $fails = sandbox('apply', '0003')->finish;
isnt($fails->exit, 0, 'a migration that fails');
unlike($fails->stderr, qr/NEXT +surefoot (resume|status)/, 'is not to be resumed');
unlink glob "$dir/migrations/0003*";

done_testing();

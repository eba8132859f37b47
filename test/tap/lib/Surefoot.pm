# What the TAP tests share: servers with the extension, the client, sessions in the background, crashes and waiting.
# Whatever waits here has a deadline; a test that reaches one dies, and its servers are stopped by their destructor.
package Surefoot;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use File::Path qw(make_path);
use IPC::Run ();
use Time::HiRes qw(time sleep);

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

our @EXPORT = qw(new_server client client_start psql_start wait_until wait_for_sql
  worker_pids crash_process crash_server folder write_file write_migration);

# The superuser has one name, whoever runs the tests.
$ENV{PGUSER} = 'postgres';

# Seconds that anything may take; a busy machine needs some, a hanging test has all of it.
our $patience = $ENV{SF_PATIENCE} || 60;

# At the time limit of the test the servers are to stop, which END blocks do; no eval stands in the way of exit.
$SIG{TERM} = $SIG{INT} = $SIG{HUP} = sub { exit 143 };

# new_server(NAME, extension => 1, conf => TEXT, and what PostgreSQL::Test::Cluster's init takes)
# starts a server and creates the extension in the database postgres. After a crash of one process it restarts by itself,
# as servers do out there.
sub new_server
{
	my ($name, %params) = @_;
	my $extension = delete $params{extension} // 1;
	my $conf = delete $params{conf} // '';
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8', '--username=postgres' ], %params);
	$node->append_conf('postgresql.conf',
		"restart_after_crash = on\nmax_worker_processes = 16\nmax_connections = 40\n$conf");
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION surefoot') if $extension;
	return $node;
}

# A new empty folder on the test's own disk.
sub folder
{
	return PostgreSQL::Test::Utils::tempdir;
}

sub write_file
{
	my ($path, $text) = @_;
	open my $file, '>:raw', $path or die "$path: $!";
	print $file $text;
	close $file or die "$path: $!";
	return $path;
}

# write_migration(FOLDER, '0019_add_status', up => SQL, down => SQL, verify => SQL)
sub write_migration
{
	my ($folder, $name, %scripts) = @_;
	make_path($folder);
	write_file("$folder/$name.$_.sql", $scripts{$_}) for keys %scripts;
	return;
}

# The client's environment: the server by DB_*, a folder for its logs, and nothing that could lead it elsewhere.
sub _client_env
{
	my ($node, $env) = @_;
	my %clean = map { $_ => $ENV{$_} } grep { !/^(PG|DB_|DATABASE_URL|SUREFOOT_|NO_COLOR)/ } keys %ENV;
	my %server;
	%server = (
		DB_HOST => $node->host,
		DB_PORT => $node->port,
		DB_NAME => 'postgres',
		DB_USER => 'postgres',
	) if $node;
	my %all = (%clean, %server, SUREFOOT_LOG_DIR => folder(), %{ $env // {} });
	delete $all{$_} for grep { !defined $all{$_} } keys %all;
	return %all;
}

# client_start(NODE, [ARGUMENTS], env => {...}, dir => FOLDER, stdin => TEXT, seconds => N)
# runs `surefoot ARGUMENTS` in the background, with DB_* set to NODE (undef: to nothing); an env value of undef unsets.
sub client_start
{
	my ($node, $arguments, %o) = @_;
	local %ENV = _client_env($node, $o{env});
	return Surefoot::Process->new([ 'surefoot', @$arguments ], %o);
}

# The same, and waits for its end: a process with exit, signal, stdout, stderr.
sub client
{
	return client_start(@_)->finish;
}

# psql_start(NODE, SQL, as client_start): a psql in the background that runs SQL, a statement at a time, and ends.
sub psql_start
{
	my ($node, $sql, %o) = @_;
	# Line by line, or it would keep back what it prints until its script is read.
	my @command = ('stdbuf', '-oL', $node->installed_command('psql'), '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d',
		$node->connstr($o{database} // 'postgres'), '-f', '-');
	return Surefoot::Process->new(\@command, %o, stdin => $sql);
}

# wait_until(DESCRIPTION, CODE, seconds => N): calls CODE until it returns true, and returns that; dies at the deadline.
sub wait_until
{
	my ($description, $code, %o) = @_;
	my $deadline = time + ($o{seconds} // $patience);
	while (1)
	{
		my $value = $code->();
		return $value if $value;
		die "waited in vain for: $description\n" if time > $deadline;
		sleep 0.02;
	}
}

# wait_for_sql(NODE, SQL, EXPECTED = 't', seconds => N, database => NAME): until SQL returns EXPECTED.
sub wait_for_sql
{
	my ($node, $sql, $expected, %o) = @_;
	$expected //= 't';
	my $last = '';
	my $ok = eval {
		wait_until(
			$sql,
			sub {
				my ($code, $out, $err) = $node->psql($o{database} // 'postgres', $sql);
				$last = ($out // '') . ($err // '');
				return ($code // 1) == 0 && $out eq $expected;
			},
			%o);
	};
	die "waited in vain for \"$expected\" from: $sql\nlast seen: $last\n" unless $ok;
	return 1;
}

# The pids of Surefoot's background workers at this moment.
sub worker_pids
{
	my ($node) = @_;
	my $pids = $node->safe_psql('postgres',
		"SELECT pid FROM pg_stat_activity WHERE backend_type LIKE 'surefoot%' ORDER BY pid");
	return split /\n/, $pids;
}

# kill -9, and wait until it is gone.
sub crash_process
{
	my ($pid) = @_;
	kill 'KILL', $pid or die "kill $pid: $!";
	wait_until("the end of process $pid", sub { !kill 0, $pid });
	return;
}

# kill -9 of the postmaster. Its children see that and end, which is waited for: a server does not start before.
sub crash_server
{
	my ($node) = @_;
	my $data = $node->data_dir;
	my ($pid) = PostgreSQL::Test::Utils::slurp_file("$data/postmaster.pid") =~ /^(\d+)/;
	my @children = split ' ', PostgreSQL::Test::Utils::slurp_file("/proc/$pid/task/$pid/children");
	$node->kill9;
	wait_until('the end of the server', sub { !grep { kill 0, $_ } $pid, @children });
	return;
}

# A program that runs beside the test. Its output is collected while one waits for it.
package Surefoot::Process;

use strict;
use warnings FATAL => 'all';

sub new
{
	my ($class, $command, %o) = @_;
	my $self = bless {
		stdout => '',
		stderr => '',
		command => join(' ', @$command)
	}, $class;
	my $dir = $o{dir};
	# A file, as IPC::Run would keep a pipe open until one waits for the end.
	my $stdin = '/dev/null';
	$stdin = Surefoot::write_file(Surefoot::folder() . '/stdin', $o{stdin}) if defined $o{stdin};
	$self->{run} = IPC::Run::start(
		$command, '<', $stdin, '>', \$self->{stdout}, '2>', \$self->{stderr},
		init => sub { !defined $dir or chdir $dir or die "$dir: $!" },
		IPC::Run::timeout($o{seconds} // $Surefoot::patience));
	return $self;
}

sub pid { return $_[0]{run}{KIDS}[0]{PID}; }
sub stdout { return $_[0]{stdout}; }
sub stderr { return $_[0]{stderr}; }

# The exit code, once finished; undef when a signal ended it, which is in signal().
sub exit { return $_[0]{status} & 127 ? undef : $_[0]{status} >> 8; }
sub signal { return $_[0]{status} & 127; }

# Reads what it has printed so far; false when it has ended.
sub running
{
	my ($self) = @_;
	$self->{run}->pump_nb if $self->{run}->pumpable;
	return $self->{run}->pumpable;
}

sub kill
{
	my ($self, $signal) = @_;
	CORE::kill $signal, $self->pid;
	return $self;
}

# wait_for(qr/.../): until its output or its messages match.
sub wait_for
{
	my ($self, $pattern, %o) = @_;
	my $found = eval {
		Surefoot::wait_until(
			"$pattern from $self->{command}",
			sub {
				my $running = $self->running;
				return 1 if $self->{stdout} =~ $pattern || $self->{stderr} =~ $pattern;
				die "$self->{command} ended without $pattern\n" unless $running;
				return 0;
			},
			%o);
	};
	die "$@$self->{stdout}$self->{stderr}\n" unless $found;
	return $self;
}

# Waits for its end; killed and fatal at its time limit.
sub finish
{
	my ($self) = @_;
	if (!eval { $self->{run}->finish; 1 })
	{
		my $error = $@;
		$self->{run}->kill_kill(grace => 2);
		die "$self->{command}: $error\n$self->{stdout}$self->{stderr}\n";
	}
	$self->{status} = $self->{run}->full_result // 0;
	Test::More::note("\$ $self->{command}\n$self->{stdout}$self->{stderr}exit status $self->{status}");
	return $self;
}

1;

# What the tests of runs and their workers share: tables that are worth a concurrent build, sessions that stay open, blockers
# that stop a run at a certain place, and what has to be true when it is over.
package Jobs;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use Surefoot;
use Test::More;

our @EXPORT = qw(session attempt query succeeds fails_with register two_builds tables_of_two_builds prepare_template copy_of big_table
  hold_snapshot call_before wait_for_worker wait_for_build wait_for_state state_of run_to_end fingerprint
  no_debris worker_of holder_is_gone restarts);

# SQL of a table of more than 128 pages, whose indexes are built concurrently.
sub big_table
{
	my ($name) = @_;
	return "CREATE TABLE $name (id int PRIMARY KEY, name text NOT NULL, created_at timestamptz NOT NULL DEFAULT '2026-11-22Z');
		INSERT INTO $name SELECT g, repeat('x', 40) || g FROM generate_series(1, 16000) g;";
}

# A migration of four steps: two builds, and a transaction between them; and the tables that it is about. What is in gate fails a verify script.
sub two_builds
{
	return (up => <<'SQL', down => <<'SQL');
ALTER TABLE users ADD COLUMN status varchar(50) NOT NULL DEFAULT 'active';
CREATE INDEX events_name_idx ON events (name);
COMMENT ON INDEX events_name_idx IS 'by name';
ALTER TABLE accounts ADD COLUMN touched timestamptz;
CREATE INDEX orders_name_idx ON orders (name);
SQL
DROP INDEX CONCURRENTLY orders_name_idx;
ALTER TABLE accounts DROP COLUMN touched;
DROP INDEX CONCURRENTLY events_name_idx;
ALTER TABLE users DROP COLUMN status;
SQL
}

sub tables_of_two_builds
{
	return ((map { big_table($_) } qw(users events orders)),
		'CREATE TABLE accounts (id int PRIMARY KEY); CREATE TABLE gate (id int);');
}

# The SQL that registers a migration.
sub register
{
	my ($version, %scripts) = @_;
	my $text = sub { defined $_[0] ? "\$script\$$_[0]\$script\$" : 'NULL' };
	return sprintf "SELECT migrate_register('%s', 'test', %s, %s, %s);", $version,
	  map { $text->($scripts{$_}) } qw(up down verify);
}

# prepare_template(NODE, SQL...): a database to copy, with the extension and what SQL makes. copy_of(NODE, NAME) is a new one like it.
sub prepare_template
{
	my ($node, @sql) = @_;
	$node->safe_psql('postgres', 'CREATE DATABASE base');
	$node->safe_psql('base', join "\n", 'CREATE EXTENSION surefoot;', @sql);
	return;
}

sub copy_of
{
	my ($node, $name) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $name TEMPLATE base");
	return $name;
}

# attempt(NODE, DATABASE, SQL): what it prints, and its messages with their SQLSTATEs. Goes on after errors.
sub attempt
{
	my ($node, $database, $sql) = @_;
	my ($code, $out, $err) = $node->psql(
		$database, $sql,
		on_error_stop => 0,
		extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	return ($out // '', $err // '');
}

sub query
{
	my ($node, $database, $sql) = @_;
	return $node->safe_psql($database, $sql);
}

# succeeds(NODE, DATABASE, SQL, EXPECTED, NAME); fails_with(NODE, DATABASE, SQL, SQLSTATE or qr/.../ , NAME)
sub succeeds
{
	my ($node, $database, $sql, $expected, $name) = @_;
	my ($out, $err) = attempt($node, $database, $sql);
	return is($out . ($err =~ /ERROR|FATAL/ ? $err : ''), $expected, $name);
}

sub fails_with
{
	my ($node, $database, $sql, $pattern, $name) = @_;
	my ($out, $err) = attempt($node, $database, $sql);
	$pattern = qr/(ERROR|FATAL):  $pattern:/ unless ref $pattern;
	return like($err, $pattern, $name);
}

sub session
{
	return Surefoot::Session->new(@_);
}

# A session whose snapshot a concurrent build waits for at its end. What it has read is locked until then.
sub hold_snapshot
{
	my ($node, $database, $table) = @_;
	my $session = session($node, $database);
	$session->query('BEGIN ISOLATION LEVEL REPEATABLE READ');
	$session->query(defined $table ? "SELECT count(*) FROM $table" : 'SELECT 1 FROM pg_class LIMIT 1');
	return $session;
}

# call_before(NODE, DATABASE, "migrate_apply('0019')", SESSION, SQL): the call queues its steps, and what SQL locks or waits for comes
# before them: SESSION asks for it before the commit that lets the worker begin. LOCKED is a table that it locks.
sub call_before
{
	my ($node, $database, $call, $session, $sql, $locked) = @_;
	my $caller = session($node, $database);
	$caller->query('BEGIN');
	my $answer = $caller->query("SELECT $call");
	die $caller->error if $caller->error =~ /ERROR/;
	$session->send($sql);
	wait_for_sql($node,
		'SELECT EXISTS (SELECT FROM pg_locks WHERE pid = ' . $session->pid . " AND relation = '$locked'::regclass)",
		't', database => $database);
	$caller->query('COMMIT');
	return $answer;
}

sub worker_of
{
	my ($node, $database) = @_;
	return query($node, 'postgres',
		"SELECT pid FROM pg_stat_activity WHERE backend_type LIKE 'surefoot%' AND datname = '$database'");
}

# The worker's pid, once it works on the run.
sub wait_for_worker
{
	my ($node, $database, $state) = @_;
	return wait_until("a worker in $database",
		sub { query($node, $database, 'SELECT DISTINCT pid FROM migrate_jobs() WHERE alive') });
}

# The pid of the worker that is inside of a concurrent build, at the place where it waits for snapshots (or in PHASE).
sub wait_for_build
{
	my ($node, $database, $phase) = @_;
	$phase //= 'waiting for old snapshots';
	return wait_until(
		"a build that is $phase",
		sub {
			query($node, $database,
				"SELECT pid FROM pg_stat_progress_create_index WHERE phase = '$phase' AND datname = current_database()");
		});
}

sub state_of
{
	my ($node, $database, $version) = @_;
	return query($node, $database, "SELECT state FROM migrate_status('$version')");
}

sub wait_for_state
{
	my ($node, $database, $version, $state) = @_;
	wait_for_sql($node, "SELECT state FROM migrate_status('$version')", $state, database => $database);
	return;
}

# Nobody works on a run in DATABASE any more.
sub holder_is_gone
{
	my ($node, $database) = @_;
	return wait_until("the end of the worker in $database", sub { !worker_of($node, $database) });
}

# run_to_end(NODE, DATABASE, 'migrate_resume', '0019'): calls it and waits; dies unless both work. The answer of the call.
sub run_to_end
{
	my ($node, $database, $function, $version) = @_;
	my $answer = query($node, $database, "SELECT $function('$version')");
	query($node, $database, "CALL migrate_wait('$version')");
	return $answer;
}

sub fingerprint
{
	my ($node, $database) = @_;
	return query($node, $database, 'SELECT migrate_fingerprint()');
}

# Nothing that a dead or failed run has left: invalid indexes, partitions half detached, workers, locks of ours.
sub no_debris
{
	my ($node, $database, $name) = @_;
	holder_is_gone($node, $database);
	return is(
		query(
			$node, $database,
			"SELECT 'index ' || indexrelid::regclass FROM pg_index WHERE NOT indisvalid
			UNION ALL SELECT 'partition ' || inhrelid::regclass FROM pg_inherits WHERE inhdetachpending
			UNION ALL SELECT 'lock ' || l.mode FROM pg_locks l WHERE l.classid = 'pg_extension'::regclass
				AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"),
		'', "$name: nothing is left behind");
}

# After kill -9 of one process the server starts again by itself; waits until it has.
sub restarts
{
	my ($node, $code) = @_;
	my $started = 'SELECT pg_postmaster_start_time()';
	my $log = -s $node->logfile;
	$code->();
	wait_until('the server to start again',
		sub { PostgreSQL::Test::Utils::slurp_file($node->logfile, $log) =~ /database system is ready/ });
	wait_for_sql($node, 'SELECT true');
	return;
}

# A psql that stays connected.
package Surefoot::Session;

use strict;
use warnings FATAL => 'all';

sub new
{
	my ($class, $node, $database, %o) = @_;
	my $self = bless { in => '', out => '', err => '', n => 0 }, $class;
	my @command = ('stdbuf', '-oL', $node->installed_command('psql'), '-XAtq', '-v', 'VERBOSITY=verbose', '-d',
		$node->connstr($database // 'postgres') . ($o{user} ? " user=$o{user}" : ''), '-f', '-');
	$self->{run} = IPC::Run::start(\@command, '<', \$self->{in}, '>', \$self->{out}, '2>', \$self->{err},
		IPC::Run::timeout($Surefoot::patience));
	$self->{pid} = $self->query('SELECT pg_backend_pid()');
	return $self;
}

# The pid of its backend.
sub pid { return $_[0]{pid}; }

# Has it run SQL, and does not wait.
sub send
{
	my ($self, $sql) = @_;
	$self->{n}++;
	$self->{in} .= "$sql;\n\\echo :end:$self->{n}:\n\\warn :end:$self->{n}:\n";
	$self->{run}->pump_nb;
	return $self;
}

# Whether what was sent last is over.
sub done
{
	my ($self) = @_;
	$self->{run}->pump_nb;
	return $self->{out} =~ /:end:$self->{n}:/ && $self->{err} =~ /:end:$self->{n}:/;
}

# Waits for what was sent; returns what it printed, keeps its messages in error().
sub result
{
	my ($self) = @_;
	Surefoot::wait_until("an answer in a session", sub { $self->done });
	my ($out, $err) = @$self{qw(out err)};
	$self->{out} = $self->{err} = '';
	s/:end:\d+:\n//g for $out, $err;
	chomp $out;
	$self->{error} = $err;
	return $out;
}

sub error { return $_[0]{error}; }

sub query
{
	my ($self, $sql) = @_;
	return $self->send($sql)->result;
}

# Ends it as a client ends that is killed.
sub close
{
	my ($self) = @_;
	my $run = delete $self->{run} or return;
	$run->kill_kill(grace => 1);
	return;
}

sub DESTROY { my ($self) = @_; local ($?, $@); eval { $self->close; }; return; }

1;

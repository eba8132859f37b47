# Random migrations, each statement a step of its own, while another session changes the same and other objects, and while the worker,
# the caller or the whole server is killed. In the end the migration is walked back, and everything is what it would be had there been
# only the others, or the revert has named what is not. SEED=7 has others than always, ROUNDS=100 more of them.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../random", "$FindBin::Bin/../torture";
use Jobs;
use Surefoot;
use Test::More;
use Time::HiRes qw(sleep time);

use Generator;
use Walk;
use Words;

my ($seed, $rounds) = ($ENV{SEED} || 1, $ENV{ROUNDS} || 12);
my $node = new_server('main', extension => 0, conf => 'restart_after_crash = on');
@ENV{qw(PGHOST PGPORT PGDATABASE)} = ($node->host, $node->port, 'postgres');
$node->safe_psql('postgres', "CREATE ROLE $_") for 'alice', 'bob', '"Odd Role"';
$node->safe_psql('postgres', 'CREATE DATABASE random_walk');
system('psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', 'random_walk', '-f', "$FindBin::Bin/../random/database.sql") == 0 or die "no extension\n";
my $limits = "SET statement_timeout = '30s'; SET lock_timeout = '10s'; SET surefoot.lock_retry = '10s';";

# What the others do: on objects of their own, and on tables that may be the migration's.
sub others_statement
{
	my ($n, @tables) = @_;
	my $table = pick(@tables);
	return pick(
		"CREATE TABLE others.t$n (id int PRIMARY KEY, note text)", "CREATE VIEW others.v$n AS SELECT $n AS n",
		"CREATE FUNCTION others.f$n() RETURNS int LANGUAGE sql AS 'SELECT $n'", "COMMENT ON SCHEMA others IS 'note $n'",
		$table ? ("ALTER TABLE $table ADD COLUMN others_$n int", "COMMENT ON TABLE $table IS 'others $n'", "GRANT SELECT ON $table TO bob",
			"ALTER TABLE $table ADD COLUMN others_$n text DEFAULT 'x'") : ());
}

# All definitions as a text each, but for what only orders columns; comments and grants of tables are what the last one said.
sub definitions
{
	my ($database) = @_;
	my %all;
	for my $line (split /\n/, query($node, $database, q{SELECT kind || ' ' || identity || E'\x1f' || replace(definition, E'\n', E'\x1e') FROM surefoot.schema_definitions()}))
	{
		my ($name, $definition) = split /\x1f/, $line, 2;
		$all{$name} = join "\n", grep { !/^(?:columns|dropped columns|dimensions): / } split /\x1e/, $definition;
	}
	return \%all;
}

sub state { my ($database) = @_; return query($node, $database, "SELECT state FROM sf.migrate_status('1')"); }

# One call with its steps in a session of its own, at which is shot; what it said.
sub under_fire
{
	my ($database, $call, $fire, $between) = @_;
	my $caller = psql_start($node, "$limits SELECT 'pid ' || pg_backend_pid();\nSELECT sf.$call;\nCALL sf.migrate_wait('1');", database => $database);
	my $shots = $fire ? 1 : 0;
	for (1 .. 6)
	{
		$between->() if $between;
		if ($shots && chance(0.4))
		{
			$shots--;
			shoot($database);
		}
		sleep 0.005 * int rand 6;
	}
	$caller->finish;
	return $caller->{stdout} . $caller->{stderr};
}

my %hit;
sub shoot
{
	my ($database) = @_;
	my $what = pick('the worker', 'the worker', 'the caller', 'the postmaster');
	if ($what eq 'the postmaster')
	{
		crash_server($node);
		$node->start;
		$hit{$what}++;
		return;
	}
	my $type = $what eq 'the worker' ? "backend_type LIKE 'surefoot%'" : "query ~ 'sf[.]migrate_' AND pid <> pg_backend_pid()";
	my $pid = query($node, 'postgres', "SELECT pid FROM pg_stat_activity WHERE datname = '$database' AND $type LIMIT 1") || return;
	# One that was about to end anyway takes nothing along.
	my $log = -s $node->logfile;
	kill 'KILL', $pid or return;
	my $again = sub { PostgreSQL::Test::Utils::slurp_file($node->logfile, $log) =~ /database system is ready/ };
	$hit{$what}++ if eval { wait_until('the server to start again', $again, seconds => 5) };
	wait_until('the server', sub { ($node->psql('postgres', 'SELECT 1'))[0] == 0 });
	return;
}

for my $round ($seed .. $seed + $rounds - 1)
{
	srand $round;
	my $walk = Walk->new;
	$walk->begin;
	my $database = $walk->{database};
	my $case = { start => [], start_size => 8 };
	die "no start\n" if $walk->start($case, \&Generator::make);
	my $migration = { size => 6 };
	die "no migration\n" if $walk->collect($migration, 1, \&Generator::make);
	$walk->run('ROLLBACK');
	my @tables = map { $_->{name} } grep { $_->{relkind} eq 'r' } @{ $walk->catalog->{table} };
	$walk->{session}->finish;
	delete $walk->{session};
	query($node, $database, 'CREATE SCHEMA others');
	# It is about what others make, and of no table itself.
	my $script = "-- surefoot: no-transaction\n" . join ";\n", grep { !/DEFAULT PRIVILEGES/ } @{ $migration->{statements} };
	query($node, 'postgres', "CREATE DATABASE reference_$round TEMPLATE $database");
	my ($out, $err) = attempt($node, $database, "SELECT sf.migrate_register('1', 'x', \$random\$$script\$random\$)");
	if ($err =~ /ERROR/) { diag("round $round is no script: $err"); next; }

	# Forward, with the others.
	my (@done, $n);
	my $others = sub {
		my $sql = others_statement(++$n, @tables);
		my ($code) = $node->psql($database, "SET lock_timeout = '2s'; SET statement_timeout = '10s'; $sql");
		push @done, $sql if defined $code && $code == 0;
	};
	my @said = under_fire($database, "migrate_apply('1')", 1, $others);
	# On, or back, until nothing is to do; at the last tries nobody shoots.
	my @tried = ('apply: ' . state($database));
	for my $try (1 .. 8)
	{
		holder_is_gone($node, $database);
		my $state = state($database);
		last if $state =~ /^(?:registered|reverted)$/;
		my $way = $state eq 'applied' || $try > 3 || chance(0.5) ? 'revert' : 'resume';
		my $accept = $way eq 'revert' && $try > 5 ? ", accept => '{all}'" : '';
		push @said, under_fire($database, "migrate_$way('1'$accept)", $try < 3 && chance(0.5), $try < 3 ? $others : undef);
		push @tried, "$way: " . state($database);
	}
	like(state($database), qr/^(?:registered|reverted)$/, "round $round: it is over (" . join(', ', @tried) . ')')
	  or diag(join "\n", $script, @said);

	# The same by the others alone.
	$node->psql("reference_$round", $_) for @done;
	my ($is, $wanted) = (definitions($database), definitions("reference_$round"));
	my $said = join '', @said;
	my @silent = grep { (my $name = $_) =~ s/^\S+(?: view| policy)? //; ($is->{$_} // '') ne ($wanted->{$_} // '') && index($said, $name) < 0 } sort keys %{ { %$is, %$wanted } };
	is(join("\n", map { "$_\nwanted:\n" . ($wanted->{$_} // 'nothing') . "\nis:\n" . ($is->{$_} // 'nothing') } @silent), '', "round $round: nothing is lost or left without a word")
	  or diag(join "\n", @{ $case->{start} }, '--', $script, '-- others', @done, '-- said', @said);
	my @lost = grep { / others\.\w+$/ && !defined $is->{$_} } keys %$wanted;
	is(join("\n", @lost), '', "round $round: nothing of the others is lost");
	query($node, 'postgres', "DROP DATABASE $_ WITH (FORCE)") for $database, "reference_$round";
}
note(join ', ', map { "$_: $hit{$_}" } sort keys %hit);

done_testing();

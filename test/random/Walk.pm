package Walk;

# Plays a case: a starting schema, and migrations that are applied through Surefoot, walked back and compared. A case is
#   { start => [SQL...], migrations => [ { statements => [SQL...], each => 0|1 }... ] }
# With a generator the statements are made while it is played, from what is there by then.

use strict;
use warnings;
use PsqlSession;
use Catalog;
use Words;

my $databases = 0;

sub new
{
	my ($class, %option) = @_;
	my $self = bless { count => {}, reasons => {}, kinds => {}, played => 0, %option }, $class;
	return $self;
}

sub psql { my ($self, $database, @commands) = @_; return system('psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', $database, '-o', '/dev/null', @commands) == 0; }

# A database to play in: the one from before, cleaned, or a new one.
sub begin
{
	my ($self) = @_;
	$self->{version} //= 0;
	if ($self->{session} && !$self->{spoilt} && $self->{played} < 60)
	{
		my $answer = $self->{session}->run('CALL random_walk.clean();');
		if ($answer->{ok} && ($self->value("SELECT surefoot.remember_schema('empty')") // '') eq $self->{empty}) { $self->{played}++; return; }
	}
	$self->finish;
	$self->{database} = 'random_' . $$ . '_' . ++$databases;
	$self->psql('postgres', '-c', "CREATE DATABASE $self->{database} TEMPLATE random_walk") or die "no database\n";
	$self->{session} = PsqlSession->new(database => $self->{database}, patience => 60);
	$self->{session}->run("SET client_min_messages = error; SET statement_timeout = '30s'; SET lock_timeout = '20s'; SET TimeZone = 'UTC';");
	$self->run('PREPARE random_catalog AS ' . Catalog::sql());
	$self->{empty} = $self->value("SELECT surefoot.remember_schema('empty')") // die "no fingerprint\n";
	@$self{qw(spoilt played version)} = (0, 0, 0);
}

sub finish
{
	my ($self) = @_;
	$self->{session}->finish if $self->{session};
	$self->psql('postgres', '-c', "DROP DATABASE IF EXISTS $self->{database} WITH (FORCE)") if $self->{database};
	delete @$self{qw(session database)};
}

sub run { my ($self, $sql) = @_; print STDERR "$sql;\n" if $ENV{RANDOM_TRACE}; my $answer = $self->{session}->run("$sql;"); $self->{spoilt} = 1 if $answer->{dead}; return $answer; }
sub value { my ($self, $sql) = @_; my $answer = $self->run($sql); return $answer->{ok} ? $answer->{out} =~ s/\s+\z//r : undef; }


sub catalog
{
	my ($self) = @_;
	my $answer = $self->run('EXECUTE random_catalog');
	die "the catalog cannot be read: $answer->{err}" if !$answer->{ok} && !$answer->{dead};
	return Catalog::parse($answer->{out} // '');
}

sub rows { my ($self) = @_; my $text = $self->value('SELECT random_walk.rows()') // return undef; return { map { split /\x1f/, $_, 2 } split /\n/, $text }; }

# [kind, identity, only order, difference] of all that is not as it was remembered.
sub compare
{
	my ($self, $name) = @_;
	my $answer = $self->run("SELECT concat_ws(E'\\x1f', kind, identity, only_column_order, replace(difference, E'\\n', E'\\x1e')) FROM surefoot.compare_schema('$name')");
	return [ [ '', '', 'f', $answer->{err} ] ] if !$answer->{ok};
	return [ map { my @f = split /\x1f/, $_, 4; $f[3] =~ tr/\x1e/\n/; \@f } split /\n/, $answer->{out} ];
}

sub remember { my ($self, $name) = @_; return $self->value("SELECT surefoot.remember_schema('$name')"); }

# Runs statements in a savepoint each, in the transaction that is open; those that PostgreSQL takes are left.
sub try_statement
{
	my ($self, $sql) = @_;
	$self->run('SAVEPOINT one');
	my $answer = $self->run($sql =~ s/\bCONCURRENTLY\b//r);
	return undef if $answer->{dead};
	$self->run($answer->{ok} ? 'RELEASE one' : 'ROLLBACK TO one');
	return $answer->{ok};
}

# Gives the new tables rows, as far as they take any; it is in nobody's way when they do not.
sub fill
{
	my ($self, $case) = @_;
	my $catalog = $self->catalog;
	my $sql = '';
	for my $table (grep { $_->{relkind} eq 'r' } @{ $catalog->{table} })
	{
		next if $self->{filled}{ $table->{oid} }++;
		for my $n (1, 2)
		{
			my (@names, @values);
			for my $column (grep { $_->{table} eq $table->{name} && !$_->{generated} && !$_->{identity} } @{ $catalog->{column} })
			{
				next if $column->{default} eq 't' && $n == 2;
				my $value = Words::literal($column->{type}, $catalog, 1) // next;
				$value = 5 + $n if $column->{type} =~ /^(?:integer|bigint)$/;
				$value = "'v$n'" if $column->{type} eq 'text';
				push @names, $column->{name};
				push @values, $value;
			}
			my $insert = @names ? "INSERT INTO $table->{name} (" . join(', ', @names) . ') VALUES (' . join(', ', @values) . ')' : "INSERT INTO $table->{name} DEFAULT VALUES";
			$self->run($insert);
		}
	}
}

sub failure { my ($what, $at, $detail) = @_; return { what => $what, at => $at, detail => $detail // '' }; }

# The schema to begin with, by psql.
sub start
{
	my ($self, $case, $make) = @_;
	my $start = $case->{start};
	if ($make)
	{
		my $catalog = $self->catalog;
		my $tries = 0;
		until (@$start >= $case->{start_size} || $tries++ > 3 * $case->{start_size})
		{
			for my $sql ($make->($catalog, 1))
			{
				my $answer = $self->run($sql);
				return failure('session gone', 0, "$sql\n$answer->{err}") if $answer->{dead};
				next if !$answer->{ok};
				push @$start, $sql;
				$catalog = $self->catalog;
			}
		}
	}
	else { $self->run($_) for @$start; }
	return undef;
}

# play(CASE, GENERATOR): undef when all is well, else what is wrong. GENERATOR->(catalog) makes a statement, or several.
sub play
{
	my ($self, $case, $make) = @_;
	$self->begin;
	# Half of them without what keeping adds.
	$self->run('SET surefoot.keep_rows = ' . ($case->{seed} % 2 ? 'off' : 'on'));
	$self->{filled} = {};
	delete @$self{qw(order_gone rows_gone left added)};
	$self->{dml} = 0;
	my $failure = $self->start($case, $make);
	return $failure if $failure;
	$self->fill;
	# One whose rows its own indexes do not take any more could not be made again either.
	for my $view (grep { $_->{relkind} eq 'm' } @{ $self->catalog->{relation} })
	{
		$self->run("DROP MATERIALIZED VIEW $view->{name} CASCADE") if !$self->run("REFRESH MATERIALIZED VIEW $view->{name}")->{ok};
	}
	$self->remember('state 0');
	my @rows = ($self->rows);
	my @applied;
	for my $n (1 .. @{ $case->{migrations} })
	{
		my $migration = $case->{migrations}[ $n - 1 ];
		$failure = $self->forward($migration, $n, $make, \@rows, \@applied);
		last if $failure;
	}
	while (!$failure && @applied)
	{
		$failure = $self->back($applied[-1], \@rows);
		pop @applied;
		last if $self->{spoilt};
	}
	$self->{spoilt} = 1 if $failure;
	return $failure;
}

# In a transaction that stays open: the statements of a migration that PostgreSQL takes, made or given.
sub collect
{
	my ($self, $migration, $n, $make) = @_;
	$self->run('BEGIN');
	my @statements;
	if ($make)
	{
		my $catalog = $self->catalog;
		my $tries = 0;
		until (@statements >= $migration->{size} || $tries++ > 4 * $migration->{size})
		{
			for my $sql ($make->($catalog))
			{
				my $ok = $self->try_statement($sql);
				if (!defined $ok) { $migration->{statements} = [ @statements, $sql ]; return failure('session gone', $n, $sql); }
				next if !$ok;
				push @statements, $sql;
				$catalog = $self->catalog;
			}
		}
	}
	else
	{
		for my $sql (@{ $migration->{statements} })
		{
			my $ok = $self->try_statement($sql);
			return failure('session gone', $n, $sql) if !defined $ok;
			push @statements, $sql if $ok;
		}
	}
	$migration->{statements} = [@statements];
	return undef;
}

# Tries a migration in psql, applies it, and walks it back at once when it is one of those.
sub forward
{
	my ($self, $migration, $n, $make, $rows, $applied) = @_;
	my $before = @$applied ? $applied->[-1]{n} : 0;
	$self->run('SELECT random_walk.remember_positions()');
	my $failure = $self->collect($migration, $n, $make);
	return $failure if $failure;
	my @statements = @{ $migration->{statements} };
	my $holds = @statements && $self->run('SET CONSTRAINTS ALL IMMEDIATE')->{ok};
	my $trial = $self->remember('trial');
	$self->run('ROLLBACK');
	$self->run('SELECT random_walk.restore_positions()');
	return undef if !$holds || !defined $trial;
	return undef if $trial eq ($self->remember('now') // '') && !grep { /^(?:INSERT|UPDATE|DELETE|TRUNCATE)/ } @statements;

	my $dml = grep { /^(?:INSERT|UPDATE|DELETE|TRUNCATE)/ } @statements;
	$self->{dml} ||= $dml;
	my $version = ++$self->{version};
	my $tag = '$random$';
	my $script = join ";\n", @statements;
	my $answer = $self->run("SELECT sf.migrate_register('$version', 'x', $tag$script$tag)");
	return failure('refused', $n, $answer->{err}) if !$answer->{ok};
	my $planned;
	if (!$self->{no_plan})
	{
		$planned = $self->run("SELECT way_back FROM sf.migrate_plan('$version')");
		return failure('no plan', $n, $planned->{err}) if !$planned->{ok};
		$planned = $planned->{out};
	}
	my $drifts = 'SELECT state, kind, identity, difference FROM sf.migrate_drift()';
	my ($drift, $rehearsed) = ($self->value($drifts));
	if ($migration->{each})
	{
		$answer = $self->run("SELECT level, code, message, detail FROM sf.migrate_rehearse('$version') WHERE level = 'fail' OR code = 'derived'");
		return failure('not rehearsed', $n, $answer->{err}) if !$answer->{ok};
		$rehearsed = $answer->{out};
		my $left = $self->compare('now');
		return failure('left by the rehearsal', $n, told($left)) if @$left;
		$self->run('SELECT random_walk.restore_positions()');
	}
	$answer = $self->call('migrate_apply', $version);
	return failure('session gone', $n, $answer->{err}) if $answer->{dead};
	if (!$answer->{ok})
	{
		$self->{spoilt} = 1 if ($self->value("SELECT state FROM sf.migrate_status('$version')") // '') ne 'registered';
		# IF NOT EXISTS does not hide that it is another one, nor that it could not be made.
		if ($answer->{err} =~ /^ERROR:  (?:SF007|42804|42883|23505)/ && grep { /\bIF NOT EXISTS\b/ } @statements) { $self->{count}{'refused, there is another of the name'}++; return undef; }
		# The trial was of the plain form.
		if ($answer->{err} =~ /^ERROR:  55000: cannot detach partitions concurrently when a default/) { $self->{count}{'refused by PostgreSQL, too, but in its plain form'}++; $self->call('migrate_revert', $version); $self->{rows_gone} = 1; return undef; }
		return failure('refused', $n, $answer->{err}) if $answer->{err} !~ /^ERROR:  SF016/m;
		my ($reason) = $answer->{err} =~ /^DETAIL:  (.*)/m;
		return failure('worse than planned', $n, "planned:\n$planned\nis:\n$reason") if defined $planned && $planned !~ /no way back|not known beforehand/;
		$self->{count}{'no way back'}++;
		$self->{reasons}{$reason =~ s/"[^"]*"|\b[\w".]*\.[\w".]+/.../gr}++;
		return undef;
	}
	# What is there already is skipped, so that another of the same is not made.
	my $skipped = ($self->value("SELECT count(*) FROM surefoot.skipped s JOIN surefoot.migration m ON m.run = s.run WHERE m.version = '$version'") // 0) > 0;
	my $other = $skipped ? [] : $self->unlike_trial(\@statements);
	return failure('applied otherwise', $n, told($other)) if @$other;
	my ($verdict, $reason) = $self->verdict($version);
	my $worst = defined $planned ? (sort { $b <=> $a } map { rank($_) } split /\n/, $planned)[0] : 9;
	return failure('worse than planned', $n, "planned:\n$planned\nis:\n$verdict\n$reason") if rank($verdict) > ($worst // 0);
	return failure('rehearsed otherwise', $n, "$rehearsed\nis:\n$verdict\n$reason") if ($rehearsed // '') =~ /^fail/m;
	my $drifted = $self->value($drifts) // '';
	return failure('drift', $n, $drifted) if $drifted ne $drift;
	my $one = { n => $n, before => $before, version => $version, verdict => $verdict, reason => $reason, each => $migration->{each} };
	if ($migration->{each})
	{
		my $failure = $self->back($one, $rows);
		return $failure if $failure || $self->{spoilt};
		$answer = $self->call('migrate_apply', $version);
		# What it has left, rows say, may be in the way.
		if (!$answer->{ok})
		{
			return failure('not applied again', $n, $answer->{err}) if $verdict eq 'exact' && !$dml;
			$self->{spoilt} = 1;
			return undef;
		}
		my $again = $self->unlike_trial(\@statements);
		return failure('applied again otherwise', $n, told($again)) if $verdict eq 'exact' && @$again && !$skipped;
		@$one{qw(verdict reason)} = $self->verdict($version);
	}
	$self->fill if grep { /CREATE\b.*\bTABLE\b/ } @statements;
	$self->remember("state $n");
	$rows->[$n] = $self->rows;
	push @$applied, $one;
	$self->{kinds}{$_}++ for map { /^(\w+(?: (?:OR REPLACE )?[A-Z]+)?)/ ? $1 : $_ } @statements;
	return undef;
}

# What is not as the trial made it. Detaching concurrently leaves a CHECK on the partition, which the plain form of the trial does not.
sub unlike_trial
{
	my ($self, $statements) = @_;
	my $other = $self->compare('trial');
	return $other if !grep { /DETACH PARTITION .* CONCURRENTLY/ } @$statements;
	return [ grep { $_->[0] ne 'constraint' || $_->[1] !~ /_check\d*"? on / || $_->[3] !~ /: added$/m } @$other ];
}

# One migration back, and what differs from before it.
sub back
{
	my ($self, $one, $rows) = @_;
	my ($n, $version, $verdict, $reason) = @$one{qw(n version verdict reason)};
	my %known = map { ("$_->[0] $_->[1]" => 1) } @{ $self->{left} // [] };
	my $answer = $self->call('migrate_revert', $version);
	return failure('session gone', $n, $answer->{err}) if $answer->{dead};
	if (!$answer->{ok})
	{
		if ($answer->{err} =~ /has no way back/ && $verdict =~ /^not/) { $self->{count}{'no way back, told at the revert'}++; $self->{spoilt} = 1; return undef; }
		if ($answer->{err} =~ /^ERROR:  2[23]/ && ($self->{dml} || !$one->{each} || $self->{rows_gone})) { $self->{count}{'rows written since in the way'}++; $self->{spoilt} = 1; return undef; }
		return failure('not reverted', $n, "$verdict: $reason\n$answer->{err}");
	}
	my $left = $self->compare("state $one->{before}");
	my @order = grep { $_->[2] eq 't' } @$left;
	my @other = grep { $_->[2] ne 't' && !$known{"$_->[0] $_->[1]"} } @$left;
	return failure('silently inexact', $n, "$verdict: $reason\n" . told(\@other)) if @other;
	# A column that a later way back has added stands behind the place that this one gives back, which the revert tells.
	my @untold = grep { !$self->{added}{ $_->[1] } } @order;
	return failure('silently inexact', $n, "order: $verdict: $reason\n" . told(\@untold)) if @untold && !%known && !$self->{order_gone} && "$verdict $reason" !~ /column order|comes last|another order/;
	$self->{added}{$_} = 1 for ($self->value("SELECT d.script FROM surefoot.derived d JOIN surefoot.run r ON r.id = d.run WHERE r.version = '$version' ORDER BY r.id DESC LIMIT 1") // '') =~ /^ALTER TABLE (.*) ADD COLUMN /mg;
	if ($one->{each} || !$self->{rows_gone})
	{
		my $is = $self->rows;
		my $was = $rows->[ $one->{before} ];
		my @lost = grep { ($is->{$_} // '') ne $was->{$_} } sort keys %$was;
		if (@lost)
		{
			return failure('rows lost', $n, "$verdict: $reason\n" . join "\n", map { "$_: was $was->{$_}, is " . ($is->{$_} // 'gone') } @lost) if "$verdict $reason" !~ /without rows|rows are gone|changes rows/;
			$self->{rows_gone} = 1;
		}
	}
	$self->{count}{$verdict}++;
	$self->{order_gone} = 1 if @order;
	if ($one->{each})
	{
		# Applied again, it begins with what is there now.
		$self->remember("state $one->{before}");
		$rows->[ $one->{before} ] = $self->rows;
		$one->{each} = 0;
	}
	else { $self->{left} = @$left ? $left : undef; }
	return undef;
}

sub told { my ($list) = @_; return join '', map { "$_->[0] $_->[1]\n" . ($_->[3] // '') =~ s/^/    /gmr . "\n" } @$list; }

sub rank
{
	my ($words) = @_;
	return $words =~ /^not known beforehand/ ? 9 : $words =~ /^no way back/ ? 3 : $words =~ /^exact without rows/ ? 2 : $words =~ /^exact but for column order/ ? 1 : 0;
}

sub verdict
{
	my ($self, $version) = @_;
	my $found = $self->value("SELECT d.way_back || E'\\x1f' || coalesce(d.reason, '') FROM surefoot.derived d JOIN surefoot.migration m ON m.run = d.run WHERE m.version = '$version'");
	return split /\x1f/, $found, 2 if $found;
	my $words = $self->value("SELECT substring(sf.migrate_inverse('$version') FROM 'was changed: ([^\\n]*)')");
	return ($words || 'not tried', '');
}

# Runs a call that may queue steps, and them.
sub call
{
	my ($self, $function, $version) = @_;
	my $answer = $self->run("SELECT sf.$function('$version')");
	return $answer if !$answer->{ok} || $answer->{out} !~ /queued/;
	return $self->run("CALL sf.migrate_wait('$version')");
}

1;

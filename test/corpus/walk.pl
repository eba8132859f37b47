#!/usr/bin/perl
# Replays one history through Surefoot, forward, then back to the start, one migration at a time, and compares all definitions and all
# rows with what they were. Runs beside a server that PGHOST ... name (scripts/cluster):
#   walk.pl [--rows] [--downs] [--each] [--no-keep] [--from N] [--to N] FOLDER OUT
# FOLDER holds NNNN_name.up.sql, with --downs also the .down.sql that are to be used, and prelude.sql, whose parts are divided by lines
# `--8<--`. Without --downs the way back is the derived one. With --each every migration is walked back right after it was applied, and
# applied again, instead of all of them at the end; with --no-keep rows that are changed are not kept. OUT gets result.tsv, a line a migration, and what differed.
use strict;
use warnings FATAL => 'all';

use File::Path qw(make_path remove_tree);
use Getopt::Long;

my ($rows, $downs, $each, $keep, $from, $to) = (0, 0, 0, 1, 1, 1e9);
GetOptions('rows' => \$rows, 'downs' => \$downs, 'each' => \$each, 'keep!' => \$keep, 'from=i' => \$from, 'to=i' => \$to) && @ARGV == 2 or die "usage: walk.pl [--rows] [--downs] FOLDER OUT\n";
my ($folder, $out) = @ARGV;
(my $here = $0) =~ s{/[^/]*$}{};
remove_tree($out);
make_path($out);
chomp($out = `cd '$out' && pwd`);

my @ups = sort glob "$folder/*.up.sql";
@ups or die "$folder: no *.up.sql\n";
splice @ups, $to if @ups > $to;

my $generation = 0;
my $database;

sub slurp
{
	open my $file, '<:raw', $_[0] or return '';
	local $/;
	return scalar <$file> // '';
}

sub spill
{
	open my $file, '>:raw', $_[0] or die "$_[0]: $!\n";
	print $file $_[1];
	close $file or die "$_[0]: $!\n";
}

# psql(SQL, as => DATABASE): what it printed, and the first error that ended it, with what belongs to it.
sub psql
{
	my ($sql, %o) = @_;
	my $db = $o{as} // $database;
	spill("$out/sql", $sql);
	my $stop = $o{stop} // 1;
	my $status = system("psql -XAtq -v ON_ERROR_STOP=$stop -v VERBOSITY=verbose -d $db -f '$out/sql' >'$out/stdout' 2>'$out/stderr' </dev/null");
	my ($stdout, $stderr) = (slurp("$out/stdout"), slurp("$out/stderr"));
	chomp $stdout;
	if ($status)
	{
		my ($error) = $stderr =~ /((?:ERROR|FATAL|psql: error):  ?.*)/s;
		$error = ($error // "exit status $status $stderr") =~ s/^(?:LOCATION|SCHEMA NAME|psql:[^\n]*NOTICE):[^\n]*\n?//gmr;
		return ($stdout, $error);
	}
	return ($stdout, undef);
}

sub must
{
	my ($stdout, $error) = psql(@_);
	die "$folder: $error\n" if defined $error;
	return $stdout;
}

# A string that may hold anything.
sub quote
{
	my ($text) = @_;
	my $tag = 'corpus';
	$tag .= 'x' while index($text, "\$$tag\$") >= 0;
	return "\$$tag\$$text\$$tag\$";
}

sub state_file { return "$out/state/$_[0]"; }

my $state_sql = q{
\copy (SELECT kind, identity, definition FROM surefoot.schema_definitions() WHERE identity !~ '^corpus_walk' AND definition !~ 'corpus_walk') TO '%s.definitions'
\copy (SELECT * FROM corpus_walk.sums()) TO '%s.rows'
};

# What a database holds: "kind identity" => definition, and table => sum of its rows.
sub read_state
{
	my ($name) = @_;
	my %definitions = map { my ($kind, $identity, $definition) = split /\t/, $_, 3; ("$kind $identity" => $definition) }
	  split /\n/, slurp(state_file($name) . '.definitions');
	my %rows = map { my ($table, $column, $sum) = split /\t/, $_, 3; ("$table $column" => $sum) } split /\n/, slurp(state_file($name) . '.rows');
	return { definitions => \%definitions, rows => \%rows };
}

sub save_state { return must(sprintf $state_sql, (state_file($_[0])) x 2); }

# What a rebuild begins with, so that it need not come all the way: copies of the database after some migrations.
my %copies;

# new_database(N): the database as it was after migration N at the latest; returns which one it is after.
sub new_database
{
	my ($n) = @_;
	my $old = $database;
	$database = 'walk' . ++$generation;
	must("DROP DATABASE $old WITH (FORCE);", as => 'postgres') if $old;
	# The last migration is applied there itself: in a copy, which is another database, columns have no place to go back to.
	if (my ($best) = sort { $b <=> $a } grep { $_ < $n || $_ == 0 } keys %copies)
	{
		must("CREATE DATABASE $database TEMPLATE $copies{$best};", as => 'postgres');
		return $best;
	}
	must("CREATE DATABASE $database TEMPLATE template0;", as => 'postgres');
	must("CREATE EXTENSION surefoot;\n\\i $here/rows.sql");
	for my $part (split /^--8<--$/m, slurp("$folder/prelude.sql"))
	{
		# Roles belong to the cluster and may be there; what a prelude cannot do, the history shows to be missing.
		psql($part, stop => 0) if $part =~ /\S/;
	}
	must('SELECT corpus_walk.fill(0, true)') if $rows;
	make_path("$out/state");
	save_state(0);
	keep_copy(0);
	return 0;
}

sub keep_copy
{
	my ($n) = @_;
	return if $copies{$n};
	must("CREATE DATABASE copy$n TEMPLATE $database;", as => 'postgres');
	$copies{$n} = "copy$n";
}

my @result;
# What differs already, as an earlier step has said.
my %known;

# apply(N): through Surefoot, else by psql, so that the ones after it can be tried. With --each back at once, to compare, and again.
sub apply
{
	my ($n) = @_;
	my $r = $result[$n] //= { n => $n };
	my ($name) = ($r->{name}) = $ups[ $n - 1 ] =~ m{([^/]*)\.up\.sql$};
	my $script = slurp($ups[ $n - 1 ]);
	my $version = sprintf '%04d', $n;
	my $down = $downs && -e "$folder/$name.down.sql" ? quote(slurp("$folder/$name.down.sql")) : 'NULL';
	my $register = "SELECT FROM migrate_register('$version', 'test', " . quote($script) . ", $down);\n";
	# What cannot be walked back is refused; the ones after it are wanted all the same.
	my $apply = ($keep ? '' : "SET surefoot.keep_rows = off;\n") . "SET surefoot.allow_no_way_back = on;\nSELECT migrate_apply('$version');\nCALL migrate_wait('$version');\n";
	if ($script !~ /\S/) { $script = $register = "SELECT FROM migrate_register('$version', 'test', 'SELECT');\n"; }
	my (undef, $error) = psql($register . $apply);
	if (defined $error)
	{
		$r->{refused} = $error;
		give_up($version);
		# What the rows are in the way of, without them.
		if ($rows && $error =~ /(?:ERROR|FATAL):\s+(?:2[0-9]|P0|428|55)/)
		{
			must("SELECT corpus_walk.clear($n)");
			save_state($n - 1) if $each;
			(undef, $error) = psql($register . $apply);
			give_up($version) if defined $error;
			delete $r->{refused} unless defined $error;
			$r->{emptied} = 1;
		}
	}
	if (defined $error)
	{
		# As a whole, unless it is of what cannot be in one transaction.
		$r->{refused} = $error;
		(undef, my $plain) = psql("BEGIN;\n$script\n;COMMIT;");
		(undef, $plain) = psql($script) if ($plain // '') =~ /25001/;
		$r->{plain} = $plain // '';
	}
	else
	{
		$r->{verdict} = must("SELECT coalesce(d.way_back, 'derived') FROM surefoot.migration m LEFT JOIN surefoot.derived d ON d.run = m.run WHERE m.version = '$version'");
		# One that was not tried says what it foresees in its head.
		my $inverse = must("SELECT migrate_inverse('$version')");
		my ($head) = $inverse =~ /\A-- [^\n]*\n((?:-- [^\n]*\n)*)/;
		$r->{reason} = join '; ', ($head // '') =~ /^-- (.*)$/mg;
		spill("$out/$name.inverse.sql", $inverse);
		if ($each && $r->{verdict} ne 'no way back')
		{
			save_state($n);
			%known = ();
			# Rows that stay behind would be in the way of applying it again.
			my $copy = $r->{verdict} ne 'exact' ? "again$n" : undef;
			must("CREATE DATABASE $copy TEMPLATE $database;", as => 'postgres') if $copy;
			my $reverted = revert($n);
			if ($copy)
			{
				must("DROP DATABASE $database WITH (FORCE);", as => 'postgres');
				$database = $copy;
			}
			elsif ($reverted) { must($apply); }
		}
	}
	must("SELECT * FROM corpus_walk.fill($n, " . ($r->{emptied} ? 'true' : 'false') . ')') if $rows;
	save_state($n);
	return !defined $error;
}

# A migration that stopped half way goes back, so that the next one can come.
sub give_up
{
	my ($version) = @_;
	psql("SELECT CASE WHEN (SELECT state IN ('failed', 'queued', 'running') FROM migrate_status('$version')) THEN migrate_revert('$version') END;\nCALL migrate_wait('$version');");
}

sub differences
{
	my ($was, $is) = @_;
	my %all = (%{ $was->{definitions} }, %{ $is->{definitions} });
	return { map { $_ => [ $was->{definitions}{$_}, $is->{definitions}{$_} ] }
		  grep { ($was->{definitions}{$_} // '') ne ($is->{definitions}{$_} // '') } keys %all };
}

# A definition without the lines of these names: what says in which order columns stand, and what holes there are between them.
sub without
{
	my ($definition, $lines) = @_;
	return defined $definition ? join '\\n', grep { !/^(?:$lines): / } split /\\n/, $definition : undef;
}
sub unordered { return without($_[0], 'columns|dropped columns|dimensions'); }
sub without_holes { return without($_[0], 'dropped columns|dimensions'); }

sub key { return ($_[0] // '') . "\0" . ($_[1] // ''); }

# revert(N): false when it cannot be.
sub revert
{
	my ($n) = @_;
	my $r = $result[$n];
	my $version = sprintf '%04d', $n;
	my $sql = "SELECT migrate_revert('$version');\nCALL migrate_wait('$version');\n";
	# The rows that came in their stead may be nothing that the old definitions allow.
	must("SELECT corpus_walk.clear($n)") if $r->{emptied} && !$each;
	my (undef, $error) = psql($sql);
	if (defined $error)
	{
		if ($r->{verdict} eq 'no way back') { $r->{declared} = $r->{reason}; }
		# What could not be tried when it was applied is told when the revert begins, which changes nothing then.
		elsif ($error =~ /has no way back/) { $r->{declared} = $error =~ /DETAIL:  (.*)/ ? $1 : $error; }
		else { $r->{failed} = $error; }
		return 0;
	}
	save_state('now');
	my ($was, $is, $after) = (read_state($n - 1), read_state('now'), read_state($n));
	my $differences = differences($was, $is);
	my (@order, @other);
	for my $object (sort keys %$differences)
	{
		my ($a, $b) = @{ $differences->{$object} };
		# What an earlier step has left is not of this one's making.
		my $key = key(without_holes($a), without_holes($b));
		next if key(without_holes($a)) eq key(without_holes($b));
		my $old = $known{$object};
		$known{$object} = $key;
		next if defined $old && ($old eq $key || key(unordered($a)) eq key(unordered($b)));
		if (key(unordered($a)) eq key(unordered($b))) { push @order, $object; }
		else { push @other, $object; }
	}
	$r->{order} = @order;
	$r->{other} = @other;
	spill("$out/$r->{name}.differs", join '', map { "--- $_\n" . ($differences->{$_}[0] // '(not there)') =~ s/\\n/\n/gr . "\n+++\n" . ($differences->{$_}[1] // '(not there)') =~ s/\\n/\n/gr . "\n" } @other, @order) if @order || @other;

	# Rows: of the tables whose values the migration has changed or taken away, how many are as they were.
	my %late = map { $_ => 1 } split /\n/, $each ? '' : must("SELECT * FROM corpus_walk.late_since($n)");
	my (%touched, %lost);
	for my $column (keys %{ $was->{rows} })
	{
		my ($table) = $column =~ /^(.*) /;
		next if $late{$table};
		my ($before, $now, $then) = ($was->{rows}{$column}, $is->{rows}{$column} // '', $after->{rows}{$column} // '');
		$touched{$table} = 1 if $then ne $before;
		my $old = $known{"rows $column"};
		$known{"rows $column"} = key($before, $now);
		next if $now eq $before || defined $old && $old eq $known{"rows $column"};
		$lost{$table} = 1;
	}
	my ($touched, @lost) = (scalar(keys %touched), sort keys %lost);
	$r->{touched} = $touched;
	$r->{lost} = \@lost;
	return 1;
}

sub one_line { return (split /\n/, $_[0] // '')[0] // ''; }

# go_to(N): a database that migration N was the last of to be applied to.
sub go_to
{
	my ($n) = @_;
	%known = ();
	for my $i (new_database($n) + 1 .. $n)
	{
		apply($i);
		keep_copy($i) if $generation == 1 && $i % 20 == 0;
	}
}

# More than was said has changed.
sub is_inexact
{
	my ($r) = @_;
	return 1 if $r->{other} || ($r->{order} && !$downs && $r->{reason} !~ /comes last|another order/);
	return @{ $r->{lost} // [] } && !$downs && $r->{verdict} ne 'exact without rows' && ($r->{verdict} ne 'derived' || $r->{reason} !~ /changes rows|rows are gone/);
}

go_to(scalar @ups);
for (my $i = @ups; !$each && $i >= $from; $i--)
{
	my $r = $result[$i];
	if (defined $r->{refused})
	{
		# What psql could not do either has changed nothing.
		go_to($i - 1) if slurp(state_file($i) . '.definitions') ne slurp(state_file($i - 1) . '.definitions');
		next;
	}
	if (revert($i))
	{
		# What an earlier step has left on a table of another name is not of this one's making: once more, right after it was applied.
		next unless is_inexact($r);
		go_to($i);
		next if revert($i);
	}
	if (defined $r->{failed})
	{
		# Once more, right after it was applied: what went before may have taken values with it, as was said.
		my $failed = delete $r->{failed};
		go_to($i);
		if (revert($i)) { $r->{held_up} = $failed; next; }
	}
	go_to($i - 1);
}

open my $tsv, '>', "$out/result.tsv" or die;
for my $r (@result[ $from .. $#result ])
{
	my $class;
	if (defined $r->{refused}) { $class = $r->{plain} eq '' ? 'not applied' : 'broken'; }
	elsif ($r->{declared}) { $class = 'declared'; }
	elsif (defined $r->{failed}) { $class = 'not reverted'; }
	elsif ($r->{verdict} eq 'no way back') { $class = 'declared'; }
	elsif (is_inexact($r)) { $class = $r->{other} || $r->{order} ? 'silently inexact' : 'rows lost'; }
	elsif ($r->{order}) { $class = 'column order'; }
	elsif (@{ $r->{lost} // [] }) { $class = 'without rows'; }
	else { $class = 'exact'; }
	my $detail = one_line($r->{refused} // $r->{failed} // '');
	$detail = $r->{plain} if $class eq 'broken';
	$detail = join ' ', @{ $r->{lost} } if $class =~ /rows/;
	$detail = $r->{declared} // $r->{reason} if $class eq 'declared';
	print $tsv join("\t", map { $_ // '' } $r->{n}, $r->{name}, $class, $r->{verdict}, $r->{touched} // 0, scalar @{ $r->{lost} // [] }, $r->{emptied} // 0, one_line($detail)), "\n";
	spill("$out/$r->{name}.error", ($r->{refused} // '') . ($r->{failed} // $r->{held_up} // '') . "\n") if $r->{refused} || $r->{failed} || $r->{held_up};
}
close $tsv;
remove_tree("$out/state");

#!/usr/bin/perl
# PostgreSQL's own regression scripts, each DDL statement a migration: applied, walked back by the derived way, compared with the
# whole fingerprint from before, applied again.
#   test/torture/regression.pl [-d] SCRIPTS [NAME...]     beside a server: scripts/cluster test/torture/regression.pl ...
#     SCRIPTS  src/test/regress of PostgreSQL's source     NAME  only these scripts; default: all, in the order of parallel_schedule
#     -d       writes the definitions that differ, too; slow
# Prints a table by kind of statement; the cases that are no success go to the file that TORTURE_LOG names (default: standard error).

use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use PsqlSession;
use SqlFile;

my $with_differences = @ARGV && $ARGV[0] eq '-d' ? shift : 0;
my $source = shift or die "which folder has PostgreSQL's regression scripts?\n";
my @names = @ARGV ? @ARGV : schedule("$source/parallel_schedule");
open my $log, '>', $ENV{TORTURE_LOG} // '/dev/stderr' or die "the log: $!\n";
$log->autoflush(1);

# What belongs to the whole cluster, is no schema, or cannot be in a script.
my $elsewhere = qr/^(?:CREATE|ALTER|DROP) (?:ROLE|USER|GROUP|TABLESPACE|DATABASE|SYSTEM|SUBSCRIPTION|OWNED)|^REINDEX|^CLUSTER|^TRUNCATE/;
# Scripts that are about psql, the cluster or encodings, or that need the library of the regression tests throughout.
my %left_out = map { $_ => 1 } qw(tablespace psql psql_crosstab compression guc largeobject sysviews stats);

sub schedule
{
	my ($file) = @_;
	open my $in, '<', $file or die "$file: $!\n";
	return map { /^test:\s*(.*)/ ? split ' ', $1 : () } <$in>;
}

sub slurp
{
	my ($file) = @_;
	open my $in, '<:raw', $file or return undef;
	local $/;
	return <$in>;
}

my ($session, $version, %count, %kinds) = (undef, 0);

sub note
{
	my ($where, $what, $text, $more) = @_;
	print $log "== $where: $what\n$text;\n", ($more ? ($more =~ s/^/    /gmr) : ''), "\n";
}

# Two hashes of all definitions: as they are, and but for the order of columns, which views can spell out as well (of those only the
# length counts then). Holes of dropped columns and the dimensions of arrays are physical, not logical; an invalid index is debris, and does not come back.
sub fingerprint
{
	my $hash = sub {
		my ($fields, $definition) = @_;
		my $text = "regexp_replace($definition, '\\n(?:$fields): [^\\n]*', '', 'g')";
		return "md5(string_agg(md5(kind || identity || $text), '' ORDER BY kind COLLATE \"C\", identity COLLATE \"C\", definition COLLATE \"C\"))";
	};
	my $loose = "CASE WHEN kind LIKE '%view' THEN length(definition)::text ELSE E'\\n' || definition END";
	return $session->value('SELECT ' . $hash->('dropped columns|dimensions', "E'\\n' || definition") . " || ' ' || " . $hash->('dropped columns|dimensions|columns', $loose)
		  . " FROM surefoot.schema_definitions() WHERE kind <> 'index' OR definition !~ '(^|\\n)valid: no' OR definition ~ ' ON ONLY '");
}

sub but_for_order { return (split ' ', $_[0])[1] // ''; }

sub remember
{
	$session->run('DROP TABLE IF EXISTS pg_temp.sf_before; CREATE TEMP TABLE sf_before AS SELECT * FROM surefoot.schema_definitions();');
}

sub differences
{
	return $session->run("(SELECT '-', * FROM pg_temp.sf_before EXCEPT ALL SELECT '-', * FROM surefoot.schema_definitions())"
		  . " UNION ALL (SELECT '+', * FROM surefoot.schema_definitions() EXCEPT ALL SELECT '+', * FROM pg_temp.sf_before) ORDER BY 2, 3, 1;")->{out};
}

# Runs a call that may queue steps, and them.
sub call
{
	my ($function, $more) = @_;
	my $answer = $session->run("SELECT sf.$function('$version'" . ($more // '') . ');');
	return $answer if !$answer->{ok} || $answer->{out} !~ /queued/;
	return $session->run("CALL sf.migrate_wait('$version');");
}

# How a statement fared: [outcome, what more there is to say]; undef when it is not for us and has to be run as it is.
sub walk
{
	my ($text) = @_;
	my $before = fingerprint() // return undef;
	remember() if $with_differences;
	$version++;
	my $tag = '$torture$';
	my $directives = "-- surefoot: accept=no-way-back\n";
	my $registered = $session->run("SELECT sf.migrate_register('$version', 'x', $tag$directives$text$tag);");
	return ['refused', $registered->{err}] if !$registered->{ok};
	my $applied = call('migrate_apply');
	return { dead => 1 } if $applied->{dead};
	if (!$applied->{ok})
	{
		$session->run("SELECT sf.migrate_revert('$version');") if ($session->value("SELECT state FROM sf.migrate_status('$version')") // '') eq 'failed';
		return ['failed', $applied->{err}];
	}
	my $after = fingerprint() // '';
	my $verdict = $session->value("SELECT d.way_back FROM surefoot.derived d JOIN surefoot.migration m ON m.run = d.run WHERE m.ordinal = $version") || 'exact';
	my $reason = $session->value("SELECT d.reason FROM surefoot.derived d JOIN surefoot.migration m ON m.run = d.run WHERE m.ordinal = $version") // '';
	return ['nothing to undo'] if $after eq $before;
	my $reverted = call('migrate_revert', $verdict eq 'no way back' ? ", accept => '{all}'" : '');
	return { dead => 1 } if $reverted->{dead};
	if (!$reverted->{ok})
	{
		$session->run("SELECT sf.migrate_revert('$version', accept => '{all}');");
		return [$verdict eq 'no way back' ? 'no way back' : "not reverted", $reason . $reverted->{err}];
	}
	my $back = fingerprint() // '';
	my $same = $back eq $before;
	my $outcome =
		  $same                                                  ? ($verdict eq 'no way back' ? 'exact' : $verdict)
		: $verdict eq 'no way back'                              ? $verdict
		: but_for_order($back) ne but_for_order($before)         ? 'silently inexact'
		: $verdict eq 'exact but for column order'               ? $verdict
		: $reason =~ /comes back comes last|come back in another order/       ? 'exact but for column order'
		:                                                          'silently inexact';
	my $more = $same ? '' : $reason . ($with_differences ? "\n" . differences() : '');
	my $again = call('migrate_apply');
	return { dead => 1 } if $again->{dead};
	if (!$again->{ok})
	{
		$more .= "\nnot applied again: $again->{err}";
		$outcome = 'not applied again' if $same;
	}
	elsif ($same && fingerprint() ne $after) { $outcome = 'other when applied again'; }
	return [$outcome, $more];
}

sub run_file
{
	my ($name) = @_;
	my $text = slurp("$source/sql/$name.sql") // return;
	$session = PsqlSession->new(database => $ENV{PGDATABASE});
	$session->run("\\cd $source\n\\set abs_srcdir '$source'\n\\set libdir '/nonexistent'\n\\set dlsuffix '.so'");
	$session->run("\\getenv abs_srcdir PG_ABS_SRCDIR") ;
	my $in_transaction = 0;
	for my $statement (SqlFile::split_script($text))
	{
		my $where = "$name:$statement->{line}";
		if ($statement->{meta})
		{
			# The others would end the session, or change how it answers.
			next if $statement->{text} !~ /^\\(?:set (?!ECHO|VERBOSITY|SHOW|ON_|AUTOCOMMIT|FETCH|HIDE|QUIET)|unset|c -?\s*$)/;
			my $answer = $session->run($statement->{text} =~ /^\\c/ ? 'RESET SESSION AUTHORIZATION' : $statement->{text});
			return note($where, 'psql is gone', $statement->{text}) if $answer->{dead};
			next;
		}
		(my $sql = $statement->{text}) =~ s/^\s+|\s+$//g;
		my $kind = SqlFile::kind($sql);
		my $outcome;
		if ($kind && $kind !~ $elsewhere && !$in_transaction && !$statement->{send} && $sql !~ /:'|:"/ && $sql !~ /\$torture\$/
			&& ($session->value('SELECT rolsuper AND current_user = session_user FROM pg_roles WHERE rolname = current_user') // '') eq 't')
		{
			$outcome = walk($sql);
			if (ref $outcome eq 'HASH') { note($where, 'the session is gone', $sql); $count{'session gone'}{$kind}++; return; }
		}
		if (!$outcome || $outcome->[0] =~ /^(?:failed|refused)$/)
		{
			my $answer = $session->run($sql . ($statement->{send} ? " $statement->{send}" : ';') . (defined $statement->{data} ? "\n$statement->{data}" : ''));
			return note($where, 'psql is gone', $sql) if $answer->{dead};
			$in_transaction = (($session->value("SELECT pg_current_xact_id_if_assigned() IS NOT NULL OR now() <> statement_timestamp()") // 't') ne 'f');
			if ($outcome)
			{
				$outcome->[0] = $answer->{ok} ? 'refused' : 'fails anyway';
			}
			else { next; }
		}
		$count{ $outcome->[0] }{$kind}++;
		$kinds{$kind}++;
		note($where, $outcome->[0], $sql, $outcome->[1]) if $outcome->[0] !~ /^(?:exact|nothing to undo|fails anyway|exact without rows|exact but for column order)$/;
	}
	$session->finish;
}

$ENV{PGDATABASE} = 'regression';
$ENV{PGTZ} = 'PST8PDT';
$ENV{PGDATESTYLE} = 'Postgres, MDY';
$ENV{PG_ABS_SRCDIR} = $source;
system('psql', '-XqAt', '-d', 'postgres', '-c', 'CREATE DATABASE regression') == 0 or die "no server?\n";
system('psql', '-XqAt', '-d', 'regression', '-c', 'CREATE SCHEMA sf', '-c', 'CREATE EXTENSION surefoot SCHEMA sf') == 0 or die "no extension?\n";
for my $name (@names)
{
	next if $left_out{$name};
	my $start = time;
	run_file($name);
	printf {*STDERR} "%-24s %4d s, %d statements so far\n", $name, time - $start, eval { my $n = 0; $n += $_ for values %kinds; $n };
}

my @outcomes = ('exact', 'exact but for column order', 'exact without rows', 'no way back', 'nothing to undo', 'refused', 'not reverted',
	'silently inexact', 'not applied again', 'other when applied again', 'session gone', 'fails anyway');
printf "| kind | %s |\n|---|%s\n", join(' | ', @outcomes), '---|' x @outcomes;
my %total;
for my $kind (sort keys %kinds)
{
	printf "| %s | %s |\n", $kind, join ' | ', map { $total{$_} += $count{$_}{$kind} // 0; $count{$_}{$kind} // '' } @outcomes;
}
printf "| all | %s |\n", join ' | ', map { $total{$_} // 0 } @outcomes;
my $judged = 0;
$judged += $total{$_} // 0 for @outcomes[0 .. 3, 6, 7];
printf "\n%d statements changed the schema; exact, or but for rows or the order of columns: %.2f%%; silently inexact: %d\n", $judged,
	$judged ? 100 * (($total{exact} // 0) + ($total{'exact but for column order'} // 0) + ($total{'exact without rows'} // 0)) / $judged : 0, $total{'silently inexact'} // 0;
exit(($total{'silently inexact'} // 0) > 0);

package SqlFile;

# The statements of a psql script, as psql would send them: [line, text, end], end being what ends it: ';', a backslash command
# that sends it (\gset ...), or 'copy' with the data in {data}. Backslash commands between statements come as kind 'meta'.

use strict;
use warnings;

# Splits the text of a file. Knows strings, quoted names, dollar quotes, nested comments, parentheses and bodies BEGIN ATOMIC ... END.
sub split_script
{
	my ($text) = @_;
	my (@found, $buffer);
	my ($line, $start, $depth, $atomic, $plain) = (1, 0, 0, 0, 1);
	my $take = sub {
		my ($piece) = @_;
		$start = $line if $buffer !~ /\S/ && $piece =~ /\S/;
		$buffer .= $piece;
		$line += ($piece =~ tr/\n//);
	};
	my $end = sub {
		my (%more) = @_;
		push @found, { line => $start, text => $buffer, %more } if $buffer =~ /\S/ || $more{meta};
		$plain = $1 =~ /on|default/i if $buffer =~ /^\s*set\s+standard_conforming_strings\s*(?:=|to)\s*(\w+)/i;
		($buffer, $depth, $atomic) = ('', 0, 0);
	};
	$buffer = '';
	pos($text) = 0;
	while (pos($text) < length $text)
	{
		if ($text =~ /\G--[^\n]*/gc) { $take->(' ') if $buffer =~ /\S/; }
		elsif ($text =~ m{\G/\*}gc)
		{
			my $nested = 1;
			while ($nested && $text =~ m{\G.*?(\*/|/\*|\z)}gcs)
			{
				$line += ($& =~ tr/\n//);
				$nested += $1 eq '/*' ? 1 : $1 eq '*/' ? -1 : -$nested;
			}
			$take->(' ');
		}
		elsif ($text =~ /\G[eE]'(?:[^'\\]|\\.|'')*'/gcs) { $take->($&); }
		elsif ($plain && $text =~ /\G'(?:[^']|'')*'/gcs) { $take->($&); }
		elsif (!$plain && $text =~ /\G'(?:[^'\\]|\\.|'')*'/gcs) { $take->($&); }
		elsif ($text =~ /\G"(?:[^"]|"")*"/gcs) { $take->($&); }
		elsif ($text =~ /\G\$(\w*)\$.*?\$\1\$/gcs) { $take->($&); }
		elsif ($text =~ /\G\\([^\n]*)\n?/gc)
		{
			my $command = $1;
			if ($buffer =~ /\S/ && $command =~ /^(?:g|gx|gset|gexec|gdesc|crosstabview|watch|bind)\b/)
			{
				$end->(send => "\\$command");
			}
			elsif ($buffer =~ /\S/ && $command =~ /^;/) { $end->(); }
			else
			{
				my $kept = $buffer;
				push @found, { line => $line, text => "\\$command", meta => 1 };
				$buffer = $kept;
			}
			$line++;
		}
		elsif ($text =~ /\G[A-Za-z_]\w*/gc)
		{
			my $word = uc $&;
			$take->($&);
			if ($buffer =~ /^\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE)\b/i)
			{
				$atomic++ if $word eq 'ATOMIC' || ($atomic && $word eq 'CASE');
				$atomic-- if $atomic && $word eq 'END';
			}
		}
		elsif ($text =~ /\G[(\[]/gc) { $take->($&); $depth++; }
		elsif ($text =~ /\G[)\]]/gc) { $take->($&); $depth--; }
		elsif ($text =~ /\G;/gc)
		{
			if ($depth > 0 || $atomic) { $take->(';'); next; }
			if ($buffer =~ /^\s*COPY\b.*\bFROM\s+STD(?:IN|OUT)\b/is)
			{
				# One that is meant to fail may have no data: then a statement would end before the data do.
				$text =~ /\G[^\n]*\n/gc;
				my $data = $text =~ /\G(?!\s*\n)(?:(?!^\\\.\n)[^\n;]*;?[^\n]*\n){0,2000}?^\\\.\n/gcm && $& !~ /^[^\n\t]*;\s*\n/m ? $& : undef;
				if (!defined $data) { $end->(data => "\\.\n"); next; }
				$line += 1 + ($data =~ tr/\n//);
				$end->(data => $data);
			}
			else { $end->(); }
		}
		else
		{
			$text =~ /\G./gcs;
			$take->($&);
		}
	}
	$end->();
	return @found;
}

# What sort of statement it is, in the words of the manual: CREATE TABLE, ALTER OPERATOR FAMILY ...; '' for what is no DDL.
sub kind
{
	my ($text) = @_;
	my $words = join ' ', map { uc } ($text =~ /^\s*((?:[A-Za-z_]+\s+){0,7}[A-Za-z_]+)/ ? split(/\s+/, $1) : ());
	$words =~ s/^CREATE OR REPLACE /CREATE /;
	$words =~ s/^CREATE (?:(?:GLOBAL|LOCAL|UNLOGGED|TEMP|TEMPORARY|RECURSIVE|TRUSTED|PROCEDURAL|DEFAULT|CONSTRAINT|UNIQUE|NOSUPERUSER)\s)+/CREATE /;
	return $words =~ /^(CREATE|ALTER|DROP|COMMENT|GRANT|REVOKE|REINDEX|CLUSTER|REFRESH|REASSIGN|IMPORT|SECURITY|DO|TRUNCATE)\b(.*)/
		? join ' ', $1, object_words($1, $2)
		: '';
}

my $kinds = join '|', map { s/ / /r }
	sort { length $b <=> length $a } (
		'TABLE', 'INDEX', 'VIEW', 'MATERIALIZED VIEW', 'SEQUENCE', 'SCHEMA', 'TYPE', 'DOMAIN', 'FUNCTION', 'PROCEDURE', 'ROUTINE',
		'AGGREGATE', 'OPERATOR CLASS', 'OPERATOR FAMILY', 'OPERATOR', 'CAST', 'TRIGGER', 'EVENT TRIGGER', 'RULE', 'POLICY', 'STATISTICS',
		'COLLATION', 'CONVERSION', 'EXTENSION', 'FOREIGN TABLE', 'FOREIGN DATA WRAPPER', 'SERVER', 'USER MAPPING', 'PUBLICATION',
		'SUBSCRIPTION', 'LANGUAGE', 'TRANSFORM', 'ACCESS METHOD', 'DEFAULT PRIVILEGES', 'TEXT SEARCH PARSER', 'TEXT SEARCH DICTIONARY',
		'TEXT SEARCH TEMPLATE', 'TEXT SEARCH CONFIGURATION', 'ROLE', 'USER', 'GROUP', 'TABLESPACE', 'DATABASE', 'SYSTEM', 'LARGE OBJECT',
		'OWNED');

sub object_words
{
	my ($verb, $rest) = @_;
	return () if $verb =~ /^(?:GRANT|REVOKE|DO|TRUNCATE|REINDEX|CLUSTER|SECURITY|COMMENT)$/;
	return $rest =~ /^ ($kinds)\b/ ? ($1) : ();
}

1;

#!/usr/bin/perl
# Packages carry the newest schema and the migrations that led to it, not what those began with:
#   wind_back.pl MIGRATION...       in their order
# prints statements that make of the newest schema something that the migrations can be applied to, from the last one to the first.
# They are crude, and some of them fail: what they do not bring about, a migration that psql cannot apply either shows.
use strict;
use warnings FATAL => 'all';

my $name = qr/(?:"[^"]+"|[\w.]+)+/;

# The text without comments, at the separator, outside of quotes and brackets.
sub split_at
{
	my ($separator, $text) = @_;
	my ($depth, @parts) = (0, '');
	while ($text =~ /\G(\$(\w*)\$.*?\$\2\$|'(?:[^']|'')*'|"[^"]*"|--[^\n]*|\/\*.*?\*\/|.)/gs)
	{
		my $token = $1;
		next if $token =~ /^--|^\/\*/;
		$depth++ if $token eq '(';
		$depth-- if $token eq ')';
		if ($token eq $separator && $depth <= 0) { push @parts, ''; }
		else { $parts[-1] .= $token; }
	}
	s/^\s+|\s+$//g for @parts;
	return grep { length } @parts;
}

# What takes one action of an ALTER TABLE back.
sub unalter
{
	my ($table, $action) = @_;
	my $alter = "ALTER TABLE $table";
	for ($action)
	{
		return "$alter DROP CONSTRAINT $1 CASCADE" if /^ADD\s+CONSTRAINT\s+($name)/i;
		return () if /^ADD\s+(?:PRIMARY|UNIQUE|FOREIGN|CHECK|EXCLUDE)\b/i;
		return "$alter DROP COLUMN $1 CASCADE" if /^ADD\s+(?:COLUMN\s+)?(?:IF\s+NOT\s+EXISTS\s+)?($name)/i;
		return "$alter ADD CONSTRAINT $1 CHECK (true)" if /^DROP\s+CONSTRAINT\s+(?:IF\s+EXISTS\s+)?($name)/i;
		return "$alter ADD COLUMN $1 " . ($1 =~ /id$/i ? 'integer' : 'varchar(64)') if /^DROP\s+(?:COLUMN\s+)?(?:IF\s+EXISTS\s+)?($name)/i;
		return "$alter ALTER COLUMN $1 DROP NOT NULL" if /^ALTER\s+(?:COLUMN\s+)?($name)\s+SET\s+NOT\s+NULL/i;
		return "$alter ALTER COLUMN $1 DROP DEFAULT" if /^ALTER\s+(?:COLUMN\s+)?($name)\s+SET\s+DEFAULT/i;
		return "$alter RENAME COLUMN $2 TO $1" if /^RENAME\s+(?:COLUMN\s+)?($name)\s+TO\s+($name)/i;
	}
	return ();
}

sub undo
{
	my ($statement) = @_;
	for ($statement)
	{
		return "DROP TABLE $1 CASCADE" if /^CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?($name)/i;
		return "DROP INDEX $1" if /^CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?(?!ON\s)($name)/i;
		return "DROP $1 $2 CASCADE" if /^CREATE\s+(TYPE|SEQUENCE|DOMAIN|SCHEMA)\s+(?:IF\s+NOT\s+EXISTS\s+)?($name)/i;
		return "DROP VIEW $1 CASCADE" if /^CREATE\s+(?:OR\s+REPLACE\s+)?VIEW\s+($name)/i;
		return "DROP FUNCTION $1 CASCADE" if /^CREATE\s+FUNCTION\s+($name)/i;
		return "ALTER TABLE $2 RENAME TO $1" if /^ALTER\s+TABLE\s+($name)\s+RENAME\s+TO\s+($name)/i;
		if (/^ALTER\s+TABLE\s+(?:ONLY\s+)?(?:IF\s+EXISTS\s+)?($name)\s+(.*)/is)
		{
			my ($table, $actions) = ($1, $2);
			return map { unalter($table, $_) } reverse split_at(',', $actions);
		}
		return "ALTER TYPE $1 RENAME VALUE $2 TO 'before_' || $2" =~ s/' \|\| '//r if /^ALTER\s+TYPE\s+($name)\s+ADD\s+VALUE\s+('[^']*')/i;
		return "CREATE TABLE $1 (id integer)" if /^DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?($name)/i;
		return "CREATE TYPE $1 AS ENUM ('a')" if /^DROP\s+TYPE\s+(?:IF\s+EXISTS\s+)?($name)/i;
		return "CREATE SEQUENCE $1" if /^DROP\s+SEQUENCE\s+(?:IF\s+EXISTS\s+)?($name)/i;
		return "CREATE VIEW $1 AS SELECT 1 AS a" if /^DROP\s+VIEW\s+(?:IF\s+EXISTS\s+)?($name)/i;
		# On a table whose name is in its own, if there is one.
		return "DO \$\$ BEGIN EXECUTE (SELECT format('CREATE INDEX $1 ON %s (%I)', c.oid::regclass, a.attname) FROM pg_class c"
		  . " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = 1 WHERE c.relkind = 'r' AND c.relnamespace >= 2200 AND NOT a.attisdropped"
		  . " ORDER BY position(c.relname::text in '$1') = 0, length(c.relname) DESC LIMIT 1); END \$\$"
		  if /^DROP\s+INDEX\s+(?:IF\s+EXISTS\s+)?(\w+)/i;
		return "DELETE FROM $1 WHERE $2 = $3" if /^INSERT\s+INTO\s+($name)\s*\(\s*(\w+)[^)]*\)\s*VALUES\s*\(\s*('[^']*'|\d+)/is;
	}
	return ();
}

for my $file (reverse @ARGV)
{
	open my $in, '<:raw', $file or die "$file: $!\n";
	local $/;
	print "$_;\n" for map { undo($_) } reverse split_at(';', scalar <$in>);
}

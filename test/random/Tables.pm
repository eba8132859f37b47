package Tables;

# Statements about tables and what is in them. Each is [weight, what it is, code that makes one from the catalog]; one that cannot be
# made now is undef, one that PostgreSQL refuses is dropped by the caller.

use strict;
use warnings;
use Words;

sub table { my ($c) = @_; return pick(@{ $c->{table} }); }
sub columns_of { my ($c, $table) = @_; return grep { $_->{table} eq $table->{name} } @{ $c->{column} }; }

# A column of some table, by a condition.
sub column
{
	my ($c, $condition) = @_;
	return pick(grep { $_->{relkind} =~ /[rp]/ && (!$condition || $condition->($_)) } @{ $c->{column} });
}

sub schema { my ($c) = @_; return (pick(@{ $c->{schema} }) // { name => 'public' })->{name}; }

sub expression
{
	my ($c, @columns) = @_;
	my $column = pick(@columns) // return undef;
	my $name = $column->{name};
	return "$name > 0" if $column->{type} =~ /int$|integer|numeric|double|bigint/;
	return pick("length($name) < 100", "$name <> ''", "lower($name) = $name") if $column->{type} =~ /^(?:text|character varying)/;
	return "$name IS NOT NULL OR true" if chance(0.3);
	my $value = literal($column->{type}, $c);
	return defined $value ? "$name IS DISTINCT FROM $value" : "($name IS NULL) OR true";
}

sub column_definition
{
	my ($c, $table_columns, $added) = @_;
	my $type = column_type($c);
	my $name = new_name();
	if (chance(0.08)) { return "$name " . pick('serial', 'bigserial', 'smallserial'); }
	if (chance(0.06)) { return "$name bigint GENERATED " . pick('ALWAYS', 'BY DEFAULT') . ' AS IDENTITY' . (chance(0.4) ? ' (START WITH 100 INCREMENT BY 5)' : ''); }
	if (chance(0.07) && @$table_columns)
	{
		my $from = pick(grep { $_->{type} =~ /^(?:integer|bigint|text)$/ && !$_->{generated} } @$table_columns);
		return "$name " . ($from->{type} eq 'text' ? "text GENERATED ALWAYS AS (upper($from->{name})) STORED" : "bigint GENERATED ALWAYS AS ($from->{name} * 2) STORED") if $from;
	}
	my $text = "$name $type";
	$text .= ' COLLATE "C"' if $type eq 'text' && chance(0.08);
	my $default = chance(0.35) ? default_for($type, $c) : undef;
	$text .= ' NOT NULL' if (defined $default && chance(0.5)) || (!$added && chance(0.25));
	$text .= " DEFAULT $default" if defined $default;
	$text .= ' UNIQUE' if chance(0.04);
	$text .= " CONSTRAINT " . new_name('ck') . " CHECK (" . expression($c, { name => $name, type => $type }) . ')' if chance(0.07);
	if (chance(0.07))
	{
		my $key = pick(grep { $_->{type} =~ /[pu]/ && $_->{definition} =~ /^\w+(?: KEY)? \([^,]*\)$/ } @{ $c->{constraint} });
		$text .= " REFERENCES $key->{table}" . ($key->{definition} =~ /(\(.*\))/)[0] . (chance(0.4) ? ' ON DELETE ' . pick('CASCADE', 'SET NULL', 'RESTRICT') : '') if $key;
	}
	return $text;
}

sub create_table
{
	my ($c) = @_;
	my $name = schema($c) . '.' . new_name('t_');
	my $like = chance(0.05) ? table($c) : undef;
	return "CREATE TABLE $name (LIKE $like->{name} INCLUDING ALL)" if $like;
	my $parent = chance(0.07) ? pick(grep { $_->{relkind} eq 'r' && $_->{partition} eq 'f' } @{ $c->{table} }) : undef;
	my $composite = chance(0.04) ? pick(grep { $_->{kind} eq 'c' } @{ $c->{type} }) : undef;
	return "CREATE TABLE $name OF $composite->{name}" if $composite;
	my (@parts, @known);
	if (chance(0.75)) { push @parts, 'id ' . pick('bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY', 'serial PRIMARY KEY', 'integer PRIMARY KEY', 'bigint NOT NULL', 'uuid DEFAULT gen_random_uuid() PRIMARY KEY'); }
	for (1 .. 1 + int rand 5)
	{
		my $definition = column_definition($c, \@known);
		push @parts, $definition;
		push @known, { name => $1, type => $2 } if $definition =~ /^("(?:[^"]|"")*"|\w+) (\w+)/;
	}
	push @parts, (chance(0.5) ? 'CONSTRAINT ' . new_name('uq') . ' ' : '') . "UNIQUE ($known[0]{name})" if @known && chance(0.1);
	push @parts, 'CHECK (' . expression($c, @known) . ')' if @known && chance(0.1);
	my $sql = 'CREATE ' . (chance(0.04) ? 'UNLOGGED ' : '') . 'TABLE ' . (chance(0.05) ? 'IF NOT EXISTS ' : '') . "$name (" . join(', ', @parts) . ')';
	$sql .= " INHERITS ($parent->{name})" if $parent;
	$sql .= ' WITH (fillfactor = ' . pick(50, 70, 90) . ')' if chance(0.05);
	return $sql;
}

sub create_partitioned
{
	my ($c) = @_;
	my $name = schema($c) . '.' . new_name('part_');
	my $strategy = pick('RANGE', 'LIST', 'HASH');
	my @more = map { column_definition($c, []) } 1 .. int rand 3;
	return "CREATE TABLE $name (" . join(', ', 'k ' . pick('integer', 'integer NOT NULL', 'bigint DEFAULT 1'), @more, chance(0.3) ? 'PRIMARY KEY (k)' : ()) . ") PARTITION BY $strategy (k)";
}

sub bound
{
	my ($c, $parent) = @_;
	my ($strategy) = map { $_->{strategy} } grep { $_->{table} eq $parent->{name} } @{ $c->{partition} };
	my $n = int rand 12;
	return 'DEFAULT' if ($strategy // '') ne 'h' && chance(0.15);
	return $strategy eq 'r' ? "FOR VALUES FROM (" . $n * 10 . ") TO (" . ($n * 10 + 10) . ')' : $strategy eq 'l' ? "FOR VALUES IN ($n, " . ($n + 100) . ')' : 'FOR VALUES WITH (MODULUS 4, REMAINDER ' . $n % 4 . ')';
}

sub partitioned { my ($c) = @_; return pick(grep { $_->{relkind} eq 'p' } @{ $c->{table} }); }

# What a constraint may be, for CREATE or ALTER TABLE ... ADD.
sub add_constraint
{
	my ($c) = @_;
	my $table = table($c) // return undef;
	my @columns = columns_of($c, $table);
	return undef if !@columns;
	my $named = chance(0.65) ? 'CONSTRAINT ' . new_name('c_') . ' ' : '';
	my $kind = weighted([ 3, 'check' ], [ 3, 'key' ], [ 3, 'unique' ], [ 1, 'primary' ], [ 0.6, 'exclude' ], [ 0.5, 'index' ])->[1];
	my $names = join ', ', map { $_->{name} } some(2, @columns);
	if ($kind eq 'index')
	{
		my $index = pick(grep { $_->{unique} eq 't' && $_->{constraint} eq 'f' && $_->{plain} eq 't' && $_->{tablekind} eq 'r' } @{ $c->{index} }) // return undef;
		return "ALTER TABLE $index->{table} ADD ${named}UNIQUE USING INDEX $index->{short}";
	}
	if ($kind eq 'key')
	{
		my $key = pick(grep { $_->{type} =~ /[pu]/ && $_->{definition} =~ /\([^,]*\)$/ } @{ $c->{constraint} }) // return undef;
		my ($target) = $key->{definition} =~ /\((.*)\)$/;
		my ($type) = map { $_->{type} } grep { $_->{table} eq $key->{table} && $_->{name} eq $target } @{ $c->{column} };
		my $from = pick(grep { $_->{type} eq ($type // '') } @columns);
		if (!$from) { ($from) = column($c, sub { $_[0]{type} eq ($type // '') }) // return undef; }
		return "ALTER TABLE $from->{table} ADD ${named}FOREIGN KEY ($from->{name}) REFERENCES $key->{table}" . (chance(0.7) ? " ($target)" : '')
		  . pick('', '', ' ON DELETE CASCADE', ' ON UPDATE CASCADE ON DELETE SET NULL', ' MATCH FULL', ' DEFERRABLE INITIALLY DEFERRED', ' ON DELETE SET DEFAULT') . (chance(0.25) ? ' NOT VALID' : '');
	}
	# The same without a name a second time is skipped, and there is nothing by the name that it would have got.
	$named ||= 'CONSTRAINT ' . new_name('c_') . ' ' if $kind eq 'check' && grep { $_->{table} eq $table->{name} && $_->{type} eq 'c' } @{ $c->{constraint} };
	return "ALTER TABLE $table->{name} ADD ${named}CHECK (" . expression($c, @columns) . ')' . pick('', '', ' NOT VALID', ' NO INHERIT') if $kind eq 'check';
	return "ALTER TABLE $table->{name} ADD ${named}EXCLUDE USING " . pick('btree', 'hash') . " ($columns[-1]{name} WITH =)" . (chance(0.3) ? " WHERE (" . expression($c, @columns) . ')' : '') if $kind eq 'exclude';
	return "ALTER TABLE $table->{name} ADD $named" . ($kind eq 'unique' ? 'UNIQUE' : 'PRIMARY KEY') . " ($names)" . pick('', '', '', ' DEFERRABLE', ' WITH (fillfactor = 70)');
}

sub create_index
{
	my ($c) = @_;
	my $relation = pick(@{ $c->{table} }, @{ $c->{table} }, @{ $c->{matview} }) // return undef;
	my @columns = columns_of($c, $relation);
	return undef if !@columns;
	my @keys = map { my $one = $_;
		  chance(0.15) && $one->{type} =~ /^(?:text|character varying)/ ? "lower($one->{name})"
		: chance(0.08) && $one->{type} eq 'text'                   ? "$one->{name} text_pattern_ops"
		: chance(0.1)                                              ? "$one->{name} DESC NULLS LAST"
		: $one->{name} } some(3, @columns);
	my $method = chance(0.85) ? '' : ' USING ' . pick('hash', 'brin', 'gin', 'gist');
	my $concurrently = $relation->{relkind} eq 'r' && chance(0.15) ? ' CONCURRENTLY' : '';
	my $sql = 'CREATE ' . (chance(0.25) ? 'UNIQUE ' : '') . "INDEX$concurrently " . (chance(0.8) ? (chance(0.1) ? 'IF NOT EXISTS ' : '') . new_name('i_') . ' ' : '') . 'ON ' . ($relation->{relkind} eq 'p' && chance(0.2) ? 'ONLY ' : '') . "$relation->{name}$method (" . join(', ', @keys) . ')';
	$sql .= " INCLUDE ($columns[0]{name})" if chance(0.08);
	$sql .= ' NULLS NOT DISTINCT' if chance(0.05);
	$sql .= ' WITH (fillfactor = 60)' if chance(0.06);
	$sql .= ' WHERE ' . expression($c, @columns) if chance(0.15);
	return $sql;
}

sub cascade { return chance(0.3) ? ' CASCADE' : ''; }

our @statements = (
	[ 14, 'ADD COLUMN', sub { my ($c) = @_; my $t = table($c) // return undef;
		"ALTER TABLE $t->{name} ADD " . (chance(0.8) ? 'COLUMN ' : '') . (chance(0.05) ? 'IF NOT EXISTS ' : '') . column_definition($c, [ columns_of($c, $t) ], 1) . (chance(0.15) ? ', ADD COLUMN ' . column_definition($c, [ columns_of($c, $t) ], 1) : '') } ],
	[ 10, 'CREATE TABLE', \&create_table ],
	[ 10, 'CREATE INDEX', \&create_index ],
	[ 8, 'DROP COLUMN', sub { my ($c) = @_; my $a = column($c) // return undef; "ALTER TABLE $a->{table} DROP COLUMN $a->{name}" . cascade() } ],
	[ 3, 'DROP TABLE', sub { my ($c) = @_; my $t = table($c) // return undef; "DROP TABLE $t->{name}" . cascade() } ],
	[ 3, 'DROP INDEX', sub { my ($c) = @_; my $i = pick(@{ $c->{index} }) // return undef; 'DROP INDEX ' . ($i->{relkind} eq 'i' && chance(0.1) ? 'CONCURRENTLY ' : '') . $i->{name} } ],
	[ 6, 'ALTER COLUMN TYPE', sub { my ($c) = @_; my $a = column($c) // return undef;
		my $type = $a->{type} =~ /^(?:integer|smallint)$/ ? pick('bigint', 'text', 'numeric') : $a->{type} =~ /^character/ ? pick('text', 'character varying(50)', 'character varying(5)') : column_type($c);
		my $using = chance(0.5) ? " USING $a->{name}::text::$type" : '';
		"ALTER TABLE $a->{table} ALTER COLUMN $a->{name} TYPE $type$using" . ($type eq 'text' && chance(0.2) ? ', ALTER ' . $a->{name} . " SET DEFAULT 'z'" : '') } ],
	[ 4, 'SET DEFAULT', sub { my ($c) = @_; my $a = column($c) // return undef; my $d = default_for($a->{type}, $c) // return undef; "ALTER TABLE $a->{table} ALTER COLUMN $a->{name} SET DEFAULT $d" } ],
	[ 3, 'DROP DEFAULT', sub { my ($c) = @_; my $a = column($c, sub { $_[0]{default} eq 't' }) // return undef; "ALTER TABLE $a->{table} ALTER $a->{name} DROP DEFAULT" } ],
	[ 4, 'SET NOT NULL', sub { my ($c) = @_; my $a = column($c, sub { $_[0]{notnull} eq 'f' }) // return undef; "ALTER TABLE $a->{table} ALTER $a->{name} SET NOT NULL" } ],
	[ 3, 'DROP NOT NULL', sub { my ($c) = @_; my $a = column($c, sub { $_[0]{notnull} eq 't' }) // return undef; "ALTER TABLE $a->{table} ALTER COLUMN $a->{name} DROP NOT NULL" } ],
	[ 7, 'ADD CONSTRAINT', \&add_constraint ],
	[ 4, 'DROP CONSTRAINT', sub { my ($c) = @_; my $k = pick(grep { $_->{table} } @{ $c->{constraint} }) // return undef; "ALTER TABLE $k->{table} DROP CONSTRAINT $k->{name}" . cascade() } ],
	[ 2, 'VALIDATE CONSTRAINT', sub { my ($c) = @_; my $k = pick(grep { $_->{table} && $_->{validated} eq 'f' } @{ $c->{constraint} }) // return undef; "ALTER TABLE $k->{table} VALIDATE CONSTRAINT $k->{name}" } ],
	[ 1, 'ALTER CONSTRAINT', sub { my ($c) = @_; my $k = pick(grep { $_->{type} eq 'f' } @{ $c->{constraint} }) // return undef; "ALTER TABLE $k->{table} ALTER CONSTRAINT $k->{name} " . pick('DEFERRABLE INITIALLY DEFERRED', 'NOT DEFERRABLE', 'DEFERRABLE') } ],
	[ 2, 'CREATE PARTITIONED TABLE', \&create_partitioned ],
	[ 4, 'CREATE PARTITION', sub { my ($c) = @_; my $p = partitioned($c) // return undef; my $bound = bound($c, $p);
		'CREATE TABLE ' . schema($c) . '.' . new_name('p_') . " PARTITION OF $p->{name}" . (chance(0.15) ? ' (k DEFAULT 5)' : '') . " $bound" . (chance(0.12) ? ' PARTITION BY LIST (k)' : '') } ],
	[ 2, 'ATTACH PARTITION', sub { my ($c) = @_; my $p = partitioned($c) // return undef;
		my $t = pick(grep { $_->{partition} eq 'f' && $_->{name} ne $p->{name} } @{ $c->{table} }) // return undef;
		"ALTER TABLE $p->{name} ATTACH PARTITION $t->{name} " . bound($c, $p) } ],
	[ 1, 'ATTACH NEW PARTITION', sub { my ($c) = @_; my $p = partitioned($c) // return undef; my $name = schema($c) . '.' . new_name('at_');
		return [ "CREATE TABLE $name (LIKE $p->{name}" . pick('', ' INCLUDING ALL', ' INCLUDING DEFAULTS') . ')', "ALTER TABLE $p->{name} ATTACH PARTITION $name " . bound($c, $p) ] } ],
	[ 2, 'DETACH PARTITION', sub { my ($c) = @_; my $b = pick(@{ $c->{bound} }) // return undef; "ALTER TABLE $b->{parent} DETACH PARTITION $b->{table}" . (chance(0.1) ? ' CONCURRENTLY' : '') } ],
	[ 1, 'ATTACH INDEX', sub { my ($c) = @_; my $p = pick(grep { $_->{relkind} eq 'I' } @{ $c->{index} }) // return undef; my $i = pick(grep { $_->{relkind} eq 'i' && $_->{attached} eq 'f' } @{ $c->{index} }) // return undef; "ALTER INDEX $p->{name} ATTACH PARTITION $i->{name}" } ],
	[ 1.5, 'INHERIT', sub { my ($c) = @_; my ($a, $b) = (table($c), table($c)); return undef if !$a; "ALTER TABLE $a->{name} INHERIT $b->{name}" } ],
	[ 1.5, 'NO INHERIT', sub { my ($c) = @_; my $t = pick(grep { $_->{parent} && $_->{partition} eq 'f' } @{ $c->{table} }) // return undef; "ALTER TABLE $t->{name} NO INHERIT $t->{parent}" } ],
	[ 1, 'ADD IDENTITY', sub { my ($c) = @_; my $a = column($c, sub { $_[0]{type} =~ /int/ && !$_[0]{identity} && $_[0]{default} eq 'f' }) // return undef; "ALTER TABLE $a->{table} ALTER $a->{name} ADD GENERATED " . pick('ALWAYS', 'BY DEFAULT') . ' AS IDENTITY' } ],
	[ 1, 'ALTER IDENTITY', sub { my ($c) = @_; my $a = column($c, sub { $_[0]{identity} }) // return undef; "ALTER TABLE $a->{table} ALTER $a->{name} " . pick('DROP IDENTITY', 'DROP IDENTITY IF EXISTS', 'SET GENERATED BY DEFAULT', 'SET GENERATED ALWAYS', 'SET INCREMENT BY 7', 'SET START WITH 50 SET CYCLE', 'SET MAXVALUE 100000', 'RESTART WITH 30') } ],
	[ 1, 'DROP EXPRESSION', sub { my ($c) = @_; my $a = column($c, sub { $_[0]{generated} }) // return undef; "ALTER TABLE $a->{table} ALTER $a->{name} DROP EXPRESSION" } ],
	[ 1, 'UPDATE', sub { my ($c) = @_; my $a = column($c) // return undef; my $v = literal($a->{type}, $c) // return undef; "UPDATE $a->{table} SET $a->{name} = $v" } ],
	[ 0.7, 'INSERT', sub { my ($c) = @_; my $t = table($c) // return undef; "INSERT INTO $t->{name} DEFAULT VALUES" } ],
	[ 0.7, 'DELETE', sub { my ($c) = @_; my $t = table($c) // return undef; pick("DELETE FROM $t->{name}", "TRUNCATE $t->{name}" . cascade()) } ],
	[ 1, 'DROP IN DO', sub { my ($c) = @_; my $t = table($c) // return undef; my $a = pick(columns_of($c, $t)) // return undef;
		my $inner = pick("ALTER TABLE $t->{name} DROP COLUMN $a->{name} CASCADE", "ALTER TABLE $t->{name} RENAME COLUMN $a->{name} TO " . new_name(), "CREATE INDEX ON $t->{name} ($a->{name})", "ALTER TABLE $t->{name} ADD COLUMN " . column_definition($c, [], 1), "DROP TABLE $t->{name}");
		"DO \$do\$ BEGIN EXECUTE \$x\$$inner\$x\$; END \$do\$" } ],
);

1;

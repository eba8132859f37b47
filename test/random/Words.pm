package Words;

# The dice, and what is said with them: names, types, values.

use strict;
use warnings;
use Exporter 'import';
our @EXPORT = qw(pick chance some weighted new_name quoted literal default_for column_type base_type);

sub pick { return @_ ? $_[ int rand @_ ] : undef; }
sub chance { return rand() < $_[0]; }

# some(N, LIST): up to N of them, at least one when there is one, in a random order.
sub some
{
	my ($n, @list) = @_;
	my @taken;
	my $many = 1 + int rand $n;
	push @taken, splice @list, int rand @list, 1 while @list && @taken < $many;
	return @taken;
}

# weighted([WEIGHT, ...], ...): one of the arrays.
sub weighted
{
	my $sum = 0;
	$sum += $_->[0] for @_;
	my $at = rand $sum;
	for (@_) { return $_ if ($at -= $_->[0]) < 0; }
	return $_[-1];
}

my %reserved = map { $_ => 1 } qw(user order select table group default check column end desc primary references when all);

sub quoted
{
	my ($name) = @_;
	return $name if $name =~ /^[a-z_][a-z0-9_]*$/ && !$reserved{$name};
	return '"' . $name =~ s/"/""/gr . '"';
}

my @plain = qw(users orders items price status note created_at owner_id kind total email state amount label parent_id weight active payload code region);
my @odd = ('user', 'order', 'select', 'table', 'default', 'check', 'end', 'Mixed Case', 'with.dot', 'quo"te', "apo's", 'back\\slash', 'dol$lar', 'uml ü', ' lead', 'per%cent', 'semi;colon',
	'comma,', 'paren)', '--dash', '/*c', '$$', 'key: value', 'CamelCase', 'x' x 63, 'long_' . 'abcdefghij' x 5 . '_tail');

# A name that is probably free; odd ones now and then.
sub new_name
{
	my ($prefix) = @_;
	return quoted(pick(@odd)) if chance(0.12);
	return quoted(pick(@plain)) if chance(0.3);
	return quoted(($prefix // '') . pick(@plain) . '_' . int rand 40);
}

# type => [values]: the first ones serve as rows
my %values = (
	'integer' => [ 1, 7, -3, '(2 + 3)' ], 'bigint' => [ 10, '9999999999' ], 'smallint' => [ 1, 5 ], 'text' => [ "'a'", "'it''s'", "E'line\\nbreak'", "''" ],
	'character varying(20)' => [ "'abc'", "'x'" ], 'numeric(10,2)' => [ '1.50', 0 ], 'numeric' => ['3.14159'], 'boolean' => [ 'true', 'false' ],
	'timestamp with time zone' => [ "'2024-02-29 12:00:00+00'", 'now()' ], 'timestamp without time zone' => ["'2020-01-01'"], 'date' => [ "'2024-01-31'", 'CURRENT_DATE' ], 'jsonb' => [ "'{}'", "'{\"a\": [1, 2]}'" ],
	'uuid' => [ "'00000000-0000-0000-0000-000000000001'", 'gen_random_uuid()' ], 'integer[]' => [ "'{1,2}'", 'ARRAY[]::integer[]' ], 'text[]' => ["ARRAY['a', 'b']"],
	'bytea' => [ "'\\x00ff'" ], 'interval' => ["'1 day'"], 'inet' => ["'10.0.0.1'"], 'int4range' => ["'[1,5)'"], 'character(3)' => ["'ab'"], 'double precision' => [ '1.5', '0.1' ], 'real' => [1.25],
	'tsvector' => ["'a b'"], 'bit(3)' => ["B'101'"], 'point' => ["'(1,2)'"], 'name' => ["'n'"], 'json' => ["'[]'"], 'character varying' => ["'v'"], 'time without time zone' => ["'12:00'"],
);
my @types = (('integer') x 5, ('bigint') x 4, ('text') x 6, ('character varying(20)') x 3, 'numeric(10,2)', 'numeric', ('boolean') x 2, ('timestamp with time zone') x 3, 'timestamp without time zone',
	'date', ('jsonb') x 2, 'uuid', 'integer[]', 'text[]', 'bytea', 'interval', 'inet', 'int4range', 'character(3)', 'double precision', 'real', 'tsvector', 'bit(3)', 'point', 'json', 'smallint');

sub base_type { return pick(@types); }

# A type: of the server, or one of the schema's.
sub column_type
{
	my ($catalog) = @_;
	if ($catalog && chance(0.18))
	{
		my $type = pick(@{ $catalog->{type} });
		return $type->{name} . (chance(0.12) ? '[]' : '') if $type;
	}
	return base_type();
}

# A value of a type, or undef; labels of enums are in the catalog.
sub literal
{
	my ($type, $catalog, $fixed) = @_;
	return $fixed ? $values{$type}[0] : pick(@{ $values{$type} }) if $values{$type};
	my ($known) = grep { $_->{name} eq $type || $_->{name} eq "public.$type" } @{ $catalog->{type} // [] };
	return pick(split /,/, $known->{labels}) if $known && $known->{labels};
	return "'{}'" if $type =~ /\[\]$/;
	return undef;
}

sub default_for
{
	my ($type, $catalog) = @_;
	if (chance(0.1) && $type =~ /^(?:integer|bigint)$/)
	{
		my $sequence = pick(@{ $catalog->{sequence} });
		return "nextval('" . $sequence->{name} =~ s/'/''/gr . "')" if $sequence;
	}
	if (chance(0.15))
	{
		my $function = pick(grep { $_->{kind} eq 'f' && $_->{returns} eq $type && $_->{name} =~ /\(\)$/ } @{ $catalog->{routine} });
		return $function->{name} if $function;
	}
	return literal($type, $catalog);
}

1;

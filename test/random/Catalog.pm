package Catalog;

# What a database holds at this moment, for the generator to choose from: lists of hashes by kind, ordered by name, so that the same
# seed chooses the same. Names come quoted as SQL needs them.

use strict;
use warnings;

my $own = "n.nspname !~ '^(pg_|information_schema\$|surefoot|sf\$|random_walk\$)'";
my $rel = "format('%I.%I', n.nspname, c.relname)";
my $proc = "format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))";

# kind => [fields, query]
my %queries = (
	schema => [ [qw(name owner)], "SELECT quote_ident(n.nspname), n.nspowner::regrole::text FROM pg_namespace n WHERE $own" ],
	relation => [
		[qw(name schema relkind partition parent children owner persistence short rls indexed oid)],
		"SELECT $rel, quote_ident(n.nspname), c.relkind, c.relispartition, (SELECT min(i.inhparent::regclass::text) FROM pg_inherits i WHERE i.inhrelid = c.oid),
			c.relhassubclass, c.relowner::regrole, c.relpersistence, quote_ident(c.relname), c.relrowsecurity, c.relhasindex, c.oid
		 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'c') AND $own"
	],
	column => [
		[qw(table name type notnull default generated identity inherited relkind local typtype category storage)],
		"SELECT $rel, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef, a.attgenerated, a.attidentity, a.attinhcount,
			c.relkind, a.attislocal, t.typtype, t.typcategory, a.attstorage, lpad(a.attnum::text, 5)
		 FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid
		 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'c') AND a.attnum > 0 AND NOT a.attisdropped AND $own"
	],
	constraint => [
		[qw(table name type validated inherited definition domain local)],
		"SELECT CASE WHEN k.conrelid <> 0 THEN $rel ELSE '' END, quote_ident(k.conname), k.contype, k.convalidated, k.coninhcount, replace(pg_get_constraintdef(k.oid), E'\\n', ' '),
			CASE WHEN k.contypid <> 0 THEN k.contypid::regtype::text ELSE '' END, k.conislocal
		 FROM pg_constraint k LEFT JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = k.connamespace WHERE k.contype <> 't' AND k.contype <> 'n' AND $own"
	],
	index => [
		[qw(name table unique constraint relkind attached short tablekind plain)],
		"SELECT $rel, t.oid::regclass, i.indisunique, EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')), c.relkind,
			c.relispartition, quote_ident(c.relname), t.relkind, i.indpred IS NULL AND i.indexprs IS NULL
		 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE $own"
	],
	routine => [
		[qw(name short kind schema owner trigger returns language)],
		"SELECT $proc, quote_ident(p.proname), p.prokind, quote_ident(n.nspname), p.proowner::regrole, p.prorettype = 'trigger'::regtype, coalesce(pg_get_function_result(p.oid), ''),
			l.lanname
		 FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
		 WHERE $own AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')"
	],
	type => [
		[qw(name schema kind owner labels short)],
		"SELECT format('%I.%I', n.nspname, t.typname), quote_ident(n.nspname), t.typtype, t.typowner::regrole,
			coalesce((SELECT string_agg(quote_literal(enumlabel), ',' ORDER BY enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid), ''), quote_ident(t.typname)
		 FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
		 WHERE (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c') AND $own"
	],
	trigger => [
		[qw(table name enabled inherited)],
		"SELECT $rel, quote_ident(g.tgname), g.tgenabled, g.tgparentid <> 0 FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		 WHERE NOT g.tgisinternal AND $own"
	],
	rule => [
		[qw(table name)],
		"SELECT $rel, quote_ident(r.rulename) FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
		 WHERE r.rulename <> '_RETURN' AND $own"
	],
	policy => [
		[qw(table name command)],
		"SELECT $rel, quote_ident(p.polname), p.polcmd FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE $own"
	],
	statistics => [
		[qw(name schema owner)],
		"SELECT format('%I.%I', n.nspname, s.stxname), quote_ident(n.nspname), s.stxowner::regrole FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE $own"
	],
	publication => [ [qw(name all owner)], "SELECT quote_ident(pubname), puballtables, pubowner::regrole FROM pg_publication" ],
	member => [
		[qw(publication table)],
		"SELECT quote_ident(p.pubname), $rel FROM pg_publication_rel m JOIN pg_publication p ON p.oid = m.prpubid JOIN pg_class c ON c.oid = m.prrelid
		 JOIN pg_namespace n ON n.oid = c.relnamespace"
	],
	collation => [ [qw(name schema)], "SELECT format('%I.%I', n.nspname, c.collname), quote_ident(n.nspname) FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace WHERE $own" ],
	partition => [
		[qw(table strategy columns)],
		"SELECT $rel, p.partstrat, pg_get_partkeydef(c.oid) FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE $own"
	],
	bound => [
		[qw(table parent bound)],
		"SELECT $rel, i.inhparent::regclass, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		 WHERE c.relispartition AND c.relkind IN ('r', 'p') AND $own"
	],
);

my $sql = join "\nUNION ALL ", map {
	my ($kind, $fields, $query) = ($_, @{ $queries{$_} });
	my @names = map { "c$_" } 1 .. @$fields;
	my $extra = $kind eq 'column' ? ', place' : '';
	my $place = $kind eq 'column' ? 'place' : "''";
	"SELECT '$kind' AS kind, c1, $place AS place, concat_ws(E'\\x1f', '$kind', " . join(', ', map { "coalesce($_\::text, '')" } @names) . ") AS line FROM ($query) q(" . join(', ', @names) . "$extra)"
} sort keys %queries;
$sql = "SELECT line FROM ($sql) all_of_it ORDER BY kind COLLATE \"C\", c1::text COLLATE \"C\", place, line COLLATE \"C\"";

# sql(): one query for all of it, a line each.
sub sql { return $sql; }

sub parse
{
	my ($text) = @_;
	my %all = map { $_ => [] } keys %queries;
	for my $line (split /\n/, $text)
	{
		my ($kind, @values) = split /\x1f/, $line, -1;
		next if !$queries{$kind};
		my %row;
		@row{ @{ $queries{$kind}[0] } } = @values;
		push @{ $all{$kind} }, \%row;
	}
	$all{table} = [ grep { $_->{relkind} =~ /[rp]/ } @{ $all{relation} } ];
	$all{view} = [ grep { $_->{relkind} eq 'v' } @{ $all{relation} } ];
	$all{matview} = [ grep { $_->{relkind} eq 'm' } @{ $all{relation} } ];
	$all{sequence} = [ grep { $_->{relkind} eq 'S' } @{ $all{relation} } ];
	return \%all;
}

1;

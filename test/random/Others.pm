package Others;

# Statements about views, functions, types and the other objects of a schema; in the form that Tables has.

use strict;
use warnings;
use Words;
use Tables;

*schema = \&Tables::schema;
*cascade = \&Tables::cascade;

# A SELECT over some relation, for views.
sub query
{
	my ($c) = @_;
	my $r = pick(@{ $c->{table} }, @{ $c->{table} }, @{ $c->{table} }, @{ $c->{view} }, @{ $c->{matview} }) // return undef;
	my @columns = some(4, Tables::columns_of($c, $r));
	return undef if !@columns;
	return "SELECT * FROM $r->{name}" if chance(0.1);
	my $n = 0;
	my $list = join ', ', map { my $a = $_->{name}; $n++; chance(0.15) ? "$a AS " . new_name('v') : chance(0.1) ? "count($a) OVER () AS n$n" : $a } @columns;
	return "SELECT $list FROM $r->{name}" . (chance(0.3) ? ' WHERE ' . Tables::expression($c, @columns) : '') if chance(0.8);
	my $other = pick(@{ $c->{table} });
	return "SELECT x.$columns[0]{name}, count(*) AS number FROM $r->{name} x, $other->{name} GROUP BY 1" if chance(0.5);
	return "SELECT DISTINCT ON ($columns[0]{name}) * FROM $r->{name}" if chance(0.5);
	return "SELECT max($columns[0]{name}::text) AS m FROM $r->{name} UNION ALL SELECT 'none'";
}

sub create_view { my ($c) = @_; my $q = query($c) // return undef;
	'CREATE ' . (chance(0.3) ? 'OR REPLACE ' : '') . 'VIEW ' . schema($c) . '.' . new_name('v_') . pick('', '', '', ' WITH (security_barrier = true)', ' WITH (security_invoker = true)') . " AS $q" . (chance(0.05) ? ' WITH LOCAL CHECK OPTION' : '') }

sub replace_view
{
	my ($c) = @_;
	my $v = pick(@{ $c->{view} }) // return undef;
	my @columns = Tables::columns_of($c, $v);
	return undef if !@columns;
	my $list = join ', ', map { (chance(0.5) ? literal($_->{type}, $c) // 'NULL' : 'NULL') . "::$_->{type} AS $_->{name}" } @columns;
	$list .= ', 1 AS ' . new_name('more') if chance(0.5);
	return "CREATE OR REPLACE VIEW $v->{name} AS SELECT $list";
}

my @bodies = (
	[ 'integer', 'sql', 'SELECT 1' ], [ 'integer', 'sql', 'SELECT 40 + 2' ], [ 'text', 'sql', "SELECT 'it''s'::text" ], [ 'bigint', 'plpgsql', 'BEGIN RETURN 5; END' ], [ 'boolean', 'sql', 'SELECT true' ],
	[ 'trigger', 'plpgsql', 'BEGIN RETURN NEW; END' ], [ 'trigger', 'plpgsql', 'BEGIN NEW := NEW; RETURN NEW; END' ], [ 'timestamp with time zone', 'sql', 'SELECT now()' ], [ 'SETOF integer', 'sql', 'SELECT generate_series(1, 3)' ],
	[ 'TABLE(a integer, b text)', 'sql', "SELECT 1, 'x'::text" ], [ 'void', 'plpgsql', 'BEGIN PERFORM 1; END' ]);

sub routine_text
{
	my ($c, $name, $body) = @_;
	my ($returns, $language, $text) = @$body;
	return "CREATE OR REPLACE FUNCTION $name RETURNS $returns LANGUAGE $language"
	  . ($returns eq 'trigger' ? '' : pick('', '', ' IMMUTABLE', ' STABLE PARALLEL SAFE', ' STRICT', ' COST 50', ' SECURITY DEFINER SET search_path = pg_catalog')) . " AS \$f\$$text\$f\$";
}

sub create_function
{
	my ($c) = @_;
	my $body = pick(@bodies);
	my $name = schema($c) . '.' . new_name('f_');
	my $arguments = $body->[0] eq 'trigger' || chance(0.5) ? '' : join ', ', map { "p$_ " . column_type($c) . (chance(0.2) ? ' DEFAULT NULL' : '') } 1 .. 1 + int rand 2;
	if (chance(0.15))
	{
		my $t = Tables::table($c);
		my $a = $t ? pick(Tables::columns_of($c, $t)) : undef;
		return "CREATE FUNCTION $name() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count($a->{name}) FROM $t->{name}; END" if $a && chance(0.6);
		return "CREATE FUNCTION $name(r $t->{name}) RETURNS text LANGUAGE sql AS \$f\$SELECT 'row'::text\$f\$" if $t;
	}
	return routine_text($c, "$name($arguments)", $body);
}

sub replace_function
{
	my ($c) = @_;
	my $f = pick(grep { $_->{kind} eq 'f' } @{ $c->{routine} }) // return undef;
	my $body = pick(grep { $_->[0] eq $f->{returns} } @bodies) // return undef;
	return routine_text($c, $f->{name}, $body);
}

sub create_trigger
{
	my ($c) = @_;
	my $t = Tables::table($c) // return undef;
	my $f = pick(grep { $_->{trigger} eq 't' } @{ $c->{routine} }) // return undef;
	my $a = pick(Tables::columns_of($c, $t));
	my $event = pick('BEFORE INSERT', 'BEFORE INSERT OR UPDATE', 'AFTER DELETE', 'AFTER UPDATE', $a ? "AFTER UPDATE OF $a->{name}" : 'AFTER INSERT', 'AFTER TRUNCATE');
	my $each = $event =~ /TRUNCATE/ || chance(0.2) ? 'STATEMENT' : 'ROW';
	my $when = $each eq 'ROW' && $event =~ /UPDATE/ && $event !~ /INSERT/ && chance(0.4) ? ($a && chance(0.5) ? " WHEN (OLD.$a->{name} IS DISTINCT FROM NEW.$a->{name})" : ' WHEN (OLD.* IS DISTINCT FROM NEW.*)') : '';
	my $constraint = $each eq 'ROW' && $event =~ /^AFTER/ && chance(0.15);
	return 'CREATE ' . ($constraint ? 'CONSTRAINT ' : chance(0.1) ? 'OR REPLACE ' : '') . 'TRIGGER ' . new_name('tr_') . " $event ON $t->{name}" . ($constraint ? ' DEFERRABLE INITIALLY DEFERRED' : '') . " FOR EACH $each$when EXECUTE FUNCTION $f->{name}";
}

sub create_policy
{
	my ($c) = @_;
	my $t = Tables::table($c) // return undef;
	my @columns = Tables::columns_of($c, $t);
	my $using = Tables::expression($c, @columns) // 'true';
	my $command = pick('', ' FOR SELECT', ' FOR UPDATE', ' FOR DELETE', ' AS RESTRICTIVE');
	return 'CREATE POLICY ' . new_name('po_') . " ON $t->{name}$command" . pick('', ' TO alice', ' TO alice, bob', ' TO "Odd Role"') . " USING ($using)" . ($command =~ /UPDATE|^$/ && chance(0.4) ? ' WITH CHECK (true)' : '');
}

sub type_of { my ($c, $kind) = @_; return pick(grep { $_->{kind} eq $kind } @{ $c->{type} }); }
sub labels { return join ', ', map { my $l = $_; "'" . $l =~ s/'/''/gr . "'" } @_; }

our @statements = (
	[ 5, 'CREATE VIEW', \&create_view ],
	[ 3, 'CREATE OR REPLACE VIEW', \&replace_view ],
	[ 2, 'DROP VIEW', sub { my ($c) = @_; my $v = pick(@{ $c->{view} }) // return undef; "DROP VIEW $v->{name}" . cascade() } ],
	[ 2, 'CREATE MATERIALIZED VIEW', sub { my ($c) = @_; my $q = query($c) // return undef; 'CREATE MATERIALIZED VIEW ' . schema($c) . '.' . new_name('mv_') . " AS $q" . (chance(0.2) ? ' WITH NO DATA' : '') } ],
	[ 1, 'DROP MATERIALIZED VIEW', sub { my ($c) = @_; my $v = pick(@{ $c->{matview} }) // return undef; "DROP MATERIALIZED VIEW $v->{name}" . cascade() } ],
	[ 0.5, 'REFRESH MATERIALIZED VIEW', sub { my ($c) = @_; my $v = pick(@{ $c->{matview} }) // return undef; "REFRESH MATERIALIZED VIEW $v->{name}" . pick('', ' WITH NO DATA') } ],
	[ 5, 'CREATE FUNCTION', \&create_function ],
	[ 5, 'CREATE OR REPLACE FUNCTION', \&replace_function ],
	[ 1, 'CREATE PROCEDURE', sub { my ($c) = @_; 'CREATE PROCEDURE ' . schema($c) . '.' . new_name('pr_') . '(' . pick('', 'a integer', 'INOUT a text') . ") LANGUAGE plpgsql AS 'BEGIN NULL; END'" } ],
	[ 1, 'CREATE AGGREGATE', sub { my ($c) = @_; 'CREATE AGGREGATE ' . schema($c) . '.' . new_name('ag_') . "(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0')" } ],
	[ 2.5, 'DROP FUNCTION', sub { my ($c) = @_; my $f = pick(@{ $c->{routine} }) // return undef; "DROP ROUTINE $f->{name}" . cascade() } ],
	[ 1.5, 'ALTER FUNCTION', sub { my ($c) = @_; my $f = pick(@{ $c->{routine} }) // return undef; "ALTER ROUTINE $f->{name} " . pick('STABLE', 'COST 7', 'SECURITY DEFINER', 'STRICT', "SET search_path = public, pg_temp", "SET work_mem = '4MB'", 'RESET ALL', 'LEAKPROOF', 'PARALLEL SAFE') } ],
	[ 4, 'CREATE TRIGGER', \&create_trigger ],
	[ 1.5, 'DROP TRIGGER', sub { my ($c) = @_; my $g = pick(@{ $c->{trigger} }) // return undef; "DROP TRIGGER $g->{name} ON $g->{table}" } ],
	[ 2, 'ENABLE TRIGGER', sub { my ($c) = @_; my $g = pick(@{ $c->{trigger} }) // return undef; "ALTER TABLE $g->{table} " . pick('DISABLE', 'ENABLE', 'ENABLE ALWAYS', 'ENABLE REPLICA') . ' TRIGGER ' . (chance(0.85) ? $g->{name} : 'USER') } ],
	[ 1.5, 'CREATE RULE', sub { my ($c) = @_; my $t = pick(@{ $c->{table} }, @{ $c->{view} }) // return undef; 'CREATE RULE ' . new_name('ru_') . ' AS ON ' . pick('INSERT', 'UPDATE', 'DELETE') . " TO $t->{name} DO " . pick('NOTHING', 'INSTEAD NOTHING', "ALSO NOTIFY changed") } ],
	[ 0.7, 'ALTER RULE', sub { my ($c) = @_; my $r = pick(@{ $c->{rule} }) // return undef; pick("DROP RULE $r->{name} ON $r->{table}", "ALTER TABLE $r->{table} DISABLE RULE $r->{name}", "ALTER RULE $r->{name} ON $r->{table} RENAME TO " . new_name('ru')) } ],
	[ 3, 'CREATE POLICY', \&create_policy ],
	[ 2, 'ALTER POLICY', sub { my ($c) = @_; my $p = pick(@{ $c->{policy} }) // return undef; pick("DROP POLICY $p->{name} ON $p->{table}", "ALTER POLICY $p->{name} ON $p->{table} USING (false)", "ALTER POLICY $p->{name} ON $p->{table} TO bob, alice", "ALTER POLICY $p->{name} ON $p->{table} RENAME TO " . new_name('po')) } ],
	[ 1.5, 'CREATE ENUM', sub { my ($c) = @_; 'CREATE TYPE ' . schema($c) . '.' . new_name('en_') . ' AS ENUM (' . labels('new', 'old', (chance(0.3) ? ("it's", 'a b') : ())) . ')' } ],
	[ 3, 'ADD VALUE', sub { my ($c) = @_; my $e = type_of($c, 'e') // return undef; my $l = pick(split /,/, $e->{labels}); "ALTER TYPE $e->{name} ADD VALUE " . (chance(0.2) ? 'IF NOT EXISTS ' : '') . labels(pick('extra', 'more', "wasn't", 'Big')) . ($l ? pick('', '', " BEFORE $l", " AFTER $l") : '') } ],
	[ 1, 'RENAME VALUE', sub { my ($c) = @_; my $e = type_of($c, 'e') // return undef; my $l = pick(split /,/, $e->{labels}) // return undef; "ALTER TYPE $e->{name} RENAME VALUE $l TO " . labels(pick('renamed', 'other')) } ],
	[ 1.5, 'CREATE DOMAIN', sub { my ($c) = @_; my $b = base_type(); my $d = chance(0.3) ? literal($b, $c) : undef; 'CREATE DOMAIN ' . schema($c) . '.' . new_name('do_') . " AS $b" . (defined $d ? " DEFAULT $d" : '') . pick('', '', ' CHECK (VALUE IS NOT NULL OR true)', ' NOT NULL', ' CONSTRAINT named CHECK (true)') } ],
	[ 2, 'ALTER DOMAIN', sub { my ($c) = @_; my $d = type_of($c, 'd') // return undef; my $k = pick(grep { $_->{domain} } @{ $c->{constraint} });
		pick("ALTER DOMAIN $d->{name} SET NOT NULL", "ALTER DOMAIN $d->{name} DROP NOT NULL", "ALTER DOMAIN $d->{name} DROP DEFAULT", "ALTER DOMAIN $d->{name} ADD CONSTRAINT " . new_name('dc') . ' CHECK (VALUE IS NOT NULL OR true)' . pick('', ' NOT VALID'),
			$k ? ("ALTER DOMAIN $k->{domain} DROP CONSTRAINT $k->{name}", "ALTER DOMAIN $k->{domain} RENAME CONSTRAINT $k->{name} TO " . new_name('dc'), "ALTER DOMAIN $k->{domain} VALIDATE CONSTRAINT $k->{name}") : ()) } ],
	[ 1.5, 'CREATE COMPOSITE', sub { my ($c) = @_; 'CREATE TYPE ' . schema($c) . '.' . new_name('co_') . ' AS (' . join(', ', map { new_name() . ' ' . column_type($c) } 1 .. 1 + int rand 3) . ')' } ],
	[ 1.5, 'ALTER COMPOSITE', sub { my ($c) = @_; my $a = pick(grep { $_->{relkind} eq 'c' } @{ $c->{column} }) // return undef;
		pick("ALTER TYPE $a->{table} ADD ATTRIBUTE " . new_name() . ' ' . base_type(), "ALTER TYPE $a->{table} DROP ATTRIBUTE $a->{name}", "ALTER TYPE $a->{table} RENAME ATTRIBUTE $a->{name} TO " . new_name(), "ALTER TYPE $a->{table} ALTER ATTRIBUTE $a->{name} TYPE text") . (chance(0.4) ? ' CASCADE' : '') } ],
	[ 0.5, 'CREATE RANGE', sub { my ($c) = @_; 'CREATE TYPE ' . schema($c) . '.' . new_name('rg_') . ' AS RANGE (subtype = ' . pick('text', 'double precision', 'inet') . ')' } ],
	[ 1.5, 'DROP TYPE', sub { my ($c) = @_; my $t = pick(@{ $c->{type} }) // return undef; ($t->{kind} eq 'd' ? 'DROP DOMAIN ' : 'DROP TYPE ') . $t->{name} . cascade() } ],
	[ 2, 'CREATE SEQUENCE', sub { my ($c) = @_; my $a = Tables::column($c); 'CREATE SEQUENCE ' . schema($c) . '.' . new_name('sq_') . pick('', ' AS integer', ' START 100 INCREMENT 10', ' CYCLE MAXVALUE 50', ' MINVALUE -5 START 0') . ($a && chance(0.2) ? " OWNED BY $a->{table}.$a->{name}" : '') } ],
	[ 2, 'ALTER SEQUENCE', sub { my ($c) = @_; my $s = pick(@{ $c->{sequence} }) // return undef; my $a = Tables::column($c); "ALTER SEQUENCE $s->{name} " . pick('INCREMENT 3', 'MAXVALUE 30000', 'CYCLE', 'START 20', 'RESTART', 'AS bigint', 'CACHE 20', 'OWNED BY NONE', $a ? "OWNED BY $a->{table}.$a->{name}" : 'NO CYCLE') } ],
	[ 1.5, 'DROP SEQUENCE', sub { my ($c) = @_; my $s = pick(@{ $c->{sequence} }) // return undef; "DROP SEQUENCE $s->{name}" . cascade() } ],
	[ 1.5, 'CREATE STATISTICS', sub { my ($c) = @_; my $t = Tables::table($c) // return undef; my @a = some(3, Tables::columns_of($c, $t)); return undef if @a < 2; 'CREATE STATISTICS ' . schema($c) . '.' . new_name('st_') . pick('', ' (ndistinct)', ' (mcv, dependencies)') . ' ON ' . join(', ', map { $_->{name} } @a) . " FROM $t->{name}" } ],
	[ 0.7, 'DROP STATISTICS', sub { my ($c) = @_; my $s = pick(@{ $c->{statistics} }) // return undef; pick("DROP STATISTICS $s->{name}", "ALTER STATISTICS $s->{name} SET STATISTICS 50") } ],
	[ 1.5, 'CREATE PUBLICATION', sub { my ($c) = @_; my @t = some(2, @{ $c->{table} }); my $s = schema($c);
		'CREATE PUBLICATION ' . new_name('pub_') . pick('', ' FOR ALL TABLES', " FOR TABLES IN SCHEMA $s", (@t ? ' FOR TABLE ' . join ', ', map { $_->{name} } @t : '') x 2, @t ? " FOR TABLE ONLY $t[0]{name} WHERE (true)" : '') . pick('', '', " WITH (publish = 'insert, delete')", ' WITH (publish_via_partition_root = true)') } ],
	[ 1.5, 'ALTER PUBLICATION', sub { my ($c) = @_; my $p = pick(@{ $c->{publication} }) // return undef; my $t = Tables::table($c); my $m = pick(@{ $c->{member} });
		pick("DROP PUBLICATION $p->{name}", "ALTER PUBLICATION $p->{name} SET (publish = 'update')", "ALTER PUBLICATION $p->{name} RENAME TO " . new_name('pub'), $t ? ("ALTER PUBLICATION $p->{name} ADD TABLE $t->{name}", "ALTER PUBLICATION $p->{name} SET TABLE $t->{name}") : (), $m ? "ALTER PUBLICATION $m->{publication} DROP TABLE $m->{table}" : (), "ALTER PUBLICATION $p->{name} OWNER TO alice") } ],
	[ 1, 'CREATE SCHEMA', sub { 'CREATE SCHEMA ' . new_name('s_') . pick('', ' AUTHORIZATION alice') } ],
	[ 0.5, 'DROP SCHEMA', sub { my ($c) = @_; my $s = pick(grep { $_->{name} ne 'public' } @{ $c->{schema} }) // return undef; "DROP SCHEMA $s->{name}" . cascade() } ],
	[ 0.4, 'CREATE COLLATION', sub { my ($c) = @_; 'CREATE COLLATION ' . schema($c) . '.' . new_name('cl_') . pick(' FROM "C"', " (provider = icu, locale = 'de')", " (locale = 'C')") } ],
	[ 0.4, 'CREATE OPERATOR', sub { my ($c) = @_; my $s = schema($c); 'CREATE OPERATOR ' . $s . '.' . pick('===', '@@@', '<->') . ' (LEFTARG = integer, RIGHTARG = ' . pick('integer', 'bigint') . ', FUNCTION = ' . pick('int4eq', 'int48eq') . ')' } ],
	[ 0.3, 'CREATE TEXT SEARCH', sub { my ($c) = @_; 'CREATE TEXT SEARCH CONFIGURATION ' . schema($c) . '.' . new_name('ts_') . ' (COPY = pg_catalog.simple)' } ],
);

1;

package Settings;

# Statements that change what hangs on an object: names, schemas, owners, comments, privileges, parameters; in the form that Tables has.

use strict;
use warnings;
use Words;
use Tables;

sub role { return pick('alice', 'bob', '"Odd Role"'); }

# Any object: [words for ALTER and COMMENT, name].
sub object
{
	my ($c) = @_;
	my @all = (
		(map { [ 'TABLE', $_->{name} ] } @{ $c->{table} }, @{ $c->{table} }),
		(map { [ 'VIEW', $_->{name} ] } @{ $c->{view} }),
		(map { [ 'MATERIALIZED VIEW', $_->{name} ] } @{ $c->{matview} }),
		(map { [ 'SEQUENCE', $_->{name} ] } @{ $c->{sequence} }),
		(map { [ 'INDEX', $_->{name} ] } @{ $c->{index} }),
		(map { [ 'ROUTINE', $_->{name} ] } @{ $c->{routine} }),
		(map { [ $_->{kind} eq 'd' ? 'DOMAIN' : 'TYPE', $_->{name} ] } @{ $c->{type} }),
		(map { [ 'STATISTICS', $_->{name} ] } @{ $c->{statistics} }),
		(map { [ 'COLLATION', $_->{name} ] } @{ $c->{collation} }),
		(map { [ 'PUBLICATION', $_->{name} ] } @{ $c->{publication} }),
		(map { [ 'SCHEMA', $_->{name} ] } grep { $_->{name} ne 'public' } @{ $c->{schema} }));
	return pick(@all);
}

sub comment
{
	my ($c) = @_;
	my @all = (object($c), object($c));
	my $a = pick(grep { $_->{relkind} =~ /[rpvmc]/ } @{ $c->{column} });
	push @all, [ 'COLUMN', "$a->{table}.$a->{name}" ], [ 'COLUMN', "$a->{table}.$a->{name}" ] if $a;
	my $k = pick(@{ $c->{constraint} });
	push @all, [ 'CONSTRAINT', "$k->{name} ON " . ($k->{table} || "DOMAIN $k->{domain}") ] if $k;
	for my $kind (qw(trigger policy rule))
	{
		my $x = pick(@{ $c->{$kind} });
		push @all, [ uc $kind, "$x->{name} ON $x->{table}" ] if $x;
	}
	my $object = pick(grep { $_ } @all) // return undef;
	return "COMMENT ON $object->[0] $object->[1] IS " . pick("'a remark'", "'it''s \"quoted\"'", "E'two\\nlines'", 'NULL', "'\$\$ -- odd /* '");
}

sub grant
{
	my ($c) = @_;
	my @all;
	my $t = pick(grep { $_->{relkind} =~ /[rpvm]/ } @{ $c->{relation} });
	push @all, ([ pick('SELECT', 'INSERT, UPDATE', 'ALL', 'SELECT, TRIGGER', 'REFERENCES'), "TABLE $t->{name}" ]) x 3 if $t;
	my $a = $t && $t->{relkind} ne 'c' ? pick(Tables::columns_of($c, $t)) : undef;
	push @all, [ pick('SELECT', 'UPDATE', 'INSERT') . " ($a->{name})", "TABLE $t->{name}" ] if $a;
	my $s = pick(@{ $c->{sequence} });
	push @all, [ pick('USAGE', 'SELECT', 'ALL'), "SEQUENCE $s->{name}" ] if $s;
	my $f = pick(@{ $c->{routine} });
	push @all, [ 'EXECUTE', "ROUTINE $f->{name}" ] if $f;
	my $y = pick(@{ $c->{type} });
	push @all, [ 'USAGE', "TYPE $y->{name}" ] if $y;
	my $n = pick(@{ $c->{schema} });
	push @all, [ pick('USAGE', 'CREATE', 'ALL'), "SCHEMA $n->{name}" ], [ pick('SELECT', 'INSERT'), "ALL TABLES IN SCHEMA $n->{name}" ] if $n;
	my $what = pick(@all) // return undef;
	my $whom = pick('alice', 'bob', '"Odd Role"', 'PUBLIC', 'alice, bob');
	return "REVOKE " . (chance(0.2) ? 'GRANT OPTION FOR ' : '') . "$what->[0] ON $what->[1] FROM " . pick($whom, 'PUBLIC', 'postgres') . (chance(0.2) ? ' CASCADE' : '') if chance(0.35);
	return "GRANT $what->[0] ON $what->[1] TO $whom" . ($whom ne 'PUBLIC' && chance(0.2) ? ' WITH GRANT OPTION' : '');
}

sub default_privileges
{
	my ($c) = @_;
	my $in = chance(0.5) ? ' IN SCHEMA ' . Tables::schema($c) : '';
	my $for = chance(0.4) ? ' FOR ROLE ' . role() : '';
	my $what = pick('SELECT ON TABLES', 'ALL ON SEQUENCES', 'EXECUTE ON FUNCTIONS', 'USAGE ON TYPES', 'INSERT, SELECT ON TABLES');
	return "ALTER DEFAULT PRIVILEGES$for$in " . (chance(0.7) ? "GRANT $what TO " . role() : "REVOKE $what FROM " . pick('PUBLIC', role()));
}

sub rename_part
{
	my ($c) = @_;
	my $a = pick(grep { $_->{relkind} =~ /[rpvm]/ } @{ $c->{column} });
	my $k = pick(grep { $_->{table} } @{ $c->{constraint} });
	my $g = pick(@{ $c->{trigger} });
	return pick(($a ? ("ALTER TABLE $a->{table} RENAME COLUMN $a->{name} TO " . new_name()) x 4 : ()), ($k ? ("ALTER TABLE $k->{table} RENAME CONSTRAINT $k->{name} TO " . new_name('c')) x 2 : ()), $g ? "ALTER TRIGGER $g->{name} ON $g->{table} RENAME TO " . new_name('tr') : ());
}

our @statements = (
	[ 8, 'COMMENT', \&comment ],
	[ 6, 'GRANT', \&grant ],
	[ 1, 'ALTER DEFAULT PRIVILEGES', \&default_privileges ],
	[ 6, 'RENAME', sub { my ($c) = @_; my $o = object($c) // return undef; "ALTER $o->[0] $o->[1] RENAME TO " . new_name('r_') } ],
	[ 5, 'RENAME PART', \&rename_part ],
	[ 2, 'SET SCHEMA', sub { my ($c) = @_; my $o = object($c) // return undef; return undef if $o->[0] =~ /^(?:INDEX|SCHEMA|PUBLICATION)$/; "ALTER $o->[0] $o->[1] SET SCHEMA " . Tables::schema($c) } ],
	[ 3, 'OWNER', sub { my ($c) = @_; my $o = object($c) // return undef; return undef if $o->[0] eq 'INDEX'; "ALTER $o->[0] $o->[1] OWNER TO " . role() } ],
	[ 1.5, 'RELOPTIONS', sub { my ($c) = @_; my $t = Tables::table($c) // return undef; "ALTER TABLE $t->{name} " . pick('SET (fillfactor = 60)', 'SET (autovacuum_enabled = false)', 'RESET (fillfactor)', 'SET (parallel_workers = 2)') } ],
	[ 0.7, 'INDEX OPTIONS', sub { my ($c) = @_; my $i = pick(@{ $c->{index} }) // return undef; "ALTER INDEX $i->{name} " . pick('SET (fillfactor = 50)', 'RESET (fillfactor)', 'ALTER COLUMN 1 SET STATISTICS 100') } ],
	[ 2, 'COLUMN OPTIONS', sub { my ($c) = @_; my $a = Tables::column($c) // return undef; "ALTER TABLE $a->{table} ALTER $a->{name} " . pick('SET STATISTICS 200', 'SET STATISTICS -1', 'SET STORAGE EXTERNAL', 'SET STORAGE MAIN', 'SET COMPRESSION pglz', 'SET (n_distinct = 5)', 'RESET (n_distinct)') } ],
	[ 1.5, 'ROW SECURITY', sub { my ($c) = @_; my $t = Tables::table($c) // return undef; "ALTER TABLE $t->{name} " . pick('ENABLE', 'ENABLE', 'FORCE', 'DISABLE', 'NO FORCE') . ' ROW LEVEL SECURITY' } ],
	[ 1, 'REPLICA IDENTITY', sub { my ($c) = @_; my $i = pick(grep { $_->{unique} eq 't' } @{ $c->{index} }); my $t = Tables::table($c) // return undef; $i && chance(0.6) ? "ALTER TABLE $i->{table} REPLICA IDENTITY USING INDEX $i->{short}" : "ALTER TABLE $t->{name} REPLICA IDENTITY " . pick('FULL', 'NOTHING', 'DEFAULT') } ],
	[ 1, 'CLUSTER ON', sub { my ($c) = @_; my $i = pick(@{ $c->{index} }) // return undef; "ALTER TABLE $i->{table} " . pick("CLUSTER ON $i->{short}", "CLUSTER ON $i->{short}", 'SET WITHOUT CLUSTER') } ],
	[ 0.7, 'SET LOGGED', sub { my ($c) = @_; my $t = Tables::table($c) // return undef; "ALTER TABLE $t->{name} SET " . pick('LOGGED', 'UNLOGGED', 'ACCESS METHOD heap') } ],
	[ 0.4, 'OF TYPE', sub { my ($c) = @_; my $t = Tables::table($c) // return undef; my $y = pick(grep { $_->{kind} eq 'c' } @{ $c->{type} }); $y && chance(0.6) ? "ALTER TABLE $t->{name} OF $y->{name}" : "ALTER TABLE $t->{name} NOT OF" } ],
	[ 0.7, 'VIEW OPTIONS', sub { my ($c) = @_; my $v = pick(@{ $c->{view} }) // return undef; my $a = pick(Tables::columns_of($c, $v)); "ALTER VIEW $v->{name} " . pick('SET (security_barrier = true)', 'RESET (security_barrier)', ($a ? "ALTER $a->{name} SET DEFAULT NULL" : 'SET (security_invoker = false)')) } ],
	[ 0.5, 'DEPENDS ON EXTENSION', sub { my ($c) = @_; my $f = pick(@{ $c->{routine} }) // return undef; "ALTER FUNCTION $f->{name} DEPENDS ON EXTENSION plpgsql" } ],
	[ 0.8, 'ONLY', sub { my ($c) = @_; my $t = pick(grep { $_->{children} eq 't' } @{ $c->{table} }) // return undef; my $a = pick(Tables::columns_of($c, $t)) // return undef;
		pick("ALTER TABLE ONLY $t->{name} ALTER $a->{name} SET DEFAULT NULL", "ALTER TABLE ONLY $t->{name} DROP COLUMN $a->{name}", "ALTER TABLE ONLY $t->{name} ALTER $a->{name} DROP NOT NULL", "ALTER TABLE ONLY $t->{name} ADD CHECK (true) NO INHERIT", "ALTER TABLE ONLY $t->{name} ALTER $a->{name} SET NOT NULL") } ],
);

1;

# A fingerprint stands for the schema: it survives dump and restore, is the same whoever asks, and its two ways of reading agree.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Surefoot;
use PostgreSQL::Test::Utils;
use Test::More;

my $server = new_server('main');
my $fixture = "$FindBin::Bin/../fixtures/schema.sql";
my $definitions = 'SELECT kind, identity, definition FROM surefoot.schema_definitions()';

sub run_psql
{
	my ($database, @arguments) = @_;
	$server->run_log([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $server->connstr($database), @arguments ])
	  or die "psql failed in $database";
}

sub fingerprint { return $server->safe_psql($_[0], "$_[2]; SELECT migrate_fingerprint(NULL, '$_[1]')") }

$server->safe_psql('postgres', 'CREATE DATABASE one TEMPLATE template0');
run_psql('one', '-f', $fixture);
$server->safe_psql('one', 'CREATE EXTENSION surefoot');

# Dump and restore.
my $dump = folder() . '/dump';
$server->command_ok([ 'pg_dump', '-s', '-f', $dump, $server->connstr('one') ], 'the fixture can be dumped');
$server->safe_psql('postgres', 'CREATE DATABASE two TEMPLATE template0');
run_psql('two', '-o', '/dev/null', '-f', $dump);
is(fingerprint('two', 'logical', ''), fingerprint('one', 'logical', ''), 'dump and restore keep the fingerprint');
isnt(fingerprint('two', 'physical', ''), fingerprint('one', 'physical', ''), 'but not the holes of dropped columns');
is($server->safe_psql('two', $definitions) =~ s/^(dropped columns|dimensions): .*\n//gmr,
	$server->safe_psql('one', $definitions) =~ s/^(dropped columns|dimensions): .*\n//gmr, 'nor a definition');

# Whoever asks.
my $settings = join ';', "SET search_path = other, \"odd \"\"schema\", public", 'SET quote_all_identifiers = on',
  "SET DateStyle = 'SQL, DMY'", "SET IntervalStyle = 'iso_8601'", "SET TimeZone = 'Asia/Tokyo'", 'SET extra_float_digits = -5',
  "SET bytea_output = 'escape'", 'SET standard_conforming_strings = off';
is(fingerprint('one', 'logical', $settings), fingerprint('one', 'logical', ''), 'settings of the session do not count');
is( $server->safe_psql('one', "$settings; SELECT migrate_fingerprint(); SHOW search_path; SHOW DateStyle; SHOW TimeZone")
	  =~ s/.*?\n//r,
	qq(other, "odd ""schema", public\nSQL, DMY\nAsia/Tokyo),
	'and are as before afterwards');

# One object at a time gives what all at once gives. The roots that the server's catalogs have, by what each address belongs to:
my $roots = <<'SQL';
SELECT DISTINCT surefoot.root(classid, objid) AS root FROM (
    SELECT classid, objid FROM pg_depend WHERE objid >= 16384
    UNION SELECT refclassid, refobjid FROM pg_depend WHERE refobjid >= 16384
    UNION SELECT 'pg_namespace'::regclass, oid FROM pg_namespace WHERE nspname NOT IN ('pg_catalog', 'information_schema')
    UNION SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE oid >= 16384
    UNION SELECT classid, objid FROM pg_shdepend WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION SELECT 'pg_subscription'::regclass, oid FROM pg_subscription
    UNION SELECT 'pg_publication'::regclass, oid FROM pg_publication
) AS address(classid, objid)
WHERE NOT (classid = 'pg_extension'::regclass AND objid = (SELECT oid FROM pg_extension WHERE extname = 'surefoot'))
SQL
my $one_by_one = "SELECT d.* FROM ($roots) AS r, surefoot.root_definitions(root) AS d WHERE identity <> 'surefoot'";
is($server->safe_psql('one', "SELECT * FROM ($one_by_one EXCEPT $definitions) AS d"),
	'', 'no object alone is other than in its schema');
is($server->safe_psql('one', "SELECT * FROM ($definitions EXCEPT ($one_by_one)) AS d"),
	'', 'all of the schema is found object by object');
cmp_ok($server->safe_psql('one', "SELECT count(*) FROM ($definitions) AS d"), '>', 200, 'which are many');
unlike($server->safe_psql('one', $definitions), qr/secret|surefoot|hstore_out|pg_temp/,
	'no secrets, members of extensions, or things of our own');

# What is spelled by hand is spelled as the server does.
$server->safe_psql('one', 'SET search_path = pg_catalog; CREATE TABLE public.definition AS SELECT * FROM surefoot.schema_definitions()');
is($server->safe_psql('one', <<'SQL'), '', 'indexes and constraints are spelled as by the server');
SET search_path = pg_catalog;
SELECT * FROM (
    SELECT 'index', format('%I.%I', nspname, relname), pg_get_indexdef(c.oid)
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind IN ('i', 'I') AND c.oid >= 16384 AND nspname NOT IN ('pg_toast', 'surefoot') AND relname <> 'definition'
    UNION ALL
    SELECT 'constraint', format('%I on %s', conname, conrelid::regclass), pg_get_constraintdef(c.oid)
    FROM pg_constraint c JOIN pg_namespace n ON n.oid = connamespace
    WHERE contype <> 't' AND conrelid >= 16384 AND nspname <> 'surefoot') AS server(kind, identity, text)
WHERE NOT EXISTS (SELECT FROM public.definition d
                  WHERE (d.kind, d.identity) = (server.kind, server.identity)
                  AND substring(d.definition FROM 'definition: ([^\n]*)') = server.text)
SQL

done_testing();

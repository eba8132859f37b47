# Who may create functions and operators in a schema of somebody's search_path, or in the one that has the extension, has nothing
# called in somebody else's name: neither when the extension is created, nor by its functions, nor by the client.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0, conf => "search_path = 'public, pg_catalog'\n");
query($node, 'postgres', 'CREATE ROLE mallory; GRANT CREATE ON SCHEMA public TO mallory');

# Of nearly every function and operator one of the same name and types, which public in front of pg_catalog makes the one that is
# meant, and some that fit better than the server's own.
query($node, 'postgres', <<'SQL');
SET ROLE mallory;
SET search_path = pg_catalog;
SET client_min_messages = error;
DO $$
DECLARE
	f record;
	body text := $f$BEGIN RAISE EXCEPTION 'hijacked by % as %', 'NAME', current_user; END$f$;
BEGIN
	FOR f IN
		SELECT quote_ident(p.proname) AS name, pg_get_function_identity_arguments(p.oid) AS args, p.prorettype::regtype AS result
		FROM pg_proc p
		WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND NOT p.proretset AND p.provariadic = 0
			AND p.proallargtypes IS NULL AND p.proargnames IS NULL
			AND NOT EXISTS (SELECT FROM unnest(p.proargtypes || p.prorettype) a JOIN pg_type t ON t.oid = a WHERE t.typtype = 'p')
	LOOP
		EXECUTE format('CREATE FUNCTION public.%s(%s) RETURNS %s LANGUAGE plpgsql AS %L', f.name, f.args, f.result,
			replace(body, 'NAME', f.name));
	END LOOP;
	FOR f IN
		SELECT o.oprname AS name, o.oprleft::regtype AS l, o.oprright::regtype AS r, p.proname
		FROM pg_operator o JOIN pg_proc p ON p.oid = o.oprcode JOIN pg_type lt ON lt.oid = o.oprleft JOIN pg_type rt ON rt.oid = o.oprright
		WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND lt.typtype <> 'p' AND rt.typtype <> 'p'
			AND EXISTS (SELECT FROM pg_proc h WHERE h.pronamespace = 'public'::regnamespace AND h.proname = p.proname
				AND h.proargtypes = p.proargtypes)
	LOOP
		EXECUTE format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.%I)', f.name, f.l, f.r, f.proname);
	END LOOP;
	EXECUTE format('CREATE FUNCTION public.better(numeric, integer) RETURNS bool LANGUAGE plpgsql AS %L', replace(body, 'NAME', '>='));
	EXECUTE 'CREATE OPERATOR public.>= (LEFTARG = numeric, RIGHTARG = integer, FUNCTION = public.better)';
	EXECUTE format('CREATE FUNCTION public.array_to_string(text[], text) RETURNS text LANGUAGE plpgsql AS %L',
		replace(body, 'NAME', 'array_to_string'));
END
$$;
SQL
cmp_ok(query($node, 'postgres', "SELECT pg_catalog.count(*) FROM pg_catalog.pg_operator WHERE oprnamespace OPERATOR(pg_catalog.=)
	(SELECT oid FROM pg_catalog.pg_namespace WHERE nspname OPERATOR(pg_catalog.=) 'public')"), '>', 300, 'a hostile schema');
fails_with($node, 'postgres', "SELECT 1 + 1", qr/hijacked by int4pl as postgres/, 'that has its way where one is careless');

query($node, 'postgres', 'CREATE EXTENSION surefoot');
query($node, 'postgres', <<'SQL');
SET ROLE mallory;
SET search_path = pg_catalog;
DO $$
DECLARE
	f text;
BEGIN
	FOREACH f IN ARRAY ARRAY['register', 'apply', 'revert', 'resume', 'cancel', 'plan', 'checklist', 'validate', 'status', 'history']
	LOOP
		EXECUTE format('CREATE FUNCTION public.%I(text) RETURNS text LANGUAGE plpgsql AS %L', 'migrate_' || f || '_',
			'BEGIN RAISE EXCEPTION ''hijacked''; END');
		IF f NOT IN ('resume', 'cancel', 'validate', 'status', 'history') THEN
			EXECUTE format('ALTER FUNCTION public.%I(text) RENAME TO %I', 'migrate_' || f || '_', 'migrate_' || f);
		END IF;
	END LOOP;
END
$$;
SQL

my $files = folder();
write_migration($files, '0001_users', up => 'CREATE TABLE users (id int, name text);', down => 'DROP TABLE users;', verify => 'SELECT true;');
write_migration($files, '0002_index', up => 'CREATE INDEX CONCURRENTLY users_name ON users (name);', down => 'DROP INDEX users_name;');
for my $call (
	['plan', '0001'], ['checklist', '0001'], ['apply', '0001', '--dry-run'], ['apply', '--all'], ['status'], ['jobs'], ['jobs', '0002'],
	['validate'], ['log', '0002'], ['revert', '0002', '--accept', 'x'], ['revert', '0001'], ['version'])
{
	my $run = client($node, [ @$call, $call->[0] =~ /plan|checklist|apply|revert|validate|log/ ? ('--dir', $files) : () ]);
	is($run->exit, 0, "surefoot @$call");
	unlike($run->stdout . $run->stderr, qr/hijacked/, "surefoot @$call calls nobody else");
}

# The same by what is there to be read: an operator or a function that is not qualified, outside of functions with a path of their own.
my $script = PostgreSQL::Test::Utils::slurp_file("$FindBin::Bin/../../extension/surefoot--0.1.0.sql");
$script =~ s/^\\echo.*$//mg;
$script =~ s/--[^\n]*//g;
$script =~ s/SET search_path = pg_catalog, pg_temp AS \$\$.*?\$\$;//sg;
$script =~ s/LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS \$\$.*?^\$\$;//msg;
$script =~ s/'(?:[^']|'')*'/''/g;
$script =~ s/OPERATOR\(pg_catalog\.[^)]*\)/,/g;
# Storage parameters.
$script =~ s/\bWITH \(\w+ = \d+\)//g;
my @bare = $script =~ /(.*(?<![:=<>])(?:[=<>~!+\/|]|\bIN\b(?! ALL)|\bLIKE\b|\bBETWEEN\b).*)/g;
@bare = grep { !/FOR f IN$/ } @bare;
is(join("\n", @bare), '', 'the install script has no operator that is not qualified');
# A list of columns, and what is grammar.
$script =~ s/\bAS \w+ \(//g;
my @calls = grep { !/^(pg_catalog|surefoot)\./ } $script =~ /((?:\b\w+\.)?\b[a-z_]+)\s*\(/g;
my %own = map { $_ => 1 } $script =~ /CREATE (?:FUNCTION|PROCEDURE) (\w+)\s*\(/g;
my %keyword = map { $_ => 1 } qw(migration run step operation effect skipped event_log coalesce);
is(join(' ', grep { !$own{$_} && !$keyword{$_} } @calls), '', 'and no function');

done_testing();

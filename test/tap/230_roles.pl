# Steps run as the role that asked, in the environment that it asked in; what a script SETs holds in its later steps and not after.
# What could not work is refused before anything is done.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0, conf => "surefoot.direct_index_pages = 0\n");
query($node, 'postgres', 'CREATE ROLE app_owner NOLOGIN; CREATE ROLE deployer LOGIN IN ROLE app_owner; CREATE ROLE stranger LOGIN;
	CREATE ROLE locked_out NOLOGIN SUPERUSER;');
prepare_template(
	$node,
	"SELECT p.proname FROM pg_proc p WHERE false;
	CALL surefoot.allow('app_owner', 'apply'); CALL surefoot.allow('stranger', 'apply'); CALL surefoot.allow('deployer', 'apply');
	CREATE SCHEMA app AUTHORIZATION app_owner;
	CREATE SCHEMA other AUTHORIZATION app_owner;
	SET ROLE app_owner;
	CREATE TABLE app.users (id int, name text); INSERT INTO app.users VALUES (1);
	CREATE TABLE app.seen (what text, who text, value text);
	RESET ROLE;",
	register(
		'0019',
		up => <<'SQL',
SET work_mem = '7MB';
SET app.greeting = 'hello';
SET LOCAL TimeZone = 'Asia/Tokyo';
CREATE INDEX users_name_idx ON users (name);
INSERT INTO seen VALUES ('work_mem', current_user, current_setting('work_mem')),
	('greeting', session_user, current_setting('app.greeting', true)), ('path', '', current_setting('search_path')),
	('TimeZone', '', current_setting('TimeZone'));
RESET work_mem;
CREATE INDEX users_id_idx ON users (id);
INSERT INTO seen VALUES ('work_mem later', '', current_setting('work_mem'));
CREATE TABLE made (id int);
SQL
		down => "DROP TABLE made; DROP INDEX CONCURRENTLY users_id_idx; DROP INDEX CONCURRENTLY users_name_idx; DELETE FROM seen;",
		verify => "SELECT current_setting('work_mem') <> '7MB';"));
my $n = 0;
sub fresh { return copy_of($node, 'roles' . ++$n) }
sub as
{
	my ($user, $db) = @_;
	my $session = session($node, $db, user => $user);
	return $session;
}

# By a member of the owning role, that has SET ROLE to it.
my $db = fresh();
my $session = as('deployer', $db);
$session->query("SET ROLE app_owner; SET search_path = app, public; SET TimeZone = 'Europe/Oslo'");
my $before = fingerprint($node, $db);
is($session->query("SELECT migrate_apply('0019')"), 'queued: 4 steps', 'queued under a role that was SET');
is($session->query("SHOW work_mem") . $session->query('SHOW app.greeting'), '4MB', 'what the script has SET is over in the session');
$session->query("CALL migrate_wait('0019')");
is($session->error =~ /ERROR/ ? $session->error : '', '', 'its steps run in a worker');
is(query($node, $db, "SELECT string_agg(relname || ' ' || pg_get_userbyid(relowner), ', ' ORDER BY relname) FROM pg_class
	WHERE relnamespace = 'app'::regnamespace AND relname IN ('users_name_idx', 'users_id_idx', 'made')"),
	'made app_owner, users_id_idx app_owner, users_name_idx app_owner', 'what they make belongs to the role that asked');
is(query($node, $db, 'SELECT what, who, value FROM app.seen ORDER BY what COLLATE "C"'),
	"TimeZone||Asia/Tokyo\ngreeting|deployer|hello\npath||app, public\nwork_mem|app_owner|7MB\nwork_mem later||4MB",
	'role, search_path and what the script has SET hold across its steps');
is(query($node, $db, "SELECT session_role, role FROM migrate_history('0019')"), 'deployer|app_owner', 'the history says who');
like(query($node, $db, "SELECT string_agg(DISTINCT state, ' ') FROM surefoot.step"), qr/^done$/, 'every step is done');

# Somebody else's search_path and role do not matter on the way back.
my $admin = session($node, $db);
$admin->query("SET search_path = other, public");
is($admin->query("SELECT migrate_revert('0019')"), 'queued: 3 steps', 'the way back by another role, with another search_path');
$admin->query("CALL migrate_wait('0019')");
is($admin->error =~ /ERROR/ ? $admin->error : '', '', 'works');
is(fingerprint($node, $db), $before, 'and leaves the schema as it was');
is($admin->query('SELECT current_user') . $admin->query('SHOW search_path'), 'postgresother, public', 'role and path of the caller are as before');

# Resumed by another role that has the right: the steps run as the role that asked.
sub stopped
{
	my ($db) = @_;
	my $session = as('deployer', $db);
	my $blocker = session($node, $db);
	$session->query('SET ROLE app_owner; SET search_path = app, public');
	$session->query('BEGIN');
	$session->query("SELECT migrate_apply('0019')");
	$blocker->query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
	$session->query('COMMIT');
	my $pid = wait_for_build($node, $db);
	query($node, $db, "SELECT pg_terminate_backend($pid)");
	holder_is_gone($node, $db);
	$blocker->close;
	return;
}
$db = fresh();
stopped($db);
my $stranger = as('stranger', $db);
for my $call ("SELECT migrate_resume('0019')", "SELECT migrate_apply('0019')", "CALL migrate_wait('0019')")
{
	$stranger->query($call);
	like($stranger->error, qr/ERROR:  SF010: the steps run as role "app_owner", which you may not do/, "$call by a role without the right");
	is(state_of($node, $db, '0019'), 'running', 'has changed nothing');
}
run_to_end($node, $db, 'migrate_resume', '0019');
is(query($node, $db, "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'app.users_id_idx'::regclass"), 'app_owner',
	'resumed by a superuser, the steps run as the role that asked');
is(query($node, $db, "SELECT value FROM app.seen WHERE what = 'path'"), 'app, public', 'with its search_path');
is(query($node, $db, "SELECT session_role, role FROM migrate_history('0019')"), 'deployer|app_owner', 'connected as the session that asked');

# What could not work is refused at once.
$db = fresh();
$admin = session($node, $db);
$admin->query("SET SESSION AUTHORIZATION locked_out; SET search_path = app, public");
$before = fingerprint($node, $db);
$admin->query("SELECT migrate_apply('0019')");
SKIP:
{
	skip 'a worker of a NOLOGIN role needs PostgreSQL 17', 3 if $node->pg_version >= 17;
	like($admin->error, qr/ERROR:  SF010: role "locked_out" is not permitted to log in/, 'a session role that may not log in is refused');
	is(fingerprint($node, $db), $before, 'nothing was done');
	is(state_of($node, $db, '0019'), 'registered', 'nothing is queued');
}

# A role that is gone in the meantime.
$db = fresh();
stopped($db);
query($node, $db, 'REASSIGN OWNED BY deployer TO postgres; DROP OWNED BY deployer;');
query($node, 'postgres', 'ALTER ROLE deployer RENAME TO deployer_2');
run_to_end($node, $db, 'migrate_resume', '0019');
is(query($node, $db, "SELECT session_role, role FROM migrate_history('0019')"), 'postgres|app_owner',
	'when the session role is gone, the one that resumes connects');
query($node, 'postgres', 'ALTER ROLE deployer_2 RENAME TO deployer');

# Privileges: nobody writes the history by hand, and a role that may only look may only look.
query($node, $db, "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM stranger; CALL surefoot.allow('stranger', 'look')");
$stranger = as('stranger', $db);
for my $call ("migrate_apply('0019')", "migrate_revert('0019')", "migrate_resume('0019')", "migrate_cancel('0019')")
{
	$stranger->query("SELECT $call");
	like($stranger->error, qr/ERROR:  42501: permission denied/, "$call by a role that may only look");
}
is($stranger->query("SELECT state FROM migrate_status('0019')"), 'applied', 'it may look');
$stranger->query("UPDATE surefoot.migration SET state = 'registered'");
like($stranger->error, qr/ERROR:  42501/, 'and nobody writes the history by hand');
$stranger->query('SELECT surefoot.watch(true)');
like($stranger->error, qr/ERROR:  42501: role "stranger" may not switch .*\nHINT: +As the superuser who owns the extension, run: SELECT surefoot\.watch\(true\);/, 'nor whether others are watched');

done_testing();

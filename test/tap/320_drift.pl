# Drift: what somebody changes beside the history is found, with the SQL that leads there and back; a restored dump and a copy of the
# database show none, although every OID is another.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Client;
use Jobs;
use PostgreSQL::Test::Utils qw(slurp_file);
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0);
prepare_template($node, big_table('users'));

# The client
my $shop = project($node, 'shop',
	'0001_orders' => { up => "CREATE TABLE orders (id int, note text DEFAULT 'x');\nCREATE INDEX orders_id ON orders (id);\n" },
	'0002_status' => { up => "ALTER TABLE users ADD COLUMN status text;\nCREATE INDEX users_status ON users (status);\n" });
is($shop->run('apply', '--all')->exit, 0, 'apply');
my $run = $shop->run('drift');
is($run->exit, 0, 'no drift');
is($run->stdout, "no drift: all is as the migrations have left it\n", 'says so');
$shop->sql("ALTER TABLE orders ALTER note SET DEFAULT 'y'; DROP INDEX users_status; CREATE INDEX hot ON orders (note); CREATE TABLE hand_made (id int)");
$run = $shop->run('drift');
is($run->exit, 4, 'drift');
like($run->stdout, qr/^changed column public\.orders\.note \(recorded by 0001\)\n  - default: 'x'::text\n  \+ default: 'y'::text\n  to what was recorded:\n    ALTER TABLE public\.orders ALTER COLUMN note SET DEFAULT 'x'::text;\n  from there to what is:\n    ALTER TABLE public\.orders ALTER COLUMN note SET DEFAULT 'y'::text;\n/m, 'a changed column');
like($run->stdout, qr/^missing index public\.users_status \(recorded by 0002\)$/m, 'a missing index');
like($run->stdout, qr/^unexpected index public\.hot \(recorded by 0001\)$/m, 'an index that nobody recorded');
unlike($run->stdout, qr/hand_made/, 'what is not of a migration is not told');
like($run->stderr, qr/3 objects are not as the migrations have left them/, 'how many');
like($run->stderr, qr/surefoot drift --sql recorded/, 'what to do');
my $all = $shop->run('drift', '--all');
like($all->stdout, qr/^unexpected table public\.hand_made$/m, 'unless it is asked for');
like($all->stderr, qr/NEXT +surefoot drift --all --sql recorded\n/, 'and then for the script as well');
$run = $shop->run('drift', '--json');
is($run->exit, 4, '--json');
my $json = is_json($run->stdout, '--json');
is(join(', ', map { "$_->{state} $_->{identity}" } @{ $json->{drift} }),
	'changed public.orders.note, unexpected public.hot, missing public.users_status', 'its rows');
is("$json->{error}{code} $json->{error}{exit_code}", 'DRIFT 4', 'its error');
my $script = $shop->run('drift', '--sql', 'recorded')->stdout;
$shop->sql($script);
is($shop->run('drift')->exit, 0, 'the script mends it');
$shop->sql('SELECT surefoot.watch(true)');
is($shop->run($_, '0002')->exit, 0, "watched: $_") for 'revert', 'apply';
is($shop->sql('SELECT command, identity FROM surefoot.foreign_ddl'), '', 'what Surefoot does, in workers too, is not foreign');
$shop->sql("ALTER TABLE orders ALTER note SET DEFAULT 'z'");
like($shop->run('drift')->stdout, qr/^changed column public\.orders\.note \(recorded by 0001\), ALTER TABLE by postgres at 20\S+Z$/m, 'who has done it');
is($shop->run('drift', '--sql', 'sideways')->exit, 2, 'an unknown direction');


# Many kinds of objects, dumped and restored: into a database whose OIDs are others, and by a copy.
# An index of a partitioned table alone is invalid, and no migration ends with one.
my $fixture = slurp_file("$FindBin::Bin/../fixtures/schema.sql") =~ s/^.*part_only.*\n//gmr;
my $db = "source";
query($node, "postgres", "CREATE DATABASE source TEMPLATE template0");
query($node, $db, "CREATE EXTENSION surefoot");
query($node, $db, register('0001', up => "-- surefoot: accept=literal-password\n$fixture"));
run_to_end($node, $db, 'migrate_apply', '0001');
is(query($node, $db, 'SELECT state, kind, identity, difference FROM migrate_drift(true)'), '', 'the big fixture: no drift');
my $dump = folder() . '/dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, '-d', $node->connstr($db) ], 'dumped');
query($node, 'postgres', 'CREATE DATABASE restored');
query($node, 'restored', 'CREATE TABLE shift_oids (a int, b text); DROP TABLE shift_oids;');
$node->command_ok([ 'pg_restore', '-d', $node->connstr('restored'), $dump ], 'restored');
is(query($node, 'restored', 'SELECT state, kind, identity, difference FROM migrate_drift(true)'), '', 'restored: no drift');
is(query($node, 'restored', 'SELECT migrate_fingerprint()'), query($node, $db, 'SELECT migrate_fingerprint()'), 'the same fingerprint');
query($node, 'postgres', "CREATE DATABASE copied TEMPLATE $db");
is(query($node, 'copied', 'SELECT state, kind, identity FROM migrate_drift(true)'), 'missing|subscription|sub',
	'copied: no drift, but for the subscription, which CREATE DATABASE does not copy');

# There, what is found is as right as here.
query($node, 'restored', 'ALTER TABLE ref ADD COLUMN extra int');
is(query($node, 'restored', "SELECT state, identity, to_recorded FROM migrate_drift()"),
	"unexpected|public.ref.extra|-- column public.ref.extra: its values go with it\nALTER TABLE public.ref DROP COLUMN extra;", 'a change of the restored one');

done_testing();

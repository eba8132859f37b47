# DROP SCHEMA public CASCADE over objects of nearly every kind: all of it is recorded, and walked back.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use PostgreSQL::Test::Utils qw(slurp_file);
use Surefoot;
use Test::More;

my $server = new_server('main', extension => 0);
plan skip_all => 'needs PostgreSQL 15' if $server->safe_psql('postgres', "SELECT current_setting('server_version_num')") < 150000;

# What does not come back by itself: invalid indexes, and the secrets of user mappings.
my $fixture = slurp_file("$FindBin::Bin/../fixtures/schema.sql") =~ s/^.*(part_only|CREATE USER MAPPING).*\n//gmr;
$server->safe_psql('postgres', 'CREATE SCHEMA migrations; CREATE EXTENSION surefoot SCHEMA migrations');
$server->safe_psql('postgres', $fixture);
my $path = 'SET search_path = migrations, pg_catalog; SET client_min_messages = error;';
my $definitions = 'SELECT kind, identity, definition FROM surefoot.schema_definitions()';
my $fingerprint = $server->safe_psql('postgres', "$path SELECT migrate_fingerprint()");
$server->safe_psql('postgres', "CREATE TABLE migrations.was AS $definitions");

$server->safe_psql('postgres', "$path SELECT migrate_register('0001', 'drop', 'DROP SCHEMA public CASCADE'); SELECT migrate_apply('0001')");
is($server->safe_psql('postgres', 'SELECT way_back FROM surefoot.derived'), 'exact without rows', 'it can be walked back');
is($server->safe_psql('postgres', "SELECT kind, identity FROM (SELECT kind, identity, definition FROM migrations.was EXCEPT $definitions) d
	WHERE kind <> 'table' OR identity <> 'migrations.was' EXCEPT SELECT kind, identity FROM surefoot.effect"), '', 'all of it is recorded');
is($server->safe_psql('postgres', "SELECT kind, identity FROM surefoot.effect WHERE before IS NOT NULL
	EXCEPT SELECT kind, identity FROM migrations.was"), '', 'and nothing that was not there');
is($server->safe_psql('postgres', "$path SELECT kind, identity, state FROM migrate_drift()"), '', 'no drift');
$server->safe_psql('postgres', "$path SELECT migrate_revert('0001')");
$server->safe_psql('postgres', 'DROP TABLE migrations.was');
is($server->safe_psql('postgres', "$path SELECT migrate_fingerprint()"), $fingerprint, 'all of it is back');

done_testing();

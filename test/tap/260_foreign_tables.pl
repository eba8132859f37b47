# A role that may not change a table does not lock it either, and nobody queues behind a migration that is bound to fail.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', conf => "surefoot.direct_index_pages = 0\nsurefoot.lock_retry = 1\n");
query($node, 'postgres', <<'SQL');
CREATE ROLE mallory LOGIN;
CALL surefoot.allow('mallory', 'apply');
GRANT CREATE ON SCHEMA public TO mallory;
CREATE TABLE payroll (id int PRIMARY KEY, name text);
INSERT INTO payroll VALUES (1);
CREATE TABLE part (id int PRIMARY KEY, name text);
CREATE MATERIALIZED VIEW report AS SELECT * FROM payroll;
CREATE SEQUENCE numbers;
GRANT SELECT ON payroll TO mallory;
CREATE SCHEMA elsewhere AUTHORIZATION mallory;
CREATE FUNCTION slow() RETURNS int VOLATILE LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
SQL

my $reader = session($node, 'postgres');
$reader->query('BEGIN; SELECT count(*) FROM payroll; SELECT count(*) FROM report; SELECT count(*) FROM part; SELECT last_value FROM numbers');
my $mallory = session($node, 'postgres', user => 'mallory');
my $version = 0;
for my $script (
	'ALTER TABLE payroll ADD COLUMN z int', 'ALTER TABLE payroll RENAME TO paid', 'ALTER TABLE payroll RENAME COLUMN id TO number',
	'ALTER TABLE payroll OWNER TO mallory', 'ALTER TABLE payroll SET SCHEMA elsewhere', 'DROP TABLE payroll', 'TRUNCATE payroll',
	'CREATE INDEX payroll_name ON payroll (name)', 'DROP INDEX payroll_pkey', 'REFRESH MATERIALIZED VIEW report',
	'DROP MATERIALIZED VIEW report', 'ALTER SEQUENCE numbers RESTART', 'CREATE POLICY p ON payroll',
	'CREATE RULE r AS ON INSERT TO payroll DO ALSO NOTHING', 'CREATE TRIGGER t BEFORE TRUNCATE ON payroll EXECUTE FUNCTION x()',
	'CREATE TABLE child () INHERITS (payroll)', 'CREATE TABLE parent (id int, name text) PARTITION BY LIST (id);
	ALTER TABLE parent ATTACH PARTITION part DEFAULT', 'CLUSTER payroll USING payroll_pkey',
	'CREATE STATISTICS s ON id, name FROM payroll')
{
	$version++;
	$mallory->query("SELECT migrate_register('$version', 'x', \$\$$script\$\$)");
	$mallory->query("SELECT migrate_apply('$version')");
	like($mallory->error, qr/ERROR:  (42501: (must be owner|permission denied)|42883)/, $script);
	unlike($mallory->error, qr/gave its locks back/, 'no lock is asked for');
}

sub applied
{
	my ($up, $down, $name, $says) = @_;
	$version++;
	$mallory->query("SELECT migrate_register('$version', 'x', \$\$$up\$\$, \$\$$down\$\$)");
	is($mallory->query("SELECT migrate_apply('$version')"), 'applied', $name) or diag($mallory->error);
	like($mallory->error, $says, "$name: what it says") if $says;
	unlike($mallory->error, qr/gave its locks back/, 'no lock is asked for');
	return;
}
applied('CREATE TABLE IF NOT EXISTS payroll (id int)', 'SELECT 1', 'what belongs to others is not tried without',
	qr/table public.payroll is there already and belongs to another role, skipping without a comparison/);
$mallory->query("SET search_path = elsewhere, public");
applied('CREATE VIEW payroll AS SELECT 1 AS a', 'DROP VIEW elsewhere.payroll', 'a view of that name in a schema of one\'s own');
$mallory->query("RESET search_path");
applied('CREATE TABLE mine AS SELECT 1 AS a', 'SELECT slow() FROM payroll; DROP TABLE mine', 'a way back that reads what belongs to others');
$version++;
$mallory->query("SELECT migrate_register('$version', 'x', 'CREATE TABLE mine_2 ()', 'ALTER TABLE payroll ADD COLUMN z int; DROP TABLE mine_2')");
$mallory->query("SELECT migrate_apply('$version')");
like($mallory->error, qr/SF008: .*must be owner of table payroll/, 'a way back that changes what belongs to others');
unlike($mallory->error, qr/gave its locks back/, 'no lock is asked for');

$mallory->query("SET surefoot.lock_timeout = '1h'");
like($mallory->error, qr/ERROR:  22023/, 'nobody queues behind a lock for an hour');
done_testing();

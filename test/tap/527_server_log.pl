# Passwords in what the server itself logs while a script runs: a warning repeats the statement that raised it.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

# What a session itself sends is its own: the text that registers a script has the password.
my $node = new_server('main', extension => 0, conf => "log_statement = none\n");
prepare_template($node, <<'SQL');
CREATE FUNCTION warn(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'seen, %', length($1); RETURN true; END $$;
CREATE TABLE t (a int);
SQL
my $db = copy_of($node, 'logs');
sub warn_of { return "SELECT warn('host=x password=$_[0] user=y');" }
query($node, $db, register('1',
	up => "-- surefoot: accept=literal-password\n" . warn_of('hunter1') . "\nCREATE INDEX CONCURRENTLY ON t (a);\n" . warn_of('hunter2'),
	verify => "-- surefoot: accept=literal-password\n" . warn_of('hunter3')));
run_to_end($node, $db, 'migrate_apply', '1');
is(state_of($node, $db, '1'), 'applied', 'a migration whose statements raise warnings');
my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile);
my @warnings = $log =~ /WARNING:  seen, \d+/g;
cmp_ok(scalar(@warnings), '>=', 3, 'they are in the log of the server');
my @statements = $log =~ /SQL statement "SELECT warn/g;
cmp_ok(scalar(@statements), '>=', 3, 'with the statements');
unlike($log, qr/hunter/, 'and without the passwords');
query($node, $db, "DO \$\$ BEGIN PERFORM warn('password=hunter4'); END \$\$");
like(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/hunter4/, 'what others log is left as it is');
done_testing();

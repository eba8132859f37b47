# The migration of the README by psql alone: register, apply, wait, validate, apply again, status, revert.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main');
query($node, 'postgres', big_table('users'));
my $before = fingerprint($node, 'postgres');
my %scripts = map { $_ => PostgreSQL::Test::Utils::slurp_file(
	"$FindBin::Bin/../../examples/demo/migrations/0019_add_user_status.$_.sql") } qw(up down verify);
succeeds($node, 'postgres', register('0019', %scripts), 'registered', 'registered');
succeeds($node, 'postgres', register('19', %scripts), 'unchanged', '0019 and 19 are one');
succeeds($node, 'postgres', "SELECT migrate_apply('0019');", 'queued: 1 step', 'the index is a step of its own');
succeeds($node, 'postgres', "CALL migrate_wait('0019');", '', 'waited for');
is(query($node, 'postgres', "SELECT DISTINCT level FROM migrate_validate('0019')"), 'pass', 'validated');
is(query($node, 'postgres', "SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_status_created_at_idx'::regclass"), 't',
	'the index is valid');
is(query($node, 'postgres', "SELECT string_agg(DISTINCT status, ' ') FROM users"), 'active', 'every row has the default');
my $applied = fingerprint($node, 'postgres');
succeeds($node, 'postgres', "SELECT migrate_apply('0019');", 'already applied', 'applied again: nothing to do');
is(fingerprint($node, 'postgres'), $applied, 'and nothing done');
is(query($node, 'postgres', "SELECT version, state, steps, next FROM migrate_status()"), '0019|applied|2/2|', 'the status');
run_to_end($node, 'postgres', 'migrate_revert', '0019');
is(state_of($node, 'postgres', '0019'), 'reverted', 'reverted');
is(fingerprint($node, 'postgres'), $before, 'and the schema is what it was');
succeeds($node, 'postgres', "SELECT migrate_revert('0019');", 'not applied', 'reverted again: nothing to do');

done_testing();

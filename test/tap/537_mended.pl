# A migration that failed at its verify script: the place in the file is shown, and resume and validate take the file as it is then.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Client;
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0);
prepare_template($node, big_table('users'));
my $shop = project($node, 'shop');
my %index = (up => "CREATE INDEX users_name_idx ON users (name);\n", down => "DROP INDEX users_name_idx;\n");
my $stem = '0005_index';

$shop->write($stem, %index, verify => "SELECT true;\n\n  SELECT 1 / 0;\n");
my $failed = $shop->run('apply', '5');
is($failed->exit, 4, 'a verify script that fails');
like($failed->stderr, qr/ERROR 0005 verify, line 3: .*division by zero\n\tmigrations\/0005_index\.verify\.sql:3:3\n.*\t> 3 \|   SELECT 1 \/ 0;\n\t    \|   \^\n/s,
	'the file, its lines and a caret are shown');
like($failed->stderr, qr/HINT +Mend the data or migrations\/0005_index\.verify\.sql, then: surefoot resume 0005\n/, 'and what leads on');
my $validated = $shop->run('validate', '5');
is($validated->exit, 4, 'it is not valid');
like($validated->stdout . $validated->stderr, qr/surefoot resume 0005.*NEXT +surefoot resume 0005\n/s, 'and validate says how it goes on');

$shop->write($stem, %index, verify => "SELECT true;\nSELECT false;\n");
my $json = is_json($shop->run('resume', '5', '--json')->stdout, 'resumed with another script that fails');
is("@{$json->{error}}{qw(migration direction line column)}", '0005 verify 2 1', 'it is the new one that fails');
$shop->write($stem, %index, down => "DROP INDEX IF EXISTS users_name_idx;\n", verify => "SELECT true;\n");
my $resumed = $shop->run('resume', '5');
is($resumed->exit, 0, 'mended, it is resumed');
like($resumed->stdout, qr{^pass +effect +0005 .*\npass +verify +0005 .*\n0005_index applied in .*\nway back: surefoot revert 0005\nlog: .*_resume_0005(_\d)?\.log$}m, 'and says so, and where the log is');
is($shop->sql("SELECT down || verify FROM surefoot.migration"), "DROP INDEX IF EXISTS users_name_idx;\nSELECT true;\n", 'both scripts are registered');

$shop->write($stem, %index, verify => "SELECT 2 = 3;\n");
$validated = $shop->run('validate', '0005');
is($validated->exit, 4, 'validate takes the file, too');
like($validated->stderr, qr/0005_index\.verify\.sql:1:1\n> 1 \| SELECT 2 = 3;\n    \| \^\n/, 'and shows where it fails');
is($shop->sql("SELECT verify FROM surefoot.migration"), "SELECT true;\n", 'but keeps nothing of it');

# Where the up script is another one, what was registered counts.
$shop->write($stem, %index, verify => "SELECT false;\n");
$shop->run('revert', '5');
is($shop->run('apply', '5')->exit, 4, 'once more');
$shop->write($stem, %index, up => "CREATE INDEX users_other_idx ON users (name);\n", verify => "SELECT true;\n");
$resumed = $shop->run('resume', '5');
is($resumed->exit, 4, 'its verify script does not count');
like($resumed->stderr, qr/WARN .*up script has changed; the scripts are those that were registered/, 'which is told');
like($resumed->stderr, qr/\t0005 verify, as it was registered:1:1\n\t> 1 \| SELECT false;\n/, 'and what is shown is what ran, not the file');

my $cancelled = $shop->run('cancel', '5');
like($cancelled->stdout, qr{^0005: nothing to cancel, it is failed\n.*^log: .*_cancel_0005\.log$}ms, 'cancel prints the path of its log');
unlink glob "$shop->{dir}/migrations/*";
is($shop->run('resume', '5')->exit, 4, 'without its files');
is(scalar(my @logs = glob "$shop->{logs}/*_resume_5*.log"), 0, 'the log file has the version as it is registered');
like($shop->run('revert', '5')->stdout, qr/^0005 reverted/m, 'so has the revert');


# An up file that was changed since is no picture of what fails.
$shop->write('0006_half', up => "CREATE UNIQUE INDEX users_half_idx ON users ((id / 2));\n");
is($shop->run('apply', '6')->exit, 8, 'an index that cannot be built');
$shop->write('0006_half', up => "CREATE INDEX users_half_idx ON users (id);\n");
$resumed = $shop->run('resume', '6');
is($resumed->exit, 8, 'resumed with another up file, it is the old one that runs');
like($resumed->stderr, qr/\t0006 up, as it was registered:1:1\n\t> 1 \| CREATE UNIQUE INDEX/, 'and that is shown');
is($shop->run('revert', '6')->exit, 0, 'back');

done_testing();

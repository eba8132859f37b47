# revert over a range: what cannot be walked back is found before the first one is, and a stop half way says how far it came.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Client;
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0);
prepare_template($node, "CREATE TABLE parent (a int); CREATE TABLE child () INHERITS (parent)");
my $shop = project($node, 'shop',
	'0001_one' => { up => "CREATE TABLE one (id int);\n" },
	'0002_alone' => { up => "-- surefoot: accept=no-way-back\nALTER TABLE child NO INHERIT parent;\n" },
	'0003_three' => { up => "CREATE TABLE three (id int);\n", down => "DROP TABLE three;\n" },
	'0004_four' => { up => "CREATE TABLE four (id int);\n" });

my $one = $shop->run('apply', '0001');
like($one->stdout, qr/^way back: surefoot revert 0001$/m, 'a way back that is derived is named');
my $alone = $shop->run('apply', '0002', '--json');
is($alone->exit, 0, 'one without a way back is applied');
my $applied = is_json($alone->stdout, 'apply');
is($applied->{way_back}, undef, 'and no command is named that cannot work');
is($applied->{results}[0]{way_back}, undef, 'not with the migration either');
my $single = $shop->run('revert', '2');
isnt($single->exit, 0, 'asked for by its number');
like($single->stdout . $single->stderr, qr/Write migrations\/0002_alone\.down\.sql/, 'it says what to write');
is($shop->sql("SELECT way_back FROM migrate_status('2')"), 'no way back', 'as the server has found');
my $more = $shop->run('apply', '--all');
like($more->stdout, qr/^way back: surefoot revert --to 0002$/m, 'two more: back to where it ends');

for my $arguments ([ '--all' ], [ '--to', '1' ], [ '--all', '--dry-run' ], [ '--to', '0', '--dry-run' ])
{
	my $back = $shop->run('revert', @$arguments);
	is($back->exit, 1, "revert @$arguments: exit code 1");
	like($back->stderr, qr/0002_alone has no way back\n.*HINT +Write migrations\/0002_alone\.down\.sql, .*--accept.*STATE +nothing was run.*NEXT +surefoot revert --to 0002/s, 'which one, and how far it goes');
	is($shop->sql("SELECT count(*) FROM migrate_status() WHERE state = 'applied'"), '4', 'nothing is reverted');
}

$shop->write('0003_three', up => "CREATE TABLE three (id int);\n", down => "DROP TABLE three;\nDROP TABLE nothing_there;\n");
my $stops = $shop->run('revert', '--to', '0002');
isnt($stops->exit, 0, 'what fails later on stops it');
like($stops->stderr, qr/STATE +1 migration was reverted before; 0003 stopped it: nothing of it was reverted\n\s*NEXT +surefoot revert --to 0002/, 'how far it came');
is($shop->state('0004') . $shop->state('0003'), 'revertedapplied', 'so it is');
$shop->write('0003_three', up => "CREATE TABLE three (id int);\n", down => "DROP TABLE three;\n");
$shop->write('0002_alone', up => "-- surefoot: accept=no-way-back\nALTER TABLE child NO INHERIT parent;\n", down => "-- surefoot: accept=all\nALTER TABLE child INHERIT parent;\n");
is($shop->run('revert', '--all')->exit, 0, 'a down file that was written since will do');
is($shop->sql("SELECT count(*) FROM migrate_status() WHERE state = 'applied'"), '0', 'all is reverted');

# Of what was applied out of order
my $late = project($node, 'late', '0001_one' => { up => "CREATE TABLE one (id int);\n" }, '0003_three' => { up => "CREATE TABLE three (id int);\n" },
	'0002_two' => { up => "ALTER TABLE three ADD COLUMN two int;\n" });
$late->run('apply', $_) for 1, 3;
is($late->run('apply', '2', '--out-of-order')->exit, 0, 'a lower one comes later, and stands on a higher one');
my $higher = $late->run('revert', '3');
is($higher->exit, 7, 'so that the higher one has to wait');
like($higher->stderr, qr/migration 0003 cannot be reverted before 0002\.\n.*NEXT +surefoot revert 0002 && surefoot revert 0003\n/s, 'and which commands take both, and no more');
like($late->run('checklist', '--down', '3')->stdout, qr/^fail +order +0002 +migration 0003 cannot be reverted before 0002\n.*\n.*surefoot revert 0002 && surefoot revert 0003\n/m,
	'the checklist says so beforehand');
like($late->run('checklist', '--down', '2')->stdout, qr/^pass +order +0002 /m, 'of the lower one it is right');
is($late->run('revert', '3', '--override', 'order')->exit, 7, 'and nobody overrides it');
my @planned = $late->run('revert', '--to', '1', '--dry-run')->stdout =~ /^-- (000\d)_\w+, down$/mg;
is("@planned", '0002 0003', 'the dry run has the latest applied first');
my $both = $late->run('revert', '--to', '1');
is($both->exit, 0, 'so has the revert');
like($both->stdout, qr/^0002 reverted.*^0003 reverted/ms, 'each in its turn');
is($late->state('0001'), 'applied', 'the one that is named stays');

$late->write('0005_five', up => "CREATE TABLE five (id int);\n");
$late->run('apply', '3');
my $mixed = $late->run('apply', '--all', '--out-of-order');
like($mixed->stdout, qr/^way back: surefoot revert 0005 && surefoot revert 0002$/m, 'the way back of those that were applied takes no others with it');

# What was changed since, or cannot be planned
my $changed = project($node, 'changed', map { ("000$_\_t$_" => { up => "CREATE TABLE t$_ (id int);\n" }) } 1 .. 3);
$changed->run('apply', '--all');
$changed->write('0002_t2', up => "CREATE TABLE t2 (id bigint);\n");
for my $arguments ([ 'revert', '2', '--dry-run' ], [ 'plan', '2', '--down' ], [ 'checklist', '2', '--down' ])
{
	my $dry = $changed->run(@$arguments);
	is($dry->exit, 0, "@$arguments: an up file that was changed since is no matter for the way back");
	like($dry->stdout, qr/DROP TABLE public\.t2/, 'which is shown');
	like($dry->stderr, qr/WARN +migration 0002 is applied and its up script has changed; the way back is the one that was registered/, 'with the warning that the revert gives');
}
like($changed->run('revert', '--all', '--dry-run')->stdout, qr/public\.t3.*public\.t2.*public\.t1/s, 'of a range all are shown');
$changed->write('0003_t3', up => "CREATE TABLE t3 (id int);\n", down => "DROP TABEL t3;\n");
my $broken = $changed->run('revert', '--all', '--dry-run');
is($broken->exit, 1, 'one that cannot be planned: exit code 1');
like($broken->stdout, qr/^-- 0003_t3, down\n-- cannot be planned: syntax error .*public\.t2.*public\.t1/ms, 'but the others are shown');
like($broken->stderr, qr/syntax error at or near "TABEL"/, 'and what is wrong with it');

# Names to accept
my $accept = project($node, 'accept', '0001_one' => { up => "CREATE TABLE one (id int);\n" }, '0002_alone' => { up => "-- surefoot: accept=no-way-back\nALTER TABLE child NO INHERIT parent;\n" });
is($accept->run('apply', '--all')->exit, 0, 'another history');
my $used = $accept->run('revert', '2', '--accept', 'public.child.a');
is($used->exit, 0, 'what is left behind is accepted by name');
unlike($used->stderr, qr/nothing was left to accept/, 'and no word about it');
like($accept->run('revert', '1', '--accept', 'public.won')->stderr, qr/WARN +nothing was left to accept by the name of public\.won/, 'a name that meant nothing is told');

$accept->sql("CREATE TABLE rows (id int PRIMARY KEY, t text); INSERT INTO rows VALUES (1, 'a')");
$accept->write('0003_rows', up => "UPDATE rows SET t = 'b';\n");
is($accept->run('apply', '3')->exit, 0, 'rows are changed');
$accept->sql("UPDATE rows SET t = 'others'' own'");
my $conflicts = $accept->run('revert', '3', '--accept', 'conflicts');
like($conflicts->stderr, qr/1 row of table public\.rows was changed by others .* stays as it is, as accepted/, 'rows of others are accepted');
unlike($conflicts->stderr, qr/nothing was left to accept/, 'which was of use');

done_testing();

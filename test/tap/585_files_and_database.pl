# The folder and the database side by side: files that are gone, that were changed since, and that are no migrations by a letter.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Client;
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0);
prepare_template($node, 'CREATE ROLE watcher LOGIN');
my %table = map { my $n = $_; ($n => { up => "CREATE TABLE $n (id int);\n", down => "DROP TABLE $n;\n" }) } qw(one two nine);
my $shop = project($node, 'shop', '0001_one' => $table{one}, '0002_two' => $table{two});
is($shop->run('apply', '--all')->exit, 0, 'two are applied');
$shop->sql("SELECT migrate_register('0009', 'nine', 'CREATE TABLE nine (id int)')");

# A registered one without a file
my $status = $shop->run('status', '--exit-code');
is($status->exit, 0, 'nobody can apply what has no file: nothing is pending');
like($status->stdout, qr/^0009 +nine +registered .* its file is not in the folder$/m, 'which status says');
my $nine = $shop->run('apply', '9');
is($nine->exit, 2, 'apply of it: exit code 2');
like($nine->stderr, qr/migration 0009 is registered in the database, but its file is not in "migrations"\n.*Put 0009_nine\.up\.sql back/s, 'and what is missing');
like($shop->run('apply', '8')->stderr, qr/no up script of version 8 in "migrations"/, 'what nobody knows is another matter');

# A changed file of an applied one
unlike($shop->run('status')->stdout, qr/changed/, 'nothing was changed yet');
$shop->write('0001_one', up => "-- a word more\nCREATE TABLE one  (id int);\n");
unlike($shop->run('status')->stdout, qr/changed/, 'comments and blanks do not count');
$shop->write('0001_one', up => "CREATE TABLE one (id bigint);\n");
$shop->write('0003_three', up => "CREATE TABLE three (id int);\n");
like($shop->run('status')->stdout, qr/^0001 .* its up file has changed since$/m, 'status tells');
like($shop->run($_)->stderr, qr/WARN +the up file of 0001 has changed since it was applied/, "$_ tells") for qw(plan checklist);
$shop->sql("CALL surefoot.allow('watcher', 'look')");
my $look = { env => { DB_USER => 'watcher' } };
like($shop->run('status', $look)->stdout, qr/^0001 .* its up file is not the same text$/m, 'who may not ask the server knows as much as that');
$shop->write('0001_one', up => "CREATE TABLE one (id int);\n");

# Names
like($shop->run('status')->stderr, qr/^$/, 'no word about names that are right');
write_file("$shop->{dir}/migrations/$_", 'SELECT 1') for 'V10__x.sql', '0010_x.sql', '0011-x.up.sql', '0012_x.UP.sql', 'README.md', 'seed.sql';
for my $command ('status', 'apply')
{
	my $run = $shop->run($command);
	my @warned = $run->stderr =~ /(not taken for migrations: .*)/g;
	is(scalar @warned, 1, "$command: one warning");
	is($warned[0], 'not taken for migrations: "0010_x.sql", "0011-x.up.sql", "0012_x.UP.sql", "V10__x.sql"', 'of what looks like one');
	like($run->stderr, qr/0019_name\.up\.sql/, 'with the form');
}

done_testing();

# Files that are missing, doubled, changed, or hold what the server cannot take: a clear error, and nothing half done. And files that
# are odd and right: CRLF, a byte-order mark, names that need quotation marks, names as long as can be.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Client;
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0);
prepare_template($node, 'CREATE TABLE users (id int)');
my $shop = project($node, 'shop');
my $migrations = "$shop->{dir}/migrations";
my $before = fingerprint($node, 'shop');

sub put { my ($name, $text) = @_; return write_file("$migrations/$name", $text); }
sub clear { unlink glob "$migrations/*"; return; }

# refused(CODE, NAME, qr/MESSAGE/, FILE => TEXT...): apply --all of these files fails, and nothing is there afterwards.
sub refused
{
	my ($code, $name, $pattern, %files) = @_;
	clear();
	put($_, $files{$_}) for keys %files;
	my $run = $shop->run('apply', '--all');
	is($run->exit, $code, "$name: exit code $code");
	like($run->stderr, $pattern, "$name: the message");
	is(fingerprint($node, 'shop'), $before, "$name: nothing is changed");
	return $run;
}

refused(2, 'a way back without a way', qr/migrations\/0001_a\.down\.sql" has no up script.*Add 0001_a\.up\.sql/s, '0001_a.down.sql' => 'SELECT 1');
refused(2, 'two files of one version', qr/two files of version 1: "001_b\.up\.sql" and "1_a\.up\.sql"/, '1_a.up.sql' => 'SELECT 1', '001_b.up.sql' => 'SELECT 1');
refused(2, 'two names of one version', qr/two names for version 1: "0001_a\.up\.sql" and "0001_b\.down\.sql"/, '0001_a.up.sql' => 'SELECT 1', '0001_b.down.sql' => 'SELECT 1');
refused(2, 'an empty file', qr/"migrations\/0001_a\.up\.sql" is empty/, '0001_a.up.sql' => '');
refused(2, 'a file of blanks', qr/"migrations\/0001_a\.up\.sql" is empty/, '0001_a.up.sql' => " \r\n\t\n");
refused(1, 'a file without a statement', qr/SQLSTATE SF006/, '0001_a.up.sql' => ";\n;");
clear();
like($shop->run('new', 'add status')->stdout, qr{^migrations/0001_add_status\.up\.sql$}, 'new makes a file');
my $template = PostgreSQL::Test::Utils::slurp_file("$migrations/0001_add_status.up.sql");
my $untouched = qr/"migrations\/0001_a\.up\.sql" is as surefoot new has made it.*HINT +Write the change into it, or delete the file/s;
refused(2, 'a file as new has made it', $untouched, '0001_a.up.sql' => $template);
refused(2, 'with a comment more and CRLF', $untouched, '0001_a.up.sql' => join("\r\n", split(/\n/, $template), '  -- to do'));
is($shop->run($_, '1')->exit, 2, "$_ refuses it too") for qw(plan checklist rehearse);
is($shop->run('status')->exit, 0, 'status tells that it is there');
is($shop->sql('SELECT count(*) FROM surefoot.migration'), '0', 'and nothing of it is registered');
clear();
put('0001_a.up.sql', "${template}SELECT 1;\n");
is($shop->run('rehearse', '1')->exit, 0, 'with a statement in it, it is a migration');
refused(2, 'not UTF-8', qr/"migrations\/0001_a\.up\.sql" is not UTF-8 in line 2 \(byte offset 18, value 0xE9\).*iconv/s, '0001_a.up.sql' => "SELECT 1;\nSELECT '\xe9';\n");
refused(2, 'a NUL byte', qr/has a NUL byte in line 1/, '0001_a.up.sql' => "SELECT 1;\0\n");
refused(2, 'UTF-16', qr/is UTF-16, not UTF-8/, '0001_a.up.sql' => "\xff\xfeS\0E\0");
refused(2, 'a down script that is not UTF-8', qr/"migrations\/0001_a\.down\.sql" is not UTF-8/, '0001_a.up.sql' => 'SELECT 1', '0001_a.down.sql' => "SELECT '\xff'");
my %script = (
	'a psql command' => [ "CREATE TABLE a (id int);\n\\d a\n", qr/SF006/, 2 ],
	'a psql variable' => [ "SELECT 1;\nSELECT :x;\n", qr/42601|SF006/, 2 ],
	'COPY FROM STDIN' => [ "CREATE TABLE a (id int);\nCOPY a FROM stdin;\n1\n\\.\n", qr/SF006/, 2 ],
	'a COMMIT inside' => [ "CREATE TABLE a (id int);\nCOMMIT;\nSELECT 1;\n", qr/SF006/, 2 ],
	'a ROLLBACK inside' => [ "BEGIN;\nCREATE TABLE a (id int);\nROLLBACK;\nSELECT 1;\nCOMMIT;\n", qr/SF006/, 3 ],
	'a savepoint' => [ "CREATE TABLE a (id int);\nSAVEPOINT s;\n", qr/SF006/, 2 ],
	'what does not parse' => [ "CREATE TABLE a (id int);\nCREAT TABLE b (id int);\n", qr/42601/, 2 ],
	'an open quotation mark' => [ "CREATE TABLE a (id int);\nSELECT 'a\n", qr/42601/, 2 ],
	'an unknown directive' => [ "-- surefoot: no-such-thing\nSELECT 1;\n", qr/SF006/, 1 ]);
for my $name (sort keys %script)
{
	my ($text, $state, $line) = @{ $script{$name} };
	my $run = refused(1, $name, $state, '0001_a.up.sql' => $text, '0001_a.down.sql' => 'DROP TABLE IF EXISTS a');
	like($run->stderr, qr/0001_a\.up\.sql:$line\b.*^\s*> $line \| /sm, "$name: the line is shown");
}
refused(1, 'one bad script among good ones', qr/0003_c\.up\.sql:1/, '0001_a.up.sql' => "CREATE TABLE a (id int);\n", '0001_a.down.sql' => "DROP TABLE a;\n",
	'0002_b.up.sql' => "CREATE TABLE b (id int);\n", '0002_b.down.sql' => "DROP TABLE b;\n", '0003_c.up.sql' => "SELEC 1;\n", '0003_c.down.sql' => 'SELECT 1');

# No file, no folder
clear();
my $none = $shop->run('apply', '0007');
is($none->exit, 2, 'a version without a file: exit code 2');
like($none->stderr, qr/no up script of version 0007 in "migrations"/, 'which is said');
is($shop->run('apply', '--all')->stdout, "nothing to do: no migrations in \"migrations\"\n", 'an empty folder is nothing to do');
like($shop->run('status', '-C', '/none')->stderr, qr/could not read the folder of migrations "\/none": No such file or directory.*--dir or SUREFOOT_DIR/s, 'a folder that is not there');
put('0001_a.up.sql', 'SELECT 1');
chmod 0, "$migrations/0001_a.up.sql";

{
	my $unreadable = $shop->run('apply', '0001');
	is($unreadable->exit, 2, 'a file that cannot be read');
	like($unreadable->stderr, qr/could not read "migrations\/0001_a\.up\.sql": Permission denied/, 'is named');
}
clear();
symlink '/none', "$migrations/0001_a.up.sql";
like($shop->run('apply', '0001')->stderr, qr/could not read "migrations\/0001_a\.up\.sql": No such file/, 'a link to nowhere too');
clear();

# Odd and right
my $long = 'n' x 63;
my $accent = "caf\xc3\xa9";
put('0001_crlf.up.sql', "\xef\xbb\xbfBEGIN;\r\nCREATE TABLE crlf (id int,\r\n\tnote text DEFAULT 'a\r\nb');\r\nCOMMIT;\r\n");
put('0001_crlf.down.sql', "\xef\xbb\xbfDROP TABLE crlf;\r\n");
put('0001_crlf.verify.sql', "\xef\xbb\xbfSELECT count(*) = 0 FROM crlf;\r\n");
put("0002_$long.up.sql", qq{CREATE SCHEMA "my ""schema";\nCREATE TABLE "my ""schema"."$long" ("sel ect" int, "$accent" text, "; DROP TABLE users; --" int);\n}
	. qq{CREATE INDEX CONCURRENTLY "i $accent" ON "my ""schema"."$long" ("sel ect");\n});
put("0002_$long.down.sql", qq{DROP SCHEMA "my ""schema" CASCADE});
put("0003_a 'quoted' \$name.up.sql", "CREATE TABLE plain (id int) -- no semicolon, no end of line");
put("0003_a 'quoted' \$name.down.sql", "DROP TABLE plain -- nor here");
put('00000000000000000000000000000000000000000000004_zeros.up.sql', 'SELECT 1');
put('README.md', 'not a migration');
put('0005_no_kind.sql', 'not one either');
mkdir "$migrations/0006_folder.up.sql";
my $good = $shop->run('apply', '--all', '-v');
is($good->exit, 0, 'odd files and names');
like($good->stderr, qr/ignored "migrations\/0005_no_kind\.sql".*ignored "migrations\/README\.md"/s, 'what is no migration is ignored, and named with -v');
is($shop->sql("SELECT count(*) FROM migrate_status() WHERE state = 'applied'"), '4', 'all are applied');
is($shop->sql("SELECT name FROM migrate_status('2')"), $long, 'a name of 63 bytes is kept');
is($shop->sql(qq{SELECT indisvalid FROM pg_index WHERE indexrelid = '"my ""schema"."i $accent"'::regclass}), 't', 'names that need quotation marks are built');
like($shop->run('status', '3')->stdout, qr/^0003 +a 'quoted' \$name +applied/m, 'the name of a file is shown as it is');
my $quoted = $shop->run('apply', "0003_a 'quoted' \$name");
is($quoted->exit, 0, 'and can be given whole');
is($shop->run('apply', '4')->exit, 0, 'zeros do not count');
is($shop->run('validate')->exit, 0, 'all of it is valid');
like($shop->run('apply', '0003_another')->stderr, qr/version 0003 is "0003_a 'quoted' \$name", not "0003_another"/, 'a wrong name beside a right number');

# A script that was changed after it was applied
put('0001_crlf.up.sql', "CREATE TABLE crlf (id int, note text DEFAULT 'other');\n");
my $changed = $shop->run('apply', '--all');
is($changed->exit, 1, 'a changed script: exit code 1');
like($changed->stderr, qr/0001.*SQLSTATE SF002.*STATE +nothing was run/s, 'is an error');
is($shop->run('validate', '0001')->exit, 4, 'for validate too');
put('0001_crlf.up.sql', "-- a comment\nCREATE  TABLE crlf (id int, note text DEFAULT 'a\r\nb');\n");
is($shop->run('apply', '--all')->exit, 0, 'blanks and comments do not count');
put('0001_crlf.up.sql', "CREATE TABLE crlf (id bigint);\n");
my $back = $shop->run('revert', '0001');
is($back->exit, 0, 'the way back is open to a changed script');
like($back->stderr, qr/WARN .*the way back is the one that was registered/, 'with a warning');
put('0001_crlf.up.sql', "CREATE TABLE crlf (id int);\n");
rmdir "$migrations/0006_folder.up.sql";
my $all = $shop->run('revert', '--all');
is($all->exit, 0, 'a migration without a down script is walked back as well');
is(fingerprint($node, 'shop'), $before, 'and all is as before');

# new
my $new = project($node, 'new');
is($new->run('new', 'add status')->stdout, "migrations/0001_add_status.up.sql\n", 'new makes the first files');
is($new->run('new', 'more')->stdout, "migrations/0002_more.up.sql\n", 'the next number');
like($new->run('new', '../Evil  name; x')->stdout, qr{^migrations/0003_evil_name_x\.up\.sql$}m, 'a name is not a path');

done_testing();

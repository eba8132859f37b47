# surefoot archive lists the rows that are kept for the way back, and purges them; revert says which rows others have changed.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Client;
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0, conf => "surefoot.keep_rows = on\n");
prepare_template($node, 'CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users VALUES (1, $$a$$), (2, $$b$$); CREATE TABLE old (id int); INSERT INTO old VALUES (1);');
my $shop = project($node, 'shop',
	'0001_change' => { up => "UPDATE users SET name = upper(name);\n" },
	'0002_drop' => { up => "DROP TABLE old;\n" });

my $run = $shop->run('archive');
is($run->exit, 0, 'archive of nothing');
is($run->stdout, "nothing is kept\n", 'says so');
is($shop->run('apply', '--all')->exit, 0, 'two migrations');
$run = $shop->run('archive');
like($run->stdout, qr/^VERSION +DIRECTION +KEPT +TABLE +ROWS +SIZE +SINCE +KEPT UNTIL/m, 'a table');
like($run->stdout, qr/^0001 +up +changed rows +public\.users +2 /m, 'with what was changed');
like($run->stdout, qr/^0002 +up +all rows +public\.old +1 /m, 'and what was dropped');
my $json = is_json($shop->run('archive', '1', '--json')->stdout, 'archive --json');
is(join(' ', map { "$_->{version} $_->{kind} $_->{table} $_->{rows}" } @{ $json->{archive} }), '0001 rows public.users 2', 'of one');
like($json->{archive}[0]{kept_until}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'with its time');

is($shop->run('revert', '0002')->exit, 0, 'the way back of the second');
is($shop->sql('SELECT count(*) FROM old'), 1, 'has its row');
$shop->sql("UPDATE users SET name = 'others' WHERE id = 2");
$run = $shop->run('revert', '0001');
is($run->exit, 1, 'that of the first stops');
like($run->stderr, qr/rows of table public\.users were changed by others.*\(2\).*surefoot revert 0001 --accept conflicts/s, 'and says what to do');
is(is_json($shop->run('revert', '0001', '--json')->stdout, 'revert --json')->{error}{code}, 'ROWS_CHANGED', 'its code');
$run = $shop->run('revert', '0001', '--accept', 'conflicts');
is($run->exit, 0, 'which works');
like($run->stderr, qr/1 row of table public\.users was changed by others/, 'with a warning');
is($shop->sql("SELECT string_agg(name, ' ' ORDER BY id) FROM users"), 'a others', 'and leaves what others wrote');

like($shop->run('archive', '--purge')->stdout, qr/purged 0 tables/, 'nothing is past its time');
$json = is_json($shop->run('archive', '1', '--purge', '--json')->stdout, 'archive --purge --json');
is("$json->{purged} @{ $json->{archive} }", '1 ', 'of one, all goes');
is($shop->run('archive')->stdout, "nothing is kept\n", 'it is gone; what has come back went before');

# A count of what was never analyzed is a guess; and what refers to rows that are gone says what to do.
$shop->write('0003_pairs', up => "CREATE TABLE parent (id int PRIMARY KEY);\nCREATE TABLE child (p int REFERENCES parent) WITH (autovacuum_enabled = off);\n");
is($shop->run('apply', '0003')->exit, 0, 'two tables');
$shop->sql('INSERT INTO parent VALUES (1); INSERT INTO child SELECT 1 FROM generate_series(1, 100000)');
is($shop->run('revert', '0003')->exit, 0, 'go again');
$json = is_json($shop->run('archive', '3', '--json')->stdout, 'what is kept of them');
cmp_ok((map { $_->{rows} } grep { $_->{table} eq 'public.child' } @{ $json->{archive} })[0], '>', 10000, 'is not called empty');
$shop->sql("UPDATE surefoot.archive SET kind = 'gone' WHERE name = 'public.parent' AND version = '0003'");
is($shop->run('apply', '0003')->exit, 0, 'made again');
$run = $shop->run('archive', '3', '--restore');
like($run->stderr, qr/What the rows refer to was not kept, or is gone since.*NEXT +surefoot archive 3 --restore$/ms, 'the way to bring them back');
$shop->sql('INSERT INTO parent VALUES (1)');
is($shop->run('archive', '3', '--restore')->exit, 0, 'which works');
is($shop->sql('SELECT count(*) FROM child'), 100000, 'all of them');
done_testing();

# What cannot be walked back: the plan says so, apply refuses it unless it is meant, and a sandbox takes the history for meant.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Client;
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0);
prepare_template($node);
my $shop = project($node, 'shop',
	'0001_tables' => { up => "CREATE TABLE parent (p int);\nCREATE TABLE child () INHERITS (parent);\n" },
	'0002_alone' => { up => "ALTER TABLE child NO INHERIT parent;\n" },
	'0003_more' => { up => "CREATE TABLE more (id int);\n" });
is($shop->run('apply', '0001')->exit, 0, 'apply');
my $run = $shop->run('plan', '0002');
like($run->stdout, qr/^ *way back: no way back: columns that it has from its parent alone become its own$/m, 'the plan says it');
$run = $shop->run('apply', '--all');
is($run->exit, 1, 'it is refused');
like($run->stderr, qr/migration 0002 has no way back/, 'with a message');
like($run->stderr, qr/column public\.child\.p: it cannot be made what it was/, 'the reason');
like($run->stderr, qr/HINT +Write \S*0002_alone\.down\.sql; or, when it is meant, say so in the up file: -- surefoot: accept=no-way-back/, 'what to do');
like($run->stderr, qr/NEXT +surefoot apply --all --accept no-way-back/, 'or to run');
is($shop->sql('SELECT count(*) FROM pg_inherits'), '1', 'nothing was changed');
my $json = is_json($shop->run('apply', '--all', '--json')->stdout, '--json');
is("$json->{error}{code} $json->{error}{sqlstate}", 'NO_WAY_BACK SF016', 'its error');
is($shop->run('apply', '--all', '--accept', 'anything')->exit, 2, 'nothing else can be accepted');
$run = $shop->run('apply', '--all', '--accept', 'no-way-back');
is($run->exit, 0, 'when it is meant it is applied');
like($run->stderr, qr/there is no way back: column public\.child\.p/, 'with a warning');
is($shop->run('revert', '0003')->exit, 0, 'what came after it goes back');
is($shop->run('revert', '0002')->exit, 1, 'and it does not');
is($shop->run('--sandbox', 'apply', '0003')->exit, 0, 'in a sandbox the history before was meant');
is($shop->run('--sandbox', 'apply', '0002')->exit, 1, 'and what is tried is refused as it would be');
$shop->write('0002_alone', up => "ALTER TABLE child NO INHERIT parent;\n", down => "-- surefoot: accept=public.child.p\nALTER TABLE child INHERIT parent;\n");
is($shop->run('--sandbox', 'apply', '0002')->exit, 0, 'a down script that says what it leaves is a way back');

done_testing();

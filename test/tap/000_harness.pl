# The tools of the other tests work: a server with the extension, sessions, the client, waiting, crashes.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Surefoot;
use Test::More;

my $server = new_server('main');
is($server->safe_psql('postgres', "SELECT extname FROM pg_extension WHERE extname = 'surefoot'"),
	'surefoot', 'a server has the extension');

# Sessions in the background.
my $sleeper = psql_start($server, "SELECT 'begun'; SELECT pg_sleep(600);");
$sleeper->wait_for(qr/begun/);
my $query = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(600)%'";
my $pid = wait_until('the sleeping backend', sub { $server->safe_psql('postgres', $query) });
crash_process($pid);
isnt($sleeper->finish->exit, 0, 'a session whose backend was killed fails');
wait_for_sql($server, 'SELECT true');
pass('the server came back by itself');

my $hung = psql_start($server, 'SELECT pg_sleep(600)', seconds => 1);
ok(!eval { $hung->finish; 1 }, 'a program that hangs is ended at its time limit');
ok(!eval { wait_until('nothing', sub { 0 }, seconds => 0.1); 1 }, 'waiting has a deadline');

# The whole server.
crash_server($server);
$server->start;
is($server->safe_psql('postgres', 'SELECT 1'), '1', 'a crashed server starts again');

# The client.
my $version = client(undef, ['--version']);
is($version->exit, 0, 'the client runs');
like($version->stdout . $version->stderr, qr/\d+\.\d+\.\d+/, 'and says its version');
isnt(client(undef, ['no-such-command'])->exit, 0, 'its exit code is seen');

done_testing();

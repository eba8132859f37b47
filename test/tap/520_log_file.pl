# The log file of a run: its name, mode and folder, every statement before it runs, the whole error, and no password.
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
my $shop = project($node, 'shop', '0019_add_status' => { column_and_index('users') });
my $stamp = qr/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/;

umask 0;
my $applied = $shop->run('apply', '19');
is($applied->exit, 0, 'an apply');
my ($path) = $shop->log_files;
like($path, qr{/surefoot_\d{8}T\d{6}Z_apply_0019\.log$}, 'the name of its log: a UTC timestamp, the command, the version as its file spells it');
is((stat $path)[2] & 07777, 0600, 'for its owner alone');
is((stat $shop->{logs})[2] & 07777, 0700, 'and so is the folder that was made for it');
like($applied->stdout, qr/^log: \Q$path\E$/m, 'its path is told');
my ($time) = $path =~ /_(\d{8}T\d{6})Z/;
my @now = gmtime;
cmp_ok($time, 'le', sprintf('%04d%02d%02dT%02d%02d%02d', $now[5] + 1900, $now[4] + 1, @now[ 3, 2, 1, 0 ]), 'the time is UTC');
my $log = $shop->log_text;
my @lines = split /\n/, $log;
is(scalar(grep { !/^$stamp (INFO |WARN |DEBUG|ERROR) |^\t/ } @lines), 0, 'each line has a time and a level, or goes on with one') or diag($log);
like($lines[0], qr/surefoot \d+\.\d+\.\d+: apply 0019$/, 'it begins with what was asked');
like($lines[1], qr/connected to "shop" on .* as "postgres", PostgreSQL/, 'then where');
like($log, qr/0019 up: started\n.*line 1: ALTER TABLE.*\n.*queued: 1 step\n.*step 2, line 2: CREATE INDEX CONCURRENTLY.*\n.*0019 up: applied\n/,
	'then each statement, also of the worker');
like($lines[-1], qr/done: 1 applied in/, 'and the end');

# A statement is in the log before it runs.
$shop->write('0020_slow', up => "SELECT pg_sleep(60);\n", down => 'SELECT 1');
my $running = $shop->start('apply', '0020')->wait_for(qr/line 1: SELECT pg_sleep/);
like($shop->log_text, qr/line 1: SELECT pg_sleep\(60\)/, 'a statement is in the file before it runs');
unlike($shop->log_text, qr/canceling/, 'though it has not ended');
$running->kill('INT')->finish;
like($shop->log_text, qr/ERROR 0020 up, step 1, line 1: canceling statement due to user request/, 'what ended it is there too');

unlink glob "$shop->{dir}/migrations/0020*";

# The whole error.
$shop->write('0021_bad', up => <<'SQL', down => "DROP TABLE a;\n");
CREATE TABLE a (id int PRIMARY KEY);
DO $$
BEGIN
    RAISE EXCEPTION 'it went wrong' USING DETAIL = 'the detail of it', HINT = 'the hint of it', ERRCODE = 'P4711';
END $$;
SQL
my $failed = $shop->run('apply', '0021');
is($failed->exit, 1, 'a failure');
$log = $shop->log_text;
like($log, qr/ERROR 0021 up, step 1, line 2: it went wrong$/m, 'the log has its message and place');
like($log, qr/SQLSTATE P4711/, 'the SQLSTATE');
like($log, qr/DETAIL   the detail of it/, 'the detail');
like($log, qr/HINT     the hint of it/, 'the hint');
like($log, qr/migrations\/0021_bad\.up\.sql:2:1\n\t  1 \| CREATE TABLE a.*\n\t> 2 \| DO \$\$\n\t    \| \^\n/, 'the lines with a caret');
like($log, qr/CONTEXT  .*RAISE/, 'the context');
like($log, qr/STATE    everything that 0021 did in this call was rolled back/, 'what is left');
like($log, qr/NEXT     surefoot apply 0021/, 'and what to do');
like($failed->stderr, qr/\Q$_\E/, "standard error too: $_") for 'the detail of it', 'the hint of it', '> 2 | DO $$';
my ($file) = reverse $shop->log_files;
like($failed->stderr, qr/^log: \Q$file\E$/m, 'and the path of the log');

# A column in the middle of a line.
$shop->write('0022_column', up => "SELECT 1,\n\tno_such_column\nFROM users;\n", down => 'SELECT 1');
$shop->run('apply', '0022');
like($shop->log_text, qr/0022_column\.up\.sql:2:2\n\t  1 \| SELECT 1,\n\t> 2 \|     no_such_column\n\t    \|     \^\n\t  3 \| FROM users;/, 'the caret stands where the mistake is');

# Passwords
$shop->write('0023_secret', up => <<'SQL', down => <<'SQL');
-- surefoot: accept=literal-password
CREATE ROLE surefoot_secret LOGIN PASSWORD 's3cret-one';
ALTER ROLE surefoot_secret PASSWORD 's3cret-one''two';
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER s FOREIGN DATA WRAPPER w;
CREATE USER MAPPING FOR surefoot_secret SERVER s OPTIONS (user 'u', password 's3cret-three');
COMMENT ON SERVER s IS 'host=example.com user=u password=s3cret-four port=1';
COMMENT ON FOREIGN DATA WRAPPER w IS 'postgresql://u:s3cret-five@example.com/db';
DO $$ BEGIN RAISE NOTICE 'connecting with password=s3cret-six'; END $$;
SQL
DROP SERVER s CASCADE;
DROP FOREIGN DATA WRAPPER w;
DROP ROLE surefoot_secret;
SQL
my $secret = $shop->run('apply', '0023', '--echo', '--verbose');
is($secret->exit, 0, 'a script with passwords');
$log = $shop->log_text;
unlike($log, qr/s3cret/, 'none is in the log');
unlike($secret->stdout . $secret->stderr, qr/s3cret/, 'none is shown');
like($log, qr/CREATE ROLE surefoot_secret LOGIN PASSWORD '\*+'/, 'stars stand for it');
like($log, qr/OPTIONS \(user 'u', password '\*+'\)/, 'also in a user mapping');
my $history = $shop->run('log', '0023');
unlike($history->stdout . $shop->run('log', '0023', '--json')->stdout, qr/s3cret/, 'nor in the history that is shown');
like($history->stdout, qr/CREATE ROLE surefoot_secret LOGIN PASSWORD '\*+'/, 'there are stars too');
is($shop->sql("SELECT count(*) FROM surefoot.event WHERE statement LIKE '%s3cret%' OR message LIKE '%s3cret%'"), '0', 'nor in the events of the server');
$shop->write('0024_secret', up => "-- surefoot: accept=literal-password\nCREATE ROLE surefoot_other PASSWORD 's3cret-seven' NO_SUCH_OPTION;\n");
$secret = $shop->run('apply', '0024');
is($secret->exit, 1, 'a mistake beside a password');
unlike($shop->log_text . $secret->stdout . $secret->stderr, qr/s3cret/, 'the picture of the error hides it');
$shop->write('0024_secret', up => "CREATE ROLE surefoot_other PASSWORD 's3cret-seven';\n");
$secret = $shop->run('apply', '0024', '--json');
is($secret->exit, 1, 'a password that nobody has accepted is refused');
unlike($shop->log_text . $secret->stdout . $secret->stderr, qr/s3cret/, 'without showing it');
is(is_json($secret->stdout, 'the refusal')->{error}{sqlstate}, 'SF006', 'as a script that is refused');
unlink glob "$shop->{dir}/migrations/0024*";

# Where it goes.
my $elsewhere = folder() . '/a/b';
my $reverted = $shop->run('revert', '0023', '--log-dir', $elsewhere);
is($reverted->exit, 0, 'a revert');
is(scalar(my @there = glob "$elsewhere/surefoot_*_revert_0023.log"), 1, '--log-dir comes before the environment, and is made');
my $count = () = $shop->log_files;
is($shop->run('apply', '0023', '--no-log-file')->exit, 0, 'an apply without a log file');
is($shop->run('status')->exit + $shop->run('validate')->exit, 0, 'commands that change nothing');
is(() = $shop->log_files, $count, 'write none');
my $home = $shop->run('revert', '0023', { env => { SUREFOOT_LOG_DIR => undef, XDG_STATE_HOME => undef } });
like($home->stdout, qr{^log: \Q$shop->{dir}\E/\.local/state/surefoot/surefoot_}m, 'without any setting it goes to the home folder');
$shop->run('apply', '--to', '0023');
is(scalar(my @to = glob "$shop->{logs}/surefoot_*_apply_to_0023.log"), 1, 'a range is in the name');
my @two = map { $shop->start('cancel', '0019') } 1, 2;
$_->finish for @two;
is(scalar(my @same = glob "$shop->{logs}/surefoot_*_cancel_0019*.log"), 2, 'two runs within a second have two files');

done_testing();

# Progress and colour are for terminals: a line that redraws itself there, now and then a plain line elsewhere. NO_COLOR counts.
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
my $colour = qr/\e\[\d+m/;

# The same job, looked at from many places at once.
my $project = project($node, 'shop', '0019_add_status' => { column_and_index('users') });
my $reader = hold_snapshot($node, 'shop');
my %seen = (
	plain => $project->start('apply', '0019'));
wait_for_build($node, 'shop');
%seen = (
	%seen,
	terminal => $project->terminal('apply', '0019'),
	no_color => $project->terminal('apply', '0019', { env => { NO_COLOR => '1' } }),
	dumb => $project->terminal('apply', '0019', { env => { TERM => 'dumb' } }),
	quiet => $project->terminal('apply', '0019', '--quiet'),
	always => $project->start('apply', '0019', '--color', 'always'),
	json => $project->terminal('apply', '0019', '--json', '--quiet'),
	follow => $project->terminal('jobs', '--follow'));
$seen{$_}->wait_for(qr/\r\e\[K0019 up, step 2.*: waiting for old snapshots.*waiting for pid \d+ \(idl/) for qw(terminal no_color follow);
$seen{plain}->wait_for(qr/INFO  0019 up, step 2.*: waiting for old snapshots.*waiting for pid \d+ \(idle in transaction/);
pass('who is waited for is shown on terminals, and elsewhere');
$reader->close;
is($seen{$_}->finish->exit, 0, "$_: ends well") for sort keys %seen;
unlike($seen{plain}->stdout . $seen{plain}->stderr, qr/\e/, 'no control characters beside a terminal');
unlike($seen{dumb}->stdout, qr/\e/, 'none on a dumb one');
like($seen{terminal}->stdout, $colour, 'colour on a terminal');
unlike($seen{no_color}->stdout, $colour, 'none with NO_COLOR');
unlike($seen{quiet}->stdout, qr/INFO|\e\[K/, 'quiet means no progress either');
like($seen{always}->stderr, $colour, 'colour when it is asked for');
like($seen{terminal}->stdout, qr/\r\e\[K[^\r]*INFO[^\r]*applied\r?\n/, 'the progress makes way for lines');
unlike($project->log_text, qr/\e/, 'none in a log file');
(my $json = $seen{json}->stdout) =~ s/\r//g;
is(is_json($json, 'on a terminal')->{exit_code}, 0, 'JSON on a terminal is JSON');

# Percent and blocks are there while the table is read.
my $width = project($node, 'width');
$width->sql('CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$BEGIN IF $1 % 2000 = 0 THEN PERFORM pg_sleep(0.1); END IF; RETURN $1; END$$');
$width->write('0001_slow', up => "CREATE INDEX users_slow_idx ON users (slow(id));\n", down => "DROP INDEX users_slow_idx;\n");
my $slow = $width->terminal('apply', '0001');
is($slow->finish->exit, 0, 'a build that takes a while');
like($slow->stdout, qr/step \d.*: building index: scanning table \d+% \(\d+ of \d+ blocks\)/, 'shows phase, percent and blocks');

done_testing();

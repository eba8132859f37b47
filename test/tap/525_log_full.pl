# A log file that cannot be written: at the start it is an error and nothing is run; later the run goes on, with a warning.
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
my $shop = project($node, 'shop',
	'0001_many' => {
		up => join('', map { "CREATE TABLE t$_ (id int, note text DEFAULT '" . 'x' x 40 . "');\n" } 1 .. 60),
		down => join('', map { "DROP TABLE t$_;\n" } 1 .. 60)
	},
	'0002_index' => { column_and_index('users') });

# A file that may not grow is what a full disk is: the file is made, and the write fails.
sub limited
{
	my ($blocks, @arguments) = @_;
	my %o = $shop->_options({});
	local %ENV = Surefoot::_client_env($node, $o{env});
	return Surefoot::Process->new([ 'bash', '-c', "ulimit -f $blocks && exec surefoot \"\$@\"", 'surefoot', @arguments ], %o)->finish;
}

my $before = fingerprint($node, 'shop');
my $full = limited(0, 'apply', '0001');
is($full->exit, 2, 'no room for the first line: exit code 2');
like($full->stderr, qr/could not write the log file ".*surefoot_.*_apply_0001\.log": File too large/, 'it says which file and why');
like($full->stderr, qr/HINT +Nothing was run\. .*--log-dir .*--no-log-file/, 'and what to do');
is(fingerprint($node, 'shop'), $before, 'nothing is changed');
is($shop->sql('SELECT count(*) FROM surefoot.migration'), '0', 'not even registered');
is(scalar(my @left = $shop->log_files), 0, 'no empty file is left');

my $later = limited(2, 'apply', '--all');
is($later->exit, 0, 'no room in the middle of a run: it goes on');
is(() = $later->stderr =~ /WARN  the log file ".*" cannot be written any more: File too large; the run goes on/g, 1, 'with one warning');
like($later->stderr, qr/line 60: CREATE TABLE t60/, 'what the file cannot take is on standard error');
is($shop->sql("SELECT string_agg(state, ' ') FROM migrate_status()"), 'applied applied', 'it is applied, with its job');
like($shop->log_text, qr/^\S+ INFO  surefoot .*0001 up: started/s, 'the file has what there was room for');

my $reverted = limited(1, 'revert', '--all');
is($reverted->exit, 0, 'a revert too');
is(fingerprint($node, 'shop'), $before, 'all is as before');

my $folder = folder();
write_file("$folder/file", '');
for my $case ([ "$folder/file", 'is a file' ], [ '/proc/none', 'cannot be made' ], [ '/proc/sys', 'cannot be written to' ])
{
	my ($place, $what) = @$case;
	my $refused = $shop->run('apply', '0001', '--log-dir', $place);
	is($refused->exit, 2, "a folder that $what: exit code 2");
	like($refused->stderr, qr/could not (make the log folder|create the log file) "\Q$place\E/, "a folder that $what: it is named");
}
is($shop->state('0001'), 'reverted', 'nothing was run');

done_testing();

# What the documents give as defaults is what the library and the client have, and no setting is missing on either side.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Jobs;
use PostgreSQL::Test::Utils qw(slurp_file);
use Surefoot;
use Test::More;

my $top = "$FindBin::Bin/../..";
my $node = new_server('main');

# README.md's table: `setting` | default, with what it comes to in brackets.
my ($section) = slurp_file("$top/README.md") =~ /^## Settings\n(.*?)^## /ms;
my %documented = ($section // '') =~ /^\| `(surefoot\.\w+)` \| ([^|]*?) \|/mg;
my %is = map { my ($name, @rest) = split /\|/; $name => \@rest } split /\n/,
  query($node, 'postgres',
	"LOAD 'surefoot'; SELECT name, coalesce(unit, ''), vartype, boot_val, setting FROM pg_settings WHERE name LIKE 'surefoot.%'");
ok(scalar keys %is, 'the library has settings');
is_deeply([ sort keys %documented ], [ sort keys %is ], 'README.md has the settings of the library, and no others');

for my $name (sort keys %is)
{
	my ($unit, $type, $default, $now) = @{ $is{$name} };
	my ($value, $comment) = ($documented{$name} // '') =~ /^([^(]*?)(?: \((.*)\))?$/;
	$value = '' unless defined $value;
	ok($value =~ /^\d+ \w+$/ || $value eq '0', "$name: README.md gives the unit") if $unit;
	# The server knows what 30 s are; it has no word for days but d.
	$value =~ s/ days$/ d/;
	my ($same, $error) = attempt($node, 'postgres',
		"LOAD 'surefoot'; SET $name = '$value'; SELECT setting = boot_val FROM pg_settings WHERE name = '$name'");
	is($same . $error, 't', "$name: its default is the one of README.md, $value" . ($unit && " ($default $unit)"));
	is($now, $default, "$name: nothing else sets it");
	next unless defined $comment;
	if ($comment =~ /B$/)
	{
		is(query($node, 'postgres', "SELECT pg_size_bytes('$comment') = $default * current_setting('block_size')::bigint"),
			't', "$name: and that many pages are $comment");
	}
	else { is("$default is $comment", '0 is none', "$name: in words"); }
}

# The client.
my ($seconds) = slurp_file("$top/client/options.hpp") =~ /^\tdouble wait_timeout = (\d+); \/\/ seconds$/m;
ok($seconds, 'the client has a default of --wait-timeout');
my ($manual) = slurp_file("$top/docs/surefoot.1") =~ /wait\\-timeout " seconds"\n[^\n]*?; (\d+) by default\./;
is($manual, $seconds, 'which the manual page has');
my $help = client($node, ['--help'])->stdout;
my @waiting;
for my $command ($help =~ /^  (\w+) +\w/mg)
{
	my $text = client($node, [ $command, '--help' ])->stdout;
	next unless $text =~ /--wait-timeout/;
	push @waiting, $command;
	like($text, qr/--wait-timeout .*?\($seconds\)/s, "and surefoot $command --help");
}
is("@waiting", 'apply revert resume cancel', 'the commands that have it');

done_testing();

#!/usr/bin/perl
# Random schemas and random migrations over them: applied, walked back, compared at each point with what was there.
#   random.pl [--sequences N] [--seed N] [--seconds N] [--out FOLDER]     beside a server: scripts/cluster test/random/random.pl ...
#   random.pl --replay FILE                                               plays a case that was saved
# A sequence that fails is made as short as can be, printed, and saved in FOLDER (default build/random). The same seed makes the same
# sequence, of whatever number it is: --seed 7 --sequences 3 plays the seeds 7, 8 and 9.
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin, "$FindBin::Bin/../torture";
use File::Path qw(make_path);
use Getopt::Long;
use Time::HiRes qw(time);

use Walk;
use Generator;
use Words;
use Shrink;

my @arguments = @ARGV;
my ($sequences, $seed, $seconds, $out, $replay, $keep_going) = (300, 1, 0, 'build/random', undef, 0);
GetOptions('sequences=i' => \$sequences, 'seed=i' => \$seed, 'seconds=i' => \$seconds, 'out=s' => \$out, 'replay=s' => \$replay) && !@ARGV or die "see the head of $0\n";
$| = 1;
# The order of what a hash holds takes part in what is chosen.
if (($ENV{PERL_HASH_SEED} // '') ne '0') { $ENV{PERL_HASH_SEED} = 0; $ENV{PERL_PERTURB_KEYS} = 0; exec $^X, $0, @arguments or die "$^X: $!\n"; }

$ENV{PGDATABASE} = 'postgres';
for my $role ('alice', 'bob', '"Odd Role"') { system('psql', '-XqAt', '-c', "CREATE ROLE $role") == 0 or die "no server?\n"; }
system('psql', '-XqAt', '-c', 'CREATE DATABASE random_walk') == 0 or die "no server?\n";
system('psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', 'random_walk', '-f', "$FindBin::Bin/database.sql") == 0 or die "no extension?\n";

my $walk = Walk->new;
my ($begun, $played, @failures) = (time, 0);
if ($replay)
{
	my $case = Shrink::load($replay);
	my $failure = $walk->play($case);
	print $failure ? Shrink::report($case, $failure) : "all is well\n";
	$walk->finish;
	exit($failure ? 1 : 0);
}
my %seen;
for my $number ($seed .. $seed + $sequences - 1)
{
	last if $seconds && time - $begun > $seconds;
	srand $number;
	my $case = { seed => $number, start => [], start_size => 3 + int rand 12, migrations => [ map { { size => 1 + int rand 6, each => chance(0.4) ? 1 : 0 } } 1 .. 1 + int rand 4 ] };
	my $failure = $walk->play($case, \&Generator::make);
	$played++;
	next if !$failure;
	my $signature = Shrink::signature($failure);
	if ($seen{$signature}++) { push @failures, [ $number, $signature ]; print "seed $number: $signature, again\n"; next; }
	($case, $failure) = Shrink::shrink($walk, $case, $failure);
	my $report = Shrink::report($case, $failure);
	print "\n$report\n";
	make_path($out);
	open my $file, '>', "$out/seed-$number.sql" or die "$out: $!\n";
	print $file $report;
	close $file;
	$walk->{count}{'failed, and not when played again'}++ if $failure->{elusive};
	push @failures, [ $number, $signature ];
}
my $took = time - $begun;
$walk->finish;
printf "%d sequences from seed %d, in %d s\n", $played, $seed, $took;
printf "%6d  %s\n", $walk->{count}{$_}, $_ for sort keys %{ $walk->{count} };
printf "%6d  no way back: %s\n", $walk->{reasons}{$_}, $_ for (sort { $walk->{reasons}{$b} <=> $walk->{reasons}{$a} || $a cmp $b } keys %{ $walk->{reasons} });
printf "%d failed\n", scalar @failures;
exit(@failures ? 1 : 0);

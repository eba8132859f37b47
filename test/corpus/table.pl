#!/usr/bin/perl
# The table of what test/corpus/walk.pl found, and the cases that want a word: table.pl RESULT...
use strict;
use warnings FATAL => 'all';

my @classes = ('exact', 'column order', 'without rows', 'declared', 'rows lost', 'silently inexact', 'not applied', 'not reverted');
my @titles = ('exact', 'but for column order', 'but for rows', 'no way back, declared', 'rows lost silently', 'silently inexact', 'not applied', 'not reverted');
my (%sum, @rows, @cases);
for my $file (@ARGV)
{
	my ($history) = $file =~ m{([^/]+)/[^/]+$};
	open my $in, '<', $file or do { push @rows, "| $history | could not be replayed |\n"; $sum{bad}++; next; };
	my %n;
	while (<$in>)
	{
		chomp;
		my ($n, $name, $class, $verdict, $touched, $lost, $emptied, $detail) = split /\t/, $_, -1;
		$n{$class}++;
		$n{all}++ unless $class eq 'broken';
		$n{touched} += $touched;
		$n{lost} += $lost;
		push @cases, "$history $name: $class: $detail\n" if $class !~ /^(?:exact|column order|without rows|broken)$/;
	}
	$sum{$_} += $n{$_} for keys %n;
	push @rows, row($history, \%n);
}

sub row
{
	my ($name, $n) = @_;
	my $touched = $n->{touched} // 0;
	return '| ' . join(' | ', $name, $n->{all} // 0, (map { $n->{$_} // 0 } @classes), $touched - ($n->{lost} // 0) . " of $touched", $n->{broken} // 0) . " |\n";
}

print '| history | migrations | ' . join(' | ', @titles) . " | tables with rows back | left out |\n";
print '|---' x (@titles + 4) . "|\n";
print @rows, row('all', \%sum);
print "\n", @cases if @cases;
exit(grep({ $sum{$_} } 'silently inexact', 'rows lost', 'not reverted', 'bad') ? 1 : 0);

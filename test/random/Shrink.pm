package Shrink;

# Makes a case that fails as short as can be, and writes and reads it.

use strict;
use warnings;
use Time::HiRes qw(time);

# What makes two failures the same one: the sort, and what is said without the names.
sub signature
{
	my ($failure) = @_;
	my $text = $failure->{detail};
	my ($line) = $failure->{what} =~ /refused|reverted|plan|gone|again$/ ? $text =~ /^((?:ERROR|FATAL|PANIC):.*)/m : $text =~ /^((?!exact|no way|not |order:)\w[^\n]*)/m;
	$line = $1 if $failure->{what} =~ /planned/ && $text =~ /^is:\n(?:(?:no way back|exact)[^\n]*\n)?([^\n]*)/m;
	$line //= '';
	$line =~ s/^\w+ \S+: (?=it|its|a|rows)// if $failure->{what} =~ /planned/;
	$line =~ s/[:(].*// if $failure->{what} =~ /planned/;
	$line =~ s/(["'])(?:(?!\1).|\1\1)*\1/.../g;
	$line =~ s/^([a-z]+(?: [a-z]+)?) .*/$1/ if $failure->{what} =~ /inexact|otherwise/;
	# Played again, it is a migration of another number.
	$line =~ s/\d+/0/g;
	$line = '' if $failure->{what} =~ /rows/;
	return "$failure->{what}: $line";
}

sub copy
{
	my ($case) = @_;
	return { seed => $case->{seed}, start => [ @{ $case->{start} } ], migrations => [ map { { each => $_->{each}, statements => [ @{ $_->{statements} // [] } ] } } @{ $case->{migrations} } ] };
}

sub shrink
{
	my ($walk, $case, $failure, $seconds) = @_;
	my $until = time + ($seconds // 60);
	my $wanted = signature($failure);
	my $tally = { map { $_ => { %{ $walk->{$_} } } } qw(count reasons kinds) };
	my $best = copy($case);
	$#{ $best->{migrations} } = $failure->{at} - 1 if $failure->{at} && $failure->{at} < @{ $best->{migrations} };
	my $still = sub {
		my ($try) = @_;
		return 0 if time > $until;
		my $found = $walk->play($try);
		return 0 if !$found || signature($found) ne $wanted;
		$failure = $found;
		$best = copy($try);
		return 1;
	};
	if (!$still->(copy($best)) && !$still->(copy($case))) { $failure->{elusive} = 1; $failure->{detail} .= "\n(not the same when played again)"; }
	else
	{
		for (my $i = $#{ $best->{migrations} }; $i >= 0; $i--)
		{
			next if @{ $best->{migrations} } == 1;
			my $try = copy($best);
			splice @{ $try->{migrations} }, $i, 1;
			$still->($try);
		}
		for my $m (0 .. $#{ $best->{migrations} })
		{
			my $chunk = int((@{ $best->{migrations}[$m]{statements} } + 1) / 2);
			fewer($best, $still, sub { $_[0]{migrations}[$m]{statements} }, sub { $best });
		}
		fewer($best, $still, sub { $_[0]{start} }, sub { $best });
	}
	$walk->{$_} = $tally->{$_} for keys %$tally;
	return ($best, $failure);
}

# Leaves out what it can of a list, in halves, quarters, ... and one by one.
sub fewer
{
	my ($unused, $still, $list, $now) = @_;
	my $size = @{ $list->($now->()) };
	while ($size >= 1)
	{
		for (my $at = @{ $list->($now->()) } - $size; $at > -$size; $at -= $size)
		{
			my $from = $at < 0 ? 0 : $at;
			my $try = copy($now->());
			my $statements = $list->($try);
			next if $from + $size > @$statements;
			splice @$statements, $from, $size;
			$still->($try);
		}
		$size = $size == 1 ? 0 : int(($size + 1) / 2);
	}
}

sub report
{
	my ($case, $failure) = @_;
	my $text = "-- seed $case->{seed}: $failure->{what}, migration $failure->{at}\n" . ($failure->{detail} =~ s/\s+\z//r =~ s/^/--   /gmr) . "\n";
	$text .= "-- start\n" . join '', map { "$_;\n" } @{ $case->{start} };
	my $n = 0;
	for my $migration (@{ $case->{migrations} })
	{
		$text .= '-- migration ' . ++$n . ($migration->{each} ? ', back at once' : '') . "\n" . join '', map { "$_;\n" } @{ $migration->{statements} // [] };
	}
	return $text;
}

sub load
{
	my ($file) = @_;
	require SqlFile;
	open my $in, '<', $file or die "$file: $!\n";
	local $/;
	my $text = <$in>;
	my $case = { seed => 0, start => [], migrations => [] };
	$case->{seed} = $1 if $text =~ /^-- seed (\d+)/;
	my @parts = split /^(-- (?:start|migration \d+).*)\n/m, $text;
	shift @parts;
	while (my ($head, $body) = splice @parts, 0, 2)
	{
		my @statements = map { $_->{text} =~ s/^\s+|\s+\z//gr } SqlFile::split_script($body);
		if ($head =~ /start/) { $case->{start} = \@statements; }
		else { push @{ $case->{migrations} }, { statements => \@statements, each => $head =~ /at once/ ? 1 : 0 }; }
	}
	return $case;
}

1;

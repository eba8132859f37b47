package Generator;

# All statements there are, by their weights.

use strict;
use warnings;
use Words;
use Tables;
use Others;
use Settings;

my @all = (@Tables::statements, @Others::statements, @Settings::statements);
# What a schema begins with.
my @first = grep { $_->[1] =~ /^(?:CREATE|ADD)/ } @all;

# make(CATALOG, FIRST): a statement, a few that belong together, or none.
sub make
{
	my ($catalog, $first) = @_;
	my $made = (Words::weighted($first ? @first : @all))->[2]->($catalog);
	return ref $made ? @$made : defined $made ? $made : ();
}

1;

# The documents name what the code has: SQLSTATEs, exit codes, settings, functions, versions, files.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;

my $top = "$FindBin::Bin/../..";
my ($readme, $errors) = map { slurp_file("$top/$_") } 'README.md', 'docs/errors.md';

# As like(), but a whole document is not printed when it fails.
sub says
{
	my ($text, $pattern, $what) = @_;
	return ok($text =~ $pattern, $what);
}

# names(TEXT, PATTERN, WHAT): what it captures, at least one.
sub names
{
	my ($text, $pattern, $what) = @_;
	my @found = $text =~ /$pattern/g;
	ok(scalar @found, "there are $what");
	return @found;
}

my @states = names(slurp_file("$top/extension/server/error.hpp"), qr/= "(SF\d{3})";/, 'SQLSTATEs');
says($errors, qr/^### $_: /m, "docs/errors.md explains $_") for @states;
is_deeply([ sort($errors =~ /^### (SF\d{3}): /mg) ], [ sort @states ], 'and no others');

my @codes = names(slurp_file("$top/client/exit_codes.hpp"), qr/exit_\w+ = (\d+)/, 'exit codes');
my ($table) = $errors =~ /^## Exit codes.*?\n(\|.*?)\n\n/ms;
is_deeply([ sort { $a <=> $b } $table =~ /^\| (\d+) \|/mg ],
	[ sort { $a <=> $b } @codes ], 'docs/errors.md explains all exit codes and no others');
my $manual = slurp_file("$top/docs/surefoot.1");
says($manual, qr/^$_\|/m, "the manual page explains exit code $_") for @codes;

my @settings = names(slurp_file("$top/extension/server/settings.cpp"), qr/"(surefoot\.\w+)"/, 'settings');
says($readme, qr/^\| `\Q$_\E` \|/m, "README.md has the setting $_") for @settings;

my ($install) = glob "$top/extension/surefoot--*.sql";
my @functions =
  names(slurp_file($install), qr/^CREATE (?:FUNCTION|PROCEDURE) ([\w.]+)\(/m, 'functions');
says($readme, qr/`(?:CALL )?\Q$_\E\(/, "README.md has $_") for @functions;

my $arguments = slurp_file("$top/client/arguments.cpp");
my @commands = names($arguments, qr/add_command\(app, "(\w+)"/, 'commands');
my ($listed) = $readme =~ /^The client: `([^`]*)`/m;
is_deeply([ sort split / /, $listed // '' ], [ sort @commands ], 'README.md lists the commands');
says($manual, qr/^\.B $_\b/m, "the manual page has the command $_") for @commands;

my ($version) = slurp_file("$top/META.json") =~ /"version": "([\d.]+)"/;
says(slurp_file("$top/extension/surefoot.control"), qr/^default_version = '\Q$version\E'$/m, 'the control file has the version');
like($install, qr/surefoot--\Q$version\E\.sql$/, 'the install script has it');
says($manual, qr/Surefoot \Q$version\E/, 'the manual page has it');
says(slurp_file("$top/CHANGELOG.md"), qr/^## \[\Q$version\E\]/m, 'the changelog has it');

# README.md says what a deploy host needs.
my ($client) = grep { -x } map { "$_/surefoot" } split /:/, $ENV{PATH};
my @needed = names(scalar `readelf -d '$client'`, qr/NEEDED.*\[([^\]]*)\]/, 'libraries of the client');
is_deeply([ grep { !/^(?:libpq\.so|libc\.so|libm\.so|ld-linux)/ } @needed ], [], 'the client needs libpq, and no other library than that of C');

# Links to files, and to headings of the same file.
for my $file (glob("$top/*.md $top/docs/*.md $top/test/*.md"))
{
	my $text = slurp_file($file);
	my ($folder, $name) = $file =~ m{^(.*)/([^/]+)$};
	my @broken = grep { !m{^https?://} && !-e "$folder/" . s/#.*//r } $text =~ /\]\(([^)#][^)]*)\)/g;
	my %headings = map { lc(s/[^\w -]//gr =~ s/ /-/gr) => 1 } $text =~ /^#+ (.*)$/mg;
	push @broken, grep { !$headings{$_} } $text =~ /\]\(#([^)]*)\)/g;
	is("@broken", '', "$name: its links lead somewhere");
}

done_testing();

# What the tests of the client share: a database with a folder of migrations of its own, and the program run there as somebody
# would who works in that folder, also on a terminal.
package Client;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use JSON::PP;
use Jobs;
use Surefoot;
use Test::More;

our @EXPORT = qw(project column_and_index is_json);

# The migration that the tests run: a column, and an index that is a step of its own on a big table.
sub column_and_index
{
	my ($table) = @_;
	return (
		up => "ALTER TABLE $table ADD COLUMN status varchar(50) NOT NULL DEFAULT 'active';\n"
		  . "CREATE INDEX ${table}_status_idx ON $table (status, created_at);\n",
		down => "DROP INDEX ${table}_status_idx;\nALTER TABLE $table DROP COLUMN status;\n");
}

# project(NODE, NAME, '0019_add_status' => { up => SQL, ... }, ...): a new copy of the database base (prepare_template), and a folder.
sub project
{
	my ($node, $name, %migrations) = @_;
	my $dir = folder();
	my $self = bless { node => $node, db => copy_of($node, $name), dir => $dir, logs => "$dir/logs" }, __PACKAGE__;
	mkdir "$dir/migrations" or die "$dir: $!";
	$self->write($_, %{ $migrations{$_} }) for keys %migrations;
	return $self;
}

sub write
{
	my ($self, $name, %scripts) = @_;
	write_migration("$self->{dir}/migrations", $name, %scripts);
	return;
}

sub _options
{
	my ($self, $o) = @_;
	my $home = $self->{dir};
	return (%$o, dir => $home,
		env => { DB_NAME => $self->{db}, SUREFOOT_LOG_DIR => $self->{logs}, HOME => $home, TERM => 'xterm', %{ $o->{env} // {} } });
}

# run(ARGUMENT..., { env => {...}, seconds => N }): the ended process. start: one that runs.
sub run
{
	my $self = shift;
	return $self->start(@_)->finish;
}

sub start
{
	my ($self, @arguments) = @_;
	my $o = ref $arguments[-1] ? pop @arguments : {};
	return client_start($self->{node}, \@arguments, $self->_options($o));
}

# The same on a terminal; what it shows is in stdout. type(TEXT) are keys that are pressed there.
sub terminal
{
	my ($self, @arguments) = @_;
	my $o = ref $arguments[-1] ? pop @arguments : {};
	my %all = $self->_options($o);
	local %ENV = Surefoot::_client_env($self->{node}, $all{env});
	return Client::Terminal->new([ 'surefoot', @arguments ], %all);
}

sub sql
{
	my ($self, $sql) = @_;
	return query($self->{node}, $self->{db}, $sql);
}

sub state
{
	my ($self, $version) = @_;
	return state_of($self->{node}, $self->{db}, $version);
}

# The paths of its log files, oldest first, and the text of the newest.
sub log_files
{
	my ($self) = @_;
	return sort { -M $b <=> -M $a || $a cmp $b } glob "$self->{logs}/*";
}

sub log_text
{
	my ($self) = @_;
	my @files = $self->log_files or return '';
	return PostgreSQL::Test::Utils::slurp_file($files[-1]);
}

# is_json(TEXT, NAME): one JSON document and nothing else; returns it.
sub is_json
{
	my ($text, $name) = @_;
	my $value = eval { JSON::PP->new->utf8->decode($text) };
	ok(ref $value eq 'HASH', "$name: one JSON object") or diag("$@\n$text");
	return $value // {};
}

package Client::Terminal;

use strict;
use warnings FATAL => 'all';

our @ISA = ('Surefoot::Process');

sub new
{
	my ($class, $command, %o) = @_;
	my $self = bless { in => '', stdout => '', stderr => '', command => join(' ', @$command) }, $class;
	my $dir = $o{dir};
	$self->{run} = IPC::Run::start(
		$command, '<pty<', \$self->{in}, '>pty>', \$self->{stdout},
		init => sub { !defined $dir or chdir $dir or die "$dir: $!" },
		IPC::Run::timeout($o{seconds} // $Surefoot::patience));
	return $self;
}

sub type
{
	my ($self, $keys) = @_;
	$self->{in} .= $keys;
	$self->{run}->pump_nb;
	return $self;
}

1;

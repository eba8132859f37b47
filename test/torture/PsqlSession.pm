package PsqlSession;

# A psql that is spoken to while it runs: each run() sends text and waits for all that it answers.

use strict;
use warnings;
use IO::Select;
use IPC::Open3;
use Symbol 'gensym';

sub new
{
	my ($class, %option) = @_;
	my $self = bless { %option, marks => 0 }, $class;
	$self->{errors} = gensym;
	$self->{pid} = open3($self->{in}, $self->{out}, $self->{errors}, 'psql', '-XqAt', '-d', $option{database});
	$self->{in}->autoflush(1);
	$self->run("\\set VERBOSITY verbose\n\\set SHOW_CONTEXT never");
	($self->{server_pid}) = $self->run('SELECT pg_backend_pid();')->{out} =~ /(\d+)/;
	return $self;
}

# {ok, sqlstate, out, err} of the last statement in text; {dead} when the server or psql is gone, {late} when it took too long.
sub run
{
	my ($self, $text) = @_;
	my $mark = 'mark-' . ++$self->{marks};
	print { $self->{in} } "$text\n\\r\n\\echo\n\\echo $mark :ERROR :SQLSTATE\n\\warn $mark\n";
	my ($out, $err, %closed) = ('', '');
	my $select = IO::Select->new($self->{out}, $self->{errors});
	my $until = time + ($self->{patience} // 20);
	my $late;
	# Whole lines: what is left of one would be taken for the beginning of the next answer.
	until ($out =~ /^\Q$mark\E \S+ \S+\n\z/m && $err =~ /^\Q$mark\E\n\z/m)
	{
		my @ready = $select->can_read(1);
		for my $handle (@ready)
		{
			my $read = sysread $handle, my $piece, 1 << 16;
			return { dead => 1, out => $out, err => $err } if !$read;
			$handle == $self->{out} ? ($out .= $piece) : ($err .= $piece);
		}
		if (time > $until)
		{
			return { dead => 1, late => 1, out => $out, err => $err } if $late++ > 1;
			$until = time + 10;
			system 'psql', '-XqAt', '-d', $self->{database}, '-o', '/dev/null', '-c',
				"SELECT pg_cancel_backend($self->{server_pid})";
		}
	}
	$out =~ /^\Q$mark\E (\S+) (\S+)$/m;
	my ($error, $sqlstate) = ($1, $2);
	$out =~ s/\n?^\Q$mark\E .*\z//ms;
	$err =~ s/^\Q$mark\E\n\z//m;
	return { ok => $error ne 'true', sqlstate => $sqlstate, out => $out, err => $err, late => $late };
}

# The one value that a query answers.
sub value
{
	my ($self, $query) = @_;
	my $answer = $self->run("$query;");
	return undef if !$answer->{ok};
	return $answer->{out} =~ s/\s+\z//r;
}

sub finish
{
	my ($self) = @_;
	close $self->{in};
	waitpid $self->{pid}, 0;
}

1;

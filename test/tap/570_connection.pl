# The connection: DB_* first, then DATABASE_URL, then PG*. What is missing or wrong is named by its variable, and a password is never shown.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/lib";
use Client;
use Jobs;
use Surefoot;
use Test::More;

my $node = new_server('main', extension => 0, conf => "listen_addresses = '127.0.0.1'\n");
prepare_template($node, 'CREATE TABLE users (id int)');
copy_of($node, 'shop');
my $password = q{p'w "x\ y=z@:/?%41&s3cret};
(my $literal = $password) =~ s/'/''/g;
query($node, 'shop', "SET standard_conforming_strings = on; CREATE ROLE deployer LOGIN PASSWORD '$literal'; CALL surefoot.allow('deployer', 'apply')");
write_file($node->data_dir . '/pg_hba.conf', "local all all trust\nhost all deployer 127.0.0.1/32 scram-sha-256\n");
$node->reload;
my ($host, $port) = ($node->host, $node->port);
my $nowhere = folder();

# Settings by environment only; what is not named is unset.
sub status
{
	my ($env, @more) = @_;
	return client(undef, [ 'status', '--verbose', @more ],
		dir => $nowhere, env => { HOME => $nowhere, DB_HOST => undef, DB_PORT => undef, DB_NAME => undef, DB_USER => undef, %$env });
}
my %tcp = (DB_HOST => '127.0.0.1', DB_PORT => $port, DB_NAME => 'shop', DB_USER => 'deployer');

sub connects
{
	my ($name, $env, @more) = @_;
	my $run = status($env, @more);
	is($run->exit, 0, "$name: connects");
	unlike($run->stdout . $run->stderr, qr/s3cret/, "$name: the password is not shown");
	return $run->stderr =~ /connected to "(\w+)" on (\S+):(\d+) as "(\w+)"/ ? "$1 $2 $3 $4" : $run->stderr;
}

sub refuses
{
	my ($name, $pattern, $env, @more) = @_;
	my $run = status($env, @more);
	is($run->exit, 6, "$name: exit code 6");
	like($run->stderr, $pattern, "$name: the message names it");
	unlike($run->stdout . $run->stderr, qr/s3cret|s%33cret/, "$name: the password is not shown");
	return;
}

is(connects('DB_*', { %tcp, DB_PASSWORD => $password }), "shop 127.0.0.1 $port deployer", 'with a password of odd characters, taken as it is');
is(connects('JSON', { %tcp, DB_PASSWORD => $password }, '--json', '--echo'), "shop 127.0.0.1 $port deployer", 'with all output there is');

# Each of them wrong
my %with = (%tcp, DB_PASSWORD => $password);
refuses('a wrong password', qr/password authentication failed for user "deployer".*password from DB_PASSWORD.*HINT +Look at DB_PASSWORD\./s, { %tcp, DB_PASSWORD => 'wrong s3cret' });
refuses('no password', qr/no password supplied.*HINT +DB_PASSWORD is not set; set it, or DB_PASSWORD_FILE/s, \%tcp);
refuses('a wrong host', qr/host "no\.such\.invalid" from DB_HOST.*HINT +Look at DB_HOST\./s, { %with, DB_HOST => 'no.such.invalid' });
refuses('a wrong folder of the socket', qr/host "\/none" from DB_HOST.*HINT +Look at DB_HOST\./s, { %with, DB_HOST => '/none' });
refuses('a wrong port', qr/Connection refused.*port "1" from DB_PORT.*HINT +Look at DB_PORT\./s, { %with, DB_PORT => '1' });
refuses('a port that is none', qr/DB_PORT is "54x", not a port number.*from 1 to 65535/s, { %with, DB_PORT => '54x' });
refuses('a port out of range', qr/DB_PORT is "70000", not a port number/, { %with, DB_PORT => '70000' });
refuses('a wrong database', qr/database "none" does not exist.*HINT +Look at DB_NAME\./s, { %with, DB_NAME => 'none' });
refuses('a wrong user', qr/user "nobody_here" from DB_USER.*HINT +Look at DB_USER\./s, { %with, DB_USER => 'nobody_here', DB_HOST => $host });
refuses('a user without an entry', qr/no pg_hba\.conf entry.*HINT +Look at DB_USER\./s, { %with, DB_USER => 'postgres' });
refuses('a wrong way of SSL', qr/DB_SSLMODE is "maybe".*disable, allow, prefer, require/s, { %with, DB_SSLMODE => 'maybe' });
refuses('SSL that the server has not', qr/SSL.*HINT +Look at DB_SSLMODE\./s, { %with, DB_SSLMODE => 'require' });

# Missing or empty
refuses('no database', qr/DB_NAME is not set.*add the database's name/s, { %with, DB_NAME => undef });
refuses("an empty $_", qr/\Q$_\E is set but empty.*Give \Q$_\E a value, or unset it/s, { %with, $_ => '' }) for qw(DB_HOST DB_PORT DB_NAME DB_USER);
refuses('no host', qr/host by libpq's default \(DB_HOST is not set\)/, { %with, DB_HOST => undef });
refuses('nothing at all', qr/DB_HOST is not set.*HINT +DB_HOST is not set, so libpq's default was tried|HINT/s, {});

# The password in a file
my $file = write_file("$nowhere/password", "$password\n");
chmod 0600, $file;
is(connects('a password in a file', { %tcp, DB_PASSWORD_FILE => $file }), "shop 127.0.0.1 $port deployer", 'DB_PASSWORD_FILE');
chmod 0644, $file;
refuses('a file that all may read', qr/DB_PASSWORD_FILE names "\Q$file\E", which every user may read.*chmod 600 \Q$file\E/s, { %tcp, DB_PASSWORD_FILE => $file });
refuses('a file that is not there', qr/DB_PASSWORD_FILE names "\/none", which cannot be read: No such file/, { %tcp, DB_PASSWORD_FILE => '/none' });
refuses('a folder', qr/DB_PASSWORD_FILE names ".*", which cannot be read: Is a directory/, { %tcp, DB_PASSWORD_FILE => $nowhere });
my $empty = write_file("$nowhere/empty", '');
chmod 0600, $empty;
refuses('an empty file', qr/DB_PASSWORD_FILE names ".*", which is empty/, { %tcp, DB_PASSWORD_FILE => $empty });
refuses('both', qr/DB_PASSWORD and DB_PASSWORD_FILE are both set/, { %with, DB_PASSWORD_FILE => $file });

# The order
my $url = "postgresql://deployer:p%27w%20%22x%5C%20y%3Dz%40%3A%2F%3F%2541%26s3cret\@127.0.0.1:$port/shop";
is(connects('a URL', { DATABASE_URL => $url }), "shop 127.0.0.1 $port deployer", 'DATABASE_URL');
is(connects('a connection string', { DATABASE_URL => "host=$host port=$port dbname=shop user=deployer password='s3cret'" }), "shop $host $port deployer", 'as keywords too');
is(connects('DB_* before the URL', { DATABASE_URL => $url, DB_NAME => 'base', DB_HOST => $host, DB_USER => 'postgres' }), "base $host $port postgres", 'setting by setting');
is(connects('PG* last', { PGHOST => $host, PGPORT => $port, PGDATABASE => 'shop', PGUSER => 'deployer' }), "shop $host $port deployer", 'PG*');
is(connects('DB_* before PG*', { PGHOST => '/none', PGPORT => 1, PGDATABASE => 'none', PGUSER => 'none', PGPASSWORD => 'none', %with }), "shop 127.0.0.1 $port deployer", 'DB_* before PG*');
is(connects('the URL before PG*', { PGHOST => '/none', PGPORT => 1, PGDATABASE => 'none', PGUSER => 'none', DATABASE_URL => $url }), "shop 127.0.0.1 $port deployer", 'the URL before PG*');
is(connects('flags first', { %with, DB_HOST => '/none', DATABASE_URL => 'postgresql://none/none' }, '-h', $host, '-U', 'postgres', '-d', 'base'), "base $host $port postgres", 'flags before all');
write_file("$nowhere/service", "[shop]\nhost=$host\nport=$port\ndbname=shop\nuser=deployer\n");
is(connects('a service', { PGSERVICE => 'shop', PGSERVICEFILE => "$nowhere/service" }), "shop $host $port deployer", 'a service file');
my $pass = write_file("$nowhere/.pgpass", "127.0.0.1:$port:shop:deployer:" . ($password =~ s/([:\\])/\\$1/gr) . "\n");
chmod 0600, $pass;
is(connects('a password file of libpq', { %tcp, PGPASSFILE => $pass }), "shop 127.0.0.1 $port deployer", 'libpq reads its own');
refuses('a broken URL', qr/DATABASE_URL is not a valid connection string.*percent-encoding/s, { DATABASE_URL => 'postgresql://deployer:s3cret%zz@127.0.0.1/shop' });
refuses('a password with an @', qr/DATABASE_URL is not a valid connection string.*%40/s, { DATABASE_URL => "postgres://deployer:x\@s3cret\@127.0.0.1:$port/shop" });
refuses('a password with a /', qr/DATABASE_URL is not a valid connection string.*%2F/s, { DATABASE_URL => "postgres://deployer:s3cret/x\@127.0.0.1:$port/shop" });
refuses('a URL that is none', qr/DATABASE_URL is not a connection string.*It looks like postgresql:/s, { DATABASE_URL => 's3cret' });
refuses('a wrong password in a URL', qr/password from DATABASE_URL.*HINT +Look at DATABASE_URL\./s, { DATABASE_URL => "postgresql://deployer:other-s3cret\@127.0.0.1:$port/shop" });
is(status(\%with, '--password', 'x')->exit, 2, 'there is no option for a password');

# Roles
my $looker = client($node, [ 'status', '--json' ], env => { DB_NAME => 'base', DB_USER => 'deployer' });
is($looker->exit, 2, 'a role that nobody has allowed');
like(is_json($looker->stdout, 'it')->{error}{hint}, qr/CALL surefoot\.allow\('deployer', 'apply'\)/, 'is told what it takes');
query($node, 'base', "CALL surefoot.allow('deployer', 'look')");
is(client($node, [ 'status' ], env => { DB_NAME => 'base', DB_USER => 'deployer' })->exit, 0, 'a role that may look looks');
my $dir = folder();
write_migration("$dir/migrations", '0001_one', up => "CREATE TABLE one (id int);\n", down => "DROP TABLE one;\n");
my $applier = client($node, [ 'apply', '--all' ], dir => $dir, env => { DB_NAME => 'base', DB_USER => 'deployer' });
is($applier->exit, 2, 'and does not apply');
is(client($node, [ 'apply', '--dry-run', '--all' ], dir => $dir, env => { DB_NAME => 'base', DB_USER => 'deployer' })->exit, 0, 'but sees what would run');

done_testing();

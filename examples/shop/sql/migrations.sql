-- All migrations up, a look at what the application needs, and all of them back.
CREATE EXTENSION surefoot;
SELECT migrate_fingerprint('public') AS before \gset

\set up `cat migrations/0001_users.up.sql`
\set down `cat migrations/0001_users.down.sql`
SELECT migrate_register('0001', 'users', :'up', :'down');
\set up `cat migrations/0002_orders.up.sql`
\set down `cat migrations/0002_orders.down.sql`
SELECT migrate_register('0002', 'orders', :'up', :'down');
\set up `cat migrations/0003_user_status.up.sql`
\set down `cat migrations/0003_user_status.down.sql`
\set verify `cat migrations/0003_user_status.verify.sql`
SELECT migrate_register('0003', 'user_status', :'up', :'down', :'verify');

CALL migrate_apply_all();
SELECT version, name, state, steps FROM migrate_status();
SELECT level, code, message FROM migrate_validate('0003');

INSERT INTO users (email) VALUES ('ada@example.org');
INSERT INTO orders (user_id, total) SELECT id, 12.50 FROM users;
SELECT email, total FROM open_orders;
\d users

-- Again: nothing to do.
SELECT migrate_apply('0003');

SELECT migrate_revert('0003');
SELECT migrate_revert('0002');
SELECT migrate_revert('0001');
SELECT migrate_fingerprint('public') = :'before' AS walked_back;

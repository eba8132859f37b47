-- The index of a table with rows is built concurrently, in a step of its own.
ALTER TABLE users ADD COLUMN status varchar(50) NOT NULL DEFAULT 'active';
CREATE INDEX CONCURRENTLY users_status_created_at_idx ON users (status, created_at);

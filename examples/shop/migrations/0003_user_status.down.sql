DROP INDEX users_status_created_at_idx;
ALTER TABLE users DROP COLUMN status;

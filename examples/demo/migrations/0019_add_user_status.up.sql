-- Users get a status; the list of users by status, newest first, gets an index.
ALTER TABLE users
    ADD COLUMN status varchar(50) NOT NULL DEFAULT 'active';

CREATE INDEX users_status_created_at_idx
    ON users (status, created_at);

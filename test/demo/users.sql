-- A million users, as a web application would have them.
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    logins int NOT NULL DEFAULT 0
);
INSERT INTO users (name, email, created_at)
SELECT 'User ' || n, 'user' || n || '@example.org', timestamptz '2020-01-01' + n * interval '3 minutes'
FROM generate_series(1, 1000000) AS n;
VACUUM ANALYZE users;

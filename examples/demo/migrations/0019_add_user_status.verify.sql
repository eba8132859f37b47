-- Every user has the status that was promised.
SELECT NOT EXISTS (SELECT FROM users WHERE status <> 'active');

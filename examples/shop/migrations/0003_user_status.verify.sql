SELECT NOT EXISTS (SELECT FROM users WHERE status <> 'active');

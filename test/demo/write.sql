\set id random(1, 1000000)
UPDATE users SET logins = logins + 1 WHERE id = :id;

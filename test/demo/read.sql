\set id random(1, 1000000)
SELECT name, email FROM users WHERE id = :id;

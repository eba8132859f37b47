-- What keeps others waiting is named beforehand, and what does not is not.
CREATE EXTENSION surefoot;
CREATE TABLE orders (id int, note text, status text);
INSERT INTO orders SELECT n, 'note', 'new' FROM generate_series(1, 50000) AS n;
CREATE TABLE kinds (id int PRIMARY KEY);
ANALYZE orders;

-- Locks are held until the commit, so that a harmless statement after a strong lock is harmless no more.
SELECT line, lock, hazards FROM migrate_plan_script($$
ALTER TABLE orders ADD COLUMN note2 text;
UPDATE orders SET note2 = 'n';
ALTER TABLE orders ADD CONSTRAINT n CHECK (id > 0) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT n;
INSERT INTO kinds VALUES (1);
$$);
SELECT line, lock, hazards FROM migrate_plan_script($$
ALTER TABLE orders ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES kinds NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT k;
$$);
-- Not in a step of its own, and not on a table that nobody else sees.
SELECT step, line, hazards FROM migrate_plan_script($$
ALTER TABLE orders ADD COLUMN note2 text;
CREATE INDEX ON orders (note);
UPDATE orders SET note2 = 'n';
$$);
SELECT line, hazards FROM migrate_plan_script($$
CREATE TABLE fresh AS SELECT * FROM orders;
UPDATE orders SET note = 'n';
$$);
SELECT migrate_register('1', 'held', 'ALTER TABLE orders ADD COLUMN note2 text; UPDATE orders SET note2 = note;');
SELECT level, object, message, hint FROM migrate_checklist('1') WHERE code = 'hazard';

-- The columns of a type go with it.
SELECT line, hazards FROM migrate_plan_script($$
CREATE DOMAIN amount AS int;
DROP DOMAIN amount;
CREATE TYPE mood AS ENUM ('a');
DROP TYPE mood CASCADE;
$$);

-- NOT NULL that a CHECK of the same script proves is not looked for in the rows.
SELECT line, scans, hazards FROM migrate_plan_script($$
ALTER TABLE orders ADD CONSTRAINT c CHECK (status IS NOT NULL AND note IS NOT NULL) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT c;
ALTER TABLE orders ALTER status SET NOT NULL;
ALTER TABLE orders ALTER id SET NOT NULL;
ALTER TABLE orders DROP CONSTRAINT c;
ALTER TABLE orders ALTER note SET NOT NULL;
$$);

-- All means all: what was registered below the highest applied version is not left out in silence.
SELECT migrate_register('10', 'ten', 'CREATE TABLE ten ();');
SET client_min_messages = warning;
SELECT migrate_apply('10');
CALL migrate_apply_all();
SET surefoot.allow_out_of_order = on;
CALL migrate_apply_all();
SELECT version, state FROM migrate_status();

-- Who may, and who may no more.
CREATE ROLE regress_hazards;
CALL surefoot.allow('regress_hazards', 'apply');
SELECT has_function_privilege('regress_hazards', 'migrate_apply(text, boolean)', 'EXECUTE') AS apply,
       has_function_privilege('regress_hazards', 'migrate_status(text)', 'EXECUTE') AS look;
CALL surefoot.allow('regress_hazards', 'look');
SELECT has_function_privilege('regress_hazards', 'migrate_apply(text, boolean)', 'EXECUTE') AS apply,
       has_function_privilege('regress_hazards', 'migrate_status(text)', 'EXECUTE') AS look;
CALL surefoot.allow('regress_hazards', 'nothing');
SELECT has_function_privilege('regress_hazards', 'migrate_apply(text, boolean)', 'EXECUTE') AS apply,
       has_function_privilege('regress_hazards', 'migrate_status(text)', 'EXECUTE') AS look,
       has_schema_privilege('regress_hazards', 'surefoot', 'USAGE') AS schema,
       has_table_privilege('regress_hazards', 'surefoot.run', 'SELECT') AS "table";
DROP ROLE regress_hazards;
CALL surefoot.allow('postgres', 'everything');

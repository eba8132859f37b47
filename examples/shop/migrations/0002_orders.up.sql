CREATE TYPE order_state AS ENUM ('open', 'paid', 'sent');

CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users,
    state order_state NOT NULL DEFAULT 'open',
    total numeric(12, 2) NOT NULL CHECK (total >= 0)
);
CREATE INDEX orders_user_id_idx ON orders (user_id);

CREATE VIEW open_orders AS
    SELECT o.id, u.email, o.total FROM orders o JOIN users u ON u.id = o.user_id WHERE o.state = 'open';

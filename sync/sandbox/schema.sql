-- The sandbox hub's ledger. Times are milliseconds since 1970.

-- what was put on the feed; the cursor is never given twice
CREATE TABLE IF NOT EXISTS feed (
    cursor   INTEGER PRIMARY KEY AUTOINCREMENT,
    type     TEXT NOT NULL,
    order_no TEXT,
    revision INTEGER,
    put_ms   INTEGER NOT NULL,
    body     BLOB NOT NULL            -- the CloudEvent on one line
);
CREATE INDEX IF NOT EXISTS feed_by_type ON feed (type, cursor) WHERE order_no IS NOT NULL;

-- the current rows that the snapshots show, by the key that pages go on after
CREATE TABLE IF NOT EXISTS rows (
    kind TEXT NOT NULL,
    key  TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;

-- the hub's view of each order: what it said itself, and what the agent said
CREATE TABLE IF NOT EXISTS orders (
    order_no        TEXT PRIMARY KEY,
    revision        INTEGER,          -- null: paid, held or cancelled before it was created
    created_ms      INTEGER,
    paid_ms         INTEGER,
    paid_at         TEXT,
    payment_ref     TEXT,
    held            INTEGER NOT NULL DEFAULT 0,
    cancelled_ms    INTEGER,
    state           TEXT,             -- as the agent reported it, null: not yet
    state_ms        INTEGER,
    state_at        TEXT,             -- when it was so at the agent
    shipped_ms      INTEGER,
    called_off_ms   INTEGER           -- the agent confirmed the cancellation
) WITHOUT ROWID;

-- what the agent sent, once per (source, id)
CREATE TABLE IF NOT EXISTS received (
    row         INTEGER PRIMARY KEY AUTOINCREMENT,
    source      TEXT NOT NULL,
    id          TEXT NOT NULL,
    sequence    INTEGER NOT NULL,
    type        TEXT NOT NULL,
    order_no    TEXT,
    revision    INTEGER,
    waybill     TEXT,
    copy        INTEGER,
    reason      TEXT,
    time_ms     INTEGER NOT NULL,     -- when it happened at the agent
    scanned_ms  INTEGER,
    received_ms INTEGER NOT NULL,
    rejected    INTEGER NOT NULL DEFAULT 0,
    body        BLOB NOT NULL,
    UNIQUE (source, id)
);
CREATE INDEX IF NOT EXISTS received_by_type ON received (type, row);

-- per sender: the next sequence number, and how often something was out of order
CREATE TABLE IF NOT EXISTS senders (
    source        TEXT PRIMARY KEY,
    next_sequence INTEGER NOT NULL DEFAULT 1,
    duplicates    INTEGER NOT NULL DEFAULT 0,
    gaps          INTEGER NOT NULL DEFAULT 0,
    rejected      INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- what the agent said of orders whose events are still queued
CREATE TABLE IF NOT EXISTS statuses (
    order_no       TEXT PRIMARY KEY,
    as_of_sequence INTEGER NOT NULL,
    state          TEXT NOT NULL,
    at             TEXT NOT NULL,
    waybill        TEXT,
    carrier        TEXT,
    shown_ms       INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS leases (
    lease      TEXT PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE,  -- the Idempotency-Key
    carrier    TEXT NOT NULL,
    count      INTEGER NOT NULL,
    numbers    BLOB NOT NULL,
    expires_at TEXT NOT NULL
) WITHOUT ROWID;

-- numbers that came back, to be leased again
CREATE TABLE IF NOT EXISTS returned (
    number  TEXT PRIMARY KEY,
    carrier TEXT NOT NULL,
    lease   TEXT NOT NULL,
    again   TEXT                      -- the lease that took it
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

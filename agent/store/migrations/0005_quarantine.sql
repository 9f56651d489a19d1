-- Events that could not be taken, or that the hub does not take; a settled one's body stands in the journal alone.
CREATE TABLE parked (
  parked TEXT PRIMARY KEY,
  direction TEXT NOT NULL CHECK (direction = 'feed' OR direction = 'snapshot' OR direction = 'outbox'),
  source TEXT NOT NULL,
  event TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT,
  order_no TEXT,
  reason TEXT NOT NULL,
  body TEXT NOT NULL,
  size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
  sha256 TEXT NOT NULL,
  acked_sequence INTEGER NOT NULL,
  parked_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state = 'parked' OR state = 'released' OR state = 'dropped'),
  settled_at INTEGER,
  settled_by TEXT NOT NULL,
  note TEXT NOT NULL,
  CHECK (state = 'parked' OR (settled_at IS NOT NULL AND body = ''))
);
CREATE INDEX parked_waiting ON parked (parked_at) WHERE state = 'parked';
CREATE INDEX parked_order ON parked (order_no) WHERE state = 'parked';

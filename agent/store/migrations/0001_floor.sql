-- The journal: outbox, audit and lineage in one. `row` has no gap; `sequence` counts what the hub gets, without gap.
CREATE TABLE journal (
  row INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,                -- ms since the epoch
  sequence INTEGER,
  by TEXT NOT NULL,                   -- who asked
  cause TEXT,                         -- the asker's id of the command
  order_no TEXT,
  type TEXT NOT NULL,
  data TEXT NOT NULL,                 -- the event, JSON
  hash BLOB NOT NULL CHECK (length(hash) = 32)  -- SHA-256 over the row before it and this one
);
CREATE UNIQUE INDEX journal_sequence ON journal (sequence) WHERE sequence IS NOT NULL;
CREATE INDEX journal_order ON journal (order_no, row) WHERE order_no IS NOT NULL;

-- The door's memory, beside the journal: how far each follower is, and what each command was answered.
CREATE TABLE positions (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE answers (
  asker TEXT NOT NULL,
  id TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('applied', 'repeat', 'refused')),
  reason TEXT,
  at INTEGER NOT NULL,
  PRIMARY KEY (asker, id)
) WITHOUT ROWID;
CREATE INDEX answers_at ON answers (at);

-- State: the fold of the journal. One table per class of agent/core/model.py, one column per field.
-- Three words or more are written with OR: for a longer IN list SQLite builds a table of its own at every write, and
-- `state = 'planned'` does not use an index on an IN list.
CREATE TABLE orders (
  order_no TEXT PRIMARY KEY,
  revision INTEGER NOT NULL CHECK (revision >= 1),
  state TEXT NOT NULL CHECK (
    state = 'received' OR state = 'ready' OR state = 'released' OR state = 'picking' OR
    state = 'picked' OR state = 'packed' OR state = 'shipped' OR state = 'cancelled'),
  owner TEXT NOT NULL,
  carrier TEXT NOT NULL,
  service TEXT NOT NULL,
  priority INTEGER NOT NULL,
  placed_at INTEGER NOT NULL,
  cutoff_at INTEGER,
  ship_complete INTEGER NOT NULL,
  consignee TEXT NOT NULL,
  lines TEXT NOT NULL,
  routing_code TEXT,
  bag_code TEXT,
  rest TEXT NOT NULL,
  held TEXT,
  paid_at INTEGER,
  payment_ref TEXT,
  ready_at INTEGER,
  waybill TEXT,
  tasks TEXT NOT NULL,
  untasked_qty INTEGER NOT NULL CHECK (untasked_qty >= 0),
  state_at INTEGER NOT NULL,
  CHECK (state IN ('received', 'cancelled') OR paid_at IS NOT NULL)  -- nothing moves unpaid
);
CREATE INDEX orders_state ON orders (state, state_at);
-- The pool: what the next plan may take, the most urgent first.
CREATE INDEX orders_pool ON orders (priority DESC, ready_at)
  WHERE state IN ('ready', 'released', 'picking') AND untasked_qty > 0 AND held IS NULL;
CREATE INDEX orders_unlabelled ON orders (carrier, paid_at)
  WHERE waybill IS NULL AND paid_at IS NOT NULL AND state <> 'shipped' AND state <> 'cancelled';
-- The screens count what is held without reading every order.
CREATE INDEX orders_held ON orders (state) WHERE held IS NOT NULL;
CREATE TABLE early (order_no TEXT PRIMARY KEY, since INTEGER NOT NULL, facts TEXT NOT NULL);
CREATE TABLE skus (
  sku TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  barcodes TEXT NOT NULL,
  weight_g INTEGER NOT NULL,
  length_mm INTEGER NOT NULL,
  width_mm INTEGER NOT NULL,
  height_mm INTEGER NOT NULL,
  fragile INTEGER NOT NULL,
  zone TEXT NOT NULL,
  hazard TEXT
);
CREATE TABLE missing_skus (sku TEXT PRIMARY KEY, order_nos TEXT NOT NULL);
CREATE TABLE locations (
  location TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  zone TEXT NOT NULL,
  aisle TEXT NOT NULL,
  bay INTEGER NOT NULL,
  level INTEGER NOT NULL,
  x_mm INTEGER NOT NULL,
  y_mm INTEGER NOT NULL
);
CREATE TABLE stock (
  location TEXT NOT NULL,
  sku TEXT NOT NULL,
  on_hand_qty INTEGER NOT NULL CHECK (on_hand_qty >= 0),
  reserved_qty INTEGER NOT NULL CHECK (reserved_qty >= 0),
  PRIMARY KEY (location, sku)
);
CREATE INDEX stock_sku ON stock (sku, location);
CREATE TABLE picks (
  sequence INTEGER PRIMARY KEY,
  location TEXT NOT NULL,
  sku TEXT NOT NULL,
  qty INTEGER NOT NULL CHECK (qty > 0)
);
CREATE INDEX picks_place ON picks (location, sku, sequence);
CREATE TABLE carriers (
  carrier TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  services TEXT NOT NULL,
  lease_size INTEGER NOT NULL,
  lease_low INTEGER NOT NULL,
  active INTEGER NOT NULL
);
CREATE TABLE rulesets (ruleset TEXT PRIMARY KEY, version TEXT NOT NULL, rules TEXT);
CREATE TABLE lease_requests (
  request_key TEXT PRIMARY KEY,
  carrier TEXT NOT NULL,
  count INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (
    state = 'open' OR state = 'granted' OR state = 'refused')
);
CREATE INDEX lease_requests_open ON lease_requests (carrier) WHERE state = 'open';
CREATE TABLE waybills (
  waybill TEXT PRIMARY KEY,
  carrier TEXT NOT NULL,
  lease TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (
    state = 'free' OR state = 'used' OR state = 'voided')
);
CREATE INDEX waybills_free ON waybills (carrier, expires_at, waybill) WHERE state = 'free';
CREATE TABLE parcels (
  waybill TEXT PRIMARY KEY,
  order_no TEXT NOT NULL,
  carrier TEXT NOT NULL,
  state TEXT NOT NULL CHECK (
    state = 'labelled' OR state = 'packed' OR state = 'shipped' OR state = 'voided'),
  copy_no INTEGER NOT NULL CHECK (copy_no >= 1),
  job TEXT NOT NULL
);
CREATE INDEX parcels_order ON parcels (order_no);
CREATE TABLE print_jobs (
  job TEXT PRIMARY KEY,
  waybill TEXT NOT NULL,
  order_no TEXT NOT NULL,
  carrier TEXT NOT NULL,
  copy_no INTEGER NOT NULL,
  printer TEXT NOT NULL,
  state TEXT NOT NULL CHECK (
    state = 'queued' OR state = 'sending' OR state = 'sent' OR
    state = 'confirmed' OR state = 'suspect' OR state = 'failed'),
  queued_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  reason TEXT NOT NULL,
  evidence TEXT,
  first_byte_at INTEGER,
  CHECK (state <> 'confirmed' OR evidence IS NOT NULL)
);
CREATE INDEX print_jobs_waiting ON print_jobs (printer, queued_at) WHERE state = 'queued';
CREATE INDEX print_jobs_on_the_wire ON print_jobs (printer) WHERE state IN ('sending', 'sent');
CREATE INDEX print_jobs_counts ON print_jobs (printer, state);
CREATE INDEX print_jobs_waybill ON print_jobs (waybill);
CREATE TABLE tasks (
  task TEXT PRIMARY KEY,
  revision INTEGER NOT NULL CHECK (revision >= 1),
  wave TEXT NOT NULL,
  state TEXT NOT NULL CHECK (
    state = 'planned' OR state = 'assigned' OR state = 'accepted' OR
    state = 'done' OR state = 'recalled'),
  totes TEXT NOT NULL,
  stops TEXT NOT NULL,
  distance_mm INTEGER NOT NULL,
  bound_mm INTEGER NOT NULL,
  naive_mm INTEGER NOT NULL,
  due_at INTEGER,
  changed_at INTEGER NOT NULL,
  pda TEXT,
  picker TEXT,
  cart TEXT,
  assigned_at INTEGER,
  reason TEXT NOT NULL,
  CHECK (state IN ('planned', 'recalled') OR pda IS NOT NULL)
);
CREATE INDEX tasks_live ON tasks (state) WHERE state = 'planned' OR state = 'assigned' OR state = 'accepted';
CREATE INDEX tasks_wave ON tasks (wave);
CREATE INDEX tasks_walked ON tasks (state, distance_mm, naive_mm);
CREATE TABLE desks (pda TEXT PRIMARY KEY, task TEXT);
CREATE UNIQUE INDEX desks_task ON desks (task) WHERE task IS NOT NULL;  -- no list is held twice
CREATE TABLE totes (tote TEXT PRIMARY KEY, order_no TEXT);
CREATE TABLE packing (station TEXT PRIMARY KEY, waybill TEXT, scanned TEXT NOT NULL);
CREATE TABLE exceptions (
  exception TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  order_no TEXT,
  text TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  closed_at INTEGER,
  note TEXT NOT NULL
);
CREATE INDEX exceptions_open ON exceptions (opened_at) WHERE closed_at IS NULL;
CREATE TABLE devices (device TEXT PRIMARY KEY, fault TEXT, since INTEGER NOT NULL, paused INTEGER NOT NULL);

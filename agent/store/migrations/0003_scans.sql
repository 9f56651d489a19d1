-- When a parcel left, by the scan at the dock; when it came back, and what it was graded as; its order's cut-off when
-- it left; the SSCC on its label.
ALTER TABLE parcels ADD COLUMN shipped_at INTEGER;
ALTER TABLE parcels ADD COLUMN returned_at INTEGER;
ALTER TABLE parcels ADD COLUMN grade TEXT;
ALTER TABLE parcels ADD COLUMN cutoff_at INTEGER;
ALTER TABLE parcels ADD COLUMN sscc TEXT;
UPDATE parcels SET shipped_at = (
  SELECT json_extract(shipped.data, '$.scanned_at') FROM journal AS shipped
  WHERE shipped.order_no = parcels.order_no AND shipped.type = 'parcel.shipped'
    AND json_extract(shipped.data, '$.waybill') = parcels.waybill
), cutoff_at = (SELECT orders.cutoff_at FROM orders WHERE orders.order_no = parcels.order_no) WHERE state = 'shipped';
-- As the fold has it: of the last revision before the latest copy was queued.
UPDATE parcels SET sscc = (
  SELECT iif(json_type(accepted.data, '$.facts.rest.sscc') = 'text',
             nullif(json_extract(accepted.data, '$.facts.rest.sscc'), ''), NULL)
  FROM journal AS accepted
  WHERE accepted.order_no = parcels.order_no AND accepted.type = 'order.accepted' AND accepted.row < (
    SELECT max(queued.row) FROM journal AS queued
    WHERE queued.order_no = parcels.order_no AND queued.type = 'label.queued'
      AND json_extract(queued.data, '$.waybill') = parcels.waybill
  )
  ORDER BY accepted.row DESC LIMIT 1
);
-- A manifest: a carrier's parcels of a time, and by their cut-offs what should have left before.
CREATE INDEX parcels_shipped ON parcels (carrier, shipped_at, cutoff_at) WHERE shipped_at IS NOT NULL;
CREATE INDEX parcels_sscc ON parcels (sscc) WHERE sscc IS NOT NULL;
-- A carrier's departures are the cut-offs of its orders; who waits for each is counted off the index.
CREATE INDEX orders_departures ON orders (carrier, cutoff_at, state);
-- Which units with serial numbers lie in the parcel on a pack station's table.
ALTER TABLE packing ADD COLUMN units TEXT NOT NULL DEFAULT '[]';
-- What a scanner without a screen picks. The list of a cart is looked up when the cart's code is scanned.
CREATE TABLE picking (station TEXT PRIMARY KEY, task TEXT, stop TEXT);
CREATE INDEX tasks_cart ON tasks (cart, task) WHERE state = 'assigned' OR state = 'accepted';
-- What each device has sent: its counters, and a ring of its last scans.
CREATE TABLE trails (
  device TEXT PRIMARY KEY,
  count INTEGER NOT NULL CHECK (count >= 0),
  paths TEXT NOT NULL,
  memory TEXT
);
CREATE TABLE seen_scans (
  device TEXT NOT NULL,
  slot INTEGER NOT NULL,
  number INTEGER NOT NULL,
  text TEXT NOT NULL,
  paths TEXT NOT NULL,
  tone TEXT NOT NULL CHECK (tone = 'good' OR tone = 'wrong' OR tone = 'stop'),
  reason TEXT NOT NULL,
  bounces INTEGER NOT NULL,
  PRIMARY KEY (device, slot)
) WITHOUT ROWID;
CREATE INDEX seen_scans_text ON seen_scans (device, text, number);

-- When it changed in the system of record, and with which device a person asked: both stand in the hash.
ALTER TABLE journal ADD COLUMN changed_at INTEGER;
ALTER TABLE journal ADD COLUMN device TEXT;
-- An order's state also follows what happens to its lists; its lineage looks these up.
CREATE INDEX journal_task ON journal (json_extract(data, '$.task'), row)
  WHERE type = 'task.planned' OR type = 'task.accepted' OR type = 'task.recalled'
     OR type = 'stop.added' OR type = 'stop.resized';
CREATE INDEX journal_person ON journal (row) WHERE type = 'person.acted';
-- Personal data that a journal row names by its digest alone.
CREATE TABLE personal (
  order_no TEXT NOT NULL,
  row INTEGER NOT NULL,
  field TEXT NOT NULL,
  salt BLOB NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (order_no, row, field)
) WITHOUT ROWID;
-- The journal's rows that are in files: a part is one gzip member of a month's file.
CREATE TABLE archive_parts (
  first_row INTEGER PRIMARY KEY,
  last_row INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,     -- of the last row that the hub has
  acts INTEGER NOT NULL,              -- rows of what people did
  hash BLOB NOT NULL,                 -- of the last row
  file TEXT NOT NULL,
  offset INTEGER NOT NULL,
  size INTEGER NOT NULL,
  digest BLOB NOT NULL                -- SHA-256 of the part's bytes
);
CREATE TABLE archive_subjects (
  subject TEXT NOT NULL,              -- an order, or a pick list
  first_row INTEGER NOT NULL,         -- of the part
  PRIMARY KEY (subject, first_row)
) WITHOUT ROWID;
CREATE INDEX archive_subjects_part ON archive_subjects (first_row);
-- Who set a field; whose personal data are gone; where a parcel was scanned out.
ALTER TABLE orders ADD COLUMN sources TEXT NOT NULL DEFAULT '{}';
ALTER TABLE orders ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
CREATE INDEX orders_personal ON orders (state_at) WHERE erased = 0 AND (state = 'shipped' OR state = 'cancelled');
ALTER TABLE parcels ADD COLUMN scanner TEXT;
UPDATE parcels SET scanner = (
  SELECT json_extract(shipped.data, '$.scanner') FROM journal AS shipped
  WHERE shipped.order_no = parcels.order_no AND shipped.type = 'parcel.shipped'
    AND json_extract(shipped.data, '$.waybill') = parcels.waybill
) WHERE state = 'shipped';

-- What to do about an exception, for people.
ALTER TABLE exceptions ADD COLUMN proposal TEXT NOT NULL DEFAULT '';

-- The free numbers of a carrier by their expiry, and what was used in each hour: counted once, by the fold.
CREATE TABLE waybill_pools (
  carrier TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  leased_at INTEGER NOT NULL,
  free_qty INTEGER NOT NULL CHECK (free_qty >= 0),
  PRIMARY KEY (carrier, expires_at)
) WITHOUT ROWID;
CREATE TABLE waybill_use (
  carrier TEXT NOT NULL,
  hour INTEGER NOT NULL,              -- since the epoch
  used_qty INTEGER NOT NULL,
  PRIMARY KEY (carrier, hour)
) WITHOUT ROWID;
INSERT INTO waybill_pools (carrier, expires_at, leased_at, free_qty)
  SELECT carrier, expires_at, leased_at, (
    SELECT count(*) FROM waybills
    WHERE waybills.carrier = leased.carrier AND waybills.expires_at = leased.expires_at AND state = 'free'
  ) FROM (
    SELECT json_extract(data, '$.carrier') AS carrier, json_extract(data, '$.expires_at') AS expires_at,
      min(at) AS leased_at
    FROM journal WHERE type = 'waybill.leased' AND json_array_length(data, '$.numbers') > 0 GROUP BY 1, 2
  ) AS leased;
INSERT INTO waybill_use (carrier, hour, used_qty)
  SELECT json_extract(data, '$.carrier'), at / 3600000, count(*)
  FROM journal WHERE type = 'label.queued' AND json_extract(data, '$.copy_no') = 1 GROUP BY 1, 2;

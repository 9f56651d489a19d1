-- Since when a location is empty by a picker's word, so that a count that does not know of it is not taken for a newer
-- one.
ALTER TABLE stock ADD COLUMN emptied_sequence INTEGER NOT NULL DEFAULT 0;
UPDATE stock SET emptied_sequence = emptied.sequence FROM (
  SELECT json_extract(data, '$.location') AS location, json_extract(data, '$.sku') AS sku, max(sequence) AS sequence
  FROM journal WHERE type = 'stop.short' GROUP BY 1, 2
) AS emptied WHERE stock.location = emptied.location AND stock.sku = emptied.sku;

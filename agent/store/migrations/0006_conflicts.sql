-- What to do about an exception, for people.
ALTER TABLE exceptions ADD COLUMN proposal TEXT NOT NULL DEFAULT '';

"""What can be wrong with the store.

StoreError
├── StoreBusy       another agent works on the same data
├── StoreTooNew     the database was written by a newer version
├── StoreTooOld     the database was written by an older version, and nobody has migrated it yet
└── ArchiveDamaged  a file of the journal's archive is not what it was
"""


class StoreError(Exception):
    """The database cannot be used; the message says what to do."""


class StoreBusy(StoreError):
    """Another agent runs on this data_dir."""


class StoreTooNew(StoreError):
    """A newer floorhand has migrated this database."""


class StoreTooOld(StoreError):
    """This floorhand's agent has not migrated the database yet."""


class ArchiveDamaged(StoreError):
    """Rows that were moved to a file cannot be read from it; the message names file and rows."""

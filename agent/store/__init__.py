"""One SQLite file: the journal, the state it folds to, and the door's memory."""

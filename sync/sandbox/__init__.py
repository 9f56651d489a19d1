"""A hub for tests and demos: the whole hub protocol over real HTTP, with its own ledger and its own day."""

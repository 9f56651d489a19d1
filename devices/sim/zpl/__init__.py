"""A printer that reads ZPL II."""

"""A printer that reads TSPL."""

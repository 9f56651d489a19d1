"""A printer that reads ESC/POS."""

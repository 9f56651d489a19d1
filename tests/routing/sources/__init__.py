"""The choice of shelves."""

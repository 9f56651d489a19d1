"""Exact tours through parallel aisles: a dynamic program over columns, compiled."""

"""Exact tours through parallel aisles."""

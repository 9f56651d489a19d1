"""Figures, printed; never a test."""

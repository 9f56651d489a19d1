"""Exact tours through parallel aisles: a dynamic program over columns, compiled."""

from __future__ import annotations

from routing import kernel_cache as kernel_cache  # before anything here is compiled

"""Orders to carts: savings, a search with exact tours, and set partitioning over the batches that it saw."""

from __future__ import annotations

from routing import kernel_cache as kernel_cache  # before anything here is compiled


def warm() -> None:
    """Run each compiled path once on something tiny; see `routing.compiled`."""
    from routing.batching.warming import warm as warm_all  # noqa: PLC0415  # compiled code is imported when asked for

    warm_all()

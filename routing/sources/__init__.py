"""Where to take it from: the shelves of an SKU that make the whole tour shortest."""

from __future__ import annotations

from routing import kernel_cache as kernel_cache  # before anything here is compiled


def warm() -> None:
    """Run each compiled path once on something tiny; see `routing.compiled`."""
    from routing.sources.warming import warm as warm_all  # noqa: PLC0415  # compiled code is imported when asked for

    warm_all()

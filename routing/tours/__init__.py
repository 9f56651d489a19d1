"""One tour at a time: exact where the floor allows it, else searched for with a bound, under the rules of the cart."""

from __future__ import annotations

from routing import kernel_cache as kernel_cache  # before anything here is compiled


def warm() -> None:
    """Run each compiled path once on something tiny; see `routing.compiled`."""
    from routing.tours.warming import warm as warm_all  # noqa: PLC0415  # compiled code is imported when asked for

    warm_all()

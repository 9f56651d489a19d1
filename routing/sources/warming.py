"""Runs each compiled path of the choice of shelves once, on a floor of a few spots."""

from __future__ import annotations

from time import monotonic

from routing.effort import Effort
from routing.layout import Layout, Spot
from routing.problem import Sourcing
from routing.sources.solve import source
from routing.sources.want import Candidate, Want

_BINS = 4


def warm() -> None:
    """Compile, or read from where it is kept, all that a choice of shelves may need."""
    bins = [Spot(f"b{n}", "bin", "", str(n % 2), n, 1, n % 2 * 1_000, n * 500) for n in range(_BINS)]
    layout = Layout.of([Spot("depot", "depot", "", "", 0, 0, 0, 0), *bins])
    wants = [Want("sku", 2, tuple(Candidate(spot.id, 1) for spot in bins))]
    source(layout, Effort(), "depot", (), (), wants, monotonic() + 0.1, Sourcing(rest_bonus_mm=1))

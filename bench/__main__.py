"""`make bench`: the machine, then the store's and the planner's figures, in some three minutes."""

from __future__ import annotations

from bench import routing, store
from bench.figures import machine


def main() -> None:
    """One after the other, so that neither takes the other's cores."""
    print(machine())
    store.main([])
    routing.main()


if __name__ == "__main__":
    main()

"""`make bench`: the machine, then the store's, the planner's, the printing's and the scanning's figures.

Some five minutes.
"""

from __future__ import annotations

from bench import printing, routing, scanning, store
from bench.figures import machine


def main() -> None:
    """One after the other, so that neither takes the other's cores."""
    print(machine())
    store.main([])
    routing.main()
    printing.main([])
    scanning.main([])


if __name__ == "__main__":
    main()

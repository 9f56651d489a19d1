"""`make bench`: the machine, then the store's, the planner's, the printing's, the scanning's and the screens' figures.

Some six minutes.
"""

from __future__ import annotations

from bench import manifests, printing, routing, scanning, store
from bench.figures import machine


def main() -> None:
    """One after the other, so that neither takes the other's cores."""
    print(machine())
    store.main([])
    routing.main(["sprp", "henn", "muter", "--sample", "5", "--seconds", "1"])
    routing.main(["carts", "--sample", "1", "--seconds", "1"])
    printing.main([])
    scanning.main([])
    manifests.main([])


if __name__ == "__main__":
    main()

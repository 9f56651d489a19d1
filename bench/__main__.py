"""`make bench`: the machine, then the store's, the planner's, the printing's, the scanning's, the screens' and the hub
link's figures.

Some nine minutes.
"""

from __future__ import annotations

from bench import hub_outage, lineage, manifests, printing, routing, scanning, store, sync
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
    lineage.main([])
    hub_outage.main(["--orders", "5000"])
    sync.main(["--orders-s", "20", "--seconds", "15"])


if __name__ == "__main__":
    main()

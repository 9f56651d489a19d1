"""A planner that never rests, as polite as the agent's own: `python -m bench.busy_planner`; ends with its stdin."""

from __future__ import annotations

import os
import sys
import threading

from bench.planning.floors import pool
from routing import plan

_POLITE = 10
_DEADLINE_S = 1.0


def main() -> None:
    """Solve the same large round again and again."""
    over = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=wait, daemon=True).start()
    problem = pool(500, seed=1)
    print("busy", flush=True)
    while not over.is_set():
        plan(problem, _DEADLINE_S)


if __name__ == "__main__":
    os.nice(_POLITE)
    main()

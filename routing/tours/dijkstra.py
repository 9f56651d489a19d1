"""The compiled search for least walks from one node of a network to all others."""

from __future__ import annotations

import heapq

import numpy as np
from numba import njit

_NEVER = 2**60


@njit(cache=True, nogil=True)
def least_walks(first, heads, costs, source):  # type: ignore[no-untyped-def]
    """Least costs from `source` to all nodes (Dijkstra 1959), NEVER where no walk leads.

    The links of node v are rows `first[v]:first[v + 1]` of `heads` and `costs`.
    """
    done = np.full(len(first) - 1, _NEVER, np.int64)
    done[source] = 0
    queue = [(np.int64(0), np.int64(source))]
    while queue:
        walked, node = heapq.heappop(queue)
        if walked > done[node]:
            continue
        for link in range(first[node], first[node + 1]):
            there = walked + costs[link]
            if there < done[heads[link]]:
                done[heads[link]] = there
                heapq.heappush(queue, (there, np.int64(heads[link])))
    return done

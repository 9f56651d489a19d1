"""Which items go well together: those that save most when they share a tour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing.batching.compiled import inlined, kernel
from routing.batching.pool import Pool
from routing.batching.prices import Prices, price

ALL_PAIRS = 700
"""Up to so many items every pair is priced."""
_WIDTH, _LARGE_WIDTH = 100, 24
_TRIED = 100
"""Pairs that are priced for each item of a large pool."""


def near_items(pool: Pool, prices: Prices) -> NDArray[np.int64]:
    """For each item the others that save most with it, best first (n, width)."""
    n = pool.size
    alone = np.zeros(n, np.int64)
    if n <= ALL_PAIRS:
        saved = np.full((n, n), -1, np.int64)
        _all_savings(pool, prices, alone, saved)
        width = min(n - 1, _WIDTH)
        return np.ascontiguousarray(np.argsort(-saved, axis=1, kind="stable")[:, :width])
    word_items = np.argsort(pool.words, kind="stable")
    item_of = np.repeat(np.arange(n), np.diff(pool.start))[word_items].astype(np.int64)
    words = int(pool.words.max(initial=0)) + 1
    word_start = np.searchsorted(pool.words[word_items], np.arange(words + 1)).astype(np.int64)
    near = np.zeros((n, _LARGE_WIDTH), np.int64)
    seen, others, saved = np.full(n, -1, np.int64), np.zeros(_TRIED, np.int64), np.zeros(_TRIED, np.int64)
    _near_in_large(pool, prices, alone, word_start, item_of, near, seen, others, saved)
    return near


@inlined
def _alone(pool, prices, cost):  # type: ignore[no-untyped-def]
    for i in range(len(cost)):
        prices.chosen[0] = i
        cost[i] = price(pool, prices, 1, pool.names[i], 0)


@inlined
def _pair_saves(pool, prices, alone, i, j):  # type: ignore[no-untyped-def]
    prices.chosen[0] = i
    prices.chosen[1] = j
    return alone[i] + alone[j] - price(pool, prices, 2, pool.names[i] ^ pool.names[j], 0)


@kernel
def _all_savings(pool, prices, alone, saved):  # type: ignore[no-untyped-def]
    _alone(pool, prices, alone)
    for i in range(len(alone)):
        for j in range(i):
            saved[i, j] = saved[j, i] = _pair_saves(pool, prices, alone, i, j)


@kernel
def _near_in_large(pool, prices, alone, word_start, item_of, near, seen, others, saved):  # type: ignore[no-untyped-def]
    """Candidates are some of those with stops in the same segments, taken evenly, and others by number."""
    _alone(pool, prices, alone)
    n, width = near.shape
    for i in range(n):
        seen[i] = i
        found = 0
        count = pool.start[i + 1] - pool.start[i]
        for k in range(pool.start[i], pool.start[i + 1]):
            begin, end = word_start[pool.words[k]], word_start[pool.words[k] + 1]
            stride = max(1, (end - begin) * count // _TRIED)
            for at in range(begin + i % stride, end, stride):
                j = item_of[at]
                if seen[j] != i and found < _TRIED:
                    seen[j] = i
                    others[found] = j
                    found += 1
        j = i
        while found < width:
            j = (j + 1) % n
            if seen[j] != i:
                seen[j] = i
                others[found] = j
                found += 1
        for k in range(found):
            saved[k] = _pair_saves(pool, prices, alone, i, others[k])
        for k in range(width):
            best = k
            for m in range(k + 1, found):
                if saved[m] > saved[best]:
                    best = m
            others[k], others[best] = others[best], others[k]
            saved[k], saved[best] = saved[best], saved[k]
            near[i, k] = others[k]

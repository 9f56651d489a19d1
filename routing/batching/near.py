"""Which items go well together: those that save most when they share a tour."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from routing.batching.changed import tour_of_pair
from routing.batching.compiled import inlined, kernel
from routing.batching.pool import Pool
from routing.batching.prices import Prices, price, prices_for

ALL_PAIRS = 700
"""Up to so many items every pair is priced."""
_WIDTH, LARGE_WIDTH = 100, 24
_TRIED = 100
"""Pairs that are priced for each item of a large pool."""
_FEW = 1_000
"""So many sets have room in what the threads beside the first one log."""
_WORTH = 0.75
"""The share of the shorter of two tours that is to be saved at least, else the pair is not looked at closely."""
_NEVER = 2**60


def near_items(pool: Pool, prices: Prices, cores: int = 1, pairs: int | None = None) -> NDArray[np.int64]:
    """For each item the others that save most with it, best first (n, width).

    Of a large pool, or where only so many `pairs` may be priced for each item, others are tried that lie near it.
    """
    n = pool.size
    if n <= LARGE_WIDTH or (n <= ALL_PAIRS and pairs is None):
        saved = np.full((n, n), -1, np.int64)
        each = [prices, *(prices_for(pool, _FEW) for _ in range(1, cores))]
        with ThreadPoolExecutor(cores) as threads:
            for done in [threads.submit(_savings, pool, one, saved, k, cores) for k, one in enumerate(each)]:
                done.result()
        width = min(n - 1, _WIDTH)
        return np.ascontiguousarray(np.argsort(-saved, axis=1, kind="stable")[:, :width])
    word_of = pool.masks["word"]
    by_word = np.argsort(word_of, kind="stable")
    item_of = np.repeat(np.arange(n), np.diff(pool.items["start"]))[by_word].astype(np.int64)
    words = int(word_of.max(initial=0)) + 1
    word_start = np.searchsorted(word_of[by_word], np.arange(words + 1)).astype(np.int64)
    near = np.zeros((n, LARGE_WIDTH), np.int64)
    tried = max(LARGE_WIDTH, min(pairs or _TRIED, _TRIED))
    seen, others, gains = np.full(n, -1, np.int64), np.zeros(tried, np.int64), np.zeros(tried, np.int64)
    _near_in_large(pool, prices, word_start, item_of, near, seen, others, gains)
    return near


@inlined
def _pair_saves(pool, prices, i, j):  # type: ignore[no-untyped-def]
    prices.chosen[0] = i
    prices.chosen[1] = j
    apart = pool.items[i].alone + pool.items[j].alone
    limit = _NEVER
    if pool.facts[0].limits:
        limit = apart - np.int64(_WORTH * min(pool.items[i].alone, pool.items[j].alone))
    if pool.facts[0].trails:
        return apart - tour_of_pair(pool, prices, i, j, limit)
    return apart - price(pool, prices, 2, pool.items[i].name ^ pool.items[j].name, 0, limit)


@kernel
def _savings(pool, prices, saved, first, step):  # type: ignore[no-untyped-def]
    """What each `step`th item, from number `first` on, saves with those before it."""
    for i in range(first, len(saved), step):
        for j in range(i):
            saved[i, j] = saved[j, i] = _pair_saves(pool, prices, i, j)


@kernel
def _near_in_large(pool, prices, word_start, item_of, near, seen, others, saved):  # type: ignore[no-untyped-def]
    """Candidates are some of those with stops in the same segments, taken evenly, and others by number."""
    n, width = near.shape
    for i in range(n):
        seen[i] = i
        found = 0
        count = pool.items[i + 1].start - pool.items[i].start
        for k in range(pool.items[i].start, pool.items[i + 1].start):
            begin, end = word_start[pool.masks[k].word], word_start[pool.masks[k].word + 1]
            stride = max(1, (end - begin) * count // len(others))
            for at in range(begin + i % stride, end, stride):
                j = item_of[at]
                if seen[j] != i and found < len(others):
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
            saved[k] = _pair_saves(pool, prices, i, others[k])
        for k in range(width):
            best = k
            for m in range(k + 1, found):
                if saved[m] > saved[best]:
                    best = m
            others[k], others[best] = others[best], others[k]
            saved[k], saved[best] = saved[best], saved[k]
            near[i, k] = others[k]

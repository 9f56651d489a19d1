"""What a device has sent so far: its own counter on every path, and how far it is in telling its memory again.

Pure values; the rule that tells repeats apart and the fold that remembers both read them.
"""

from __future__ import annotations

from msgspec.structs import replace

from agent.core.model import Counting, Memory, SeenScan, Trail

#: So many scans of a device are remembered.
RING = 1024
#: So many gaps of a counter are remembered; what comes late into an older one counts as a counter begun anew.
_GAPS = 64
#: Among so many scans of a new counting one may still come that its first one has overtaken, so many numbers lower.
_OVERTAKEN = 3


def is_newer(counting: Counting | None, sequence: int) -> bool:
    """The counter has gone on."""
    return counting is None or sequence > counting.last


def is_late(counting: Counting | None, sequence: int) -> bool:
    """It was missing until now."""
    return counting is not None and any(first <= sequence <= last for first, last in counting.gaps)


def counted(counting: Counting | None, sequence: int, number: int) -> Counting:
    """The counter after the device's scan `number`: further, a gap the smaller, or begun anew."""
    if counting is not None and is_late(counting, sequence):
        return replace(counting, gaps=_without(counting.gaps, sequence))
    if counting is not None and _was_overtaken(counting, sequence, number):
        between = _hole(sequence, counting.first)
        return replace(counting, first=sequence, gaps=(*between, *counting.gaps)[-_GAPS:])
    if counting is None or not is_newer(counting, sequence):
        return Counting(sequence, number, first=sequence)
    return replace(counting, last=sequence, gaps=(*counting.gaps, *_hole(counting.last, sequence))[-_GAPS:])


def missing(counting: Counting) -> int:
    """So many sequences are."""
    return sum(last - first + 1 for first, last in counting.gaps)


def has_new_gap(counting: Counting, before: Counting) -> bool:
    """Are sequences missing that were not, `before` in the same counting?"""
    return counting.last > before.last + 1 or counting.first < before.first - 1


def _was_overtaken(counting: Counting, sequence: int, number: int) -> bool:
    return 0 < counting.first - sequence <= _OVERTAKEN and number - counting.since < _OVERTAKEN


def _hole(before: int, after: int) -> tuple[tuple[int, int], ...]:
    """What lies between two sequences, if anything does."""
    return ((before + 1, after - 1),) if after > before + 1 else ()


def _without(gaps: tuple[tuple[int, int], ...], sequence: int) -> tuple[tuple[int, int], ...]:
    left: list[tuple[int, int]] = []
    for first, last in gaps:
        parts = [(first, last)]
        if first <= sequence <= last:
            parts = [(first, sequence - 1), (sequence + 1, last)]
        left += [part for part in parts if part[0] <= part[1]]
    return tuple(left)


def memory_over(trail: Trail, link: str) -> Memory:
    """How far it is with its memory over this link; another link begins at the oldest scan that is remembered."""
    if trail.memory is not None and trail.memory.link == link:
        return trail.memory
    return Memory(link, 0, trail.count)


def memory_after(memory: Memory, told: SeenScan) -> Memory:
    """It has told this one."""
    if told.number == memory.next - 1:
        return replace(memory, again=memory.again - 1)
    return replace(memory, next=told.number + 1, again=told.bounces)


def memory_after_live(memory: Memory | None) -> Memory | None:
    """Where nobody sees the link (a gateway's scanner), a scan of now ends what the memory told."""
    return memory if memory is not None and memory.link else None

"""What goes wrong between a handset and us: on its packets, by chance, and when somebody connects to it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

#: How an attempt to connect ends: nothing ever comes of it, the radio gives up, or the link is there for a moment.
ConnectFault = Literal["hang", "fail", "blip"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How often each thing happens to a packet, from 0 (never) to 1 (always).

    `split`: cut in two at any byte; `merge`: joined to the packet before it; `double`: sent twice, as after a
    reconnect (hbldh/bleak #2002); `swap`: changes places with the one before it. `replays`: so many of the scans that
    were sent last are sent again after each reconnect.
    """

    split: float = 0.0
    merge: float = 0.0
    double: float = 0.0
    swap: float = 0.0
    replays: int = 0


def distort(packets: Iterable[bytes], faults: Faults, rng: random.Random, longest: int) -> list[bytes]:
    """The packets as they arrive, none longer than `longest`. But for `double` and `swap`, the bytes stay the same."""
    arriving: list[bytes] = []
    for packet in packets:
        for part in _split(packet, rng) if rng.random() < faults.split else (packet,):
            fits = arriving and len(arriving[-1]) + len(part) <= longest
            if fits and rng.random() < faults.merge:
                arriving[-1] += part
            else:
                arriving.append(part)
    return _swap(
        [part for part in arriving for _ in range(1 + (rng.random() < faults.double))], faults.swap, rng
    )


def _split(packet: bytes, rng: random.Random) -> tuple[bytes, ...]:
    if len(packet) < 2:
        return (packet,)
    at = rng.randrange(1, len(packet))
    return packet[:at], packet[at:]


def _swap(packets: list[bytes], chance: float, rng: random.Random) -> list[bytes]:
    for at in range(1, len(packets)):
        if rng.random() < chance:
            packets[at - 1], packets[at] = packets[at], packets[at - 1]
    return packets

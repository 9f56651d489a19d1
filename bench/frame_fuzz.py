"""Fuzzed frames through each framer: nothing may raise, no code that came whole may be missed, memory stays flat.

`python -m bench.frame_fuzz [--frames 1000000] [--seed 1] [--framing ssi …]`: what scanners send, much of it mutated,
cut into pieces at random, with silences and lost links between; exit 1 if a code was missed. Memory is that of the
process, in blocks that Python has allocated and in resident bytes, after a tenth of the frames and after all of them.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import string
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from bench.figures import machine, show
from devices.scanners.framing.framer import LONGEST_FRAME, Answer, Framed, FramingName, Noise
from devices.scanners.framing.kinds import FRAMERS, framer_of
from devices.sim.framing import encode, ssi_packets

_LONG_SILENCE_S = 10.0
_POOL = 200  # different codes of one run


class Fuzz:
    """One framer and what is done to it. The same seed does the same."""

    def __init__(self, framing: FramingName, seed: int) -> None:
        self._rng = random.Random(f"{framing}/{seed}")
        self._framer = framer_of(framing)
        self._now = 0.0
        self._pool = _codes(framing, self._rng)
        self.frames = self.codes = self.answers = self.whole = self.missed = 0
        self.noise: Counter[str] = Counter()

    def run(self, frames: int) -> None:
        """So many frames more."""
        for _ in range(frames):
            self._one()
        self.frames += frames

    def _one(self) -> None:
        rng = self._rng
        code, sent = rng.choice(self._pool)
        is_intact = rng.random() < 0.5
        is_fresh = not self._framer.waiting
        framed = self._feed(sent if is_intact else rng.choice(_MUTATIONS)(sent, rng))
        silence_s = rng.choice((0.0, 0.0, 0.0, 0.1, 0.3, _LONG_SILENCE_S))
        self._now += silence_s
        if silence_s:
            framed += self._framer.flush(self._now)
        if code and is_intact and is_fresh and silence_s:
            self.whole += 1
            self.missed += [each.data for each in framed if not isinstance(each, Answer)] != [code]
        if rng.random() < 0.01:
            framed += self._framer.cut()
        self._count(framed)

    def _feed(self, sent: bytes) -> list[Framed]:
        if self._rng.random() < 0.5:
            return self._framer.feed(sent, self._now)
        cut = self._rng.randint(0, len(sent))
        return self._framer.feed(sent[:cut], self._now) + self._framer.feed(sent[cut:], self._now)

    def _count(self, framed: list[Framed]) -> None:
        for each in framed:
            if isinstance(each, Noise):
                self.noise[each.reason] += 1
            elif isinstance(each, Answer):
                self.answers += 1
            else:
                self.codes += 1


def _codes(framing: FramingName, rng: random.Random) -> list[tuple[bytes | None, bytes]]:
    """Codes, and what a scanner sends for each; a few are long.

    A few SSI packets are marked as sent before: what they mean depends on what came before them, so None stands for it.
    """
    pool: list[tuple[bytes | None, bytes]] = []
    for number in range(_POOL):
        length = rng.randint(200, 250) if number % 20 == 0 else rng.randint(4, 40)
        text = "".join(rng.choices(string.ascii_uppercase + string.digits, k=length))
        if framing == "ssi" and number % 10 == 0:
            text *= 3
        pool.append((text.encode(), encode(framing, text)))
    if framing == "ssi":
        pool += [(None, ssi_packets(code, resent=True)[0]) for code, _ in pool[1:10] if code]
    return pool


def _flip(sent: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(sent))
    return sent[:at] + bytes((sent[at] ^ (1 << rng.randrange(8)),)) + sent[at + 1 :]


def _lose(sent: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(sent))
    return sent[:at] + sent[at + rng.randint(1, 4) :]


def _insert(sent: bytes, rng: random.Random) -> bytes:
    at = rng.randint(0, len(sent))
    return sent[:at] + rng.randbytes(rng.randint(1, 4)) + sent[at:]


def _truncate(sent: bytes, rng: random.Random) -> bytes:
    return sent[: rng.randrange(len(sent))]


def _repeat(sent: bytes, rng: random.Random) -> bytes:
    return sent * rng.randint(2, 3)


def _random(_: bytes, rng: random.Random) -> bytes:
    return rng.randbytes(rng.randint(1, 60))


def _babble(sent: bytes, rng: random.Random) -> bytes:
    return sent[:1] + sent[1:2] * rng.choice((2, 20) * 25 + (2 * LONGEST_FRAME,))


_MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip,
    _lose,
    _insert,
    _truncate,
    _repeat,
    _random,
    _babble,
)


@dataclass(frozen=True, slots=True)
class Memory:
    """Of this process, now."""

    blocks: int
    resident_kb: int

    @classmethod
    def now(cls) -> Memory:
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return cls(sys.getallocatedblocks(), pages * os.sysconf("SC_PAGE_SIZE") // 1024)


@dataclass(frozen=True, slots=True)
class Result:
    """One framing's run."""

    framing: FramingName
    fuzz: Fuzz
    per_s: float
    early: Memory
    late: Memory


def measure(framing: FramingName, frames: int, seed: int) -> Result:
    """`frames` through a new framer; the rate includes making them."""
    fuzz = Fuzz(framing, seed)
    begun = perf_counter()
    fuzz.run(frames // 10)
    early = Memory.now()
    fuzz.run(frames - frames // 10)
    return Result(framing, fuzz, frames / (perf_counter() - begun), early, Memory.now())


def show_results(results: Sequence[Result]) -> None:
    """What came out, then what it cost."""
    reasons = ("truncated", "malformed", "checksum", "too-long")
    show(
        "Fuzzed frames through each framer",
        ("framing", "frames", "codes", "whole", "missed", "answers", *reasons),
        [
            (
                each.framing,
                each.fuzz.frames,
                each.fuzz.codes,
                each.fuzz.whole,
                each.fuzz.missed,
                each.fuzz.answers,
                *(each.fuzz.noise[reason] for reason in reasons),
            )
            for each in results
        ],
        "whole: sent unharmed to a framer that waited for nothing, and followed by a silence",
    )
    show(
        "Their cost",
        ("framing", "frames/s", "blocks at 10 %", "at 100 %", "resident kB at 10 %", "at 100 %"),
        [
            (
                each.framing,
                each.per_s,
                each.early.blocks,
                each.late.blocks,
                each.early.resident_kb,
                each.late.resident_kb,
            )
            for each in results
        ],
        machine(),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 where no code was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.frame_fuzz", description=__doc__)
    parser.add_argument("--frames", type=int, default=1_000_000, help="through each framer (1000000)")
    parser.add_argument("--seed", type=int, default=1, help="the same one makes the same frames (1)")
    parser.add_argument("--framing", nargs="+", choices=FRAMERS, default=list(FRAMERS), help="(all)")
    asked = parser.parse_args(arguments)
    results = [measure(framing, asked.frames, asked.seed) for framing in asked.framing]
    show_results(results)
    return 1 if any(each.fuzz.missed for each in results) else 0


if __name__ == "__main__":
    sys.exit(main())

"""What simulated scanners of all kinds share: names, the table of a configuration, and scanning by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Protocol

from agent.sandbox.typed import Say, Words, obey_words
from devices.scanners.voice import FeedbackMode


class Trigger(Protocol):
    """A scanner that can be pulled."""

    async def scan(self, text: str, /) -> object:
        """Returns when the code is sent."""
        ...


def names(prefix: str, count: int) -> list[str]:
    """s1, s2 …"""
    return [f"{prefix}{number}" for number in range(1, count + 1)]


def hardware_address(maker: str, number: int) -> str:
    """Of a maker's device (`maker`: the first two bytes, as C0:DE)."""
    return f"{maker}:00:00:{number // 256:02X}:{number % 256:02X}"


def table(name: str, url: str, feedback: FeedbackMode = "bel") -> str:
    """`[[scanners]]` as a configuration has it."""
    return f'[[scanners]]\nid = "{name}"\nurl = "{url}"\nrole = "ship"\nfeedback = "{feedback}"\n'


async def serve(words: Words, scanners: Iterable[Trigger], rate: float | None, tell: Say) -> None:
    """Obey words; beside it each scanner scans `rate` codes a second by itself (None: none)."""
    async with asyncio.TaskGroup() as group:
        if rate is not None:
            for number, scanner in enumerate(scanners, start=1):
                group.create_task(_scan_by_itself(scanner, f"SIM{number:03}", rate))
        await obey_words(words, tell)


async def _scan_by_itself(scanner: Trigger, prefix: str, per_s: float) -> None:
    number = 0
    while True:
        number += 1
        await asyncio.sleep(1 / per_s)
        await scanner.scan(f"{prefix}{number:06}")

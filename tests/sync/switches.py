"""Switches for tests: one channel, or two, by a clock of the test's own."""

from __future__ import annotations

from random import Random

from sync.protocols import ChannelState
from sync.switch import Switch


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Seen:
    """What a switch reported."""

    def __init__(self) -> None:
        self.states: list[tuple[ChannelState, ...]] = []

    def __call__(self, states: tuple[ChannelState, ...]) -> None:
        self.states.append(states)

    def active(self) -> list[str]:
        return [state.name for states in self.states for state in states if state.active]


def a_switch(*names: str, seen: Seen | None = None, clock: Clock | None = None) -> Switch:
    return Switch(names or ("hub",), seen or Seen(), clock_s=clock or Clock(), rng=Random(1))

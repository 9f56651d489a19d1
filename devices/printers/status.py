"""What a printer says of itself, and how long it is waited for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

#: What proves that a label came out; "none": the connection's word alone.
Evidence = Literal["process-id", "odometer", "status", "none"]
#: "auto": the printer is asked what it can prove; a kind of evidence: it is asked for that one alone.
Confirm = Literal["auto", "process-id", "odometer", "status", "none"]


class State(StrEnum):
    """The words are for people."""

    ONLINE = "online"
    PAPER_LOW = "paper low"
    PAPER_OUT = "paper out"
    COVER_OPEN = "cover open"
    HEAD_HOT = "head hot"
    PAUSED = "paused"
    JAMMED = "jammed"
    FAULT = "fault"  #: the printer names no cause, or one that has no word here: the reason says it
    UNKNOWN = "unknown"  #: nothing readable came back: never taken for a healthy printer


_WORKING = frozenset({State.ONLINE, State.PAPER_LOW})


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """How a printer is, and whether a job may be sent now.

    Only a printer that was never heard to answer anything is ready while its state is unknown.
    """

    state: State
    reason: str = ""
    mute: bool = False

    @property
    def ready(self) -> bool:
        """May a job be sent?"""
        return self.state in _WORKING or self.mute

    @property
    def words(self) -> str:
        """For people: the reason where there is one, else the state."""
        return self.reason or self.state


NO_ANSWER = PrinterStatus(State.UNKNOWN, "no answer")
MUTE = PrinterStatus(State.UNKNOWN, "answers no query", mute=True)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a printer is waited for, in seconds."""

    connect_s: float = 1.0
    probe_s: float = 1.0  # for a first answer on a new connection
    status_s: float = 1.0
    write_s: float = 5.0  # beyond what the wire itself takes for the bytes
    confirm_s: float = 10.0
    poll_s: float = 0.5  # between status questions while a label is awaited
    grace_s: float = 2.0  # a fault that lasts no longer is forgiven
    hold_s: float = 2.0  # how long a connection must hold where it is the only evidence

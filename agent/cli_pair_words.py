"""What `floorhand scanners pair` says: a picture and sentences for people, an object a line for programs."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import msgspec
from rich.console import Console
from rich.text import Text

from agent.api.messages import (
    CandidateView,
    PairedView,
    PairingCandidate,
    PairingCode,
    PairingDone,
    PairingFailed,
    PairingStep,
)
from agent.cli_words import refuse
from devices.labels.code_sheet import bars_in_text, square_in_text
from devices.scanners.ble.pairing import Candidate

_BAR_LINES = 5
_ON_PAPER = (
    "black on white"  # scanners read dark bars on a light ground, whatever the terminal's own colours are
)


class PairWords(Protocol):
    """How a pairing is told: its code, who may be the one, and how it ended."""

    def code(self, code: str) -> None:
        """This is to be scanned."""

    def listening(self) -> AbstractContextManager[object]:
        """Around the time in which it is scanned."""

    def candidate(self, candidate: Candidate) -> None:
        """A device was heard, is listened to now, or cannot be."""

    def paired(self, paired: PairedView) -> None:
        """It went well."""

    def failed(self, reason: str, exit_code: int) -> int:
        """It did not; the exit code."""


class ForPeople:
    """The result on standard output, all before it on standard error."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)

    def code(self, code: str) -> None:
        """As bars and as a square, for scanners that read only the one or the other."""
        bars = bars_in_text(code)
        for line in ("", *[bars] * _BAR_LINES, "", *square_in_text(code)):
            self._console.print(Text(line.ljust(len(bars)), _ON_PAPER), no_wrap=True, overflow="crop")
        self._console.print(f"code {code}")

    def listening(self) -> AbstractContextManager[object]:
        """Something moves meanwhile."""
        return self._console.status("scan the code with the scanner that is to be paired")

    def candidate(self, candidate: Candidate) -> None:
        """A line each."""
        found = candidate.found
        name = f"{found.name or 'a scanner without a name'} ({found.address}, {found.rssi_dbm} dBm)"
        self._console.print(f"{name}: {candidate.fault or 'listening: scan the code'}")

    def paired(self, paired: PairedView) -> None:
        """What it is, what stands in the configuration, what is left to be done."""
        added = "is in the configuration now" if paired.written else "belongs into the configuration"
        print(f"paired: {paired.name or paired.address} on {paired.adapter}; this {added}:\n\n{paired.table}")
        print(paired.then)

    def failed(self, reason: str, exit_code: int) -> int:
        """As any command that failed."""
        return refuse(reason, exit_code)


class ForPrograms:
    """Each step as JSON on a line of its own, as it happens."""

    def code(self, code: str) -> None:
        """The first line."""
        _say(PairingCode(code, bars_in_text(code), tuple(square_in_text(code))))

    def listening(self) -> AbstractContextManager[object]:
        """Nothing moves."""
        return nullcontext()

    def candidate(self, candidate: Candidate) -> None:
        """A line each."""
        found = candidate.found
        _say(PairingCandidate(CandidateView(found.address, found.name, found.rssi_dbm, candidate.fault)))

    def paired(self, paired: PairedView) -> None:
        """The last line."""
        _say(PairingDone(paired))

    def failed(self, reason: str, exit_code: int) -> int:
        """The last line."""
        _say(PairingFailed(reason))
        return exit_code


def _say(step: PairingStep) -> None:
    print(msgspec.json.encode(step).decode(), flush=True)

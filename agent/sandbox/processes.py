"""The processes around a sandbox floor: they end with it, however it ends."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import msgspec

from devices.broker import tied_to_this_process


class Child:
    """One process of ours, its words in a log file."""

    def __init__(self, name: str, arguments: list[str], folder: Path) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._command = tied_to_this_process([sys.executable, "-m", "agent.cli", *arguments])
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Has it been started, and not ended since?"""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """While it runs."""
        return self._process.pid if self._process is not None and self.running else None

    def start(self, stdout: int | None = None) -> subprocess.Popen[bytes]:
        """From a thread that lives as long as the child should: the main one."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=stdout or log, stderr=log
            )
        return self._process

    async def stop(self, timeout_s: float = 12.0) -> int | None:
        """SIGTERM, then wait; its exit code."""
        if self._process is None:
            return None
        if self.running:
            self._process.send_signal(signal.SIGTERM)
        try:
            return await asyncio.to_thread(self._process.wait, timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def kill(self) -> None:
        """SIGKILL: no chance to save anything."""
        if self._process is not None and self.running:
            self._process.kill()
            self._process.wait()

    def last_words(self, lines: int = 15) -> str:
        """The end of its log."""
        text = self.log.read_text("utf-8", "replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


class ChildFailed(RuntimeError):
    """A process of the sandbox did not come up; the message holds its last words."""


async def listening_port(child: Child, timeout_s: float = 60.0) -> int:
    """Start a child that says `{"listening": port}` on its stdout. ChildFailed."""
    process = child.start(stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        with process.stdout as first_words:
            line = await asyncio.wait_for(asyncio.to_thread(first_words.readline), timeout_s)
        return int(msgspec.json.decode(line)["listening"])
    except (TimeoutError, msgspec.DecodeError, KeyError) as error:
        raise ChildFailed(f"the {child.name} did not come up:\n{child.last_words()}") from error

"""Record `floorhand scanners find` against simulated scanners: docs/img/scanners-find.svg, and the session as text.

Needs tmux and dbus-daemon. `python scripts/record_scanners_find.py` prints the session as it stands in
docs/scanning.md.
"""

from __future__ import annotations

import io
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "img" / "scanners-find.svg"
COLUMNS, LINES = 100, 26
LISTEN_S = 6


class Terminal:
    """A real terminal of tmux's, with a shell in it."""

    def __init__(self, folder: Path) -> None:
        self._tmux = ["tmux", "-S", str(folder / "tmux"), "-f", "/dev/null"]
        self._run("new-session", "-d", "-x", str(COLUMNS), "-y", str(LINES), "-c", str(ROOT), "bash --norc")
        self.type("PS1='$ '; export PATH=$PWD/.venv/bin:$PATH FOUND=$(mktemp); clear")

    def type(self, line: str) -> None:
        """A line and Enter."""
        self._run("send-keys", line, "Enter")

    def shows(self, *, colours: bool = False) -> str:
        """What stands on the screen."""
        return self._run("capture-pane", "-p", *(["-e"] if colours else [])).rstrip()

    def until(self, holds: Callable[[str], bool], timeout_s: float = 30.0) -> str:
        """What stands on it once that holds. TimeoutError."""
        deadline = time.monotonic() + timeout_s
        while not holds(screen := self.shows()):
            if time.monotonic() > deadline:
                raise TimeoutError(screen)
            time.sleep(0.1)
        return screen

    def close(self) -> None:
        """End the shell and what runs in it."""
        self._run("kill-server")

    def _run(self, *words: str) -> str:
        return subprocess.run([*self._tmux, *words], check=True, capture_output=True, text=True).stdout


def record(terminal: Terminal) -> tuple[str, str, str]:
    """The screen while it listens, the screen at the end, and that in colours."""
    terminal.type("(sleep 60 | floorhand sandbox scanners --count 6 --adapters 2 > $FOUND) &")
    time.sleep(3)
    terminal.type("export $(grep -m1 -o 'DBUS_SYSTEM_BUS_ADDRESS=.*' $FOUND); clear")
    time.sleep(0.5)
    terminal.type(f"floorhand scanners find --seconds {LISTEN_S}")
    terminal.until(lambda screen: screen.count("ble://") >= 6 and "listening" in screen)
    time.sleep(LISTEN_S / 3)
    listening = terminal.shows()
    done = terminal.until(lambda screen: "stable name" in screen)
    return listening, done, terminal.shows(colours=True)


def picture(coloured: str) -> None:
    """As it looks."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(coloured))
    PICTURE.write_text(console.export_svg(title="floorhand scanners find"), "utf-8")


def main() -> None:
    """Record, draw, print."""
    with tempfile.TemporaryDirectory() as folder:
        terminal = Terminal(Path(folder))
        try:
            listening, done, coloured = record(terminal)
        finally:
            terminal.close()
    picture(coloured)
    print(listening, done, sep="\n\n--- and when the time is over ---\n\n")


if __name__ == "__main__":
    main()

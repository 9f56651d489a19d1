"""The help page: keys, words, and what turns amber or red."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui import risks
from tui.rows import TABLES
from tui.widgets.figure import QUIET
from tui.words import duration_text, ms_text

KEYS = (
    *((str(n), f"go to {table.title}") for n, table in enumerate(TABLES, 1)),
    ("↑ ↓ ← →", "move through a table"),
    ("o", "order by the next column (or click on its heading)"),
    ("O", "turn the order round"),
    ("m", "the manifests, and back; Enter opens one, Esc closes it"),
    ("s", "the scanners, and back; f finds what is around, p pairs one"),
    ("u", "the quarantine, and back; e releases an event, x drops it"),
    ("r", "try to reach the agent now"),
    ("d", "dark or light"),
    ("?", "this page; Esc closes it"),
    ("q", "quit: the agent works on"),
)
SIGNS = (
    ("!", "amber: look at it soon"),
    ("!!", "red: look at it now"),
    (
        "first byte",
        f"payment to the label's first byte at the printer; promised {ms_text(risks.LABEL_PROMISE_MS)}",
    ),
    (
        "task",
        f"order change to the task on the PDA; promised {duration_text(risks.CHANGE_PROMISE_MS / 1000)}",
    ),
    ("promises", "amber where p99 has used half of what was promised, red where it broke it"),
    (
        "unsent",
        f"not at the hub yet: amber after {risks.HUB_PROMISE_S} s, red after {risks.STAGE_PROMISE_S} s",
    ),
    ("suspect", "a label that was sent and that nothing proves to be printed"),
    (
        "battery",
        f"amber at {risks.LOW_BATTERY_PERCENT} % and below, of scanners below {risks.LOW_SCANNER_BATTERY_PERCENT} %",
    ),
    ("signal", f"of a Bluetooth scanner: amber below {risks.WEAK_SIGNAL_DBM} dBm"),
    ("▂▄▆█", "how well a scanner is heard; in use: a program of the agent's machine holds it"),
    ("ignored", "codes that came twice and count once: bounces of the trigger, repeats, replays"),
    ("garbled", "what came from the scanner and was no code"),
    ("missing", "not scanned out when the carrier left; late: of these, scanned out since; here: not yet"),
    ("exceptions", f"wait for a person; red after {duration_text(risks.OLD_EXCEPTION_S)}"),
    ("parked", "an event that could not be taken, or that the hub rejected: it waits in the quarantine"),
    ("naive", "the same stops walked one order at a time, in the order of their lines"),
)


class HelpScreen(ModalScreen[None]):
    """Closes with the key that opened it, or Escape."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark", "dismiss", "Close")]

    def compose(self) -> ComposeResult:
        """Two lists that scroll."""
        with VerticalScroll() as page:
            page.border_title = "Help"
            yield Static(_listing("Keys", KEYS))
            yield Static(_listing("Signs and words", SIGNS))


def _listing(title: str, entries: tuple[tuple[str, str], ...]) -> Content:
    left = max(len(key) for key, _ in entries) + 2
    told = [Content.assemble((key.ljust(left), "bold $text-accent"), what) for key, what in entries]
    return Content("\n").join([Content.styled(title, QUIET), *told, Content("")])

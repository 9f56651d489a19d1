"""Pairing: which station it is for, and then the code that its scanner reads off the screen."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from pathlib import PurePath
from typing import ClassVar, get_args

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.reactive import reactive
from textual.screen import ModalScreen
from textual.widgets import Button, Checkbox, Footer, Input, RadioButton, RadioSet, Static

from agent.api.messages import (
    CandidateView,
    PairedView,
    PairingCandidate,
    PairingCode,
    PairingDone,
    PairingFailed,
    PairingStep,
    Role,
)
from tui.client import ScannerSource, UnansweredError
from tui.scanner_rows import CANDIDATES, NAMELESS
from tui.screens.agent import AgentScreen
from tui.widgets.panel import Panel
from tui.widgets.status import StatusLine

ROLES: tuple[Role, ...] = get_args(Role)
BAR_LINES, TALL_BAR_LINES = 5, 10  # five leave room for the square on 24 lines


@dataclass(frozen=True)
class PairingWish:
    """The station that a scanner is to be paired for, and whether it is to be written into the configuration."""

    station: str
    role: Role
    write: bool


class PairingForm(ModalScreen[PairingWish | None]):
    """Asks for the station; `Enter` in its name is enough."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["pairing.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Cancel")]

    def compose(self) -> ComposeResult:
        """From the name to the button."""
        with Vertical() as form:
            form.border_title = "Pair a scanner"
            yield Static("Id of the new station")
            yield Input(placeholder="pack7", max_length=64, restrict=r"[A-Za-z0-9._-]*")
            yield Static("What a scan means there")
            with RadioSet():
                for role in ROLES:
                    yield RadioButton(role, value=role == "pack")
            yield Checkbox("write it into the agent's configuration", value=True)
            yield Button("Show the code", variant="primary")

    @on(Input.Submitted)
    @on(Button.Pressed)
    def done(self) -> None:
        """With a name at least."""
        station = self.query_one(Input).value
        if station:
            role = ROLES[self.query_one(RadioSet).pressed_index]
            self.dismiss(PairingWish(station, role, self.query_one(Checkbox).value))
        else:
            self.query_one(Input).focus()


class PairingScreen(AgentScreen):
    """Shows the code and who may read it, and in the end who did; leaving it ends the pairing."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["shared.tcss", "pairing.tcss"]
    AUTO_FOCUS = "ViewTable"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Scanners")]

    candidates: reactive[dict[str, CandidateView]] = reactive(dict, init=False)

    def __init__(self, source: ScannerSource, wish: PairingWish) -> None:
        super().__init__()
        self._source = source
        self._wish = wish
        self._station = f"{wish.station} ({wish.role})"
        self._headline = Static("", id="headline", markup=False)
        self._bars = Static(id="bars", classes="code", markup=False)
        self._square = Static(id="square", classes="code", markup=False)
        self._result = Static(id="result", markup=False)

    def compose(self) -> ComposeResult:
        """Bars over the whole width; the square and the candidates side by side."""
        yield StatusLine().data_bind(PairingScreen.floor, PairingScreen.connection)
        yield self._headline
        yield self._result
        yield self._bars
        with Horizontal():
            yield self._square
            yield Panel(CANDIDATES).data_bind(view=PairingScreen.candidates)
        yield Footer()

    def on_mount(self) -> None:
        """The agent makes the code."""
        self._headline.update(f"{self._station}: the agent prepares the code")
        self.listen()

    @work
    async def listen(self) -> None:
        """Show each step; what ends without a last one says so."""
        wish = self._wish
        try:
            async with aclosing(self._source.pair(wish.station, wish.role, write=wish.write)) as steps:
                async for step in steps:
                    self._show(step)
        except UnansweredError as error:
            self._end(f"not paired: {error}")
        if not self.has_class("-ended"):
            self._end("not paired: the agent is stopping")

    def _show(self, step: PairingStep) -> None:
        match step:
            case PairingCode():
                self._show_code(step)
            case PairingCandidate(candidate):
                self.candidates = {**self.candidates, candidate.address: candidate}
            case PairingDone(paired):
                self._end(f"paired: {paired.name or NAMELESS} → {paired.station}", _in_words(paired))
            case PairingFailed(reason):
                self._end(f"not paired: {reason}")

    def _show_code(self, code: PairingCode) -> None:
        """Scanners that read only bars have them as high as there is room for."""
        lines = TALL_BAR_LINES if self.has_class("-tall") else BAR_LINES
        self._bars.update("\n".join([code.bars] * lines))
        self._square.update("\n".join(code.square))
        self._headline.update(f"{self._station}: scan {code.code} with the scanner that is to be paired")

    def _end(self, how: str, more: str = "") -> None:
        self._headline.update(how)
        self._result.update(more)
        self.add_class("-ended")


def _in_words(paired: PairedView) -> str:
    lines = (
        f"{paired.address} on {paired.adapter}, profile {paired.profile}",
        "This stands in the configuration now:" if paired.written else "This belongs into the configuration:",
        paired.table.rstrip(),
        paired.then,
    )
    return "\n\n".join(lines)

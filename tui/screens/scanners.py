"""The scanners: how each of them is, and what else is around.

`f` finds, `p` pairs, `Escape` leads back to the floor.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.reactive import reactive, var
from textual.widgets import Footer, Static

from agent.api.messages import FoundView
from tui.client import FIND_S, ScannerSource, UnansweredError
from tui.rows import SCANNERS
from tui.scanner_rows import FOUND, found_text
from tui.screens.agent import AgentScreen
from tui.screens.pairing import PairingForm, PairingScreen, PairingWish
from tui.widgets.panel import Panel
from tui.widgets.status import StatusLine
from tui.words import duration_text


class ScannersScreen(AgentScreen):
    """All configured scanners, and below them what was last found."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["shared.tcss", "scanners.tcss"]
    AUTO_FOCUS = "ViewTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "find", "Find"),
        Binding("p", "pair", "Pair"),
        Binding("escape", "app.show('floor')", "Floor"),
    ]

    found: reactive[FoundView | None] = reactive(None, init=False)
    finding: var[bool] = var(False)

    def __init__(self, source: ScannerSource) -> None:
        super().__init__()
        self._source = source
        self.headline = Static("Around: nobody has looked yet", id="headline", markup=False)

    def compose(self) -> ComposeResult:
        """What is configured above, what is around below."""
        yield StatusLine().data_bind(ScannersScreen.floor, ScannersScreen.connection)
        yield Panel(SCANNERS).data_bind(view=ScannersScreen.floor)
        yield self.headline
        yield Panel(FOUND).data_bind(view=ScannersScreen.found)
        yield Footer()

    def on_screen_suspend(self) -> None:
        """Nobody looks: the agent need not listen any more."""
        self.workers.cancel_group(self, "find")

    def action_find(self) -> None:
        """Once at a time."""
        if not self.finding:
            self.find()

    def action_pair(self) -> None:
        """Which station first, then its code."""
        self.app.push_screen(PairingForm(), self._pair)

    def _pair(self, wish: PairingWish | None) -> None:
        if wish is not None:
            self.app.push_screen(PairingScreen(self._source, wish))

    @work(group="find")
    async def find(self) -> None:
        """Let the agent listen, and show what it hears."""
        self.finding = True
        self.headline.update(f"Around: the agent listens for {duration_text(FIND_S)}")
        told = "nobody looked to the end"
        try:
            self.found = await self._source.find_scanners()
            told = found_text(self.found)
        except UnansweredError as error:
            told = str(error)
        finally:
            self.finding = False
            self.headline.update(f"Around: {told}")

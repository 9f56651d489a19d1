"""The floor at a glance: orders, promises, hub, printers, PDAs, scanners, exceptions.

On a large terminal everything stands side by side; on a small one (80×24) the figures shrink to a line each
and one table is shown at a time.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.events import DescendantFocus, Resize
from textual.reactive import reactive
from textual.widgets import Footer

from tui.rows import EXCEPTIONS, PDAS, PRINTERS, SCANNERS, TABLES
from tui.screens.agent import TALL_ROWS, AgentScreen
from tui.widgets.attention import Attention
from tui.widgets.hublink import HubLink
from tui.widgets.outflow import Outflow
from tui.widgets.panel import Panel
from tui.widgets.pipeline import Pipeline
from tui.widgets.promises import Promises
from tui.widgets.status import StatusLine
from tui.widgets.table import ViewTable
from tui.widgets.tabs import Tabs


class FloorScreen(AgentScreen):
    """Shows the app's newest floor."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["shared.tcss", "floor.tcss"]
    AUTO_FOCUS = "ViewTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(n), f"open('{table.name}')", table.title, show=False)
            for n, table in enumerate(TABLES, 1)
        ),
        Binding("u", "app.show('quarantine')", "Quarantine"),  # elsewhere the footer has no room for it
    ]

    active: reactive[str] = reactive(TABLES[0].name)

    def compose(self) -> ComposeResult:
        """From the most urgent to the most detailed."""
        yield StatusLine().data_bind(FloorScreen.floor, FloorScreen.connection)
        yield Attention().data_bind(FloorScreen.floor)
        yield Pipeline().data_bind(FloorScreen.floor)
        with Container(id="figures"):
            yield Promises().data_bind(FloorScreen.floor)
            yield HubLink().data_bind(FloorScreen.floor)
            yield Outflow().data_bind(FloorScreen.floor)
        yield Tabs().data_bind(FloorScreen.floor, FloorScreen.active)
        with Container(id="panels"):
            for table in (PRINTERS, PDAS, SCANNERS, EXCEPTIONS):
                yield Panel(table, TABLES.index(table) + 1).data_bind(view=FloorScreen.floor)
        yield Footer()

    def on_resize(self, event: Resize) -> None:
        """More room, more of what is at risk."""
        self.query_one(Attention).most_lines = 2 if event.size.height < TALL_ROWS else 8

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """The table with the cursor is the active one."""
        if isinstance(event.widget, ViewTable):
            self.active = event.widget.table.name

    def watch_active(self, active: str) -> None:
        """A small terminal shows the active table alone."""
        for panel in self.query(Panel):
            panel.set_class(panel.table.name == active, "-active")

    def action_open(self, name: str) -> None:
        """Put the cursor into a table, and show it."""
        self.active = name
        self.query_one(f"#table-{name}", ViewTable).focus()

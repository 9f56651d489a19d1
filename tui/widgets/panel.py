"""A table with its title, and a word where there is nothing to show."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.reactive import reactive
from textual.widgets import Static

from agent.api.messages import FloorView
from tui.rows import Table
from tui.widgets.table import FloorTable


class Panel(Vertical):
    """One of the floor's tables; `key` puts the cursor into it."""

    floor: reactive[FloorView | None] = reactive(None)

    def __init__(self, table: Table, key: int) -> None:
        super().__init__(id=f"panel-{table.name}")
        self.table = table
        self.border_title = f"{key} {table.title}"

    def compose(self) -> ComposeResult:
        """The table and the word."""
        yield FloorTable(self.table).data_bind(Panel.floor)
        yield Static(self.table.nothing, classes="nothing")

    def watch_floor(self, view: FloorView | None) -> None:
        """The word stands only for an empty table; the number of rows at the lower edge."""
        rows = self.table.rows(view) if view else ()
        self.set_class(not rows, "-empty")
        at_risk = sum(row.level > 0 for row in rows)
        self.border_subtitle = f"{len(rows)}" + (f", {at_risk} at risk" if at_risk else "")

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
        yield Static(classes="detail", markup=False)

    def watch_floor(self, view: FloorView | None) -> None:
        """The word stands only for an empty table; the number of rows at the lower edge."""
        rows = self.table.rows(view) if view else ()
        self.set_class(not rows, "-empty")
        at_risk = sum(row.level > 0 for row in rows)
        self._detail()
        self.border_subtitle = f"{len(rows)}" + (f", {at_risk} at risk" if at_risk else "")

    def on_data_table_row_highlighted(self) -> None:
        """Another row, another sentence."""
        self._detail()

    def on_resize(self) -> None:
        """What was cut off may fit now."""
        self._detail()

    def _detail(self) -> None:
        """The row's sentence in full under a table that is too narrow for it."""
        if not self.is_mounted:
            return
        table, detail = self.query_one(FloorTable), self.query_one(".detail", Static)
        detail.display = table.row_count > 0 and table.virtual_size.width > self.size.width
        if detail.display:
            detail.update(table.get_row_at(table.cursor_row)[-1].plain)

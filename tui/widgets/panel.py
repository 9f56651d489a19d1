"""A table with its title, and a word where there is nothing to show."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.reactive import reactive
from textual.widgets import Static

from tui.rows import Table
from tui.widgets.table import ViewTable


class Panel(Vertical):
    """One table of a screen; `key`, where it has one, puts the cursor into it."""

    view: reactive[Any] = reactive(None)

    def __init__(self, table: Table[Any], key: int | None = None) -> None:
        super().__init__(id=f"panel-{table.name}")
        self.table = table
        self.border_title = table.title if key is None else f"{key} {table.title}"

    def compose(self) -> ComposeResult:
        """The table and the word."""
        yield ViewTable(self.table).data_bind(Panel.view)
        yield Static(self.table.nothing, classes="nothing")
        yield Static(classes="detail", markup=False)

    def watch_view(self, view: Any) -> None:
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
        table, detail = self.query_one(ViewTable), self.query_one(".detail", Static)
        detail.display = table.row_count > 0 and table.virtual_size.width > self.size.width
        if detail.display:
            detail.update(table.get_row_at(table.cursor_row)[-1].plain)

"""A table that keeps its cursor and its order while what it shows changes under it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive, var
from textual.widgets import DataTable

from tui.risks import Level
from tui.rows import Cell, Column, Row, Table

COMPONENTS = {Level.AMBER: "view-table--amber", Level.RED: "view-table--red"}


class ViewTable(DataTable[Text]):
    """Shows one `Table` of the newest view; `o` orders by the next column, `O` turns the order."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS.values())
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "sort_next", "Order"),
        Binding("O", "sort_reverse", "Turn order", show=False),
    ]

    view: var[Any] = var(None)
    sorted_by: reactive[str | None] = reactive(None, init=False)
    reverse: reactive[bool] = reactive(False, init=False)

    @dataclass
    class Sorted(Message):
        """The table is now sorted by this column (None: the agent's own order)."""

        table: str
        column: str | None
        reverse: bool

    def __init__(self, table: Table[Any]) -> None:
        super().__init__(id=f"table-{table.name}", cursor_type="row", zebra_stripes=True, cell_padding=1)
        self.table = table

    def on_mount(self) -> None:
        """The columns stand from the start. Cells hold their colours, so a new theme draws them anew."""
        self._add_columns()
        self.app.theme_changed_signal.subscribe(self, lambda _: self.watch_view(self.view))

    def watch_view(self, view: Any) -> None:
        """Another view, other rows."""
        if view is not None and self.columns:
            self._show(self._ordered(self.table.rows(view)))

    def watch_sorted_by(self) -> None:
        """Another order."""
        self._resort()

    def watch_reverse(self) -> None:
        """The same order turned round."""
        self._resort()

    def action_sort_next(self) -> None:
        """Sort by the next column; after the last one back to the agent's own order."""
        keys = [None, *(column.key for column in self.table.columns)]
        self.sorted_by = keys[(keys.index(self.sorted_by) + 1) % len(keys)]

    def action_sort_reverse(self) -> None:
        """Turn the order round."""
        self.reverse = not self.reverse

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        """A click on a heading sorts by it, a second one turns the order."""
        if event.column_key.value == self.sorted_by:
            self.reverse = not self.reverse
        else:
            self.sorted_by = event.column_key.value

    def _resort(self) -> None:
        under_cursor = self._key_under_cursor()
        self.clear(columns=True)
        self._add_columns()
        self.watch_view(self.view)
        self._put_cursor(under_cursor)
        self.post_message(self.Sorted(self.table.name, self.sorted_by, self.reverse))

    def _add_columns(self) -> None:
        for column in self.table.columns:
            arrow = (" ↓" if self.reverse else " ↑") if column.key == self.sorted_by else ""
            self.add_column(Text(column.label + arrow, justify=_justify(column)), key=column.key)

    def _ordered(self, rows: tuple[Row, ...]) -> list[Row]:
        if self.sorted_by is None:
            return list(reversed(rows)) if self.reverse else list(rows)
        place = [column.key for column in self.table.columns].index(self.sorted_by)
        return sorted(rows, key=lambda row: row.cells[place].sort, reverse=self.reverse)

    def _show(self, rows: list[Row]) -> None:
        """Only what changed where the same rows stand in the same order; else all rows anew."""
        if [row.key for row in rows] == [row.key.value for row in self.ordered_rows]:
            for row in rows:
                self._update(row)
            return
        under_cursor, scrolled = self._key_under_cursor(), self.scroll_offset
        self.clear()
        for row in rows:
            self.add_row(*self._texts(row), key=row.key)
        self._put_cursor(under_cursor)
        self.scroll_to(scrolled.x, scrolled.y, animate=False)

    def _update(self, row: Row) -> None:
        for column, text in zip(self.table.columns, self._texts(row), strict=True):
            shown = self.get_cell(row.key, column.key)
            if (shown.plain, shown.style) != (text.plain, text.style):
                self.update_cell(row.key, column.key, text, update_width=True)

    def _texts(self, row: Row) -> list[Text]:
        return [
            Text(cell.text, style=self._style(cell), justify=_justify(column), end="")
            for column, cell in zip(self.table.columns, row.cells, strict=True)
        ]

    def _style(self, cell: Cell) -> Style | str:
        component = COMPONENTS.get(cell.level)
        return self.get_component_rich_style(component, partial=True) if component else ""

    def _key_under_cursor(self) -> str | None:
        return self.ordered_rows[self.cursor_row].key.value if self.row_count else None

    def _put_cursor(self, key: str | None) -> None:
        """Back on the row it stood on; on the first one where that row is gone."""
        if key is not None and key in self.rows:
            self.move_cursor(row=self.get_row_index(key), scroll=False)


def _justify(column: Column) -> Literal["left", "right"]:
    return "right" if column.right else "left"

"""On a small terminal one table is shown at a time: this line says which, and where to look next."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive

from agent.api.messages import FloorView
from tui.risks import Level
from tui.rows import TABLES, Table
from tui.widgets.figure import STYLES, Figure


class Tabs(Figure):
    """Key, title and count of each table; a mark on those with something at risk."""

    active: reactive[str] = reactive(TABLES[0].name)

    def draw(self, view: FloorView) -> Content:
        """All tables on one line, the active one reversed."""
        return Content(" ").join(self._tab(n, table, view) for n, table in enumerate(TABLES, 1))

    def _tab(self, key: int, table: Table[FloorView], view: FloorView) -> Content:
        rows = table.rows(view)
        level = max((row.level for row in rows), default=Level.CALM)
        text = f" {key} {table.title} {len(rows)} {level.mark}".rstrip() + " "
        return Content.styled(text, "reverse" if table.name == self.active else STYLES[level])

"""How promptly labels and tasks come, against what was promised."""

from __future__ import annotations

from textual.content import Content

from agent.api.messages import FloorView, Percentiles
from tui.risks import CHANGE_PROMISE_MS, LABEL_PROMISE_MS, Level, promise_level
from tui.widgets.figure import QUIET, STYLES, Figure, lines
from tui.words import count_text, ms_text

NAME_CELLS = 21
NUMBER_CELLS = 9


class Promises(Figure):
    """Two promises, a line each: p50, p99, the worst, and of how many."""

    BORDER_TITLE = "Promptness, last hour"

    def draw(self, view: FloorView) -> Content:
        """A small table; p99 carries the colour and the mark."""
        heads = "".join(head.rjust(NUMBER_CELLS) for head in ("p50", "p99", "max", "of"))
        return lines(
            Content.styled(" " * NAME_CELLS + heads, QUIET),
            _promise("payment → first byte", view.paid_to_first_byte_ms, LABEL_PROMISE_MS),
            _promise("order change → task", view.change_to_task_ms, CHANGE_PROMISE_MS),
        )


def _promise(name: str, measured: Percentiles, promise_ms: float) -> Content:
    if not measured.count:
        return Content.assemble(name.ljust(NAME_CELLS), ("no sample yet", QUIET))
    level = promise_level(measured, promise_ms)
    return Content.assemble(
        name.ljust(NAME_CELLS),
        ms_text(measured.p50).rjust(NUMBER_CELLS),
        (_marked(ms_text(measured.p99), level).rjust(NUMBER_CELLS), STYLES[level] or "bold"),
        ms_text(measured.max).rjust(NUMBER_CELLS),
        (count_text(measured.count).rjust(NUMBER_CELLS), QUIET),
    )


def _marked(text: str, level: Level) -> str:
    return f"{level.mark}{text}"

"""How promptly labels and tasks come, against what was promised."""

from __future__ import annotations

from textual.content import Content

from agent.api.messages import FloorView, Percentiles
from tui.risks import CHANGE_PROMISE_MS, LABEL_PROMISE_MS, promise_level
from tui.widgets.figure import QUIET, STYLES, Figure, lines
from tui.words import count_text, ms_text

NAME_CELLS = 21
NUMBER_CELLS = (9, 10, 10, 9)


class Promises(Figure):
    """Two promises, a line each: p50, p99, the worst, and the number of samples."""

    BORDER_TITLE = "Promptness, last hour"

    def draw(self, view: FloorView) -> Content:
        """A small table; p99 carries the colour and the mark."""
        heads = (Content.styled(head, QUIET) for head in ("p50", "p99", "max", "samples"))
        return lines(
            _row("", *heads),
            _promise("payment → first byte", view.paid_to_first_byte_ms, LABEL_PROMISE_MS),
            _promise("order change → task", view.change_to_task_ms, CHANGE_PROMISE_MS),
        )


def _promise(name: str, measured: Percentiles, promise_ms: float) -> Content:
    if not measured.count:
        return Content.assemble(name.ljust(NAME_CELLS), ("no sample yet", QUIET))
    level = promise_level(measured, promise_ms)
    return _row(
        name,
        Content(ms_text(measured.p50)),
        Content.styled(f"{level.mark} {ms_text(measured.p99)}".lstrip(), STYLES[level] or "bold"),
        Content(ms_text(measured.max)),
        Content.styled(count_text(measured.count), QUIET),
    )


def _row(name: str, *numbers: Content) -> Content:
    cells = (
        number.pad_left(max(1, width - number.cell_length))
        for number, width in zip(numbers, NUMBER_CELLS, strict=True)
    )
    return Content.assemble(name.ljust(NAME_CELLS), *cells)

"""What is at risk, in words, at the top of the screen."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive

from agent.api.messages import FloorView
from tui.risks import Risk, floor_risks
from tui.widgets.figure import QUIET, STYLES, Figure, lines


class Attention(Figure):
    """The risks, the most urgent first; what has no room is counted."""

    BORDER_TITLE = "At risk"
    most_lines: reactive[int] = reactive(2)

    def watch_floor(self) -> None:
        """Take as many lines as there are risks, so that a calm floor leaves its room to the tables."""
        self._fit()

    def watch_most_lines(self) -> None:
        """A larger terminal shows more."""
        self._fit()

    def draw(self, view: FloorView) -> Content:
        """A line a risk: mark, where, why."""
        risks = floor_risks(view)
        if not risks:
            return Content.styled("Nothing is at risk.", "$text-success")
        room = min(len(risks), self.most_lines)
        shown = [_line(risk) for risk in risks[:room]]
        if more := len(risks) - room:
            tail = Content.styled(f"  +{more} more", QUIET)
            shown[-1] = shown[-1].truncate(self.size.width - tail.cell_length, ellipsis=True) + tail
        return lines(*shown)

    def _fit(self) -> None:
        count = len(floor_risks(self.floor)) if self.floor else 0
        self.styles.height = max(1, min(count, self.most_lines)) + self.gutter.height


def _line(risk: Risk) -> Content:
    style = STYLES[risk.level]
    return Content.assemble((f"{risk.level.mark:<2} {risk.where}", style), f": {risk.why}")

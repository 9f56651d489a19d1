"""The orders of the day by state, as the road that they take."""

from __future__ import annotations

from textual.content import Content

from agent.api.messages import FloorView
from tui.bars import bar
from tui.widgets.figure import QUIET, Figure, lines
from tui.words import count_text

ROAD = ("received", "ready", "released", "picking", "picked", "packed", "shipped")
ASIDE = ("held", "cancelled")
STATES = (*ROAD, *ASIDE)
GAP = "  "
ENDED = ("shipped", "cancelled")
STYLES = {"shipped": "$text-success", "held": "$text-warning", "cancelled": QUIET}


class Pipeline(Figure):
    """A figure and a bar for each state, side by side in the order of the road."""

    BORDER_TITLE = "Orders"

    def draw(self, view: FloorView) -> Content:
        """Names, figures and bars. The bars compare open orders with each other, ended with all."""
        widths, shares = column_widths(self.size.width), bar_shares(view.orders)
        names, figures, bars = [], [], []
        for state in STATES:
            width, count = widths[state], view.orders.get(state, 0)
            names.append(Content.styled(state.rjust(width), QUIET))
            figures.append(Content.styled(count_text(count, width).rjust(width), "bold" if count else QUIET))
            bars.append(_bar(shares[state], width, STYLES.get(state, "$primary")))
        road = Content.styled("› ", QUIET).join(names[: len(ROAD)])
        aside = Content(GAP).join(["", *names[len(ROAD) :]])
        return lines(road + aside, Content(GAP).join(figures), Content(GAP).join(bars))


def _bar(share: float, width: int, style: str) -> Content:
    """The track tells how far a full bar would reach."""
    drawn = bar(share, width, track="·")
    full = drawn.rstrip("·")
    return Content.assemble((full, style), (drawn[len(full) :], QUIET))


def bar_shares(orders: dict[str, int]) -> dict[str, float]:
    """How full each state's bar is, 0 to 1."""
    busiest = max((orders.get(state, 0) for state in STATES if state not in ENDED), default=0)
    whole_day = sum(orders.get(state, 0) for state in STATES)
    against = {state: whole_day if state in ENDED else busiest for state in STATES}
    return {state: orders.get(state, 0) / max(1, against[state]) for state in STATES}


def column_widths(width: int) -> dict[str, int]:
    """How many cells each state gets: its name at least, and what is left over in equal parts."""
    spare = width - sum(map(len, STATES)) - len(GAP) * (len(STATES) - 1)
    return {state: len(state) + max(0, spare) // len(STATES) for state in STATES}

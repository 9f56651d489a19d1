"""What leaves the floor, and what was walked for it."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive

from agent.api.messages import FloorView
from tui.bars import spark
from tui.trend import ShippedTrend
from tui.widgets.figure import QUIET, Figure, lines
from tui.words import count_text, distance_text, duration_text, moment, saved_percent


class Outflow(Figure):
    """Shipped in all, a minute, and as a sparkline; walked against naive metres."""

    BORDER_TITLE = "Shipped and walked"
    trend: reactive[ShippedTrend] = reactive(ShippedTrend())

    def watch_floor(self, view: FloorView | None) -> None:
        """Each floor is one more point of the trend."""
        if view is not None:
            self.trend = self.trend.with_total(moment(view.at), view.shipped_total)

    def draw(self, view: FloorView) -> Content:
        """One line where there is room for one, else the sparkline has its own."""
        shipped, walked = _shipped(view, self.trend), _walked(view)
        per_interval = self.trend.per_interval()
        if self.size.height < 3:
            text = Content("   ").join([shipped, walked])
            room = max(0, self.size.width - text.cell_length - 1)
            return Content.assemble(text, " ", (spark(per_interval, room), "$text-success"))
        window = f"{duration_text(self.trend.intervals * self.trend.interval_s)}"
        legend = (
            f"shipped each {self.trend.interval_s} s, last {window}, most {max(per_interval, default=0):.0f}"
        )
        columns = spark(per_interval, min(self.size.width, self.trend.intervals))
        return lines(walked, shipped, Content.styled(columns, "$text-success"), Content.styled(legend, QUIET))


def _shipped(view: FloorView, trend: ShippedTrend) -> Content:
    rate = trend.per_minute()
    pace = "" if rate is None else f", {rate:,.0f} a minute"
    return Content.assemble("shipped ", (count_text(view.shipped_total), "bold"), pace)


def _walked(view: FloorView) -> Content:
    saved = saved_percent(view.walked_mm, view.naive_mm)
    if saved is None:
        return Content.styled("nothing walked yet", QUIET)
    text = f"walked {distance_text(view.walked_mm)}, naive {distance_text(view.naive_mm)}, "
    return Content.assemble(text, (f"{saved} % saved", "bold"))

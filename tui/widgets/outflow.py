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
            room = max(0, self.size.width - shipped.cell_length - walked.cell_length - 3)
            return Content.assemble(shipped, " ", (spark(per_interval, room), "$text-success"), "  ", walked)
        columns = min(self.size.width, self.trend.intervals)
        window = duration_text(columns * self.trend.interval_s)
        most = max(per_interval[-columns:], default=0)
        legend = f"shipped each {self.trend.interval_s} s of the last {window}, most {most:.0f}"
        drawn = Content.styled(spark(per_interval, columns), "$text-success")
        return lines(walked, shipped, drawn, Content.styled(legend, QUIET))


def _shipped(view: FloorView, trend: ShippedTrend) -> Content:
    rate = trend.per_minute()
    pace = "" if rate is None else f", {rate:,.0f}/min"
    return Content.assemble("shipped ", (count_text(view.shipped_total), "bold"), pace)


def _walked(view: FloorView) -> Content:
    saved = saved_percent(view.walked_mm, view.naive_mm)
    if saved is None:
        return Content.styled("nothing walked yet", QUIET)
    text = f"walked {distance_text(view.walked_mm)}, naive {distance_text(view.naive_mm)}, "
    return Content.assemble(text, (f"{saved} % saved", "bold"))

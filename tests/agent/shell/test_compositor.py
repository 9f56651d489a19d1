"""Labels drawn ahead of payment: used once, forgotten when there are too many, and never before urgent work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace

import pytest

from agent.compositor import Compositor
from devices.errors import Unprintable
from devices.labels.compose import Composer, Prepared
from devices.labels.label import Label, Media
from devices.labels.specimen import SPECIMEN
from devices.labels.template import Template, load_templates
from devices.printers.languages import LANGUAGES
from devices.printers.press import Form, Press
from tests.agent.shell.shop import MEDIA
from tests.agent.shell.stage import running, until

EXPRESS = load_templates()["express"]
RASTER_BYTES = MEDIA.width_dots // 8 * MEDIA.height_dots


class Watched(Composer):
    """Tells whose labels were drawn, in their order; those of a reckoning do not count."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn: list[str] = []

    def prepare(self, label: Label, template: Template, media: Media) -> Prepared:
        if label.order_no != SPECIMEN.order_no:
            self.drawn.append(label.order_no)
        return super().prepare(label, template, media)


class Desk:
    """A compositor at work for one printer."""

    def __init__(self) -> None:
        self.composer = Watched()
        self.compositor = Compositor()
        self.press = press(self.composer)

    @property
    def drawn(self) -> list[str]:
        return self.composer.drawn

    def ahead(self, *order_nos: str, at: Press | None = None) -> None:
        """Drafts of these orders, all in one go."""
        drafts = [(at or self.press, EXPRESS, label(order_no).draft) for order_no in order_nos]
        self.compositor.ahead(lambda: drafts)

    async def compose(self, wanted: Label) -> bytes:
        return (await self.compositor.compose(self.press, EXPRESS, wanted)).payload

    async def has_drawn(self, *order_nos: str) -> None:
        """Until these and no others are drawn, and kept."""
        await until(lambda: self.drawn == list(order_nos))
        await self.compositor.reckon(self.press, EXPRESS)  # behind the last drawing, in the same thread
        await asyncio.sleep(0)


def press(composer: Composer, *, bytes_per_s: float | None = None, media: Media = MEDIA) -> Press:
    return Press(LANGUAGES["escpos"], media, bytes_per_s=bytes_per_s, mm_per_s=100, composer=composer)


def label(order_no: str) -> Label:
    return replace(SPECIMEN, order_no=order_no)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """Drawing ahead whenever there is time."""
    made = Desk()
    async with running(made.compositor.run()):
        yield made
    made.compositor.close()


async def test_what_was_drawn_ahead_is_used_and_gives_the_same_bytes(desk: Desk) -> None:
    desk.ahead("SO-1")
    await desk.has_drawn("SO-1")
    payload = await desk.compose(label("SO-1"))
    assert desk.drawn == ["SO-1"]
    assert payload == press(Composer()).compose(EXPRESS, label("SO-1")).payload


async def test_it_is_used_once_and_dropped(desk: Desk) -> None:
    desk.ahead("SO-1")
    await desk.has_drawn("SO-1")
    for _ in range(2):
        await desk.compose(label("SO-1"))
    assert desk.drawn == ["SO-1", "SO-1"]


async def test_the_same_draft_is_drawn_once_however_often_it_is_asked_for(desk: Desk) -> None:
    desk.ahead("SO-1", "SO-1")
    desk.ahead("SO-1", "SO-2")
    await desk.has_drawn("SO-1", "SO-2")


async def test_an_order_that_changed_since_is_drawn_anew(desk: Desk) -> None:
    desk.ahead("SO-1")
    await desk.has_drawn("SO-1")
    changed = replace(label("SO-1"), routing_code="999-000")
    payload = await desk.compose(changed)
    assert desk.drawn == ["SO-1", "SO-1"]
    assert payload == press(Composer()).compose(EXPRESS, changed).payload


async def test_beyond_so_many_bytes_the_oldest_are_forgotten(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.compositor.MOST_PREPARED_BYTES", 2 * RASTER_BYTES)
    desk.ahead("SO-1", "SO-2", "SO-3")
    await desk.has_drawn("SO-1", "SO-2", "SO-3")
    for order_no in ("SO-3", "SO-2", "SO-1"):
        await desk.compose(label(order_no))
    assert desk.drawn == ["SO-1", "SO-2", "SO-3", "SO-1"]


async def test_what_was_used_makes_room_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.compositor.MOST_PREPARED_BYTES", 2 * RASTER_BYTES)
    desk.ahead("SO-1", "SO-2")
    await desk.has_drawn("SO-1", "SO-2")
    await desk.compose(label("SO-1"))
    desk.ahead("SO-3")
    await desk.has_drawn("SO-1", "SO-2", "SO-3")
    await asyncio.gather(desk.compose(label("SO-2")), desk.compose(label("SO-3")))
    assert desk.drawn == ["SO-1", "SO-2", "SO-3"]


async def test_of_more_orders_than_can_be_drawn_the_oldest_are_left_for_their_payment() -> None:
    desk = Desk()
    for number in range(520):
        desk.ahead(f"SO-{number}")
    async with running(desk.compositor.run()):
        await until(lambda: bool(desk.drawn))
        assert desk.drawn[0] == "SO-8"
    desk.compositor.close()


async def test_an_urgent_label_waits_for_one_drawing_at_most(desk: Desk) -> None:
    desk.ahead(*(f"SO-{number}" for number in range(1, 6)))
    await until(lambda: bool(desk.drawn))
    begun = len(desk.drawn)
    await desk.compose(label("urgent"))
    assert desk.drawn.index("urgent") <= begun + 1  # the one that was handed over, and perhaps not begun yet
    await until(lambda: len(desk.drawn) == 6)


async def test_nothing_is_begun_ahead_while_urgent_work_waits() -> None:
    desk = Desk()
    urgent = [asyncio.create_task(desk.compose(label(f"urgent-{number}"))) for number in range(3)]
    await asyncio.sleep(0)
    desk.ahead("SO-1")
    async with running(desk.compositor.run()):
        await asyncio.gather(*urgent)
        await until(lambda: "SO-1" in desk.drawn)
    assert desk.drawn == ["urgent-0", "urgent-1", "urgent-2", "SO-1"]
    desk.compositor.close()


async def test_drafts_are_asked_for_when_there_is_time_for_them(desk: Desk) -> None:
    """An order that was paid or cancelled meanwhile has none any more."""
    orders = ["SO-1"]

    def drafts() -> Iterable[tuple[Press, Template, Label]]:
        return [(desk.press, EXPRESS, label(order_no).draft) for order_no in orders]

    desk.compositor.ahead(drafts)
    orders.clear()
    desk.ahead("SO-2")
    await desk.has_drawn("SO-2")


async def test_nothing_is_drawn_for_a_printer_that_gets_its_own_words(desk: Desk) -> None:
    slow = press(desk.composer, bytes_per_s=960)
    assert slow.reckon(EXPRESS).form is Form.NATIVE
    desk.ahead("SO-1", at=slow)
    desk.ahead("SO-2")
    await desk.has_drawn("SO-2")


async def test_what_cannot_be_printed_is_silent_until_it_is_paid(desk: Desk) -> None:
    tiny = press(desk.composer, media=Media(20, 20))
    desk.ahead("SO-1", at=tiny)
    desk.ahead("SO-2")
    await until(lambda: "SO-2" in desk.drawn)
    with pytest.raises(Unprintable):
        await desk.compositor.compose(tiny, EXPRESS, label("SO-1"))

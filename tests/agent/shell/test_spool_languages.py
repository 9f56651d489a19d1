"""The spool at printers of every language: what each proves, what is drawn ahead of payment, and which comes first."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from agent.core import commands as c
from agent.core import events as ev
from devices.labels.compose import Composer, Prepared
from devices.labels.label import Label, Media
from devices.labels.template import Template
from devices.printers.press import Form
from devices.sim.port import PtyPort
from devices.sim.printer import SimPrinter
from tests.agent.floors import CONSIGNEE, code, fact, order, paid
from tests.agent.shell.shop import (
    LANGUAGES,
    MEDIA,
    Shop,
    labels,
    quick,
    shop,
    switched_on,
    tables_of,
)
from tests.agent.shell.stage import ask, config_of, order_at, pay, until

every_language = pytest.mark.parametrize("language", LANGUAGES)
PROOFS = {"escpos": "process-id", "tspl": "status", "zpl": "odometer"}


@asynccontextmanager
async def at_one(data_dir: Path, sim: SimPrinter, **more: Any) -> AsyncIterator[Shop]:
    """A shop with this printer alone."""
    async with switched_on(sim):
        config = config_of(data_dir, printers=tables_of([sim], **more))
        async with shop(config) as made:
            yield made


@pytest.fixture
def slow_wire() -> Iterator[PtyPort]:
    """A serial line of 9600 baud."""
    port = PtyPort(bytes_per_s=960)
    yield port
    port.close()


@pytest.fixture
def serial_wire() -> Iterator[PtyPort]:
    """A serial line of 115200 baud."""
    port = PtyPort(bytes_per_s=11_520)
    yield port
    port.close()


# --- one label ----------------------------------------------------------------------------------------------


@every_language
async def test_a_paid_order_gets_its_label_and_the_printers_own_proof(data_dir: Path, language: str) -> None:
    sim = quick(language)
    async with at_one(data_dir, sim) as made:
        await pay(made.store, "SO-1")
        (printed,) = await made.printed()
        job, (label,) = made.job(), sim.paper
        assert (label.waybill, label.qr, label.order_no) == (job.waybill, code(job), "SO-1")
        assert printed.waybill == order_at(made.store, "SO-1").waybill
        assert printed.evidence == PROOFS[language]


@every_language
async def test_a_printer_that_answers_nothing_is_taken_at_its_word(data_dir: Path, language: str) -> None:
    sim = quick(language, mute=True)
    async with at_one(data_dir, sim) as made:
        await pay(made.store, "SO-1")
        (printed,) = await made.printed()
        assert printed.evidence == "none"
        assert labels(sim) == [("SO-1", 1)]


@every_language
async def test_asked_for_nothing_a_printer_is_asked_nothing(data_dir: Path, language: str) -> None:
    sim = quick(language)
    async with at_one(data_dir, sim, confirm="none") as made:
        await pay(made.store, "SO-1")
        (printed,) = await made.printed()
        assert printed.evidence == "none"
        assert labels(sim) == [("SO-1", 1)]


@every_language
async def test_the_earliest_cut_off_comes_first_among_what_waits(data_dir: Path, language: str) -> None:
    sim = quick(language)
    async with at_one(data_dir, sim) as made:
        await ask(made.store, c.PausePrinter(printer="lp1", paused=True))
        for number, hour in enumerate((10, 8, 9), start=1):
            await pay(made.store, f"SO-{number}", cutoff_at=f"2026-06-18T{hour:02}:00:00.000Z")
        await ask(made.store, c.PausePrinter(printer="lp1", paused=False))
        await made.printed(3)
        assert labels(sim) == [("SO-2", 1), ("SO-3", 1), ("SO-1", 1)]


@every_language
async def test_a_label_that_is_voided_while_it_prints_is_to_be_destroyed(
    data_dir: Path, language: str
) -> None:
    sim = SimPrinter(MEDIA, language=language, speed=4)
    async with at_one(data_dir, sim) as made:
        await pay(made.store, "SO-1")
        await made.diary.until(ev.PrintStarted)
        await ask(made.store, fact("cancelled"))
        await made.printed()
        told = await made.told("void-label")
        assert "SO-1" in told.text
        assert "lp1" in told.text
        assert labels(sim) == [("SO-1", 1)]


@every_language
async def test_only_what_was_printed_at_the_first_attempt_is_measured(data_dir: Path, language: str) -> None:
    sim = quick(language)
    async with at_one(data_dir, sim) as made:
        await made.ready("lp1")
        made.diary.on(ev.PrintStarted, sim.open_cover)
        await pay(made.store, "SO-1")
        await until(lambda: made.job().attempts == 1 and made.job().state in {"queued", "suspect"})
        sim.close_cover()
        await made.settle_by_sight(sim)
        await ask(made.store, c.ReprintLabel(order_no="SO-1", reason="torn"))
        await pay(made.store, "SO-2")
        await made.printed(3)
        assert labels(sim) == [("SO-1", 1), ("SO-1", 2), ("SO-2", 1)]
        assert [hops.order_no for hops in made.spool.hops] == ["SO-2"]


# --- ahead of payment ---------------------------------------------------------------------------------------


class Watched:
    """(order, consignee) of each label that was drawn, and the orders whose labels were finished."""

    def __init__(self) -> None:
        self.drawn: list[tuple[str, str]] = []
        self.finished: list[str] = []

    def consignees(self, order_no: str = "SO-1") -> list[str]:
        """On the drawings of an order's label."""
        return [name for drawn_for, name in self.drawn if drawn_for == order_no]


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    """What every composer does, it does as before, and is noted."""
    notes, prepare, finish = Watched(), Composer.prepare, Composer.finish

    def prepare_and_note(self: Composer, label: Label, template: Template, media: Media) -> Prepared:
        notes.drawn.append((label.order_no, label.consignee.name))
        return prepare(self, label, template, media)

    def finish_and_note(self: Composer, prepared: Prepared, label: Label) -> Any:
        notes.finished.append(label.order_no)
        return finish(self, prepared, label)

    monkeypatch.setattr(Composer, "prepare", prepare_and_note)
    monkeypatch.setattr(Composer, "finish", finish_and_note)
    return notes


@every_language
async def test_a_late_payment_finds_its_label_drawn_but_for_the_number(
    data_dir: Path, language: str, watched: Watched
) -> None:
    sim = quick(language)
    async with at_one(data_dir, sim) as made:
        await ask(made.store, order("SO-1"))
        await until(lambda: bool(made.spool.compositor._prepared))
        await ask(made.store, paid("SO-1"))
        await made.printed()
        assert len(watched.consignees()) == 1
        assert watched.finished.count("SO-1") == 1
        assert sim.paper[0].qr == code(made.job())


async def test_an_order_that_changed_since_is_drawn_as_it_is_now(data_dir: Path, watched: Watched) -> None:
    sim = quick()
    async with at_one(data_dir, sim) as made:
        await ask(made.store, order("SO-1"))
        await until(lambda: bool(watched.consignees()))
        await ask(made.store, order("SO-1", 2, consignee=CONSIGNEE | {"name": "韩梅梅"}), paid("SO-1"))
        await made.printed()
        assert watched.consignees()[0] == CONSIGNEE["name"]
        assert set(watched.consignees()[1:]) == {"韩梅梅"}


async def test_a_slow_and_a_fast_printer_of_one_group_share_what_is_drawn_ahead(
    data_dir: Path, watched: Watched, slow_wire: PtyPort
) -> None:
    """The slow one gets no pictures, and keeps the fast one from none."""
    sims = [quick(), quick(port=slow_wire)]
    async with switched_on(*sims), shop(config_of(data_dir, printers=tables_of(sims, group="a"))) as made:
        await ask(made.store, order("SO-1"))
        await until(lambda: bool(watched.consignees()))


# --- other printers than expected ---------------------------------------------------------------------------


@pytest.mark.parametrize(("configured", "spoken"), [*permutations(LANGUAGES, 2)])
async def test_a_printer_that_speaks_another_language_is_named_with_both_and_prints_nothing(
    data_dir: Path, configured: str, spoken: str
) -> None:
    sim = quick(spoken)
    async with at_one(data_dir, sim, language=configured) as made:
        await pay(made.store, "SO-1")
        (fault,) = await made.diary.until(ev.DeviceFault)
        assert fault.fault == f"it speaks {spoken}, and {configured} is configured"
        await until(lambda: made.spool.owners[0].status.words == fault.fault)
        assert made.job().state == "queued"
    assert sim.paper == []


# --- slow wires ---------------------------------------------------------------------------------------------


@every_language
async def test_at_9600_baud_a_label_is_said_in_the_printers_own_words_and_it_is_told_what_is_not_kept(
    data_dir: Path, language: str, slow_wire: PtyPort
) -> None:
    async with at_one(data_dir, quick(language, port=slow_wire)) as made:
        told = await made.told("unfit-printer")
        (owner,) = made.spool.owners
        reckoned = owner.press.reckon(made.spool.templates.of("SF"))
        assert reckoned.form is Form.NATIVE
        assert f"a label of template express takes {reckoned.label_s:.1f} s" in told.text
        assert "lp1" in told.text
        assert "3 s are promised" in told.text


@pytest.mark.parametrize("language", ["escpos", "tspl"])
async def test_at_115200_baud_a_native_label_is_printed_and_proved(
    data_dir: Path, language: str, serial_wire: PtyPort
) -> None:
    sim = quick(language, port=serial_wire)
    async with at_one(data_dir, sim) as made:
        await pay(made.store, "SO-1")
        (printed,) = await made.printed()
        assert made.spool.owners[0].press.reckon(made.spool.templates.of("SF")).form is Form.NATIVE
        assert printed.evidence == PROOFS[language]
        assert sim.paper[0].qr == code(made.job())
        assert "unfit-printer" not in made.kinds()

"""The spool, against simulated printers that behave like the hardware."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.config import Config
from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import JobState
from agent.printer_owner import Pace
from agent.roster import PrinterRoster
from agent.store.store import Store
from devices.printers.status import Timeouts
from devices.sim.printer import SimPrinter
from tests.agent.floors import code
from tests.agent.shell.shop import MEDIA, Shop, labels, shop
from tests.agent.shell.stage import (
    ask,
    config_of,
    jobs_of,
    journal_of,
    order_at,
    pay,
    printer_at,
    stock_up,
    until,
)


@pytest.fixture
async def printers() -> AsyncIterator[list[SimPrinter]]:
    """Two printers, quick ones."""
    made = [SimPrinter(MEDIA, speed=40), SimPrinter(MEDIA, speed=40)]
    async with made[0], made[1]:
        yield made


def two(printers: list[SimPrinter], group: str | None = "pack") -> list[dict[str, object]]:
    more = {} if group is None else {"group": group}
    return [printer_at(each.port, f"lp{number}", **more) for number, each in enumerate(printers, start=1)]


# --- one label ----------------------------------------------------------------------------------------------


async def test_a_paid_order_gets_its_label(data_dir: Path, printers: list[SimPrinter]) -> None:
    async with shop(config_of(data_dir, printers=[printer_at(printers[0].port)])) as made:
        await pay(made.store, "SO-1")
        (printed,) = await made.printed()
        job, label = made.job(), printers[0].paper[0]
        assert (label.waybill, label.qr, label.order_no) == (job.waybill, code(job), "SO-1")
        assert (printed.waybill, printed.evidence) == (order_at(made.store, "SO-1").waybill, "process-id")
        assert printed.first_byte_at is not None
        (hops,) = made.spool.hops
        assert round(hops.first_byte_at) == printed.first_byte_at
        assert hops.queued_at <= hops.woken_at <= hops.composed_at <= hops.started_at <= hops.first_byte_at


async def test_a_burst_is_shared_by_two_printers_without_a_double(
    data_dir: Path, printers: list[SimPrinter]
) -> None:
    async with shop(config_of(data_dir, printers=two(printers))) as made:
        names = [f"SO-{number}" for number in range(20)]
        await pay(made.store, *names)
        await made.printed(20)
        assert sorted(labels(printers[0]) + labels(printers[1])) == sorted((name, 1) for name in names)
        assert printers[0].paper
        assert printers[1].paper


async def test_a_printer_of_another_carrier_gets_none(data_dir: Path, printers: list[SimPrinter]) -> None:
    own = [
        printer_at(printers[0].port, carriers=["SF"]),
        printer_at(printers[1].port, "lp2", carriers=["YTO"]),
    ]
    async with shop(config_of(data_dir, printers=own)) as made:
        await pay(made.store, "SO-1", "SO-2")
        await pay(made.store, "SO-3", carrier="YTO")
        await made.printed(3)
        assert labels(printers[0]) == [("SO-1", 1), ("SO-2", 1)]
        assert labels(printers[1]) == [("SO-3", 1)]


# --- suspects -----------------------------------------------------------------------------------------------


@asynccontextmanager
async def suspect(data_dir: Path, printer: SimPrinter) -> AsyncIterator[Shop]:
    """The connection broke in the middle of SO-1's label."""
    async with shop(config_of(data_dir, printers=[printer_at(printer.port)])) as made:
        await pay(made.store, "SO-0")
        await made.printed()
        printer.hang_up(after_bytes=150)
        await pay(made.store, "SO-1")
        await made.diary.until(ev.LabelSuspect)
        await made.ready("lp1")
        yield made


async def test_a_label_cut_in_the_middle_is_suspect_reported_once_and_not_repeated(
    data_dir: Path, printers: list[SimPrinter]
) -> None:
    async with suspect(data_dir, printers[0]) as made:
        await pay(made.store, "SO-2")
        await made.printed(2)
        assert labels(printers[0]) == [("SO-0", 1), ("SO-2", 1)]
        assert made.job().state is JobState.SUSPECT
        assert len(journal_of(made.store, "label.suspect")) == 1


async def test_settled_as_not_printed_the_same_copy_comes_out(
    data_dir: Path, printers: list[SimPrinter]
) -> None:
    async with suspect(data_dir, printers[0]) as made:
        await ask(made.store, c.SettlePrint(job=made.job().job, printed=False))
        await made.printed(2)
        assert labels(printers[0]) == [("SO-0", 1), ("SO-1", 1)]


async def test_settled_as_printed_no_second_label_comes_out(
    data_dir: Path, printers: list[SimPrinter]
) -> None:
    async with suspect(data_dir, printers[0]) as made:
        (outcome,) = await ask(made.store, c.SettlePrint(job=made.job().job, printed=True))
        (again,) = await ask(made.store, c.SettlePrint(job=made.job().job, printed=True))
        await pay(made.store, "SO-2")
        await made.printed(3)
        assert (outcome.status, again.status) == ("applied", "repeat")
        assert labels(printers[0]) == [("SO-0", 1), ("SO-2", 1)]
        assert [each.evidence for each in made.diary.all(ev.LabelPrinted)][1] == "person"


async def test_paper_that_ends_under_a_label_is_cleared_away_and_the_same_copy_comes_after_the_refill(
    data_dir: Path, printers: list[SimPrinter]
) -> None:
    sim = printers[0]
    async with shop(config_of(data_dir, printers=[printer_at(sim.port)])) as made:
        made.diary.on(ev.PrintStarted, sim.paper_out)
        await pay(made.store, "SO-1")
        (again,) = await made.diary.until(ev.PrintRequeued)
        await made.diary.until(ev.DeviceFault)
        sim.refill()
        await made.printed()
        assert "paper out" in again.reason
        assert labels(sim) == [("SO-1", 1)]


async def test_where_the_buffer_cannot_be_cleared_a_marked_copy_comes_from_a_peer_and_two_labels_are_told(
    data_dir: Path,
) -> None:
    keeps, peer = SimPrinter(MEDIA, speed=40, clears=False), SimPrinter(MEDIA, speed=40)
    async with keeps, peer, shop(config_of(data_dir, printers=two([keeps, peer]))) as made:
        await made.ready("lp1", "lp2")
        made.diary.on(ev.PrintStarted, keeps.paper_out)
        await pay(made.store, "SO-1")
        await made.printed()
        assert labels(peer) == [("SO-1", 2)]
        keeps.refill()  # and the label that it kept comes out
        await made.printed(2)
        assert labels(keeps) == [("SO-1", 1)]
        assert "two-labels" in {opened.kind for opened in made.diary.all(ev.ExceptionOpened)}


# --- printers that are away ---------------------------------------------------------------------------------


async def test_a_job_waits_for_a_printer_that_is_switched_on_later(
    data_dir: Path, printers: list[SimPrinter]
) -> None:
    await printers[0].stop()
    async with shop(config_of(data_dir, printers=[printer_at(printers[0].port)])) as made:
        await pay(made.store, "SO-1")
        await made.diary.until(ev.DeviceFault)
        await printers[0].start()
        await made.printed()
        assert labels(printers[0]) == [("SO-1", 1)]


async def test_jobs_of_a_printer_that_fails_move_inside_its_group(
    data_dir: Path, printers: list[SimPrinter]
) -> None:
    async with shop(config_of(data_dir, printers=two(printers))) as made:
        printers[0].open_cover()
        await pay(made.store, "SO-1", "SO-2", "SO-3", "SO-4")
        await made.printed(4)
        assert labels(printers[0]) == []
        assert len(labels(printers[1])) == 4


async def test_jobs_never_move_to_another_group(data_dir: Path, printers: list[SimPrinter]) -> None:
    own = [
        printer_at(printers[0].port, group="a", carriers=["SF"]),
        printer_at(printers[1].port, "lp2", group="b"),
    ]
    async with shop(config_of(data_dir, printers=own)) as made:
        await made.ready("lp1", "lp2")
        await ask(made.store, c.PausePrinter(printer="lp2", paused=True))
        await pay(made.store, "SO-1")
        await made.printed()
        await ask(made.store, c.PausePrinter(printer="lp2", paused=False))
        printers[0].open_cover()
        await made.diary.until(ev.DeviceFault)
        await ask(made.store, c.ReprintLabel(order_no="SO-1", reason="torn", printer="lp1"))
        await pay(made.store, "SO-2")
        await made.printed(2)
        assert labels(printers[1]) == [("SO-2", 1)]
        assert made.job("SO-1").printer == "lp1"


async def test_with_its_whole_group_down_a_job_stays_where_it_is(
    data_dir: Path, printers: list[SimPrinter]
) -> None:
    """A job that wandered between dead printers would fill the journal."""
    for printer in printers:
        await printer.stop()
    async with shop(config_of(data_dir, printers=two(printers))) as made:
        await pay(made.store, "SO-1")
        await made.diary.until(ev.DeviceFault, 2)
        commits = made.store.commits
        await until(lambda: made.store.commits >= commits + 6)  # so often it was tried again
        assert made.diary.all(ev.PrintRequeued) == []
        await printers[1].start()
        await made.printed()


async def test_a_dead_printer_delays_no_other(data_dir: Path, printers: list[SimPrinter]) -> None:
    own = [
        printer_at(printers[0].port, carriers=["SF"]),
        printer_at(printers[1].port, "lp2", carriers=["YTO"]),
    ]
    async with shop(config_of(data_dir, printers=own)) as made:
        await made.ready("lp1", "lp2")
        printers[0].stall()
        await pay(made.store, "SO-1")
        await pay(made.store, "SO-2", "SO-3", carrier="YTO")
        await made.printed(2)
        assert [each.order_no for each in made.diary.all(ev.LabelPrinted)] == ["SO-2", "SO-3"]
        assert made.job("SO-1").state in {JobState.QUEUED, JobState.SENDING, JobState.SUSPECT}
        printers[0].resume()


async def test_an_idle_printer_that_is_switched_off_is_a_fault_until_it_is_back(
    data_dir: Path, printers: list[SimPrinter]
) -> None:
    async with shop(config_of(data_dir, printers=[printer_at(printers[0].port)])) as made:
        await made.ready("lp1")
        await printers[0].stop()
        (fault,) = await made.diary.until(ev.DeviceFault)
        await printers[0].start()
        await made.diary.until(ev.DeviceRecovered)
        assert fault.device == "lp1"
        assert len(made.diary.all(ev.DeviceFault)) == 1


def test_an_idle_printer_is_asked_often_enough() -> None:
    """Dead within 10 s: one wait, one connection that fails, one question without an answer."""
    patience = Timeouts()
    assert Pace().idle_check_s + patience.connect_s + patience.status_s < 10


# --- people -------------------------------------------------------------------------------------------------


async def test_a_paused_printer_prints_nothing_until_it_is_resumed(
    data_dir: Path, printers: list[SimPrinter]
) -> None:
    async with shop(config_of(data_dir, printers=two(printers, group=None)[:1])) as made:
        await ask(made.store, c.PausePrinter(printer="lp1", paused=True))
        await pay(made.store, "SO-1")
        await asyncio.sleep(0.3)  # several rounds of its owner
        assert printers[0].paper == []
        await ask(made.store, c.PausePrinter(printer="lp1", paused=False))
        await made.printed()


async def test_what_waits_at_a_paused_printer_moves_inside_its_group(
    data_dir: Path, printers: list[SimPrinter]
) -> None:
    async with shop(config_of(data_dir, printers=two(printers))) as made:
        await made.ready("lp1", "lp2")
        await ask(made.store, c.PausePrinter(printer="lp1", paused=True))
        await pay(made.store, "SO-1")
        await made.printed()
        await ask(made.store, c.ReprintLabel(order_no="SO-1", reason="torn", printer="lp1"))
        await made.printed(2)
        assert labels(printers[0]) == []
        assert labels(printers[1]) == [("SO-1", 1), ("SO-1", 2)]


async def test_a_further_copy_says_that_it_is_one(data_dir: Path, printers: list[SimPrinter]) -> None:
    async with shop(config_of(data_dir, printers=[printer_at(printers[0].port)])) as made:
        await pay(made.store, "SO-1")
        await made.printed()
        await ask(made.store, c.ReprintLabel(order_no="SO-1", reason="torn"))
        await made.printed(2)
        first, second = printers[0].paper
        assert (first.copy, second.copy) == (1, 2)


# --- restarts -----------------------------------------------------------------------------------------------


async def leave_in_the_middle(data_dir: Path, config: Config) -> None:
    """An agent that died while SO-1 was on the wire to lp1, and SO-2 waited at lp2."""
    store = Store(data_dir, "WH1", PrinterRoster(config.printers))
    store.open()
    await stock_up(store)
    await pay(store, "SO-1", "SO-2")
    await ask(store, c.StartPrint(job=jobs_of(store, "SO-1")[0].job, printer="lp1"))
    await store.close()


async def test_after_a_restart_a_job_on_the_wire_is_suspect_and_other_printers_go_on(
    data_dir: Path, printers: list[SimPrinter]
) -> None:
    config = config_of(data_dir, printers=two(printers))
    await leave_in_the_middle(data_dir, config)
    async with shop(config, stocked=False) as made:
        await made.printed()
        await made.ready("lp1")
        assert made.job("SO-1").state is JobState.SUSPECT
    async with shop(config, stocked=False) as made:
        await made.ready("lp1", "lp2")
        assert [row.order_no for row in journal_of(made.store, "label.suspect")] == ["SO-1"]
    assert labels(printers[0]) == []
    assert labels(printers[1]) == [("SO-2", 1)]


async def test_after_a_restart_what_the_printer_still_holds_is_cleared_first(
    data_dir: Path, printers: list[SimPrinter]
) -> None:
    config = config_of(data_dir, printers=two(printers)[:1])
    await leave_in_the_middle(data_dir, config)
    printers[0].open_cover()
    _, writer = await asyncio.open_connection("127.0.0.1", printers[0].port)
    writer.write(b"half of SO-1's label\n")
    await writer.drain()
    writer.close()
    async with shop(config, stocked=False) as made:
        await made.diary.until(ev.LabelSuspect)
        printers[0].close_cover()
        await made.printed()
    assert [label.order_no for label in printers[0].paper] == ["SO-2"]


async def test_a_job_of_a_printer_that_was_taken_out_of_the_configuration_finds_another(
    data_dir: Path, printers: list[SimPrinter]
) -> None:
    before = config_of(data_dir, printers=two(printers))
    await leave_in_the_middle(data_dir, before)
    async with shop(config_of(data_dir, printers=two(printers)[:1]), stocked=False) as made:
        await made.printed()
        assert made.job("SO-2").printer == "lp1"


async def test_stopping_lets_a_label_that_is_printing_come_out(data_dir: Path) -> None:
    """A service that is restarted in a busy hour leaves no suspect label at each printer."""
    async with (
        SimPrinter(MEDIA, speed=2) as sim,
        shop(config_of(data_dir, printers=[printer_at(sim.port)])) as made,
    ):
        await pay(made.store, "SO-1", "SO-2")
        await made.diary.until(ev.PrintSent)
        made.spool.stop()
        await made.printed()
        assert (made.job("SO-1").state, made.job("SO-2").state) == (JobState.CONFIRMED, JobState.QUEUED)

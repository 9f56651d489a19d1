"""A label on the wire when the agent died: the printer is asked first, then people, and never is one doubled."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent.config import Config
from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import JobState
from agent.labels import label_of
from agent.roster import PrinterRoster
from agent.store.store import Store
from agent.templates import LabelTemplates
from devices.printers.languages import LANGUAGES as KNOWN
from devices.printers.press import Press
from devices.sim.printer import SimPrinter
from tests.agent.shell.shop import LANGUAGES, MEDIA, labels, quick, shop, switched_on, tables_of
from tests.agent.shell.stage import ask, config_of, jobs_of, pay, stock_up, until

MARKS = {"escpos": "", "tspl": "tspl:0", "zpl": "0"}  # the counters of a printer that is new
in_every_state = pytest.mark.parametrize("sent", [False, True], ids=["sending", "sent"])


async def die_with_a_label_on_the_wire(config: Config, sim: SimPrinter, *, sent: bool) -> bytes:
    """The journal says that SO-1 was begun, perhaps also that all of it was written; what its bytes are."""
    store = Store(config.site.data_dir, "WH1", PrinterRoster(config.printers))
    store.open()
    await stock_up(store)
    await pay(store, "SO-1")
    (job,) = jobs_of(store, "SO-1")
    await ask(store, c.StartPrint(job=job.job, printer="lp1", mark=MARKS[sim.language]))
    if sent:
        await ask(store, c.PrintSentAll(job=job.job))
    reader = store.reader()
    press = Press(KNOWN[sim.language], MEDIA, bytes_per_s=None, mm_per_s=100)
    payload = press.compose(LabelTemplates(config).of("SF"), label_of(reader, config, job)).payload
    reader.close()
    await store.close()
    return payload


async def come_out(sim: SimPrinter, payload: bytes) -> None:
    """While no agent looks."""
    _, writer = await asyncio.open_connection("127.0.0.1", sim.port)
    writer.write(payload)
    await writer.drain()
    await until(lambda: bool(sim.paper))
    writer.close()
    await writer.wait_closed()


@in_every_state
async def test_what_came_out_unseen_is_proved_by_the_odometer(data_dir: Path, sent: bool) -> None:
    async with switched_on(sim := quick("zpl")):
        config = config_of(data_dir, printers=tables_of([sim]))
        await come_out(sim, await die_with_a_label_on_the_wire(config, sim, sent=sent))
        async with shop(config, stocked=False) as made:
            (printed,) = await made.printed()
            await pay(made.store, "SO-2")
            await made.printed(2)
        assert (printed.order_no, printed.evidence, printed.first_byte_at) == ("SO-1", "odometer", None)
        assert labels(sim) == [("SO-1", 1), ("SO-2", 1)]


@in_every_state
async def test_what_the_odometer_did_not_count_is_printed_as_the_same_copy(
    data_dir: Path, sent: bool
) -> None:
    async with switched_on(sim := quick("zpl")):
        config = config_of(data_dir, printers=tables_of([sim]))
        await die_with_a_label_on_the_wire(config, sim, sent=sent)
        async with shop(config, stocked=False) as made:
            await made.printed()
            assert len(made.diary.all(ev.PrintRequeued)) == 1
            assert made.diary.all(ev.LabelSuspect) == []
        assert labels(sim) == [("SO-1", 1)]


@in_every_state
async def test_mileage_that_has_moved_proves_a_tspl_label(data_dir: Path, sent: bool) -> None:
    async with switched_on(sim := quick("tspl", mileage_mm=130)):
        config = config_of(data_dir, printers=tables_of([sim]))
        await come_out(sim, await die_with_a_label_on_the_wire(config, sim, sent=sent))
        async with shop(config, stocked=False) as made:
            (printed,) = await made.printed()
        assert printed.evidence == "odometer"
        assert labels(sim) == [("SO-1", 1)]


@in_every_state
@pytest.mark.parametrize("came", [False, True], ids=["not printed", "printed"])
@pytest.mark.parametrize("language", ["escpos", "tspl"])
async def test_what_no_counter_tells_is_suspect_until_a_person_has_looked(
    data_dir: Path, language: str, came: bool, sent: bool
) -> None:
    async with switched_on(sim := quick(language)):
        config = config_of(data_dir, printers=tables_of([sim]))
        payload = await die_with_a_label_on_the_wire(config, sim, sent=sent)
        if came:
            await come_out(sim, payload)
        async with shop(config, stocked=False) as made:
            await made.diary.until(ev.LabelSuspect)
            assert made.job().state is JobState.SUSPECT
            await made.settle_by_sight(sim)
        assert labels(sim) == [("SO-1", 1)]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_half_a_label_is_cleared_away_and_the_next_one_is_whole(data_dir: Path, language: str) -> None:
    async with switched_on(sim := quick(language)):
        config = config_of(data_dir, printers=tables_of([sim]))
        payload = await die_with_a_label_on_the_wire(config, sim, sent=False)
        _, writer = await asyncio.open_connection("127.0.0.1", sim.port)
        writer.write(payload[: len(payload) // 2])
        await writer.drain()
        writer.close()
        async with shop(config, stocked=False) as made:
            await pay(made.store, "SO-2")
            await made.settle_by_sight(sim)
        assert sorted(labels(sim)) == [("SO-1", 1), ("SO-2", 1)]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_job_of_which_nothing_was_begun_is_printed_without_asking_anybody(
    data_dir: Path, language: str
) -> None:
    async with switched_on(sim := quick(language)):
        config = config_of(data_dir, printers=tables_of([sim]))
        async with shop(config) as made:
            await ask(made.store, c.PausePrinter(printer="lp1", paused=True))
            await pay(made.store, "SO-1")
        async with shop(config, stocked=False) as made:
            await ask(made.store, c.PausePrinter(printer="lp1", paused=False))
            await made.printed()
            assert made.kinds() == set()
        assert labels(sim) == [("SO-1", 1)]

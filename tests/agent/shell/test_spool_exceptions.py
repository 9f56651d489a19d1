"""What cannot be printed: a person is told why, its order waits for him, and everything else is printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.config import Config
from agent.core import commands as c
from agent.core.model import JobState, PrintJob
from agent.labels import label_of
from devices.labels.compose import Composer
from devices.labels.label import Media
from devices.labels.raster import preview
from devices.sim.printer import SimPrinter
from tests.agent.floors import CONSIGNEE, lease
from tests.agent.shell.shop import (
    LANGUAGES,
    MEDIA,
    Shop,
    labels,
    quick,
    shop,
    site_template,
    switched_on,
    tables_of,
)
from tests.agent.shell.stage import ask, config_of, journal_of, order_at, pay, until


async def unprintable(made: Shop, why: str) -> PrintJob:
    """YTO's order SO-1 waits for a person, who is told why; SF's order SO-2 is printed meanwhile. The job."""
    await pay(made.store, "SO-1", carrier="YTO")
    await pay(made.store, "SO-2")
    await made.printed()
    told = await made.told("label-failed")
    assert why in told.text
    assert "lp1" in told.text
    held = order_at(made.store, "SO-1").held
    assert held is not None
    assert why in held
    return made.job("SO-1")


# --- carriers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_carrier_that_nobody_knows_holds_its_order_until_the_hub_tells_of_it(
    data_dir: Path, language: str
) -> None:
    sim = quick(language)
    async with switched_on(sim), shop(config_of(data_dir, printers=tables_of([sim]))) as made:
        await ask(made.store, *lease("ZTO1", carrier="ZTO"))
        await pay(made.store, "SO-1", carrier="ZTO")
        await pay(made.store, "SO-2")
        await made.printed()
        assert "ZTO" in (await made.told("unknown-carrier")).text
        assert order_at(made.store, "SO-1").held is not None
        await ask(made.store, c.SetCarrier(data={"carrier": "ZTO"}))
        await made.printed(2)
        assert order_at(made.store, "SO-1").held is None
        assert labels(sim) == [("SO-2", 1), ("SO-1", 1)]


# --- templates ----------------------------------------------------------------------------------------------


def at(data_dir: Path, sim: SimPrinter, **labels: Any) -> Config:
    """One printer, and these label settings."""
    return config_of(data_dir, printers=tables_of([sim]), labels=labels)


def missing(folder: Path) -> str:
    """YTO's template is nowhere."""
    folder.mkdir()
    return "`labels.carriers.YTO`: there is no label template 'fancy': known are express, gs1-logistic"


def broken(folder: Path) -> str:
    """YTO's template says something that it must not."""
    site_template(folder, "fancy", ('"{carrier}"', '"{carier}"'))
    return "label template fancy.toml: element 2: {carier} is no field"


def does_not_fit(folder: Path) -> str:
    """YTO's template asks for bars so coarse that no number has room."""
    site_template(folder, "fancy", ('"{waybill}"', '"{waybill}"\nmin_module_mm = 0.9\nmax_module_mm = 0.9'))
    return "the bars of YTO001 do not fit on 576 dots"


@pytest.mark.parametrize("spoil", [missing, broken, does_not_fit])
async def test_a_template_that_will_not_do_stops_its_own_carrier_and_the_same_copy_comes_once_it_is_mended(
    data_dir: Path, spoil: Callable[[Path], str]
) -> None:
    why, sim = spoil(folder := data_dir / "templates"), quick()
    async with switched_on(sim):
        config = at(data_dir, sim, folder="templates", carriers={"YTO": "fancy"})
        async with shop(config) as made:
            job = await unprintable(made, why)
        site_template(folder, "fancy")
        async with shop(config, stocked=False) as made:
            await ask(made.store, c.SettlePrint(job=job.job, printed=False))
            await made.printed()
            assert order_at(made.store, "SO-1").held is None
        assert labels(sim) == [("SO-2", 1), ("SO-1", 1)]
        assert sim.paper[1].job == job.job


async def test_a_short_number_is_printed_where_a_long_one_would_not_fit(data_dir: Path) -> None:
    wide_bars = ('"{waybill}"', '"{waybill}"\nmin_module_mm = 0.5')
    site_template(data_dir / "templates", "fancy", wide_bars)
    async with switched_on(sim := quick()):
        config = at(data_dir, sim, folder="templates", carriers={"YTO": "fancy"})
        async with shop(config) as made:
            assert "SF1234567890123" in (await made.told("unfit-printer")).text
            await pay(made.store, "SO-1", carrier="YTO")
            await made.printed()
            assert sim.paper[0].waybill == "YTO001"


async def test_lifting_the_hold_prints_the_same_copy_too(data_dir: Path) -> None:
    broken(folder := data_dir / "templates")
    async with switched_on(sim := quick()):
        config = at(data_dir, sim, folder="templates", carriers={"YTO": "fancy"})
        async with shop(config) as made:
            job = await unprintable(made, "fancy.toml")
        site_template(folder, "fancy")
        async with shop(config, stocked=False) as made:
            await ask(made.store, c.UnholdOrder(order_no="SO-1"))
            await made.printed()
        assert (sim.paper[1].job, sim.paper[1].copy) == (job.job, 1)


@pytest.mark.parametrize("spoil", [missing, broken])
async def test_what_is_wrong_with_templates_is_told_at_the_start(
    data_dir: Path, spoil: Callable[[Path], str]
) -> None:
    why, sim = spoil(data_dir / "templates"), quick()
    async with switched_on(sim):
        config = at(data_dir, sim, folder="templates", carriers={"YTO": "fancy"})
        async with shop(config) as made:
            assert (await made.told("label-template")).text.startswith(why)


@pytest.mark.parametrize(("spoil", "kind"), [("broken", "label-template"), ("does_not_fit", "unfit-printer")])
async def test_a_template_that_was_mended_is_no_exception_after_the_next_start(
    data_dir: Path, spoil: str, kind: str
) -> None:
    (broken if spoil == "broken" else does_not_fit)(folder := data_dir / "templates")
    async with switched_on(sim := quick()):
        config = at(data_dir, sim, folder="templates", carriers={"YTO": "fancy"})
        async with shop(config) as made:
            await made.told(kind)
        site_template(folder, "fancy")
        async with shop(config, stocked=False) as made:
            await until(lambda: bool(journal_of(made.store, "exception.closed")))
            assert kind not in made.kinds()


@pytest.mark.parametrize("carriers", [["YTO"], []], ids=["its own carrier", "any carrier"])
async def test_a_template_that_does_not_fit_on_a_printers_labels_is_told_at_the_start(
    data_dir: Path, carriers: list[str]
) -> None:
    does_not_fit(data_dir / "templates")
    async with switched_on(sim := quick()):
        labels = {"folder": "templates", "carriers": {"YTO": "fancy"}}
        printers = tables_of([sim], carriers=carriers)
        async with shop(config_of(data_dir, printers=printers, labels=labels)) as made:
            told = await made.told("unfit-printer")
            assert "printer lp1: template fancy does not fit: the bars of SF1234567890123" in told.text


async def test_a_printer_whose_labels_are_too_small_is_told_of_and_its_orders_wait(data_dir: Path) -> None:
    async with switched_on(small := SimPrinter(Media(20, 20), speed=40), sim := quick()):
        small_media = {"width_mm": 20, "height_mm": 20}
        own = tables_of([sim], carriers=["SF"], media={"width_mm": 76, "height_mm": 130})
        own += [tables_of([small], carriers=["YTO"], media=small_media)[0] | {"id": "lp0"}]
        async with shop(config_of(data_dir, printers=own)) as made:
            await pay(made.store, "SO-1", carrier="YTO")
            await pay(made.store, "SO-2")
            await made.printed()
            assert "lp0" in (await made.told("unfit-printer")).text
            assert "lp0" in (await made.told("label-failed")).text
            assert made.job("SO-1").state is JobState.FAILED
        assert small.paper == []


# --- characters ---------------------------------------------------------------------------------------------


def picture_of(made: Shop, job: PrintJob, **changes: str) -> bytes:
    """How the label of a job looks if its consignee were another."""
    reader = made.store.reader()
    label = label_of(reader, made.spool.config, job)
    reader.close()
    label = replace(label, consignee=replace(label.consignee, **changes))
    composer = Composer()
    prepared = composer.prepare(label, made.spool.templates.of("SF"), MEDIA)
    return preview(composer.finish(prepared, label)[0]).tobytes()


async def test_a_character_that_no_font_has_is_told_and_the_label_shows_it_as_a_geta_mark(
    data_dir: Path,
) -> None:
    async with switched_on(sim := quick()), shop(config_of(data_dir, printers=tables_of([sim]))) as made:
        await pay(made.store, "SO-1", consignee=CONSIGNEE | {"address": "\ue000路 9 号"})
        await made.printed()
        told = await made.told("missing-glyph")
        assert told.order_no == "SO-1"
        assert "\ue000" in told.text
        assert order_at(made.store, "SO-1").held is None
        assert sim.paper[0].image.tobytes() == picture_of(made, made.job(), address="〓路 9 号")
        assert sim.paper[0].image.tobytes() != picture_of(made, made.job(), address="路 9 号")

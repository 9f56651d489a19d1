"""Master data, counted stock, people and devices."""

from __future__ import annotations

from typing import Any

import pytest

from agent.core import commands as c
from agent.core import events as ev
from agent.core.floor import MemoryFloor
from agent.core.model import Device, Ruleset, Sku
from tests.agent.floors import (
    accept,
    count,
    kinds,
    known,
    location,
    open_exceptions,
    order,
    paid,
    pick,
    reason,
    run,
    short,
    sku,
    stock_of,
    stocked,
    stop,
    task_of,
    wave,
    word,
)


@pytest.mark.parametrize(
    "command",
    [
        sku("A", "4711"), location("A-09"), c.SetCarrier(data={"carrier": "YT", "name": "圆通"}),
        c.SetRules(data={"ruleset": "packing", "version": "3", "rules": {"fragile": "double"}}),
    ],
)  # fmt: skip
def test_the_same_master_data_again_is_a_repeat(command: c.Command) -> None:
    floor = stocked()
    assert len(run(floor, command)) == 1
    assert run(floor, command) == []


@pytest.mark.parametrize(
    "command",
    [
        c.SetSku(data={}), c.SetSku(data={"sku": "", "name": ""}), c.SetSku(data={"sku": "A", "name": 5}),
        c.SetSku(data={"sku": "A", "name": "", "weight_g": -1}), c.SetLocation(data={"location": "A-01"}),
        c.SetCarrier(data={"carrier": 5}), c.SetRules(data={"ruleset": "x"}), count("A-01", "A", -1),
        count("", "A", 1), count("A-01", "A", 1, as_of=-1), c.SetStock(data={}, acked_sequence=0),
        count("A-01", "A", 10**30), count("A-01", "A", 1, as_of=10**30),
        c.SetStock(data={"location": "A-01", "sku": "A", "qty": 1, "as_of_sequence": "soon"}, acked_sequence=0),
    ],
)  # fmt: skip
def test_malformed_master_data_is_refused(command: c.Command) -> None:
    assert word(reason(stocked(), command)) == "malformed"


def test_fields_that_we_do_not_know_are_ignored() -> None:
    floor = stocked()
    run(floor, c.SetSku(data={"sku": "N", "name": "new", "colour": "red"}))
    assert known(floor, Sku, "N") == Sku("N", "new")


def test_rules_are_kept_as_they_came() -> None:
    floor = stocked()
    run(floor, c.SetRules(data={"ruleset": "packing", "version": "3", "rules": [{"if": 1}]}))
    assert known(floor, Ruleset, "packing").rules == [{"if": 1}]


# --- stock --------------------------------------------------------------------------------------------------


def picked_two() -> Any:
    """Two of A left A-01, by an event that the hub has not seen yet."""
    floor = stocked()
    run(floor, order(), paid(), wave(stop()))
    accept(floor)
    before = floor.head.sequence
    run(floor, pick(task_of(floor), 2))
    return floor, before


def test_a_count_is_taken_less_the_picks_after_it() -> None:
    floor, before = picked_two()
    run(floor, count("A-01", "A", 20, as_of=before))
    assert stock_of(floor) == (18, 0)


def test_a_count_that_includes_our_picks_is_taken_as_it_is() -> None:
    floor, _ = picked_two()
    run(floor, count("A-01", "A", 20, as_of=floor.head.sequence))
    assert stock_of(floor) == (20, 0)


def test_without_a_sequence_a_count_includes_what_the_hub_had_accepted() -> None:
    floor, before = picked_two()
    data = {"location": "A-01", "sku": "A", "qty": 20}
    run(floor, c.SetStock(data=data, acked_sequence=before))
    assert stock_of(floor) == (18, 0)
    run(floor, c.SetStock(data=data | {"as_of_sequence": f"{floor.head.sequence:020d}"}, acked_sequence=0))
    assert stock_of(floor) == (20, 0), "the hub may write our 20 digits"


def test_stock_never_falls_below_zero() -> None:
    floor, before = picked_two()
    run(floor, count("A-01", "A", 1, as_of=before))
    assert stock_of(floor) == (0, 0)


def test_a_count_below_what_is_promised_is_shown() -> None:
    floor = stocked()
    run(floor, order(), paid(), wave(stop()), count("A-01", "A", 1))
    assert (stock_of(floor), open_exceptions(floor)) == ((1, 2), {"over-promised"})


def test_a_count_answers_the_count_exception() -> None:
    floor = stocked()
    run(floor, order(), paid(), wave(stop()))
    accept(floor)
    run(floor, short(task_of(floor), 2))
    assert open_exceptions(floor) == {"count"}
    run(floor, count("A-01", "A", 4, as_of=floor.head.sequence))
    assert (open_exceptions(floor), stock_of(floor)) == (set(), (4, 0))


def emptied() -> MemoryFloor:
    """A picker has found nothing at A-01; the hub does not know it yet."""
    floor = stocked()
    run(floor, order(), paid(), wave(stop()))
    accept(floor)
    run(floor, short(task_of(floor), 2))
    return floor


def test_a_count_from_before_a_bin_was_found_empty_does_not_fill_it() -> None:
    floor = emptied()
    happened = run(floor, count("A-01", "A", 10, as_of=0))
    assert kinds(happened) == ["exception.closed", "exception.opened"]
    assert (stock_of(floor), open_exceptions(floor)) == ((0, 0), {"count"})
    assert run(floor, count("A-01", "A", 10, as_of=0)) == []


def test_a_count_of_unknown_age_is_taken_and_stays_in_doubt() -> None:
    floor = emptied()
    run(floor, count("A-01", "A", 10))
    assert (stock_of(floor), open_exceptions(floor)) == ((10, 0), {"count"})


def test_a_count_below_what_was_picked_since_is_to_be_made_again() -> None:
    floor, before = picked_two()
    run(floor, count("A-01", "A", 1, as_of=before))
    assert (stock_of(floor), open_exceptions(floor)) == ((0, 0), {"count"})
    run(floor, count("A-01", "A", 8, as_of=floor.head.sequence))
    assert open_exceptions(floor) == set()


# --- people and devices -------------------------------------------------------------------------------------


def test_an_exception_is_opened_once_while_it_is_open() -> None:
    floor = stocked()
    broken = c.OpenException(kind="missing-glyph", subject="J1", text="no such glyph")
    (opened,) = run(floor, broken, broken)
    assert isinstance(opened, ev.ExceptionOpened)
    closed = c.CloseException(exception=opened.exception, note="told the ERP's people")
    assert kinds(run(floor, closed, closed, broken)) == ["exception.closed", "exception.opened"]


def test_an_exception_that_is_not_there_cannot_be_closed() -> None:
    assert word(reason(stocked(), c.CloseException(exception="?", note=""))) == "unknown-exception"


def test_a_device_is_reported_when_it_fails_and_when_it_works_again() -> None:
    floor = stocked()
    states: tuple[str | None, ...] = (None, "paper", "paper", "cover", None, None)
    happened = kinds(run(floor, *(c.ReportFault(device="lp1", fault=each) for each in states)))
    assert happened == ["device.fault", "device.fault", "device.recovered"]


def test_a_printer_is_paused_and_resumed_once() -> None:
    floor = stocked()
    presses = (True, True, False, False)
    happened = kinds(run(floor, *(c.PausePrinter(printer="lp1", paused=each) for each in presses)))
    assert happened == ["printer.paused", "printer.resumed"]
    assert not known(floor, Device, "lp1").paused


def test_a_fault_does_not_end_a_pause() -> None:
    floor = stocked()
    run(floor, c.PausePrinter(printer="lp1", paused=True), c.ReportFault(device="lp1", fault="paper"))
    assert known(floor, Device, "lp1").paused

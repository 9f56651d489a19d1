"""The roster: which printer gets a label."""

from __future__ import annotations

from typing import Any

import pytest

from agent.config import Printer
from agent.core import events as ev
from agent.core.floor import Entry
from agent.roster import PrinterRoster


def printer(name: str, **more: Any) -> Printer:
    return Printer(name, "tcp://192.0.2.1:9100", **more)


def roster(*printers: Printer, ready: str = "") -> PrinterRoster:
    """`ready`: their names, with blanks between."""
    made = PrinterRoster(printers)
    for name in ready.split():
        made.set_ready(name, True)
    return made


def committed(made: PrinterRoster, *events: ev.Event) -> None:
    made.follow([Entry(row, 0, None, event) for row, event in enumerate(events, start=1)])


def queued(job: str, at: str) -> ev.LabelQueued:
    return ev.LabelQueued("SO-1", f"W-{job}", "SF", job, 1, at)


def test_the_shortest_queue_of_the_ready_printers_wins() -> None:
    made = roster(printer("lp1"), printer("lp2"), printer("lp3"), ready="lp1 lp2")
    committed(made, queued("J1", "lp1"), queued("J2", "lp1"), queued("J3", "lp2"))
    assert made.choose_printer("SF", "ACME") == "lp2"


def test_a_label_that_waits_at_no_ready_printer_waits_at_the_shortest_queue() -> None:
    made = roster(printer("lp1"), printer("lp2"))
    made.load([("J1", "lp1")])
    assert made.choose_printer("SF", "ACME") == "lp2"


def test_labels_chosen_in_one_commit_are_spread() -> None:
    made = roster(printer("lp1"), printer("lp2"), ready="lp1 lp2")
    assert {made.choose_printer("SF", "ACME"), made.choose_printer("SF", "ACME")} == {"lp1", "lp2"}


@pytest.mark.parametrize(
    ("carrier", "owner", "expected"), [("SF", "ACME", "sf"), ("YTO", "ACME", "acme"), ("YTO", "OTHER", None)]
)
def test_carriers_and_owners_are_respected(carrier: str, owner: str, expected: str | None) -> None:
    made = roster(printer("sf", carriers=("SF",)), printer("acme", carriers=("YTO",), owners=("ACME",)))
    assert made.choose_printer(carrier, owner) == expected


def test_a_label_that_is_printing_keeps_its_printer_busy_until_it_is_out() -> None:
    made = roster(printer("lp1"), printer("lp2"), ready="lp1 lp2")
    committed(made, queued("J1", "lp1"), ev.PrintStarted("J1", "lp1"))
    assert made.choose_printer("SF", "ACME") == "lp2"
    committed(made, queued("J2", "lp2"), ev.LabelPrinted("SO-1", "J1", 1, "status", "W", "SF", 1, "lp1"))
    assert made.choose_printer("SF", "ACME") == "lp1"


@pytest.mark.parametrize("end", [ev.LabelFailed, ev.LabelSuspect])
def test_a_label_that_failed_or_is_suspect_keeps_nobody_busy(
    end: type[ev.LabelFailed | ev.LabelSuspect],
) -> None:
    made = roster(printer("lp1"), printer("lp2"), ready="lp1 lp2")
    committed(made, queued("J1", "lp1"), queued("J2", "lp2"), end("SO-1", "J1", "cut", "W", "SF", 1, "lp1"))
    assert made.choose_printer("SF", "ACME") == "lp1"


def test_only_the_group_takes_over() -> None:
    made = roster(printer("lp1", group="a"), printer("lp2", group="b"), printer("lp3"), ready="lp2 lp3")
    assert made.choose_printer("SF", "ACME", instead_of="lp1") == "lp1"
    assert made.choose_printer("SF", "ACME", instead_of="lp3") == "lp3"


def test_a_ready_printer_of_the_group_takes_over_even_with_a_longer_queue() -> None:
    made = roster(printer("lp1", group="a"), printer("lp2", group="a"), ready="lp2")
    committed(made, queued("J1", "lp2"), queued("J2", "lp2"))
    assert made.choose_printer("SF", "ACME", instead_of="lp1") == "lp2"


def test_the_stand_in_is_another_ready_printer_of_the_group_that_fits() -> None:
    made = roster(
        printer("lp1", group="a"),
        printer("lp2", group="a"),
        printer("lp3", group="a", carriers=("YTO",)),
        printer("lp4", group="b"),
        ready="lp1 lp3 lp4",
    )
    assert made.stand_in("SF", "ACME", "lp1") is None
    made.set_ready("lp2", True)
    assert made.stand_in("SF", "ACME", "lp1") == "lp2"
    assert made.stand_in("SF", "ACME", "lp4") is None, "it is alone in its group"


def test_stand_ins_chosen_in_one_commit_are_spread() -> None:
    made = roster(*(printer(name, group="a") for name in ("lp1", "lp2", "lp3")), ready="lp2 lp3")
    assert {made.stand_in("SF", "ACME", "lp1"), made.stand_in("SF", "ACME", "lp1")} == {"lp2", "lp3"}


def test_nobody_stands_in_for_a_printer_without_a_group_and_anybody_for_one_that_is_gone() -> None:
    made = roster(printer("lp1"), printer("lp2"), ready="lp2")
    assert made.stand_in("SF", "ACME", "lp1") is None
    assert made.stand_in("SF", "ACME", "gone") == "lp2"


def test_nobody_takes_over_who_is_not_ready_either() -> None:
    made = roster(printer("lp1", group="a"), printer("lp2", group="a"))
    committed(made, queued("J1", "lp1"))
    assert made.choose_printer("SF", "ACME", instead_of="lp1") == "lp1"


def test_a_paused_printer_gets_no_label_while_another_is_ready() -> None:
    made = roster(printer("lp1"), printer("lp2"), ready="lp1 lp2")
    committed(made, ev.PrinterPaused("lp1"), queued("J1", "lp2"))
    assert made.choose_printer("SF", "ACME") == "lp2"
    committed(made, ev.PrinterResumed("lp1"))
    assert made.choose_printer("SF", "ACME") == "lp1"

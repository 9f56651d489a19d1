"""A printer that keeps a job: who prints instead, what is told of the first, and what late evidence makes of both."""

from __future__ import annotations

import pytest

from agent.core import commands as c
from agent.core import events as ev
from agent.core.floor import MemoryFloor
from agent.core.model import FloorException, JobState, PrintJob
from tests.agent.floors import (
    CONSIGNEE,
    NOON,
    accept,
    code,
    fact,
    job_of,
    kinds,
    known,
    open_exceptions,
    order,
    order_of,
    paid,
    pick,
    print_label,
    reason,
    run,
    scan,
    stocked,
    stop,
    task_of,
    wave,
    word,
)


def on_the_wire(*printers: str) -> tuple[MemoryFloor, str]:
    """SO-1's label, all of it in the first printer."""
    floor = stocked(printers=printers or ("lp1", "lp2"))
    run(floor, order(), paid())
    job = job_of(floor).job
    run(floor, c.StartPrint(job=job, printer="lp1"), c.PrintSentAll(job=job))
    return floor, job


def failed_over() -> tuple[MemoryFloor, str]:
    """Likewise; its printer has run out of paper and does not say that its buffer is clear."""
    floor, job = on_the_wire()
    run(floor, c.FailOverPrint(job=job, reason="paper out"))
    return floor, job


def doubt(floor: MemoryFloor, job: str) -> str:
    """What the open exception about a suspect copy says."""
    told = known(floor, FloorException, f"suspect-label:{job}")
    assert told.closed_at is None
    return told.text


# --- a copy instead -----------------------------------------------------------------------------------------


def test_a_ready_peer_gets_the_next_copy_at_once_and_the_first_is_suspect() -> None:
    floor, job = on_the_wire()
    happened = run(floor, c.FailOverPrint(job=job, reason="paper out"))
    assert kinds(happened) == ["label.suspect", "label.queued", "exception.opened"]
    copy = job_of(floor)
    assert (copy.copy_no, copy.waybill, copy.printer) == (2, order_of(floor).waybill, "lp2")
    assert copy.reason == "fail-over: paper out"
    assert known(floor, PrintJob, job).state is JobState.SUSPECT


def test_a_person_is_told_to_destroy_the_first_if_it_comes_out() -> None:
    floor, job = failed_over()
    assert doubt(floor, job).endswith("paper out; copy 2 replaces it: destroy copy 1 if it comes out")


def test_failing_over_again_is_a_repeat() -> None:
    floor, job = failed_over()
    assert run(floor, c.FailOverPrint(job=job, reason="still no paper")) == []
    assert run(floor, c.SuspectPrint(job=job, reason="still no paper")) == []


def test_with_no_ready_peer_it_is_suspect_and_a_person_decides() -> None:
    floor, job = on_the_wire("lp1")
    assert kinds(run(floor, c.FailOverPrint(job=job, reason="paper out")))[-1] == "exception.opened"
    floor.printers = ("lp1", "lp2")
    assert run(floor, c.LabelWaiting(carrier="SF"), c.RequeuePrint(job=job, reason="lp2 is ready")) == []


def test_a_job_that_is_suspect_already_gets_its_copy_once() -> None:
    floor, job = on_the_wire()
    run(floor, c.SuspectPrint(job=job, reason="restart"))
    happened = kinds(run(floor, c.FailOverPrint(job=job, reason="unreachable")))
    assert happened == ["label.queued", "exception.closed", "exception.opened"]
    assert "restart; copy 2 replaces it" in doubt(floor, job)
    assert run(floor, c.FailOverPrint(job=job, reason="unreachable")) == []


@pytest.mark.parametrize("state", ["queued", "confirmed", "unknown"])
def test_only_what_may_be_in_a_printer_fails_over(state: str) -> None:
    floor = stocked(printers=("lp1", "lp2"))
    run(floor, order(), paid())
    if state == "confirmed":
        print_label(floor)
    job = "?" if state == "unknown" else job_of(floor).job
    assert run(floor, c.FailOverPrint(job=job, reason="paper out")) == []


def test_a_copy_may_fail_over_as_well() -> None:
    floor, _ = failed_over()
    second = job_of(floor).job
    run(floor, c.StartPrint(job=second, printer="lp2"), c.FailOverPrint(job=second, reason="cover open"))
    assert (job_of(floor).copy_no, job_of(floor).printer) == (3, "lp1")


# --- the older copy -----------------------------------------------------------------------------------------


def test_a_copy_that_was_replaced_is_not_printed_again_by_a_persons_word() -> None:
    floor, job = failed_over()
    no = c.SettlePrint(job=job, printed=False, by="person:Wei")
    failed, closed, _ = run(floor, no)
    assert isinstance(failed, ev.LabelFailed)
    assert (failed.reason, failed.copy_no, kinds([closed])) == ("copy 2 replaces it", 1, ["exception.closed"])
    assert run(floor, no) == []


def test_evidence_for_the_first_that_comes_late_is_reported_once_and_two_labels_are_told() -> None:
    floor, job = failed_over()
    print_label(floor)
    late = c.FinishPrint(job=job, evidence="odometer", first_byte_at=NOON)
    assert kinds(run(floor, late)) == ["label.printed", "exception.closed", "exception.opened"]
    (told,) = [each for each in floor.all(FloorException) if each.closed_at is None]
    assert told.kind == "two-labels"
    assert "copy 1 came out of lp1 after all, copy 2 is confirmed at lp1" in told.text
    assert run(floor, late) == []


def test_two_labels_are_two_until_a_person_has_closed_it() -> None:
    floor, job = failed_over()
    run(floor, c.SettlePrint(job=job, printed=True))
    print_label(floor)
    assert open_exceptions(floor) == {"two-labels"}
    run(floor, c.CloseException(exception=f"two-labels:{job}", note="copy 1 is in the bin"))
    assert open_exceptions(floor) == set()


def test_the_first_is_the_only_label_where_its_copy_failed() -> None:
    floor, job = failed_over()
    run(floor, c.FailPrint(job=job_of(floor).job, reason="no template"))
    run(floor, c.FinishPrint(job=job, evidence="odometer", first_byte_at=None))
    assert open_exceptions(floor) == {"label-failed"}


def test_a_scan_of_the_first_while_its_copy_waits_tells_of_two() -> None:
    floor, job = failed_over()
    run(floor, wave(stop()))
    accept(floor)
    run(floor, pick(task_of(floor), 2), scan(code(known(floor, PrintJob, job)), "pack"))
    assert open_exceptions(floor) == {"two-labels"}


# --- voided while it prints ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [fact("cancelled"), order(revision=2, consignee=CONSIGNEE | {"name": "韩"})]
)
def test_a_label_that_comes_out_void_is_to_be_destroyed(command: c.Command) -> None:
    floor, job = on_the_wire()
    run(floor, command, c.FinishPrint(job=job, evidence="process-id", first_byte_at=NOON))
    (told,) = [each for each in floor.all(FloorException) if each.closed_at is None]
    assert (told.kind, told.exception) == ("void-label", f"void-label:{job}")
    assert "came out of lp1: the waybill is void" in told.text


@pytest.mark.parametrize("ask", [c.SuspectPrint, c.FailOverPrint])
def test_a_void_label_in_doubt_says_so_and_gets_no_copy(ask: type[c.SuspectPrint | c.FailOverPrint]) -> None:
    floor, job = on_the_wire()
    run(floor, fact("cancelled"), ask(job=job, reason="hung up"))
    assert doubt(floor, job).endswith("; the waybill is void: destroy copy 1 if it comes out")
    assert job_of(floor).job == job
    run(floor, c.SettlePrint(job=job, printed=True))
    assert open_exceptions(floor) == {"void-label"}


def test_a_void_label_that_surely_was_not_printed_has_failed() -> None:
    floor, job = on_the_wire()
    run(floor, fact("cancelled"), c.RequeuePrint(job=job, reason="cleared"))
    assert (job_of(floor).state, open_exceptions(floor)) == (JobState.FAILED, set())
    assert word(reason(floor, c.StartPrint(job=job, printer="lp1"))) == "not-queued"

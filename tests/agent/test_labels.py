"""Labels and waybill numbers: one number per parcel, one report per copy, and no doubt that is silently dropped."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from agent.core import commands as c
from agent.core import events as ev
from agent.core.floor import MemoryFloor
from agent.core.model import FloorException, JobState, OrderState, PrintJob, Waybill
from tests.agent.floors import (
    NOON,
    YEAR_MS,
    fact,
    floor_with,
    job_of,
    kinds,
    known,
    lease,
    open_exceptions,
    order,
    order_of,
    paid,
    print_label,
    reason,
    run,
    stocked,
    word,
)


def labelled() -> tuple[MemoryFloor, str]:
    """A paid order, and its job in the queue."""
    floor = stocked()
    run(floor, order(), paid())
    return floor, job_of(floor).job


def on_the_wire() -> tuple[MemoryFloor, str]:
    """Likewise, with its bytes under way."""
    floor, job = labelled()
    run(floor, c.StartPrint(job=job, printer="lp1"))
    return floor, job


def suspect() -> tuple[MemoryFloor, str]:
    """Likewise, and the printer has hung up."""
    floor, job = on_the_wire()
    run(floor, c.SuspectPrint(job=job, reason="the printer hung up"))
    return floor, job


# --- numbers ------------------------------------------------------------------------------------------------


def test_paid_with_an_empty_pool_stays_ready_until_numbers_are_leased() -> None:
    floor = stocked(waybills=0)
    run(floor, order(), paid())
    assert (order_of(floor).state, order_of(floor).waybill) == (OrderState.READY, None)
    assert open_exceptions(floor) == {"waybills-exhausted"}
    run(floor, *lease("SF7"), c.LabelWaiting(carrier="SF"))
    assert (order_of(floor).waybill, open_exceptions(floor)) == ("SF7", set())


def test_those_who_paid_first_are_labelled_first() -> None:
    floor = stocked(waybills=0)
    run(floor, order("SO-2"), paid("SO-2"), order("SO-1"), paid("SO-1"), fact("held", "SO-1"), *lease("SF7"))
    run(floor, c.LabelWaiting(carrier="SF", most=1))
    assert order_of(floor, "SO-2").waybill == "SF7", "a held order keeps no place before the others"


def test_an_expired_number_is_never_used() -> None:
    floor = stocked(waybills=0)
    run(floor, *lease("SF7", until=NOON), order(), paid())
    assert order_of(floor).waybill is None


def test_a_number_that_expires_in_the_queue_is_not_printed_and_its_order_gets_another() -> None:
    floor = stocked(waybills=0)
    run(floor, *lease("SF7", key="soon", until=NOON + 10), *lease("SF8"), order(), paid())
    waited = job_of(floor)
    assert word(reason(floor, c.StartPrint(job=waited.job, printer="lp1"), at=NOON + 10)) == "expired"
    assert known(floor, Waybill, "SF7").state == "voided"
    assert known(floor, PrintJob, waited.job).state is JobState.FAILED
    assert (order_of(floor).waybill, job_of(floor).state, job_of(floor).copy_no) == ("SF8", "queued", 1)
    run(floor, c.StartPrint(job=job_of(floor).job, printer="lp1"), at=NOON + 10)


def test_until_it_expires_it_is_printed() -> None:
    floor = stocked(waybills=0)
    run(floor, *lease("SF7", until=NOON + 10), order(), paid())
    run(floor, c.StartPrint(job=job_of(floor).job, printer="lp1"), at=NOON + 9)
    assert job_of(floor).state == "sending"


def test_where_no_other_number_is_left_the_order_waits_for_one() -> None:
    floor = stocked(waybills=0)
    run(floor, *lease("SF7", until=NOON + 10), order(), paid())
    reason(floor, c.StartPrint(job=job_of(floor).job, printer="lp1"), at=NOON + 10)
    assert (order_of(floor).waybill, open_exceptions(floor)) == (None, {"waybills-exhausted"})
    run(floor, *lease("SF9", key="new"), c.LabelWaiting(carrier="SF"), at=NOON + 11)
    assert (order_of(floor).waybill, open_exceptions(floor)) == ("SF9", set())


def test_a_further_copy_of_an_expired_number_is_another_label_too() -> None:
    floor = floor_with(OrderState.PACKED)
    run(floor, c.ReprintLabel(order_no="SO-1", reason="torn"))
    late = NOON + YEAR_MS
    run(floor, *lease("SF900", key="new", until=late + 1), at=late - 1)
    assert word(reason(floor, c.StartPrint(job=job_of(floor).job, printer="lp1"), at=late)) == "expired"
    assert (order_of(floor).waybill, order_of(floor).state, job_of(floor).copy_no) == ("SF900", "packed", 1)


def test_the_lease_that_ends_first_is_used_first() -> None:
    floor = stocked(waybills=0)
    run(floor, *lease("SF1", key="late", until=NOON + YEAR_MS), *lease("SF2", key="soon", until=NOON + 1))
    run(floor, order(), paid())
    assert order_of(floor).waybill == "SF2"


def test_a_lease_is_taken_once_however_often_the_hub_answers() -> None:
    floor = stocked(waybills=0)
    request, taken = lease("SF1", "SF2")
    run(floor, request, taken)
    assert run(floor, request, taken) == []


def test_a_number_that_is_leased_again_stays_used() -> None:
    floor, _ = labelled()
    run(floor, *lease("SF001", "SF100", key="again"))
    assert known(floor, Waybill, "SF001").state == "used"
    assert open_exceptions(floor) == {"waybill-given-twice"}


def test_numbers_that_nobody_asked_for_are_refused() -> None:
    assert word(reason(stocked(), lease("SF1", key="mine")[1])) == "unknown-lease"


def test_people_hear_of_a_refused_lease_until_one_is_granted() -> None:
    floor = stocked()
    run(floor, lease("SF1", key="k1")[0], c.RefuseLease(request_key="k1", reason="none left"))
    assert open_exceptions(floor) == {"lease-refused"}
    run(floor, *lease("SF1", key="k2"))
    assert open_exceptions(floor) == set()


def test_without_a_printer_for_it_an_order_waits_with_an_exception() -> None:
    floor = stocked(printers=())
    run(floor, order(), paid())
    assert open_exceptions(floor) == {"no-printer"}
    floor.printers = ("lp9",)
    run(floor, c.LabelWaiting(carrier="SF"))
    assert (job_of(floor).printer, open_exceptions(floor)) == ("lp9", set())


# --- one print ----------------------------------------------------------------------------------------------


def test_a_print_is_reported_once_with_its_evidence() -> None:
    floor, job = on_the_wire()
    done = c.FinishPrint(job=job, evidence="process-id", first_byte_at=NOON)
    (printed,) = run(floor, c.PrintSentAll(job=job), done)[1:]
    assert isinstance(printed, ev.LabelPrinted)
    assert (printed.evidence, printed.first_byte_at, printed.copy_no) == ("process-id", NOON, 1)
    assert run(floor, done, c.FinishPrint(job=job, evidence="odometer", first_byte_at=None)) == []


@pytest.mark.parametrize("state", ["queued", "unknown"])
def test_nothing_that_was_not_sent_can_be_proved(state: str) -> None:
    floor, job = labelled()
    name = job if state == "queued" else "?"
    assert word(reason(floor, c.FinishPrint(job=name, evidence="status", first_byte_at=None))) == "not-sent"


def test_a_job_is_started_once() -> None:
    floor, job = on_the_wire()
    assert word(reason(floor, c.StartPrint(job=job, printer="lp1"))) == "not-queued"


def test_after_surely_nothing_was_printed_the_same_copy_waits_again() -> None:
    floor, job = on_the_wire()
    run(floor, c.RequeuePrint(job=job, reason="no paper"))
    again = job_of(floor)
    assert (again.job, again.copy_no, again.state, again.attempts) == (job, 1, JobState.QUEUED, 1)


def test_a_waiting_job_moves_only_to_a_better_printer() -> None:
    floor, job = labelled()
    assert run(floor, c.RequeuePrint(job=job, reason="lp1: cover open")) == []
    floor.printers = ("lp2",)
    run(floor, c.RequeuePrint(job=job, reason="lp1: cover open"))
    assert job_of(floor).printer == "lp2"


def test_what_the_printers_counters_said_is_kept_with_the_job_they_may_answer_for() -> None:
    floor, job = labelled()
    run(floor, c.StartPrint(job=job, printer="lp1", mark="odometer 7"), c.PrintSentAll(job=job))
    assert job_of(floor).mark == "odometer 7"
    run(floor, c.RequeuePrint(job=job, reason="no paper"), c.StartPrint(job=job, printer="lp1"))
    assert job_of(floor).mark == "", "an attempt without counters has no mark of the one before"


def test_a_job_waits_by_its_orders_cut_off_also_when_that_changes() -> None:
    floor, _ = labelled()
    assert job_of(floor).cutoff_at == order_of(floor).cutoff_at
    run(floor, order(revision=2, cutoff_at="2026-06-18T01:00:00Z"))
    assert job_of(floor).cutoff_at == NOON + 3_600_000
    run(floor, order(revision=3, cutoff_at=None))
    assert job_of(floor).cutoff_at is None


# --- doubt --------------------------------------------------------------------------------------------------


def test_a_suspect_job_is_reported_once_and_never_silently_repeated() -> None:
    floor, job = suspect()
    assert open_exceptions(floor) == {"suspect-label"}
    assert run(floor, c.SuspectPrint(job=job, reason="restart")) == []
    assert run(floor, c.RequeuePrint(job=job, reason="restart")) == []
    assert word(reason(floor, c.StartPrint(job=job, printer="lp1"))) == "not-queued"


def test_a_person_settles_a_suspect_job_as_printed_and_twice_is_a_repeat() -> None:
    floor, job = suspect()
    yes = c.SettlePrint(job=job, printed=True)
    (printed, closed) = run(floor, yes)
    assert isinstance(printed, ev.LabelPrinted)
    assert (printed.evidence, kinds([closed])) == ("person", ["exception.closed"])
    assert run(floor, yes, c.SettlePrint(job=job, printed=False)) == []


def test_a_person_who_finds_no_label_gets_the_same_copy_again() -> None:
    floor, job = suspect()
    run(floor, c.SettlePrint(job=job, printed=False, by="person:Wei"))
    assert (job_of(floor).state, job_of(floor).copy_no) == (JobState.QUEUED, 1)
    assert open_exceptions(floor) == set()


def test_evidence_that_comes_late_settles_a_suspect_job() -> None:
    floor, job = suspect()
    run(floor, c.FinishPrint(job=job, evidence="odometer", first_byte_at=None))
    assert (job_of(floor).state, open_exceptions(floor)) == (JobState.CONFIRMED, set())


def test_a_failed_job_is_printed_after_all_by_a_persons_word_that_it_was_not() -> None:
    floor, job = labelled()
    run(floor, c.FailPrint(job=job, reason="too wide"))
    assert run(floor, c.SettlePrint(job=job, printed=True)) == []
    again = c.SettlePrint(job=job, printed=False, by="person:Wei")
    assert kinds(run(floor, again)) == [
        "print.requeued",
        "exception.closed",
        "order.unheld",
        "person.acted",
    ]
    assert (job_of(floor).state, job_of(floor).copy_no) == (JobState.QUEUED, 1)
    assert run(floor, again) == []


def test_a_failed_job_of_a_void_waybill_stays_failed() -> None:
    floor, job = labelled()
    run(floor, fact("cancelled"))
    assert run(floor, c.SettlePrint(job=job, printed=False)) == []


def test_a_job_on_the_wire_cannot_be_settled_yet() -> None:
    floor, job = on_the_wire()
    assert word(reason(floor, c.SettlePrint(job=job, printed=True))) == "too-early"
    assert word(reason(floor, c.SettlePrint(job="?", printed=True))) == "unknown-job"


def test_a_voided_label_is_not_printed_again_by_anybody() -> None:
    floor, job = on_the_wire()
    run(floor, fact("cancelled"), c.RequeuePrint(job=job, reason="no paper"))
    assert job_of(floor).state is JobState.FAILED


# --- copies -------------------------------------------------------------------------------------------------


def test_a_reprint_is_the_next_copy_of_the_same_waybill() -> None:
    floor = floor_with(OrderState.PICKED)
    run(floor, c.ReprintLabel(order_no="SO-1", reason="torn", printer="lp2"))
    copy = job_of(floor)
    assert (copy.copy_no, copy.waybill, copy.printer) == (2, order_of(floor).waybill, "lp2")


def test_each_copy_is_reported_once() -> None:
    floor = floor_with(OrderState.READY)
    run(floor, c.ReprintLabel(order_no="SO-1", reason="torn"))
    print_label(floor)
    assert job_of(floor).state is JobState.CONFIRMED


@pytest.mark.parametrize(
    ("state", "why"),
    [(OrderState.RECEIVED, "no-label"), (OrderState.CANCELLED, "no-label"), (OrderState.SHIPPED, "too-late")],
)
def test_there_is_nothing_to_print_again_before_the_label_and_after_the_end(
    state: OrderState, why: str
) -> None:
    assert word(reason(floor_with(state), c.ReprintLabel(order_no="SO-1", reason="torn"))) == why


def test_the_journal_says_why_a_further_copy_was_printed() -> None:
    floor = floor_with(OrderState.READY)
    (queued,) = run(floor, c.ReprintLabel(order_no="SO-1", reason="torn"))
    assert isinstance(queued, ev.LabelQueued)
    assert (queued.reason, job_of(floor).reason) == ("torn", "torn")


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.SENDING, JobState.SENT])
def test_there_is_no_further_copy_while_the_last_is_still_to_come_out(state: JobState) -> None:
    floor, job = labelled() if state is JobState.QUEUED else on_the_wire()
    if state is JobState.SENT:
        run(floor, c.PrintSentAll(job=job))
    assert word(reason(floor, c.ReprintLabel(order_no="SO-1", reason="torn"))) == "not-printed-yet"
    assert (job_of(floor).job, job_of(floor).state) == (job, state)


def test_a_reprint_of_what_surely_never_came_out_keeps_its_copy_number() -> None:
    floor, job = labelled()
    run(floor, c.FailPrint(job=job, reason="too wide"))
    run(floor, c.ReprintLabel(order_no="SO-1", reason="wider paper is in", printer="lp2"))
    again = job_of(floor)
    assert (again.job, again.copy_no, again.printer, again.state) == (job, 1, "lp2", JobState.QUEUED)
    assert (open_exceptions(floor), order_of(floor).held) == (set(), None)


def test_a_reprint_of_a_label_in_doubt_tells_which_one_to_destroy() -> None:
    floor, job = suspect()
    run(floor, c.ReprintLabel(order_no="SO-1", reason="not found"))
    told = known(floor, FloorException, f"suspect-label:{job}")
    assert told.closed_at is None
    assert "copy 2 replaces it: destroy copy 1 if it comes out" in told.text


@pytest.mark.parametrize("state", [OrderState.READY, OrderState.SHIPPED])
def test_a_copy_that_waited_while_its_waybill_was_voided_or_its_parcel_left_is_not_printed(
    state: OrderState,
) -> None:
    """The fold of an older journal may hold a job that today's rules would have ended already."""
    floor = floor_with(state)
    job = replace(job_of(floor), state=JobState.QUEUED)
    if state is OrderState.READY:
        run(floor, fact("cancelled"))
    floor.put([job])
    assert word(reason(floor, c.StartPrint(job=job.job, printer="lp1"))) == "not-in-force"
    assert job_of(floor).state is JobState.FAILED

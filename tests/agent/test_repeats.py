"""A scan that comes twice is told apart from one more: nothing is lost, nothing counts double, and it is said why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core import commands as c
from agent.core import events as ev
from agent.core.floor import MemoryFloor
from agent.core.model import FloorException, OrderState, Packing, SeenScan, Trail
from agent.core.story import Refused
from agent.core.trails import RING
from tests.agent.floors import (
    GTIN,
    NOON,
    ask,
    floor_with,
    kinds,
    known,
    open_exceptions,
    order_of,
    run,
    scan,
    stocked,
)

HOUR_MS = 3_600_000
X = "ble:AA"


def read(text: str = "4711", after_ms: int = 0, **changes: Any) -> c.TakeScan:
    """The device X reads it, so long after noon, over its own link."""
    values: dict[str, Any] = {
        "device": X,
        "path": "dock1",
        "link": "l1",
        "scanned_at": NOON + after_ms,
    } | changes
    return scan(text, values.pop("role", "ship"), **values)


def counted(text: str, sequence: int, after_ms: int = 0, path: str = "gw1", **changes: Any) -> c.TakeScan:
    """The same over a gateway, with its counter."""
    return read(text, after_ms, path=path, link="", sequence=sequence, **changes)


def events(floor: MemoryFloor, command: c.TakeScan) -> list[ev.Event]:
    decided = ask(floor, command)
    return list(decided.events if isinstance(decided, Refused) else decided)


def verdicts(floor: MemoryFloor, commands: Iterable[c.TakeScan]) -> list[str]:
    """`taken`, or why it was ignored."""
    found: list[str] = []
    for command in commands:
        for event in events(floor, command):
            if isinstance(event, ev.ScanTaken):
                found.append("taken")
            if isinstance(event, ev.ScanIgnored):
                found.append(event.why)
    return found


def told(*commands: c.TakeScan) -> list[str]:
    """On a floor that knows nothing of the device."""
    return verdicts(stocked(), commands)


# --- without a counter --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after_ms", "why"), [(0, "echo"), (50, "echo"), (51, "bounce"), (599, "bounce"), (600, "taken")]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_what_comes_at_once_is_an_echo_and_a_little_later_a_bounce_also_with_the_clock_set_back(
    after_ms: int, why: str, sign: int
) -> None:
    assert told(read(), read(after_ms=sign * after_ms)) == ["taken", why]


def test_another_code_and_another_device_are_no_repeats() -> None:
    assert told(read(), read("4712"), read(device="ble:BB")) == ["taken"] * 3


def test_without_a_bounce_time_only_the_echo_is_ignored() -> None:
    assert told(read(bounce_ms=0), read(after_ms=50, bounce_ms=0), read(after_ms=120, bounce_ms=0)) == [
        "taken", "echo", "taken",
    ]  # fmt: skip


def test_a_trigger_that_is_held_down_is_one_scan() -> None:
    assert told(*(read(after_ms=400 * n) for n in range(5))) == ["taken", *["bounce"] * 4]


def test_a_double_notification_over_the_next_link_is_ignored_too() -> None:
    assert told(read(), read(after_ms=20, link="l2")) == ["taken", "echo"]


@pytest.mark.parametrize(
    ("commands", "why"),
    [
        ([read(), read(after_ms=5_000, resent=True)], "resent"),
        ([read(), read(after_ms=61_000, resent=True)], "taken"),
        ([read(), read("4712", 2_000), read(after_ms=5_000, resent=True)], "taken"),
        ([read(after_ms=5_000, resent=True)], "taken"),
    ],
    ids=["answered-late", "long-ago", "answered-before-the-next", "first-try-was-lost"],
)
def test_a_scan_sent_again_is_one_unless_the_first_was_answered_or_never_came(
    commands: list[c.TakeScan], why: str
) -> None:
    assert told(*commands)[-1] == why


def test_a_memory_is_taken_in_its_order_and_marked() -> None:
    floor = stocked()
    kept = [event for text in "ABAA" for event in events(floor, read(text, replayed=True))]
    assert [(event.text, event.replayed) for event in kept if isinstance(event, ev.ScanTaken)] == [
        ("A", True), ("B", True), ("A", True), ("A", True),
    ]  # fmt: skip


def memory(texts: str, link: str, after_ms: int) -> list[c.TakeScan]:
    """All that a device has kept, told over a new link."""
    return [read(text, after_ms, link=link, replayed=True, resends=True) for text in texts]


def test_a_memory_told_again_counts_nothing_and_what_is_new_in_it_counts() -> None:
    floor = stocked()
    assert verdicts(floor, memory("AAB", "l1", 0)) == ["taken"] * 3
    assert verdicts(floor, memory("AAB", "l2", HOUR_MS)) == ["replay"] * 3
    assert verdicts(floor, memory("AABAB", "l3", 2 * HOUR_MS)) == [*["replay"] * 3, "taken", "taken"]


def test_a_memory_keeps_bounces_too_and_they_are_no_units_when_it_tells_them() -> None:
    floor = stocked()
    live = [read("A", at, resends=True) for at in (0, 400, 700)] + [read("B", 2_000, resends=True)]
    assert verdicts(floor, live) == ["taken", "bounce", "bounce", "taken"]
    assert verdicts(floor, memory("AAABA", "l2", HOUR_MS)) == [*["replay"] * 4, "taken"]
    assert verdicts(floor, memory("AAABAA", "l3", 2 * HOUR_MS)) == [*["replay"] * 5, "taken"]


def test_over_a_gateway_a_scan_of_now_ends_what_the_memory_tells() -> None:
    floor = stocked()
    assert verdicts(floor, memory("AB", "", 0)) == ["taken", "taken"]
    assert verdicts(floor, [read("C", HOUR_MS, link="", resends=True)]) == ["taken"]
    assert verdicts(floor, memory("ABC", "", 2 * HOUR_MS)) == ["replay"] * 3


@given(st.text("ABC", max_size=12), st.data())
def test_a_memory_that_grows_is_taken_once_however_often_it_is_told(live: str, data: st.DataObject) -> None:
    floor = stocked()
    everything, at_ms = "", 0
    for number in range(data.draw(st.integers(1, 4))):
        everything += data.draw(st.text("ABC", max_size=6))
        told_now = verdicts(floor, memory(everything, f"l{number}", at_ms))
        assert told_now.count("taken") == len(everything) - known_before(floor, told_now)
        at_ms += HOUR_MS
        shown = [
            read(text, at_ms + 1_000 * n, link=f"l{number}", resends=True) for n, text in enumerate(live)
        ]
        assert verdicts(floor, shown) == ["taken"] * len(live)
        everything += live  # what was answered is kept as well
        at_ms += HOUR_MS
    assert [seen.text for seen in sorted(floor.all(SeenScan), key=lambda s: s.number)] == list(everything)


def known_before(floor: MemoryFloor, told_now: list[str]) -> int:
    """How many scans the floor had before these."""
    trail = floor.get(Trail, X)
    return (trail.count if trail is not None else 0) - told_now.count("taken")


# --- with a counter -----------------------------------------------------------------------------------------


def test_the_same_number_again_is_a_repeat_and_another_number_is_another_scan() -> None:
    assert told(counted("A", 1), counted("A", 1), counted("A", 1, 50_000), counted("A", 2, 50_000)) == [
        "taken", "repeat", "repeat", "taken",
    ]  # fmt: skip


def test_the_last_number_again_is_a_repeat_however_late_unless_its_counter_may_have_begun_with_it() -> None:
    assert told(counted("A", 1), counted("B", 2), counted("B", 2, HOUR_MS), counted("B", 3, HOUR_MS + 700)) == [
        "taken", "taken", "repeat", "taken",
    ]  # fmt: skip
    assert told(counted("A", 1), counted("A", 1, HOUR_MS), counted("A", 2, HOUR_MS + 700)) == ["taken"] * 3


def test_a_bounce_has_its_own_number_and_is_one_all_the_same() -> None:
    floor = stocked()
    bounced = [
        counted("A", 1),
        counted("A", 2, 200),
        counted("A", 1),
        counted("A", 2, 200),
        counted("B", 3, 900),
    ]
    assert verdicts(floor, bounced) == ["taken", "bounce", "repeat", "repeat", "taken"]
    assert open_exceptions(floor) == set()


def test_a_gateway_that_tells_its_hours_again_adds_nothing() -> None:
    floor = stocked()
    first = [counted("ABC"[n % 3], n, 1_000 * n) for n in range(60)]
    again = [counted("ABC"[n % 3], n, HOUR_MS * 5, replayed=True) for n in range(60)]
    assert verdicts(floor, first) == ["taken"] * 60
    assert verdicts(floor, again) == ["replay"] * 60


def test_a_jump_is_a_gap_that_a_person_sees_until_the_missing_ones_have_come() -> None:
    floor = stocked()
    opened = [*events(floor, counted("A", 41)), *events(floor, counted("B", 45))]
    (gap,) = [event for event in opened if isinstance(event, ev.ExceptionOpened)]
    text = f"gw1: 3 scans of {X} are missing between 41 and 45: scan those parcels again"
    assert (gap.exception, gap.text) == (f"scan-gap:gw1/{X}", text)
    assert verdicts(floor, [counted("C", 43), counted("D", 42)]) == ["taken", "taken"]
    assert open_exceptions(floor) == {"scan-gap"}
    assert verdicts(floor, [counted("E", 44), counted("F", 46)]) == ["taken", "taken"]
    assert open_exceptions(floor) == set()


def test_a_second_gap_is_told_anew() -> None:
    floor = stocked()
    run_all = [counted("A", 1), counted("B", 3), counted("C", 7)]
    found = [event for command in run_all for event in events(floor, command)]
    exceptions = [kind for kind in kinds(found) if kind.startswith("exception")]
    assert exceptions == ["exception.opened", "exception.closed", "exception.opened"]
    verdicts(floor, [counted("D", 2)])
    assert open_exceptions(floor) == {"scan-gap"}


def test_a_gap_names_what_is_missing_still_when_another_one_is_filled() -> None:
    floor = stocked()
    verdicts(floor, [counted("A", 1), counted("B", 3), counted("C", 6)])
    assert _gap_of(floor) == "3 scans of {X} are missing between 1 and 3, between 3 and 6"
    verdicts(floor, [counted("D", 5), counted("E", 4)])
    assert _gap_of(floor) == "1 scan of {X} is missing between 1 and 3"
    verdicts(floor, [counted("F", 2)])
    assert _gap_of(floor) is None


def test_a_long_gap_that_is_filled_is_told_once() -> None:
    floor = stocked()
    verdicts(floor, [counted("A", 1), counted("B", 200)])
    late = [event for n in range(2, 200) for event in events(floor, counted(f"P{n}", n))]
    assert [kind for kind in kinds(late) if kind.startswith("exception")] == ["exception.closed"]


def test_a_gap_that_a_person_has_closed_is_not_told_again_because_another_one_is_filled() -> None:
    floor = stocked()
    verdicts(floor, [counted("A", 1), counted("B", 3), counted("C", 5)])
    ask(floor, c.CloseException(by="person", exception=f"scan-gap:gw1/{X}", note="scanned again"))
    verdicts(floor, [counted("D", 4)])
    assert _gap_of(floor) is None


@pytest.mark.parametrize("order", [[2, 1, 3], [3, 1, 2, 4], [3, 2, 1, 4], [41, 42, 2, 1, 3]])
def test_scans_that_were_overtaken_when_the_counter_began_are_no_gap_once_they_have_come(
    order: list[int],
) -> None:
    floor = stocked()
    assert verdicts(floor, [counted(f"P{n}", n) for n in order]) == ["taken"] * len(order)
    assert open_exceptions(floor) == set()
    told = events(floor, counted("the next", order[-1] + 1))
    assert not [event for event in told if isinstance(event, ev.ExceptionOpened)]


def _gap_of(floor: MemoryFloor) -> str | None:
    gap = known(floor, FloorException, f"scan-gap:gw1/{X}")
    if gap.closed_at is not None:
        return None
    return gap.text.removeprefix("gw1: ").removesuffix(": scan those parcels again").replace(X, "{X}")


def test_a_counter_that_begins_anew_every_day_loses_no_scan() -> None:
    floor = stocked()
    for day in range(3):
        shift = [counted("ABA"[n % 3], n, day * 24 * HOUR_MS + 1_000 * n) for n in range(30)]
        assert verdicts(floor, shift) == ["taken"] * 30
    assert open_exceptions(floor) == set()


def test_a_battery_changed_in_the_middle_of_a_shift_loses_no_scan_and_repeats_none() -> None:
    floor = stocked()
    before = [counted(f"P{n}", n, 1_000 * n) for n in range(40)]
    after = [counted(f"Q{n}", n, 60_000 + 1_000 * n) for n in range(50)]
    assert verdicts(floor, before) == ["taken"] * 40
    assert verdicts(floor, after[:1]) == ["taken"]
    assert verdicts(floor, [before[-1]]) == ["repeat"]
    assert verdicts(floor, after[1:]) == ["taken"] * 49


def test_a_number_of_the_counting_before_or_of_another_day_is_no_replay() -> None:
    begun_anew = [counted("A", 0), counted("A", 1, 1_000), counted("B", 0, 2_000)]
    kept = counted("A", 1, HOUR_MS, replayed=True)
    assert told(*begun_anew, kept) == ["taken"] * 4
    assert told(counted("A", 1), counted("A", 1, 13 * HOUR_MS, replayed=True)) == ["taken"] * 2


def test_a_gap_is_not_closed_by_a_counter_that_begins_anew() -> None:
    floor = stocked()
    assert verdicts(floor, [counted("A", 5), counted("B", 9), counted("C", 0)]) == ["taken"] * 3
    assert open_exceptions(floor) == {"scan-gap"}


def test_a_memory_that_resends_more_than_is_remembered_counts_nothing() -> None:
    floor = MemoryFloor()
    verdicts(floor, [counted("A", 1), counted("B", RING + 5, 1_000), counted("C", RING + 6, 2_000)])
    old = counted("Z", 1, HOUR_MS, replayed=True, resends=True)
    assert verdicts(floor, [old]) == ["replay"]
    assert verdicts(floor, [counted("Y", 1, HOUR_MS, replayed=True)]) == ["taken"]


# --- two gateways -------------------------------------------------------------------------------------------


def test_what_two_gateways_hear_is_one_scan_and_two_units_are_two() -> None:
    both = [read("A", at, path=path, link="") for at in (0, 1_000, 2_500) for path in ("gw1", "gw2")]
    assert told(*both) == ["taken", "other-path"] * 3


def test_a_gateway_that_lags_is_told_by_the_number() -> None:
    heard = [counted("A", 7), counted("A", 7, 30_000, "gw2"), counted("A", 8, 31_000, "gw2")]
    assert told(*heard) == ["taken", "other-path", "taken"]


def test_a_device_that_has_moved_to_another_gateway_is_taken() -> None:
    assert (
        told(counted("A", 7), counted("A", 3, 3_000, "gw2"), counted("A", 4, 9_000, "gw2")) == ["taken"] * 3
    )


def test_a_unit_that_one_gateway_has_missed_does_not_hide_the_next_one_there() -> None:
    missed = [read("A", path="gw1", link=""), read("A", 1_000, path="gw2", link="")]
    assert told(*missed, read("A", 1_010, path="gw1", link="")) == ["taken", "other-path", "taken"]


def test_a_gateway_with_a_wrong_clock_makes_no_bounce_of_what_another_one_hears() -> None:
    fast = [counted("A", 7), counted("A", 7, 10_000, "gw2")]
    assert told(*fast, counted("A", 8, 10_100)) == ["taken", "other-path", "taken"]


@given(st.integers(0, 2_000), st.lists(st.integers(600, 3_000), max_size=5), st.data())
def test_however_much_a_gateway_lags_within_two_seconds_no_unit_counts_twice(
    lag_ms: int, gaps_ms: list[int], data: st.DataObject
) -> None:
    moments = [sum(gaps_ms[:n]) for n in range(len(gaps_ms) + 1)]
    missed = data.draw(st.sets(st.sampled_from(moments)))  # by the one that lags
    heard = [("gw1", at) for at in moments] + [("gw2", at + lag_ms) for at in moments if at not in missed]
    scans = [read("A", at, path=path, link="") for path, at in sorted(heard, key=lambda each: each[1])]
    assert told(*scans).count("taken") == len(moments)


@given(st.lists(st.tuples(st.integers(600, 3_000), st.sets(st.sampled_from(["gw1", "gw2"]))), max_size=8))
def test_what_both_gateways_hear_is_never_swallowed_whatever_each_has_missed(
    units: list[tuple[int, set[str]]],
) -> None:
    moments = [sum(gap for gap, _ in units[: n + 1]) for n in range(len(units))]
    scans = [
        read("A", at + 60 * (path == "gw2"), path=path, link="")
        for at, (_, heard) in zip(moments, units, strict=True)
        for path in sorted(heard)
    ]
    taken = told(*scans).count("taken")
    assert sum(len(heard) == 2 for _, heard in units) <= taken <= sum(bool(heard) for _, heard in units)


def test_an_echo_of_a_gateway_that_lags_is_one() -> None:
    lagging = [read("A", at, path=path, link="") for path, at in (("gw1", 0), ("gw2", 1_900), ("gw2", 1_930))]
    assert told(*lagging) == ["taken", "other-path", "echo"]


# --- units, and what is answered ----------------------------------------------------------------------------


def packing() -> MemoryFloor:
    """Two of A are to be packed."""
    floor = floor_with(OrderState.PICKED)
    run(floor, scan(order_of(floor).waybill or "", "pack"))
    return floor


def test_a_real_second_unit_counts_as_soon_as_a_hand_can_bring_it_and_a_third_does_not() -> None:
    floor = packing()
    assert verdicts(floor, [read(GTIN, at, role="pack") for at in (0, 100)]) == ["taken", "bounce"]
    assert known(floor, Packing, "pack1").scanned == {"A": 1}
    assert verdicts(floor, [read(GTIN, 380, role="pack")]) == ["taken"]
    assert order_of(floor).state is OrderState.PACKED
    assert verdicts(floor, [read(GTIN, 700, role="pack")]) == ["bounce"]


def test_an_echo_is_never_a_second_unit() -> None:
    assert verdicts(packing(), [read(GTIN, at, role="pack") for at in (0, 40)]) == ["taken", "echo"]


def test_a_bounce_is_answered_as_the_first_one_was_and_says_why() -> None:
    floor = floor_with(OrderState.PICKED)
    waybill = order_of(floor).waybill or ""
    run(floor, read(waybill))
    (ignored,) = run(floor, read(waybill, 300))
    assert isinstance(ignored, ev.ScanIgnored)
    assert (ignored.tone, ignored.reason) == ("good", "shipped (the same scan again)")
    assert (ignored.why, ignored.device, ignored.first) == ("bounce", X, 0)


def test_what_was_refused_is_refused_again_without_a_second_exception() -> None:
    floor = floor_with(OrderState.READY)
    waybill = order_of(floor).waybill or ""
    first, again = ask(floor, read(waybill)), ask(floor, read(waybill, 300))
    assert isinstance(first, Refused)
    assert isinstance(again, Refused)
    assert again.reason == f"{first.reason} (the same scan again)"
    assert kinds(again.events) == ["scan.ignored"]


def test_a_scan_of_nobodys_device_is_always_taken_and_leaves_no_trail() -> None:
    floor = floor_with(OrderState.READY)
    before = dict(floor.entities)
    assert verdicts(floor, [read(device=""), read(device="")]) == ["taken", "taken"]
    assert floor.entities == before


def test_only_the_last_scans_are_remembered() -> None:
    floor = MemoryFloor()
    verdicts(floor, (counted(f"P{n}", n, n) for n in range(RING + 3)))
    assert len(floor.all(SeenScan)) == RING
    assert known(floor, Trail, X).count == RING + 3
    assert verdicts(floor, [counted("P3", 3, HOUR_MS, replayed=True)]) == ["replay"]


# --- a scanner, and what a transport makes of it ------------------------------------------------------------

texts = st.lists(st.sampled_from("ABC"), min_size=1, max_size=20)


@given(texts, st.data())
def test_numbered_scans_are_taken_once_each_however_they_are_mixed_up_doubled_and_replayed(
    real: list[str], data: st.DataObject
) -> None:
    scans = [counted(text, 5 + n, 1_000 * n) for n, text in enumerate(real)]
    rest = data.draw(st.permutations([*scans[1:], *data.draw(st.lists(st.sampled_from(scans), max_size=9))]))
    floor = stocked()
    taken = Counter(
        event.sequence
        for command in [scans[0], *rest]
        for event in events(floor, command)
        if isinstance(event, ev.ScanTaken)
    )
    late = [counted(each.text, each.sequence or 0, HOUR_MS, replayed=True) for each in scans]
    assert taken == Counter(each.sequence for each in scans)
    assert verdicts(floor, late) == ["replay"] * len(scans)
    assert open_exceptions(floor) == set()


@given(texts, st.data())
def test_live_scans_are_taken_once_each_however_they_echo_and_bounce(
    real: list[str], data: st.DataObject
) -> None:
    floor, took = stocked(), []
    for n, text in enumerate(real):
        again = data.draw(st.lists(st.integers(0, 250), max_size=3).map(sorted))
        took.append(verdicts(floor, [read(text, 1_000 * n + after) for after in (0, *again)]))
    assert all(each[0] == "taken" and "taken" not in each[1:] for each in took)


@given(st.lists(st.sampled_from("AB"), min_size=1, max_size=12), st.data())
def test_two_gateways_count_every_unit_once_whoever_is_first(real: list[str], data: st.DataObject) -> None:
    floor, taken = stocked(), 0
    for n, text in enumerate(real):
        first, second = data.draw(st.permutations(["gw1", "gw2"]))
        heard = [read(text, 1_000 * n, path=first, link=""), read(text, 1_000 * n + 90, path=second, link="")]
        taken += verdicts(floor, heard).count("taken")
    assert taken == len(real)


@given(st.lists(st.integers(0, 700), max_size=12))
def test_however_fast_it_is_read_two_units_are_packed_only_by_reads_a_hand_apart(gaps_ms: list[int]) -> None:
    floor = packing()
    moments = [sum(gaps_ms[:n]) for n in range(len(gaps_ms) + 1)]
    found = verdicts(floor, [read(GTIN, moment, role="pack") for moment in moments])
    packed = order_of(floor).state is OrderState.PACKED
    assert packed == any(gap >= 250 for gap in gaps_ms)
    assert found[0] == "taken"

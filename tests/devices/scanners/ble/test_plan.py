"""The connection plan: what it never does, and that it always gets there."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from devices.scanners.ble.pace import Pace
from devices.scanners.ble.plan import NO_SLOT, NOT_HEARD, Plan

PACE = Pace()
SOON = PACE.gather_s  # after it is first heard: all who hear it have heard it
ADAPTERS = ("hci0", "hci1", "hci2")
SCANNERS = tuple(f"AA:00:00:00:00:0{number}" for number in range(8))
SLOTS = 2


def plan(*scanners: str, slots: int = 5, adapters: tuple[str, ...] = ("hci0", "hci1")) -> Plan:
    made = Plan(slots, PACE, Random(1))
    made.use(adapters)
    for address in scanners:
        made.want(address, 0)
    return made


def test_a_scanner_that_nobody_hears_is_never_tried() -> None:
    one = plan("A")
    assert one.choose("hci0", 1000) is None
    assert one.missing


def test_the_adapter_that_hears_it_best_connects_to_it() -> None:
    one = plan("A")
    one.hears("A", "hci0", -80, 0)
    one.hears("A", "hci1", -50, 0)
    assert one.choose("hci0", SOON) is None
    assert one.choose("hci1", SOON) == "A"
    assert not one.missing


def test_adapters_that_hear_equally_well_share_the_scanners() -> None:
    four = plan(*"ABCD")
    for address in "ABCD":
        for adapter in ("hci0", "hci1"):
            four.hears(address, adapter, -60, 0)
    held = Counter[str]()
    for _ in range(4):
        for adapter in ("hci0", "hci1"):
            if (chosen := four.choose(adapter, SOON)) is not None:
                held[adapter] += 1
                four.connected(chosen, 0)
    assert held == {"hci0": 2, "hci1": 2}


def test_one_connection_at_a_time_is_made_on_an_adapter() -> None:
    two = plan("A", "B")
    two.hears("A", "hci0", -60, 0)
    two.hears("B", "hci0", -60, 0)
    assert two.choose("hci0", SOON) == "A"
    assert two.choose("hci0", SOON) is None
    two.connected("A", 0)
    assert two.choose("hci0", SOON) == "B"


def test_a_scanner_heard_first_by_one_adapter_waits_a_moment_for_one_that_hears_it_better() -> None:
    one = plan("A")
    one.hears("A", "hci0", -80, 0)
    assert one.choose("hci0", SOON / 2) is None
    assert one.next_look_at("hci0", SOON / 2) == SOON
    one.hears("A", "hci1", -50, SOON / 2)
    assert one.choose("hci1", SOON) == "A"


def test_a_single_adapter_connects_at_once() -> None:
    one = plan("A", adapters=("hci0",))
    one.hears("A", "hci0", -80, 0)
    assert one.choose("hci0", 0) == "A"


def test_what_is_heard_while_a_loss_is_not_known_yet_counts() -> None:
    one = plan("A", adapters=("hci0",))
    one.hears("A", "hci0", -40, 0)
    one.choose("hci0", 0)
    one.connected("A", 1)
    one.hears("A", "hci0", -40, 50)
    one.ended("A", "link lost", 51)
    assert one.choose("hci0", 51 + PACE.spread_s) == "A"


def test_a_full_adapter_is_left_for_one_that_hears_less() -> None:
    two = plan("A", "B", slots=1)
    for address in ("A", "B"):
        two.hears(address, "hci0", -40, 0)
        two.hears(address, "hci1", -90, 0)
    assert two.choose("hci0", SOON) == "A"
    two.connected("A", 0)
    assert two.choose("hci1", SOON) == "B"


def test_no_free_slot_anywhere_is_said_and_is_over_when_there_is_one() -> None:
    two = plan("A", "B", slots=1, adapters=("hci0",))
    for address in ("A", "B"):
        two.hears(address, "hci0", -40, 0)
    two.choose("hci0", SOON)
    two.connected("A", 0)
    two.hears("B", "hci0", -40, PACE.grace_s)
    assert two.fault("B", PACE.grace_s) == NO_SLOT
    two.use(["hci0", "hci1"])
    two.hears("B", "hci1", -40, PACE.grace_s)
    assert two.fault("B", PACE.grace_s) != NO_SLOT
    assert two.choose("hci1", PACE.grace_s + SOON) == "B"


def test_a_scanner_is_no_fault_while_it_is_on_its_way() -> None:
    one = plan("A")
    assert one.fault("A", PACE.grace_s / 2) is None
    assert one.fault("A", PACE.grace_s) == NOT_HEARD


def test_failures_on_one_adapter_move_a_scanner_to_another() -> None:
    one, now, tried = plan("A"), 0.0, []
    for _ in range(4):
        one.hears("A", "hci0", -40, now)
        one.hears("A", "hci1", -90, now)
        chosen = next(adapter for adapter in ("hci0", "hci1") if one.choose(adapter, now + SOON))
        tried.append(chosen)
        one.ended("A", "refused", now)
        now += PACE.longest_s
    assert tried == ["hci0", "hci0", "hci1", "hci1"]


def test_what_failed_last_is_the_fault() -> None:
    one = plan("A")
    one.hears("A", "hci0", -40, 0)
    one.choose("hci0", SOON)
    one.ended("A", "cannot connect: no answer in time", 0)
    assert one.fault("A", PACE.grace_s) == "cannot connect: no answer in time"


def test_a_lost_scanner_must_be_heard_again_before_it_is_tried() -> None:
    one = plan("A")
    one.hears("A", "hci0", -40, 0)
    one.choose("hci0", SOON)
    one.connected("A", 0)
    later = PACE.settled_s
    one.ended("A", "link lost", later)
    assert one.choose("hci0", later + PACE.spread_s) is None
    one.hears("A", "hci0", -40, later + PACE.spread_s)
    assert one.choose("hci0", later + PACE.spread_s + SOON) == "A"


def test_a_link_that_never_holds_backs_off_like_one_that_fails() -> None:
    one, now, waits = plan("A", adapters=("hci0",)), 0.0, []
    for _ in range(10):
        one.hears("A", "hci0", -40, now)
        assert one.choose("hci0", now) == "A"
        one.connected("A", now)
        one.ended("A", "link lost", now)
        one.hears("A", "hci0", -40, now)
        look_at = one.next_look_at("hci0", now)
        assert look_at is not None
        waits.append(look_at - now)
        now = look_at
    assert waits[0] <= PACE.first_s
    assert all(PACE.longest_s / 2 <= wait <= PACE.longest_s for wait in waits[-3:])


def test_an_adapter_that_is_gone_is_not_chosen_any_more() -> None:
    one = plan("A")
    one.hears("A", "hci0", -40, 0)
    one.use(["hci1"])
    assert one.choose("hci0", SOON) is None
    assert not one.hears("A", "hci0", -40, 0)


def test_a_sighting_grows_old() -> None:
    one = plan("A")
    one.hears("A", "hci0", -40, 0)
    assert one.choose("hci0", PACE.heard_s + 1) is None


def test_what_nobody_holds_cannot_end_or_connect() -> None:
    one = plan("A")
    with pytest.raises(ValueError, match="nobody"):
        one.ended("A", "", 0)
    with pytest.raises(ValueError, match="no adapter"):
        one.connected("A", 0)


def test_an_adapter_that_becomes_the_better_choice_is_told() -> None:
    one = plan("A")
    one.hears("A", "hci0", -60, 0)
    one.hears("A", "hci1", -80, 0)
    assert one.choose("hci1", SOON) is None
    assert one.hears("A", "hci1", -40, SOON) == {"hci1"}
    assert one.hears("A", "hci1", -90, SOON) == {"hci0"}
    assert one.hears("A", "hci1", -91, SOON) == set()


heard = st.tuples(st.sampled_from(ADAPTERS), st.sampled_from([-90, -60, -30]))


@given(st.lists(st.one_of(heard, st.sampled_from(ADAPTERS)), max_size=20))
def test_a_ready_scanner_gets_its_adapter_however_signals_change_between_their_turns(
    steps: list[tuple[str, int] | str],
) -> None:
    one, awake = plan("A", adapters=ADAPTERS), set(ADAPTERS)
    for adapter in ADAPTERS:
        one.hears("A", adapter, -60, 0)
    for step in [*steps, *ADAPTERS]:
        if isinstance(step, tuple):
            awake |= one.hears("A", *step, SOON)
        elif step in awake:
            awake.remove(step)
            if one.choose(step, SOON) is not None:
                return
    raise AssertionError("all adapters sleep")


class AnyFloor(RuleBasedStateMachine):
    """Adapters, scanners and a radio that do what they like; the model knows who hangs where."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.plan = Plan(SLOTS, PACE, Random(7))
        self.adapters = set(ADAPTERS)
        self.plan.use(self.adapters)
        self.connecting: dict[str, str] = {}
        self.linked: dict[str, str] = {}
        self.awake = set(ADAPTERS)
        self.looks_at: dict[str, float | None] = {}
        for address in SCANNERS:
            self.plan.want(address, 0)

    @rule(seconds=st.floats(0, 40))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(address=st.sampled_from(SCANNERS), adapter=st.sampled_from(ADAPTERS), dbm=st.integers(-100, -30))
    def it_is_heard(self, address: str, adapter: str, dbm: int) -> None:
        self.awake |= self.plan.hears(address, adapter, dbm, self.now)

    @rule(adapter=st.sampled_from(ADAPTERS))
    def an_adapter_has_time(self, adapter: str) -> None:
        address = self.plan.choose(adapter, self.now)
        self.awake.discard(adapter)
        self.looks_at[adapter] = self.plan.next_look_at(adapter, self.now)
        if address is not None:
            self.awake = set(ADAPTERS)
            assert adapter in self.adapters
            assert address not in self.connecting | self.linked
            self.connecting[address] = adapter

    @precondition(lambda self: self.connecting)
    @rule(data=st.data(), works=st.booleans())
    def a_connection_is_decided(self, data: st.DataObject, works: bool) -> None:
        address = data.draw(st.sampled_from(sorted(self.connecting)))
        adapter = self.connecting.pop(address)
        self.awake = set(ADAPTERS)
        if works:
            self.plan.connected(address, self.now)
            self.linked[address] = adapter
        else:
            self.plan.ended(address, "refused", self.now)

    @precondition(lambda self: self.linked)
    @rule(data=st.data())
    def a_link_is_lost(self, data: st.DataObject) -> None:
        address = data.draw(st.sampled_from(sorted(self.linked)))
        del self.linked[address]
        self.awake = set(ADAPTERS)
        self.plan.ended(address, "link lost", self.now)

    @rule(adapters=st.sets(st.sampled_from(ADAPTERS)))
    def adapters_come_and_go(self, adapters: set[str]) -> None:
        self.adapters = adapters
        self.awake = set(ADAPTERS)
        self.plan.use(adapters)

    @invariant()
    def no_adapter_sleeps_while_there_is_something_to_do(self) -> None:
        """Where one connects, all are woken when that is decided."""
        if self.connecting:
            return
        for adapter in set(ADAPTERS) - self.awake:
            looks_at = self.looks_at[adapter]
            if looks_at is None or looks_at > self.now:
                assert deepcopy(self.plan).choose(adapter, self.now) is None

    @invariant()
    def no_adapter_holds_more_than_its_slots(self) -> None:
        held = Counter([*self.linked.values(), *self.connecting.values()])
        assert all(count <= SLOTS for count in held.values())

    @invariant()
    def no_adapter_makes_two_connections_at_once(self) -> None:
        assert all(count == 1 for count in Counter(self.connecting.values()).values())

    @invariant()
    def whoever_waits_does_so_for_a_bounded_time(self) -> None:
        for adapter in ADAPTERS:
            look_at = self.plan.next_look_at(adapter, self.now)
            assert look_at is None or self.now < look_at <= self.now + PACE.longest_s

    @invariant()
    def it_knows_whether_somebody_is_missing(self) -> None:
        assert self.plan.missing == (len(self.linked) + len(self.connecting) < len(SCANNERS))

    def teardown(self) -> None:
        """However it went: with all adapters and a kind radio, as many are connected as there are slots for."""
        for address in list(self.connecting):
            self.plan.ended(address, "refused", self.now)
        self.plan.use(ADAPTERS)
        room = SLOTS * len(ADAPTERS)
        for _ in range(8 * len(SCANNERS)):
            self.now += PACE.longest_s / 4
            for address in SCANNERS:
                for adapter in ADAPTERS:
                    self.plan.hears(address, adapter, -60, self.now)
            for adapter in ADAPTERS:
                if (chosen := self.plan.choose(adapter, self.now)) is not None:
                    self.plan.connected(chosen, self.now)
                    self.linked[chosen] = adapter
        assert len(self.linked) == min(room, len(SCANNERS))


AnyFloor.TestCase.settings = settings(max_examples=40, stateful_step_count=50)
test_any_floor = AnyFloor.TestCase


def play_power_cut(count: int, adapters: int, connect_s: float, seed: int) -> float:
    """Seconds from the power's return until all scanners are linked again; each connection takes `connect_s`."""
    dice = Random(seed)
    names = [f"hci{number}" for number in range(adapters)]
    shift = Plan(5, PACE, dice)
    shift.use(names)
    scanners = [f"S{number:03}" for number in range(count)]
    for address in scanners:
        shift.want(address, 0)
    busy: dict[str, tuple[float, str]] = {}
    linked: set[str] = set()
    tick, now = 0.1, 0.0
    cut_at, back_at = 120.0, 180.0
    while len(linked) < count or now < back_at:
        assert now < back_at + 60, f"{count - len(linked)} are not back"
        if cut_at <= now < cut_at + tick:
            for address in linked:
                shift.ended(address, "link lost", now)
            linked.clear()
        if now < cut_at - tick or now >= back_at:
            for address in scanners:
                if address not in linked:
                    for adapter in names:
                        shift.hears(address, adapter, dice.randint(-80, -50), now)
        for adapter in names:
            done_at, address = busy.get(adapter, (0.0, ""))
            if address and done_at <= now:
                del busy[adapter]
                shift.connected(address, now)
                linked.add(address)
            if adapter not in busy and (chosen := shift.choose(adapter, now)) is not None:
                busy[adapter] = (now + connect_s, chosen)
        now += tick
    return now - back_at


@pytest.mark.parametrize(("seed", "connect_s"), [(1, 0.5), (2, 8.0)])
def test_a_hundred_scanners_are_back_within_a_minute_of_a_power_cut(seed: int, connect_s: float) -> None:
    assert play_power_cut(100, 20, connect_s, seed) <= 60


@pytest.mark.parametrize("address", SCANNERS[:3])
def test_nobody_starves_where_there_are_fewer_slots_than_scanners(address: str) -> None:
    """A link frees its slot from time to time: whoever has waited longest gets it."""
    crowd, now, seen = plan(*SCANNERS, slots=1, adapters=("hci0",)), 0.0, Counter[str]()
    for _ in range(10 * len(SCANNERS)):
        for each in SCANNERS:
            crowd.hears(each, "hci0", -60, now)
        chosen = crowd.choose("hci0", now)
        if chosen is not None:
            crowd.connected(chosen, now)
            seen[chosen] += 1
            now += PACE.settled_s
            crowd.ended(chosen, "link lost", now)
        now += PACE.spread_s
    assert seen[address] >= 5

"""The forecast of waybill numbers: three days without a hub still print, and little is leased that nobody uses."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.model import Carrier, WaybillPool
from agent.lease_forecast import HOUR_MS, Outlook, demand, outlook

SF = Carrier("SF", lease_size=2_000, lease_low=500)
NOW_H = 494_928  # some midnight
COVERED_H = 72
LIFE_H = 7 * 24
#: The share of each hour in a day of mail order: a quiet night, a rush before noon and one in the evening.
SHAPE = (1, 1, 1, 1, 1, 2, 3, 5, 9, 12, 11, 8, 5, 6, 7, 7, 6, 5, 6, 8, 9, 7, 4, 2)


class Site:
    """A pool under the keeper's rule, and what the floor takes of it, hour by hour; the keeper looks twice in each."""

    def __init__(self, takes: Callable[[int], int], *, life_h: int = LIFE_H, carrier: Carrier = SF) -> None:
        self.takes = takes
        self.life_h = life_h
        self.carrier = carrier
        self.hour = NOW_H
        self.used: Counter[int] = Counter()
        self.pools: dict[int, WaybillPool] = {}
        self.leased = self.expired = self.unlabelled = self.requests = 0

    def look(self, lease_hours: int = COVERED_H) -> Outlook:
        at = self.hour * HOUR_MS
        return outlook(self.carrier, list(self.pools.values()), self.used, at, lease_hours)

    def live(self, hours: int, *, hub: bool = True) -> None:
        """So many hours, with the hub there or away."""
        for _ in range(hours):
            self._expire()
            wanted = self.takes(self.hour)
            for part in (wanted // 2, wanted - wanted // 2):
                if hub:
                    self._lease(self.look().to_lease)
                self._take(part)
            self.hour += 1

    def _expire(self) -> None:
        at = self.hour * HOUR_MS
        self.expired += sum(pool.free_qty for pool in self.pools.values() if pool.expires_at <= at)
        self.pools = {key: pool for key, pool in self.pools.items() if pool.expires_at > at}

    def _lease(self, qty: int) -> None:
        if qty:
            key = (self.hour + self.life_h) * HOUR_MS
            before = self.pools[key].free_qty if key in self.pools else 0
            self.pools[key] = WaybillPool("SF", key, self.hour * HOUR_MS, before + qty)
            self.leased += qty
            self.requests += 1

    def _take(self, qty: int) -> None:
        for key in sorted(self.pools):
            taken = min(qty, self.pools[key].free_qty)
            self.pools[key] = WaybillPool(
                "SF", key, self.pools[key].leased_at, self.pools[key].free_qty - taken
            )
            self.used[self.hour] += taken
            qty -= taken
        self.unlabelled += qty


def busy(orders_a_day: int, seed: int = 1, noise: float = 0.2) -> Callable[[int], int]:
    """Days of this shape, each hour of them somewhat more or less."""

    def takes(hour: int) -> int:
        dice = random.Random(seed * 10**7 + hour)
        return round(orders_a_day * SHAPE[hour % 24] / sum(SHAPE) * dice.uniform(1 - noise, 1 + noise))

    return takes


@settings(max_examples=15)
@given(st.integers(100, 130_000), st.integers(0, 1000), st.integers(0, 23), st.integers(2, 16))
def test_after_some_days_three_days_without_a_hub_still_print(
    orders: int, seed: int, start: int, days: int
) -> None:
    site = Site(busy(orders, seed))
    site.live(days * 24 + start)
    assert site.unlabelled == 0
    site.live(COVERED_H, hub=False)
    assert site.unlabelled == 0


@pytest.mark.parametrize("hours", range(13, 24))
def test_from_the_second_half_of_its_first_day_a_site_is_covered(hours: int) -> None:
    site = Site(busy(20_000))
    site.hour += 8  # it begins in the morning: NOW_H is midnight
    site.live(hours)
    site.live(COVERED_H, hub=False)
    assert site.unlabelled == 0


def test_the_peak_is_covered() -> None:
    site = Site(busy(127_000, noise=0.3))
    site.live(7 * 24 + 9)
    assert 381_000 <= site.look().free <= 1.5 * 381_000
    site.live(COVERED_H, hub=False)
    assert site.unlabelled == 0


def test_hardly_anything_is_leased_that_expires_unused() -> None:
    site = Site(busy(20_000))
    site.live(30 * 24)
    assert site.unlabelled == 0
    assert site.expired < sum(site.used.values()) / 100


def test_numbers_that_are_good_for_a_day_are_leased_for_a_day() -> None:
    site = Site(busy(20_000), life_h=24)
    site.live(10 * 24)
    assert site.unlabelled == 0
    assert site.expired < sum(site.used.values()) / 5


def test_the_hub_is_not_asked_for_every_label() -> None:
    site = Site(busy(20_000))
    site.live(5 * 24)
    before = site.requests
    site.live(5 * 24)
    assert site.requests - before < 5 * 24


def test_a_surge_is_met_within_hours() -> None:
    usual = busy(20_000)
    site = Site(lambda hour: usual(hour) * (3 if hour >= NOW_H + 10 * 24 else 1))
    site.live(10 * 24 + 8)
    site.live(COVERED_H, hub=False)
    assert site.unlabelled == 0


def test_the_weekly_peak_is_known_from_the_week_before() -> None:
    usual = busy(10_000, noise=0.0)
    site = Site(lambda hour: usual(hour) * (4 if (hour - NOW_H) // 24 % 7 == 5 else 1))
    site.live(7 * 24 + 4 * 24)
    site.live(COVERED_H, hub=False)
    assert site.unlabelled == 0


# --- a single look ------------------------------------------------------------------------------------------


def flat(qty: int, days: int = 14) -> Mapping[int, int]:
    """So many in every hour of the last days."""
    return {NOW_H - back: qty for back in range(1, days * 24 + 1)}


def pool(qty: int, expires_in_h: int = LIFE_H, leased_ago_h: int = 0) -> WaybillPool:
    return WaybillPool("SF", (NOW_H + expires_in_h) * HOUR_MS, (NOW_H - leased_ago_h) * HOUR_MS, qty)


def look(used: Mapping[int, int], *pools: WaybillPool, carrier: Carrier = SF) -> Outlook:
    return outlook(carrier, pools, used, NOW_H * HOUR_MS, COVERED_H)


def test_a_fresh_site_leases_what_the_hub_says() -> None:
    assert look({}).to_lease == SF.lease_size
    assert look({NOW_H: 30}, pool(SF.lease_low)) == Outlook(SF.lease_low, 0, None, 0)


def test_never_less_than_the_mark_of_the_hub() -> None:
    assert look(flat(0), pool(499)).to_lease == 1
    assert look(flat(0), pool(500)).to_lease == 0


def test_what_is_missing_for_the_hours_to_cover_and_some_more_is_leased() -> None:
    seen = look(flat(100), pool(5_000))
    assert (seen.lasts_h, seen.to_lease) == (50, 78 * 100 - 5_000)


@pytest.mark.parametrize(("free", "is_low"), [(2_399, True), (2_400, False)])
def test_a_pool_that_does_not_last_a_day_is_low(free: int, is_low: bool) -> None:
    assert look(flat(100), pool(free)).is_low is is_low


def test_what_expires_unused_is_counted_and_not_counted_on() -> None:
    seen = look(flat(10), pool(1_000, expires_in_h=5, leased_ago_h=163), pool(300))
    assert (seen.free, seen.lasts_h, seen.expiring) == (1_300, 35, 950)


def test_expired_numbers_are_none() -> None:
    assert look(flat(10), pool(1_000, expires_in_h=0)).free == 0


def test_numbers_that_expire_first_go_first() -> None:
    seen = look(flat(10), pool(1_000), pool(50, expires_in_h=5))
    assert (seen.lasts_h, seen.expiring) == (None, 0)


@given(st.dictionaries(st.integers(NOW_H - 400, NOW_H), st.integers(0, 10_000)), st.integers(1, 200))
def test_a_demand_is_never_negative_and_has_every_hour(used: dict[int, int], hours: int) -> None:
    takes = demand(used, NOW_H, hours)
    assert len(takes) == hours
    assert min(takes) >= 0


def test_a_steady_use_goes_on() -> None:
    assert demand(flat(7), NOW_H, 3) == pytest.approx([7, 7, 7])

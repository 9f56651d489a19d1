"""Waybill numbers: leased once per key, never to two at a time."""

from __future__ import annotations

import pytest

from devices.scanners.waybills import is_s10
from sync.client import HubClient
from sync.errors import Refused, Unacceptable, WaybillsExhausted
from sync.leases import give_back, lease
from sync.sandbox.server import HubOptions, running
from tests.sync.conftest import TOKEN


async def test_a_lease_gives_numbers_that_nobody_else_has(client: HubClient) -> None:
    one, other = await lease(client, "SF", 50, "key-1"), await lease(client, "SF", 50, "key-2")
    assert len(set(one.numbers) | set(other.numbers)) == 100
    assert one.carrier == "SF"
    assert one.expires_at.endswith("Z")


async def test_the_numbers_of_ems_are_postal_items_with_their_check_digit(client: HubClient) -> None:
    numbers = (await lease(client, "EMS", 500, "key")).numbers
    assert len(set(numbers)) == 500
    assert all(is_s10(number) for number in numbers)


async def test_the_same_key_gives_the_same_lease(client: HubClient) -> None:
    assert await lease(client, "YTO", 5, "key") == await lease(client, "YTO", 5, "key")


async def test_a_key_is_good_for_one_request(client: HubClient) -> None:
    await lease(client, "YTO", 5, "key")
    with pytest.raises(Unacceptable, match="another request"):
        await lease(client, "YTO", 6, "key")


async def test_numbers_given_back_are_leased_again_and_only_once(client: HubClient) -> None:
    first = await lease(client, "ZTO", 3, "key-1")
    for _ in range(2):
        await give_back(client, first.lease, first.numbers[1:])
    second, third = await lease(client, "ZTO", 3, "key-2"), await lease(client, "ZTO", 3, "key-3")
    assert set(first.numbers[1:]) < set(second.numbers)
    assert not set(second.numbers) & set(third.numbers)


async def test_a_late_return_does_not_take_numbers_from_their_new_lease(client: HubClient) -> None:
    first = await lease(client, "ZTO", 2, "key-1")
    await give_back(client, first.lease, first.numbers)
    second = await lease(client, "ZTO", 2, "key-2")
    await give_back(client, first.lease, first.numbers)
    third = await lease(client, "ZTO", 2, "key-3")
    assert not set(second.numbers) & set(third.numbers)


async def test_strange_returns_are_refused(client: HubClient) -> None:
    mine = await lease(client, "SF", 1, "key")
    with pytest.raises(Unacceptable, match="not of this lease"):
        await give_back(client, mine.lease, ["SF0"])
    with pytest.raises(Refused, match="no lease"):
        await give_back(client, "L9", ["SF0"])


@pytest.mark.parametrize("count", [0, 10_001, -1])
async def test_a_lease_has_one_to_ten_thousand_numbers(client: HubClient, count: int) -> None:
    with pytest.raises(Unacceptable, match="expected 1-10000"):
        await lease(client, "SF", count, "key")


async def test_an_empty_pool_says_so(options: HubOptions) -> None:
    small = HubOptions(data=options.data, token=TOKEN, waybill_stock=10)
    async with running(small) as hub, HubClient(hub.url, "WH1", TOKEN) as client:
        assert len((await lease(client, "SF", 8, "key-1")).numbers) == 8
        assert len((await lease(client, "SF", 8, "key-2")).numbers) == 2
        with pytest.raises(WaybillsExhausted):
            await lease(client, "SF", 8, "key-3")

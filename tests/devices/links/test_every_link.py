"""What every kind of link promises, on each kind: over a real socket, terminal or libusb's seam."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.errors import LinkLost, LinkTimeout, LinkUnreachable
from tests.devices.links.far_ends import FarEnd, FileEnd, SerialEnd, TcpEnd, UsbEnd, opened, say, take, until

KINDS: list[type[FarEnd]] = [TcpEnd, SerialEnd, FileEnd, UsbEnd]
MORE_THAN_ANY_BUFFER = 20_000_000


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
async def far(request: pytest.FixtureRequest) -> AsyncIterator[FarEnd]:
    with request.param() as end:
        yield end
        await end.link.close()


def not_a_byte() -> None:
    pytest.fail("not a byte may go out")


async def test_bytes_go_both_ways(far: FarEnd) -> None:
    link = await opened(far)
    assert link.is_open
    await link.write(b"ping", deadline_s=5)
    assert await take(far, 4) == b"ping"
    await say(far, b"pong")
    assert await link.read(deadline_s=5) == b"pong"


async def test_the_caller_learns_once_that_bytes_are_handed_over(far: FarEnd) -> None:
    link, handed = await opened(far), list[bool]()
    await link.write(bytes(3000), deadline_s=5, on_handed=lambda: handed.append(True))
    assert handed == [True]


async def test_silence_is_a_timeout_and_the_link_stays_open(far: FarEnd) -> None:
    link = await opened(far)
    with pytest.raises(LinkTimeout):
        await link.read(deadline_s=0.01)
    assert link.is_open
    await say(far, b"late")
    assert await link.read(deadline_s=5) == b"late"


async def test_no_time_at_all_is_a_timeout(far: FarEnd) -> None:
    link = await opened(far)
    with pytest.raises(LinkTimeout):
        await link.read(deadline_s=-1)


async def test_a_device_that_takes_no_more_is_a_timeout_and_the_loop_goes_on(far: FarEnd) -> None:
    link = await opened(far)
    writing = asyncio.create_task(link.write(bytes(MORE_THAN_ANY_BUFFER), deadline_s=0.3))
    turns = 0
    while not writing.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert isinstance(writing.exception(), LinkTimeout)
    assert turns > 10


async def test_a_job_longer_than_every_buffer_arrives_whole(far: FarEnd) -> None:
    link = await opened(far)
    job = bytes(range(256)) * 1200
    _, taken = await asyncio.gather(link.write(job, deadline_s=5), take(far, len(job)))
    assert taken == job


async def test_who_waits_for_bytes_learns_of_the_unplug(far: FarEnd) -> None:
    link = await opened(far)
    reading = asyncio.create_task(link.read(deadline_s=5))
    await asyncio.sleep(0)
    far.unplug()
    with pytest.raises(LinkLost):
        await reading
    assert not link.is_open


async def test_nothing_is_handed_to_a_device_that_is_gone(far: FarEnd) -> None:
    link = await opened(far)
    far.unplug()
    with pytest.raises(LinkLost):
        await link.read(deadline_s=5)
    with pytest.raises(LinkLost):
        await link.write(b"x", deadline_s=5, on_handed=not_a_byte)


async def test_who_writes_learns_of_the_unplug(far: FarEnd) -> None:
    link = await opened(far)
    writing = asyncio.create_task(link.write(bytes(MORE_THAN_ANY_BUFFER), deadline_s=5))
    await until(far.take)
    far.unplug()
    with pytest.raises(LinkLost):
        await writing


async def test_a_device_that_is_not_there_is_unreachable(far: FarEnd) -> None:
    far.unplug()
    with pytest.raises(LinkUnreachable, match=far.link.name):
        await far.link.open(connect_timeout_s=5)
    assert not far.link.is_open


async def test_opening_again_starts_afresh(far: FarEnd) -> None:
    link = await opened(far)
    await say(far, b"old")
    assert await link.read(deadline_s=5) == b"old"
    await opened(far)
    await link.write(b"new", deadline_s=5)
    assert await take(far, 3) == b"new"


async def test_a_closed_link_refuses_and_closes_again_without_harm(far: FarEnd) -> None:
    link = await opened(far)
    await link.close()
    await link.close()
    assert not link.is_open
    with pytest.raises(LinkLost):
        await link.read(deadline_s=5)
    with pytest.raises(LinkLost):
        await link.write(b"x", deadline_s=5, on_handed=not_a_byte)


async def test_bytes_that_come_as_the_reader_gives_up_are_kept(far: FarEnd) -> None:
    link = await opened(far)
    reading = asyncio.create_task(link.read(deadline_s=5))
    await asyncio.sleep(0.005)
    await say(far, b"kept")
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert await link.read(deadline_s=5) == b"kept"


async def test_a_slow_wire_has_a_speed_and_a_fast_one_too(far: FarEnd) -> None:
    assert far.link.bytes_per_s == (960 if isinstance(far, SerialEnd) else 1_000_000)


pieces = st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=6)


@pytest.mark.parametrize("kind", KINDS)
@given(out=pieces, back=pieces)
@settings(max_examples=15)
def test_any_bytes_in_any_pieces_arrive_whole_and_in_order(
    kind: type[FarEnd], out: list[bytes], back: list[bytes]
) -> None:
    assert asyncio.run(_exchange(kind, out, back)) == (b"".join(out), b"".join(back))


async def _exchange(kind: type[FarEnd], out: list[bytes], back: list[bytes]) -> tuple[bytes, bytes]:
    with kind() as far:
        link, heard = await opened(far), b""
        for piece in out:
            await link.write(piece, deadline_s=5)
        for piece in back:
            await say(far, piece)
        while len(heard) < sum(map(len, back)):
            heard += await link.read(deadline_s=5)
        taken = await take(far, sum(map(len, out)))
        await link.close()
        return taken, heard

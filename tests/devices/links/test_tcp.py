"""A link moves bytes or says what is wrong, and never hangs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from devices.errors import LinkLost, LinkTimeout, LinkUnreachable
from devices.links.tcp import TcpLink


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[TcpLink, socket.socket]]:
    """A link, and the far end of it as a plain socket that reads only when told to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = TcpLink("127.0.0.1", server.getsockname()[1])
        await link.open(connect_timeout_s=2)
        far, _ = server.accept()
        with far:
            yield link, far
            await link.close()


async def test_bytes_go_both_ways() -> None:
    async with connected() as (link, far):
        await link.write(b"ping", deadline_s=1)
        assert far.recv(4) == b"ping"
        far.sendall(b"pong")
        assert await link.read(deadline_s=1) == b"pong"


async def test_the_caller_learns_when_the_first_byte_is_handed_over() -> None:
    async with connected() as (link, _):
        handed: list[bool] = []
        await link.write(b"x", deadline_s=1, on_handed=lambda: handed.append(True))
        assert handed == [True]


async def test_a_port_where_nobody_listens_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(LinkUnreachable, match=str(port)):
        await TcpLink("127.0.0.1", port).open(connect_timeout_s=1)


async def test_silence_is_a_timeout_and_the_link_stays_open() -> None:
    async with connected() as (link, far):
        with pytest.raises(LinkTimeout):
            await link.read(deadline_s=0.01)
        far.sendall(b"late")
        assert await link.read(deadline_s=1) == b"late"


async def test_a_peer_that_takes_nothing_is_a_timeout() -> None:
    async with connected() as (link, _):
        with pytest.raises(LinkTimeout):
            await link.write(bytes(20_000_000), deadline_s=0.05)


async def test_after_a_hang_up_nothing_is_handed_over() -> None:
    async with connected() as (link, far):
        far.shutdown(socket.SHUT_RDWR)
        with pytest.raises(LinkLost, match="hung up"):
            await link.read(deadline_s=1)
        assert not link.is_open
        with pytest.raises(LinkLost):
            await link.write(b"x", deadline_s=1, on_handed=lambda: pytest.fail("not a byte may go out"))


async def test_opening_again_closes_the_first_connection() -> None:
    async with connected() as (link, far):
        await link.open(connect_timeout_s=1)
        assert await asyncio.get_running_loop().run_in_executor(None, far.recv, 1) == b""


async def test_a_closed_link_refuses_and_closes_again_without_harm() -> None:
    link = TcpLink("127.0.0.1", 9100)
    await link.close()
    with pytest.raises(LinkLost):
        await link.read(deadline_s=1)

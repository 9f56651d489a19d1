"""Operators are told by a real service over HTTP; one that fails is tried again and shown, and delays nobody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agent.bulletins import Bulletin
from agent.core import events as ev
from agent.core.floor import Entry
from agent.notify import Operators, is_known, service_of
from tests.sync.conftest import Asked, going

DOWN = Bulletin("hub", True, "hub channel http is open", "the hub answered 502")


class Webhook:
    """What Apprise's json:// posts to."""

    def __init__(self) -> None:
        self.got: list[dict[str, str]] = []
        self.arrived = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        self.got.append(json.loads(await reader.readexactly(length)))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()
        self.arrived.set()


@asynccontextmanager
async def webhook() -> AsyncIterator[tuple[str, Webhook]]:
    hook = Webhook()
    server = await asyncio.start_server(hook, "127.0.0.1", 0)
    async with server:
        yield f"json://127.0.0.1:{server.sockets[0].getsockname()[1]}/", hook


async def test_a_message_arrives_with_its_site_and_its_reason() -> None:
    async with webhook() as (url, hook):
        operators = Operators([url], "WH1")
        async with going(operators.run()):
            operators.tell(DOWN)
            await asyncio.wait_for(hook.arrived.wait(), 20)
    assert [(each["title"], each["message"]) for each in hook.got] == [
        ("floorhand WH1: hub channel http is open", "the hub answered 502")
    ]
    assert operators.faults == ()


async def test_a_service_that_fails_is_tried_again_then_shown_without_its_url() -> None:
    asked = Asked()
    tries: list[str] = []

    def refuse(url: str, title: str, text: str) -> bool:
        tries.append(url)
        if len(tries) == 2:
            raise RuntimeError(url)
        return False

    operators = Operators(["dingtalk://secret"], "WH1", send=refuse, sleep=asked.sleep)
    async with going(operators.run()):
        operators.tell(DOWN)
        async with asyncio.timeout(10):
            while not operators.faults:  # noqa: ASYNC110  # it is a plain attribute
                await asyncio.sleep(0.01)
    assert (len(tries), asked.delays_s) == (4, [1.0, 5.0, 20.0])
    assert operators.faults == ("dingtalk takes no messages",)


async def test_nobody_to_tell_is_no_work() -> None:
    operators = Operators([], "WH1")
    async with going(operators.run()):
        operators.tell(DOWN)
        await asyncio.sleep(0)


async def test_many_exceptions_of_one_kind_are_one_matter() -> None:
    told: list[str] = []

    def send(url: str, title: str, text: str) -> bool:
        told.append(text)
        return True

    operators = Operators(["json://x"], "WH1", send=send)
    opened = [
        ev.ExceptionOpened(
            f"waybills-exhausted:SO-{n}", "waybills-exhausted", f"SO-{n}", f"no number for SO-{n}"
        )
        for n in range(9)
    ]
    quiet = ev.ExceptionOpened("short:SO-1", "short", "SO-1", "a screen will do")
    async with going(operators.run()):
        operators.follow([Entry(n, 0, n, event) for n, event in enumerate([*opened, quiet], 1)])
        async with asyncio.timeout(10):
            while not told:  # noqa: ASYNC110  # it is a plain list
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
    assert told == ["no number for SO-0"]


def test_a_url_that_no_service_knows_is_told_from_one_that_is() -> None:
    assert is_known("json://127.0.0.1/")
    assert not is_known("telepathy://supervisor")
    assert service_of("dingtalk://token@key") == "dingtalk"

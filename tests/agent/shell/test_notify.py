"""Operators are told by a real service over HTTP; one that fails is tried again and shown, and delays nobody."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from agent.bulletins import Bulletin
from agent.notify import Operators, send_by_process, service_of
from agent.notify_messages import Delivery
from tests.sync.conftest import Asked, going

DOWN = Bulletin("hub", True, "hub channel http is open", "the hub answered 502")
UP = Bulletin("hub", False, "hub channel http is back", "the hub is reached by http")


class Post:
    """What would be delivered; each is answered with the next of `faults`, else taken."""

    def __init__(self, *faults: str) -> None:
        self.got: asyncio.Queue[Delivery] = asyncio.Queue()
        self._faults = list(faults)

    async def __call__(self, delivery: Delivery) -> str:
        if not delivery.text:
            return ""
        self.got.put_nowait(delivery)
        return self._faults.pop(0) if self._faults else ""

    async def texts(self, count: int) -> list[str]:
        async with asyncio.timeout(10):
            return [(await self.got.get()).text for _ in range(count)]


class Webhook:
    """What Apprise's json:// posts to."""

    def __init__(self, status: int) -> None:
        self.status = status
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
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % self.status)
        await writer.drain()
        writer.close()
        self.arrived.set()


@asynccontextmanager
async def webhook(status: int = 200) -> AsyncIterator[tuple[str, Webhook]]:
    hook = Webhook(status)
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
    asked, post = Asked(), Post(*["it answered 500"] * 4, "")
    operators = Operators(["dingtalk://a-secret-token"], "WH1", send=post, sleep=asked.sleep)
    async with going(operators.run()):
        operators.tell(DOWN)
        await post.texts(4)
        await asked.until(3)
        assert asked.delays_s == [1.0, 5.0, 20.0]
        assert operators.faults == ("dingtalk takes no messages: it answered 500",)
        operators.tell(UP)
        assert await post.texts(1) == [UP.text]
        await asyncio.sleep(0)
        assert not operators.faults


async def test_a_service_that_hangs_delays_no_other() -> None:
    post = Post()

    async def send(delivery: Delivery) -> str:
        if delivery.url.startswith("wecombot:"):
            await asyncio.Event().wait()
        return await post(delivery)

    operators = Operators(["wecombot://a-secret-key", "dingtalk://a-secret-token"], "WH1", send=send)
    async with going(operators.run()):
        operators.tell(DOWN)
        operators.tell(UP)
        assert await post.texts(2) == [DOWN.text, UP.text]


async def test_a_service_that_takes_nothing_for_long_gets_the_latest() -> None:
    hanging, post = asyncio.Event(), Post()

    async def send(delivery: Delivery) -> str:
        await hanging.wait()
        return await post(delivery)

    operators = Operators(["dingtalk://a-secret-token"], "WH1", send=send)
    async with going(operators.run()):
        for n in range(300):
            operators.tell(Bulletin(f"matter {n}", True, "t", f"text {n}"))
            await asyncio.sleep(0)
        hanging.set()
        assert (await post.texts(200))[-1] == "text 299"


async def test_nobody_to_tell_is_no_work() -> None:
    operators = Operators([], "WH1")
    async with going(operators.run()):
        operators.tell(DOWN)
        await asyncio.sleep(0)


# --- the process that delivers --------------------------------------------------------------------------------


async def test_a_service_that_refuses_is_quoted_without_its_secrets() -> None:
    async with webhook(500) as (url, _):
        fault = await send_by_process(Delivery(f"{url}a-secret-path?+X-Token=a-secret-header", "t", "x"))
    assert "500" in fault
    assert "secret" not in fault


async def test_a_service_that_cannot_be_reached_is_a_fault_in_words() -> None:
    fault = await send_by_process(Delivery("json://user:a-secret-word@127.0.0.1:9/", "t", "x"))
    assert "JSON" in fault
    assert "secret" not in fault


async def test_a_service_that_never_answers_is_ended_with_its_process() -> None:
    ended = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65_536):
            continue
        writer.close()
        ended.set()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with asyncio.timeout(20), server:
        url = f"json://127.0.0.1:{server.sockets[0].getsockname()[1]}/?rto=60"
        assert await send_by_process(Delivery(url, "t", "x"), within_s=3.0) == "no answer in 3 s"
        await ended.wait()


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("json://127.0.0.1/", ""),
        ("dingtalk://0123456789abcdef", ""),
        ("dingtalk://", "cannot be read by Apprise: it is written dingtalk://{token}/"),
        ("telepathy://a-secret-token", "'telepathy' is no service that Apprise knows"),
        ("json://127.0.0.1/?verify=no", "verify=no: certificates are always verified"),
        ("jsons://user:a-secret-word@[::1", "cannot be read by Apprise"),
        ("", "'' is no service that Apprise knows"),
    ],
)
async def test_a_url_that_cannot_be_used_is_refused_without_quoting_it(url: str, fault: str) -> None:
    said = await send_by_process(Delivery(url))
    assert said.startswith(fault)
    assert bool(said) is bool(fault)
    assert "secret" not in said


def test_of_a_url_only_the_kind_of_service_is_said() -> None:
    assert service_of("dingtalk://token@key") == "dingtalk"
    assert service_of("http://[::1") == "notify"


async def test_a_url_that_cannot_be_used_is_shown_before_it_is_needed() -> None:
    looked = asyncio.Event()

    async def send(delivery: Delivery) -> str:
        looked.set()
        return "is no service" if not delivery.text else ""

    operators = Operators(["telepathy://x"], "WH1", send=send)
    async with going(operators.run()):
        await looked.wait()
        await asyncio.sleep(0)
        assert operators.faults == ("telepathy takes no messages: is no service",)


def test_the_agent_does_not_load_what_tells_operators() -> None:
    program = "import agent.service, sys, json; print(json.dumps([m in sys.modules for m in ('apprise', 'requests')]))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=60).stdout
    assert msgspec.json.decode(said) == [False, False]

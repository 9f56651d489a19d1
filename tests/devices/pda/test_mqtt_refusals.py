"""What a broker may refuse or fail to do, from a scripted broker that answers byte by byte."""

import asyncio
import os
import shlex
import signal
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from devices.broker import EmbeddedBroker
from devices.mqtt import Message, MqttLink, PublishError
from tests.devices.pda.task_desk import end

NOT_AUTHORIZED = 0x87
SELF_SIGNED = """openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 2
 -keyout key.pem -out cert.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost"""


class ScriptedBroker:
    """Speaks just enough MQTT 5 to say no. Only packets below 128 bytes are sent to it."""

    def __init__(self, *, connack: int = 0, suback: int = 1, puback: int | None = 0, room: int = 100) -> None:
        self.connack, self.suback, self.puback, self.room = connack, suback, puback, room
        self.publications: asyncio.Queue[bytes] = asyncio.Queue()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                kind, length = await reader.readexactly(2)
                body = await reader.readexactly(length)
                writer.write(self._answer(kind >> 4, body))
        except asyncio.IncompleteReadError:
            writer.close()

    def _answer(self, kind: int, body: bytes) -> bytes:
        if kind == 1:  # CONNECT → CONNACK with Receive Maximum
            return bytes([0x20, 6, 0, self.connack, 3, 0x21, 0, self.room])
        if kind == 8:  # SUBSCRIBE → SUBACK
            return bytes([0x90, 4, *body[:2], 0, self.suback])
        if kind == 3:  # PUBLISH → PUBACK
            self.publications.put_nowait(body)
            topic_end = 2 + int.from_bytes(body[:2])
            return (
                b""
                if self.puback is None
                else bytes([0x40, 3, *body[topic_end : topic_end + 2], self.puback])
            )
        return b""


@asynccontextmanager
async def talking_to(
    script: ScriptedBroker, **settings: Any
) -> AsyncIterator[tuple[MqttLink, asyncio.Queue[str]]]:
    """A link to the scripted broker, and why it was unconnected ("": it is connected)."""
    reasons: asyncio.Queue[str] = asyncio.Queue()
    server = await asyncio.start_server(script.serve, "127.0.0.1")
    url = f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    link = MqttLink(url, client_id="c", on_state=lambda _up, why: reasons.put_nowait(why), **settings)
    task = asyncio.create_task(link.run(nothing, nothing))
    try:
        yield link, reasons
    finally:
        await end(task)
        server.close()
        await server.wait_closed()


async def nothing(_: Message | bool) -> None:
    return


async def test_a_refused_connection_says_why() -> None:
    async with talking_to(ScriptedBroker(connack=NOT_AUTHORIZED)) as (_, reasons):
        assert await asyncio.wait_for(reasons.get(), 10) == "refused: Not authorized"


async def test_a_refused_subscription_is_no_connection() -> None:
    async with talking_to(ScriptedBroker(suback=NOT_AUTHORIZED), subscriptions=["a/#"]) as (link, reasons):
        assert await asyncio.wait_for(reasons.get(), 10) == "subscription refused, a/#: Not authorized"
        assert not link.connected


async def test_a_refused_publication_is_an_error_of_its_publisher() -> None:
    async with talking_to(ScriptedBroker(puback=NOT_AUTHORIZED)) as (link, _):
        with pytest.raises(PublishError, match="Not authorized"):
            await asyncio.wait_for(link.publish("a", b""), 10)


async def test_no_more_is_in_flight_than_the_broker_allows() -> None:
    script = ScriptedBroker(puback=None, room=3)
    async with talking_to(script) as (link, reasons):
        assert await asyncio.wait_for(reasons.get(), 10) == ""
        sending = [asyncio.create_task(link.publish("a", b"")) for _ in range(10)]
        async with asyncio.timeout(10):
            for _ in range(3):
                await script.publications.get()
        await asyncio.sleep(0.02)  # a fourth would be here by now
        assert script.publications.empty()
        await end(*sending)


async def test_a_broker_that_hangs_is_given_up() -> None:
    states: asyncio.Queue[bool] = asyncio.Queue()
    with EmbeddedBroker(durable=False) as broker:
        link = MqttLink(
            broker.url, client_id="c", keepalive_s=1, on_state=lambda up, _: states.put_nowait(up)
        )
        task = asyncio.create_task(link.run(nothing, nothing))
        assert await asyncio.wait_for(states.get(), 10) is True
        os.kill(broker.pid or 0, signal.SIGSTOP)
        assert await asyncio.wait_for(states.get(), 10) is False
        await end(task)
        broker.stop(kill=True)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-made certificate for localhost, key beside it, as `cert.pem` and `key.pem`."""
    try:
        subprocess.run(
            shlex.split(SELF_SIGNED),
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    return tmp_path / "cert.pem"


@pytest.mark.parametrize("trusted", [True, False])
async def test_tls_needs_a_certificate_that_is_trusted(certificate: Path, trusted: bool) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    server = await asyncio.start_server(ScriptedBroker().serve, "localhost", ssl=context)
    reasons: asyncio.Queue[str] = asyncio.Queue()
    link = MqttLink(
        f"mqtts://localhost:{server.sockets[0].getsockname()[1]}",
        client_id="c",
        ca_file=certificate if trusted else None,
        on_state=lambda _up, why: reasons.put_nowait(why),
    )
    task = asyncio.create_task(link.run(nothing, nothing))
    reason = await asyncio.wait_for(reasons.get(), 10)
    if trusted:
        assert reason == ""
        await asyncio.wait_for(link.publish("a", b""), 10)
    else:
        assert "certificate verify failed" in reason
    await end(task)
    server.close()

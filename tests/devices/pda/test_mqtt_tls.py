"""The broker is verified over mqtts, and renewed files are taken by the next connection."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from devices.broker import EmbeddedBroker
from devices.mqtt import MqttLink
from tests.devices.pda.conftest import Connect
from tests.sync.certificates import Authority, showing, tls_front


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


async def why_not(url: str, ca_file: Path | None) -> str:
    """The reason that a link gives for having no connection."""
    reason: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def told(connected: bool, why: str) -> None:
        if not reason.done():
            reason.set_result("connected" if connected else why)

    async def ignore(_: object) -> None:
        return None

    link = MqttLink(url, client_id="tls", ca_file=ca_file, on_state=told)
    running = asyncio.create_task(link.run(ignore, ignore))
    try:
        async with asyncio.timeout(10):
            return await reason
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def mqtts(url: str) -> str:
    return url.replace("https://", "mqtts://")


async def test_a_broker_of_the_private_authority_is_taken(
    broker: EmbeddedBroker, connect: Connect, ours: Authority
) -> None:
    async with (
        tls_front(broker.port, showing(ours.ca.issue_cert("localhost"))) as url,
        connect(mqtts(url), client_id="tls-r", subscriptions=["tls/#"], ca_file=ours.ca_file) as reader,
    ):
        await reader.link.publish("tls/a", b"sealed")
        assert await reader.receive() == [b"sealed"]


PAST = datetime.now(UTC) - timedelta(days=1)


@pytest.mark.parametrize(
    ("authority", "issue", "why"),
    [
        ("other", {}, "certificate verify failed"),
        ("ours", {"name": "broker.example"}, "Hostname mismatch"),
        ("ours", {"not_before": PAST - timedelta(days=9), "not_after": PAST}, "certificate has expired"),
    ],
)
async def test_whom_the_site_does_not_trust_gets_no_word(
    broker: EmbeddedBroker, ours: Authority, tmp_path: Path, authority: str, issue: dict[str, Any], why: str
) -> None:
    issuer = ours if authority == "ours" else Authority(tmp_path, "other")
    issued = issuer.ca.issue_cert(issue.pop("name", "localhost"), **issue)
    async with tls_front(broker.port, showing(issued)) as url:
        assert why in await why_not(mqtts(url), ours.ca_file)


async def test_a_broker_in_the_clear_where_mqtts_is_wanted_is_refused(
    broker: EmbeddedBroker, ours: Authority
) -> None:
    assert await why_not(f"mqtts://localhost:{broker.port}", ours.ca_file) != "connected"


async def test_certificate_and_password_are_read_for_each_connection(
    broker: EmbeddedBroker, connect: Connect, ours: Authority, tmp_path: Path
) -> None:
    stranger, site = Authority(tmp_path, "stranger"), ours.site()
    assert site.cert_file
    assert site.key_file
    wanting = showing(ours.ca.issue_cert("localhost"), clients_of=ours)
    asked: asyncio.Queue[None] = asyncio.Queue()

    def password() -> str:
        asked.put_nowait(None)
        return "secret"

    files = {"ca_file": site.ca_file, "cert_file": site.cert_file, "key_file": site.key_file}
    async with (
        asyncio.timeout(10),
        tls_front(broker.port, wanting) as url,
        connect(mqtts(url), client_id="tls-c", username="pda", password=password, **files) as peer,
    ):
        await asked.get()
        stranger.write_site(site.cert_file, site.key_file)
        peer.link.cut()
        await asked.get()  # a handshake later
        assert peer.sessions.empty()
        ours.write_site(site.cert_file, site.key_file)
        await peer.until_connected()

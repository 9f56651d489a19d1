"""The embedded broker: there when `start` returns, gone with its owner, back with what it had stored."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from devices.broker import BrokerError, BrokerName, EmbeddedBroker, available
from tests.devices.pda.conftest import Connect

OWNER = """
import os, sys
from devices.broker import EmbeddedBroker
broker = EmbeddedBroker(sys.argv[1])
broker.start()
print(broker.pid, flush=True)
os.kill(os.getpid(), 9)
"""


def gone(pid: int) -> bool:
    """Not there any more, or waiting as a zombie for a parent that does not ask."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("kind", available())
def test_a_killed_owner_leaves_no_broker_behind(kind: BrokerName) -> None:
    owner = subprocess.run([sys.executable, "-c", OWNER, kind], capture_output=True, text=True, check=False)
    pid = int(owner.stdout)
    deadline = time.monotonic() + 5
    while not gone(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert gone(pid)


@pytest.mark.parametrize("kind", available())
def test_a_stopped_broker_starts_again_on_the_same_address(kind: BrokerName) -> None:
    with EmbeddedBroker(kind) as broker:
        first, pid = broker.url, broker.pid
        broker.stop()
        broker.start()
        assert broker.url == first
        assert broker.pid != pid


async def test_a_killed_mosquitto_keeps_what_was_retained(connect: Connect) -> None:
    if "mosquitto" not in available():
        pytest.skip("mosquitto is not installed")
    with EmbeddedBroker("mosquitto", durable=True) as broker:
        async with connect(broker.url, client_id="w") as writer:
            await writer.link.publish("a", b"task", retain=True)
            await writer.link.publish("b", b"later", retain=True)  # by now the first one is on disk
        broker.stop(kill=True)
        broker.start()
        async with connect(broker.url, client_id="r", subscriptions=["a"]) as reader:
            assert await reader.receive() == [b"task"]


def test_it_listens_on_loopback_alone() -> None:
    with EmbeddedBroker() as broker:
        sockets = Path("/proc/net/tcp").read_text().splitlines()[1:]
        listening = [line.split()[1] for line in sockets if line.split()[3] == "0A"]
        assert [address for address in listening if address.endswith(f":{broker.port:04X}")] == [
            f"0100007F:{broker.port:04X}"
        ]


def test_a_broker_that_cannot_start_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "mosquitto"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(BrokerError, match="ended with code 3"):
        EmbeddedBroker("mosquitto").start(attempts=2)

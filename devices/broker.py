"""An MQTT broker for the demo and the tests, started on a free loopback port and gone with its owner.

mosquitto is used where it is installed: it keeps sessions, retained and queued messages on disk, so a stopped
(or killed) broker comes back with them. Elsewhere PyPI's `iotcore` (rumqttd in a wheel) does the work in
memory. A real floor runs its own broker with passwords and access lists; this one has neither and listens on
127.0.0.1 alone.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Literal, Self

from devices.errors import DeviceError

BrokerName = Literal["mosquitto", "iotcore"]

# The broker's process asks the kernel to be killed when the thread that started it ends (PR_SET_PDEATHSIG,
# which survives exec), so a crashed owner leaves none behind. Done after fork and exec rather than in a
# preexec_fn, which may deadlock when the owner has threads; an owner that died meanwhile shows in getppid.
_TIED_TO_OWNER = """
import ctypes, os, signal, sys
PR_SET_PDEATHSIG = 1
ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""

_IOTCORE_PROCESS = "import sys; from iotcore import IotCoreBroker; IotCoreBroker(sys.argv[1]).run_forever()"

# Queues have no limit: an offline PDA's messages wait.
_MOSQUITTO_CONF = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_interval {every_n_changes}
autosave_on_changes true
max_inflight_messages {inflight}
max_queued_messages 0
set_tcp_nodelay true
sys_interval 0
log_type error
log_type warning
log_dest stderr
{user}
"""

_IOTCORE_CONF = """\
id = 0
[router]
id = 0
max_connections = 10010
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10
[v5.1]
name = "floor"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
    [v5.1.connections]
    connection_timeout_ms = 60000
    max_payload_size = 1048576
    max_inflight_count = {inflight}
    dynamic_filters = true
"""

_INFLIGHT = 1000
_CONNECT = bytes.fromhex("10 0f 0004 4d515454 05 02 000a 00 0002 7570")  # MQTT 5, clean start, client id "up"


class BrokerError(DeviceError):
    """The broker's process ended or did not answer in time."""


class EmbeddedBroker:
    """A broker process; `with EmbeddedBroker() as broker: … broker.url`.

    `start` blocks (about 0.1 s) until the broker answers, and must be called from a thread that lives as long
    as the broker should: in practice the main thread. `stop` and `start` again keep port and stored messages.
    """

    def __init__(self, kind: BrokerName | None = None, *, durable: bool = True) -> None:
        """`kind` None: mosquitto when installed, else iotcore.

        `durable`: mosquitto writes its store at every change, so that a killed broker comes back with what it
        had accepted; that costs most of its speed. Otherwise it writes when it is stopped.
        """
        self.name: BrokerName = kind or available()[0]
        self._durable = durable
        self.port = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect, in the form that the configuration uses."""
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The broker's process while it runs."""
        return self._process.pid if self._process else None

    def start(self, *, attempts: int = 5, timeout_s: float = 10.0) -> None:
        """Start, and wait until the broker answers; a port may be taken between choosing and using it."""
        if self._process is not None:
            return
        self._folder = self._folder or tempfile.TemporaryDirectory(prefix="floorhand-broker-")
        for attempt in range(1, attempts + 1):
            port = self.port or _free_port()
            self._process = _spawn(self._command(Path(self._folder.name), port), self._folder.name)
            try:
                _wait_until_it_answers(self._process, port, timeout_s)
            except BrokerError:
                self.stop(kill=True)
                if attempt == attempts:
                    self.close()
                    raise
            else:
                self.port = port
                return

    def stop(self, *, kill: bool = False) -> None:
        """End the process; `kill` gives it no time to save, as a power cut would."""
        process, self._process = self._process, None
        if process is None:
            return
        if not kill:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):  # what does not end in time is killed below
                process.wait(5.0)
        process.kill()
        process.wait()

    def _command(self, folder: Path, port: int) -> list[str]:
        if self.name == "iotcore":
            config = folder / "rumqttd.toml"
            config.write_text(_IOTCORE_CONF.format(port=port, inflight=_INFLIGHT))
            return [sys.executable, "-c", _IOTCORE_PROCESS, str(config)]
        text = _MOSQUITTO_CONF.format(
            port=port,
            folder=folder,
            inflight=_INFLIGHT,
            every_n_changes=1 if self._durable else 0,
            # started as root it becomes a user that cannot write the folder, unless told otherwise
            user="user root" if os.geteuid() == 0 else "",
        )
        config = folder / "mosquitto.conf"
        config.write_text(text)
        return [_mosquitto() or "mosquitto", "-c", str(config)]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop for good: what was stored is deleted."""
        self.stop()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def available() -> list[BrokerName]:
    """The brokers that can be started on this machine, the preferred one first."""
    found: list[BrokerName] = []
    if _mosquitto() is not None:
        found.append("mosquitto")
    if importlib.util.find_spec("iotcore") is not None:
        found.append("iotcore")
    if not found:
        raise BrokerError("neither mosquitto nor the Python package iotcore is installed")
    return found


def _mosquitto() -> str | None:
    return shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tied_to_this_process(command: list[str]) -> list[str]:
    """The command line that runs `command` (its program as a full path) and ends when this process does."""
    return [sys.executable, "-I", "-S", "-c", _TIED_TO_OWNER, str(os.getpid()), *command]


def _spawn(command: list[str], folder: str) -> subprocess.Popen[bytes]:
    with (Path(folder) / "broker.log").open("ab") as log:
        return subprocess.Popen(
            tied_to_this_process(command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while not _answers(port):
        if process.poll() is not None:
            raise BrokerError(f"the broker ended with code {process.returncode}")
        if time.monotonic() > deadline:
            raise BrokerError(f"the broker did not answer within {timeout_s:g} s")
        time.sleep(0.01)


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.5) as probe:
        probe.sendall(_CONNECT)
        return probe.recv(1) == b"\x20"
    return False

"""A store with a real roster, a broker, and printers' drivers that wait shorter than on a floor."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from agent import spool
from agent.config import Printer
from devices.broker import EmbeddedBroker
from devices.printers.printer import EscposPrinter, Timeouts
from devices.labels.label import Media

SHORT = Timeouts(
    connect_s=0.5, probe_s=0.5, status_s=0.5, write_s=2.0, confirm_s=3.0, poll_s=0.05, grace_s=0.2, hold_s=0.1
)


def impatient_driver(printer: Printer) -> EscposPrinter:
    """The real driver with short waits."""
    port = urlsplit(printer.url).port or 0
    media = Media(printer.media.width_mm, printer.media.height_mm, printer.media.dpi, printer.media.gap)
    return EscposPrinter("127.0.0.1", port, media, confirm=printer.confirm, timeouts=SHORT)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Idle checks and retries of printers come quickly."""
    monkeypatch.setattr(spool, "driver_of", impatient_driver)
    monkeypatch.setattr(spool, "IDLE_CHECK_S", 0.1)
    monkeypatch.setattr(spool, "RETRY_S", 0.05)


@pytest.fixture(scope="session")
def broker() -> Iterator[EmbeddedBroker]:
    """One broker for all tests that leave it running; their PDAs and sites are their own."""
    with EmbeddedBroker(durable=False) as running:
        yield running


@pytest.fixture
def site() -> str:
    """Its own topics at the shared broker."""
    return f"S{uuid.uuid4().hex[:12]}"


@pytest.fixture
def free_port() -> int:
    """On the loopback, and nobody's a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

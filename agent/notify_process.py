"""Delivers one message to operators: `python -m agent.notify_process`, a Delivery on stdin, an Answer on stdout.

Apprise and all that it imports live here and nowhere else.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import apprise
import msgspec
from apprise.manager_plugins import NotificationManager

from agent.logs import keep_secret_url, redacted
from agent.notify_messages import Answer, Delivery

_apprise_log = logging.getLogger("apprise")
_apprise_log.propagate = False  # it quotes URLs


def deliver(delivery: Delivery) -> str:
    """Hand it to the service; why that failed, without secrets, else empty."""
    fault = url_fault(delivery.url)
    if fault or not delivery.text:
        return fault
    said = _LastWarning()
    _apprise_log.addHandler(said)
    if _service(delivery.url).notify(
        delivery.text, title=delivery.title, notify_type=apprise.NotifyType.WARNING
    ):
        return ""
    return redacted(said.text or "the service did not take it")


def url_fault(url: str) -> str:
    """Why this is no service that may be used; the URL is not quoted, for it holds secrets."""
    keep_secret_url(url)
    service = _service(url)
    if service is not None:
        return "" if service.verify_certificate else "verify=no: certificates are always verified"
    scheme, known = url.partition(":")[0], NotificationManager()  # type: ignore[no-untyped-call]  # untyped in Apprise
    if scheme not in known:
        return f"{scheme[:20]!r} is no service that Apprise knows"
    shapes = [each.replace("{schema}", scheme) for each in known[scheme].templates[:2]]
    return f"cannot be read by Apprise: it is written {' or '.join(shapes)}"


def _service(url: str) -> Any:
    return apprise.Apprise.instantiate(url)


class _LastWarning(logging.Handler):
    """Apprise says in its log why something failed, and nowhere else."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text = record.getMessage()


if __name__ == "__main__":
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Delivery)
    sys.stdout.buffer.write(msgspec.json.encode(Answer(deliver(asked))))

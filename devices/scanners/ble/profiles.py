"""What a family of Bluetooth scanners looks like: where codes come from, where answers go, how it frames."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from devices.scanners.framing.framer import FramingName

#: How a site asks BlueZ for notifications: by signal, or through a socket of their own (`bluez.use_start_notify`).
NotifyMode = Literal["start", "acquire"]

_SHORT = re.compile(r"[0-9a-fA-F]{4}")
_LONG = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def uuid_of(text: str) -> str:
    """A UUID as BlueZ writes it; 16-bit ones by their four digits. Raises ValueError."""
    if _SHORT.fullmatch(text):
        return f"0000{text.lower()}-0000-1000-8000-00805f9b34fb"
    if not _LONG.fullmatch(text):
        raise ValueError(f"not a UUID (four hex digits, or 8-4-4-4-12): {text!r}")
    return text.lower()


@dataclass(frozen=True, slots=True)
class Profile:
    """One family. UUIDs are long and lower-case.

    `names`: prefixes of the names it advertises; empty: names tell nothing. `advertised`: services that it advertises
    beside `service`. `write` None: it cannot be told anything.
    """

    id: str
    service: str
    notify: str
    write: str | None = None
    names: tuple[str, ...] = ()
    advertised: tuple[str, ...] = ()
    framing: FramingName = "line"
    notify_mode: NotifyMode = "start"
    write_response: bool = False

    def is_advertised(self, name: str | None, services: Iterable[str]) -> bool:
        """May a device that advertises this be one of the family?"""
        offered = {service.lower() for service in services}
        if offered & {self.service, *self.advertised}:
            return True
        return name is not None and any(name.startswith(prefix) for prefix in self.names)

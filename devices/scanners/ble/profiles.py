"""What a family of Bluetooth scanners looks like: where codes come from, where answers go, how it frames."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
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

    def is_offered(self, services: Mapping[str, Collection[str]]) -> bool:
        """Does a device whose services have these characteristics (UUIDs) speak it?"""
        return self.notify in services.get(self.service, ())


#: The families that are known, in the order in which an unknown scanner is probed: the surest signs first. Many cheap
#: modules offer FFF0 and FF00 for something else beside their data service.
PROFILES: tuple[Profile, ...] = (
    # Nordic's UART service, which Newland scanners speak (YoungLee3000/BLECommonService, UUIDManager.java).
    Profile(
        id="nus",
        service="6e400001-b5a3-f393-e0a9-e50e24dcca9e",
        notify="6e400003-b5a3-f393-e0a9-e50e24dcca9e",
        write="6e400002-b5a3-f393-e0a9-e50e24dcca9e",
    ),
    # Eyoyo EY-015P and its twins: they advertise FEE7; FEC9 holds what never changes; nothing can be written
    # (HCI captures of the Home Assistant community; esp32-ble2mqtt #80 has the same UUIDs).
    Profile(id="feea", service=uuid_of("feea"), notify=uuid_of("2aa1"), advertised=(uuid_of("fee7"),)),
    # HM-10 and its twins: one characteristic for both ways (ble-serial, constants.py).
    Profile(id="ffe0", service=uuid_of("ffe0"), notify=uuid_of("ffe1"), write=uuid_of("ffe1")),
    Profile(id="fff0", service=uuid_of("fff0"), notify=uuid_of("fff1"), write=uuid_of("fff2")),
    # Inateck BCST: writes are taken at FF04, without a response (docs.inateck.com).
    Profile(id="ff00", service=uuid_of("ff00"), notify=uuid_of("ff01"), write=uuid_of("ff04")),
)


def profile_named(id_: str, profiles: Sequence[Profile] = PROFILES) -> Profile:
    """The profile of that id, the first where a site's own has a known one's name. Raises ValueError."""
    for profile in profiles:
        if profile.id == id_:
            return profile
    known = ", ".join(dict.fromkeys(profile.id for profile in profiles))
    raise ValueError(f"no Bluetooth profile {id_!r} (there are: {known})")


def profile_advertised(
    name: str | None, services: Collection[str], profiles: Sequence[Profile] = PROFILES
) -> Profile | None:
    """Which family a device that advertises this seems to be; None: it does not say."""
    return next((profile for profile in profiles if profile.is_advertised(name, services)), None)


def profile_offered(
    services: Mapping[str, Collection[str]], profiles: Sequence[Profile] = PROFILES
) -> Profile | None:
    """Which family a device with these services and characteristics (UUIDs) is: the first that fits."""
    return next((profile for profile in profiles if profile.is_offered(services)), None)

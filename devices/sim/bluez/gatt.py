"""What a handset offers over the air: services with characteristics."""

from __future__ import annotations

from dataclasses import dataclass

from devices.scanners.ble.profiles import Profile, uuid_of

BATTERY_SERVICE, BATTERY_LEVEL = uuid_of("180f"), uuid_of("2a19")
_DEVICE_INFORMATION, MANUFACTURER_NAME = uuid_of("180a"), uuid_of("2a29")


@dataclass(frozen=True, slots=True)
class Characteristic:
    """`flags` as BlueZ names them."""

    uuid: str
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """A primary service."""

    uuid: str
    characteristics: tuple[Characteristic, ...]


def services_of(profile: Profile, *, battery: bool) -> tuple[Service, ...]:
    """What a scanner of this family offers. Its codes can also be read, as real ones allow, which is a trap."""
    flags: dict[str, tuple[str, ...]] = {profile.notify: ("read", "notify")}
    if profile.write is not None:
        writes = ("write-without-response", "write")
        flags[profile.write] = (*flags.get(profile.write, ()), *writes)
    scanning = Service(profile.service, tuple(Characteristic(uuid, flags) for uuid, flags in flags.items()))
    information = Service(_DEVICE_INFORMATION, (Characteristic(MANUFACTURER_NAME, ("read",)),))
    level = Service(BATTERY_SERVICE, (Characteristic(BATTERY_LEVEL, ("read", "notify")),))
    return (scanning, information, level) if battery else (scanning, information)

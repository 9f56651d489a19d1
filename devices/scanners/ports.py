"""Serial ports that are there, by names that stay the same whatever port they are plugged into."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

BY_ID = Path(
    "/dev/serial/by-id"
)  # udev, 60-serial.rules: one link per device, with maker, model and serial number


@dataclass(frozen=True, slots=True)
class Port:
    """A stable name, what it says of the device, and the node that it leads to now ("ttyACM0")."""

    path: Path
    name: str
    node: str

    @property
    def url(self) -> str:
        """For `[[scanners]]`."""
        return f"serial://{self.path}"


def serial_ports(folder: Path = BY_ID) -> list[Port]:
    """By name; none where udev has made no links, because nothing is plugged in or there is no udev."""
    links = sorted(folder.iterdir()) if folder.is_dir() else []
    return [Port(link, _in_words(link.name), link.resolve().name) for link in links]


def _in_words(name: str) -> str:
    """usb-Zebra_DS2208_1234-if00 → Zebra DS2208 1234."""
    return name.removeprefix("usb-").partition("-if")[0].partition("-port")[0].replace("_", " ")

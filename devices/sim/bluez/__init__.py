"""A fake BlueZ on a private D-Bus, with simulated hand scanners in the air: what bluetoothd is to a machine's radio.

bus.py             a private dbus-daemon, for DBUS_SYSTEM_BUS_ADDRESS
bluez.py           the service `org.bluez`: its life, its adapters, and calls to what they own
tree.py            objects on the bus: their properties, their signals, who answers which call
adapter.py         Adapter1: discovery, slots, one connect at a time
device.py          Device1: connecting, resolving, losing the link
characteristic.py  GattService1 and GattCharacteristic1: reads, writes, notifications
handset.py         a hand scanner: its trigger, its memory, what it hears
gatt.py            what a handset offers
faults.py          what goes wrong between it and us
"""

from __future__ import annotations

from devices.sim.bluez.adapter import Adapter, Timing
from devices.sim.bluez.bluez import FakeBluez, adapters
from devices.sim.bluez.bus import PrivateBus, private_bus
from devices.sim.bluez.faults import Faults
from devices.sim.bluez.handset import BleHandset, HandsetScan
from devices.sim.bluez.weather import weather

__all__ = [
    "Adapter", "BleHandset", "FakeBluez", "Faults", "HandsetScan", "PrivateBus", "Timing", "adapters", "private_bus",
    "weather",
]  # fmt: skip

"""Adapter1: one radio. It discovers, has few slots for links, and makes one link at a time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dbus_fast import Message, Variant

from devices.sim.bluez.device import RemoteDevice
from devices.sim.bluez.handset import BleHandset
from devices.sim.bluez.tasks import Tasks
from devices.sim.bluez.tree import ADAPTER, ROOT, Node, Properties, Tree, done, fail, flag

_FADES_DB = (-3, 0, 3)  # how the signal changes from one advertisement to the next
_DEEPEST_FADE_DB = 15


@dataclass(frozen=True, slots=True)
class Adapter:
    """A radio as it is plugged in. `slots`: how many links its controller holds, which it tells nobody."""

    name: str
    address: str
    slots: int = 7
    powered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long the air takes, in seconds: real radios take 0.1 to 1 s to connect, and give up after 20.

    `advertise_every_s`: how often a handset is heard. `temporary_s`: after so long a device that is neither connected
    nor paired, and not heard any more, is forgotten (BlueZ's TemporaryTimeout).
    """

    connect_s: float = 0.01
    resolve_s: float = 0.01
    connect_timeout_s: float = 20.0
    advertise_every_s: float = 0.1
    temporary_s: float = 30.0


class AdapterNode:
    """A plugged-in adapter on the bus."""

    def __init__(
        self,
        spec: Adapter,
        *,
        tree: Tree,
        tasks: Tasks,
        air: Iterable[BleHandset],
        timing: Timing,
        rng: random.Random,
    ) -> None:
        """`air`: the handsets there are, powered or not."""
        self.spec, self.tree, self.tasks, self.timing = spec, tree, tasks, timing
        self.path = f"{ROOT}/{spec.name}"
        self.devices: dict[str, RemoteDevice] = {}
        self._air, self._rng = air, rng
        self._fades_db: dict[str, int] = {}
        self._filters: dict[str, dict[str, Any]] = {}
        self._discoverers: set[str] = set()
        self._connecting: RemoteDevice | None = None
        calls = {
            f"{ADAPTER}.SetDiscoveryFilter": self._set_filter,
            f"{ADAPTER}.StartDiscovery": self._start_discovery,
            f"{ADAPTER}.StopDiscovery": self._stop_discovery,
            f"{ADAPTER}.RemoveDevice": self._remove_device,
            "org.freedesktop.DBus.Properties.Set": self._set,
        }
        self._node = Node(self.path, {ADAPTER: self._properties()}, calls)
        tree.add(self._node)
        self._hearing = tasks.spawn(self._hear())

    def _properties(self) -> Properties:
        return {
            "Address": Variant("s", self.spec.address),
            "AddressType": Variant("s", "public"),
            "Name": Variant("s", f"floor {self.spec.name}"),
            "Alias": Variant("s", f"floor {self.spec.name}"),
            "Class": Variant("u", 0),
            "Powered": flag(self.spec.powered),
            "Discoverable": flag(False),
            "Pairable": flag(False),
            "Discovering": flag(False),
            "UUIDs": Variant("as", []),
            "Roles": Variant("as", ["central", "peripheral"]),
        }

    @property
    def powered(self) -> bool:
        """Whether its radio is on."""
        return bool(self._node.interfaces[ADAPTER]["Powered"].value)

    @property
    def links(self) -> int:
        """How many devices are connected."""
        return sum(device.connected for device in self.devices.values())

    def power(self, on: bool) -> None:
        """Switch its radio on or off (`bluetoothctl power off`, a kill switch)."""
        if not on:
            self._end_discovery(set(self._discoverers))
            for device in self.devices.values():
                device.cut()
        self.tree.change(self._node, ADAPTER, {"Powered": flag(on)})

    def unplug(self) -> None:
        """Pull it out of its socket."""
        self._hearing.cancel()
        for device in self.devices.values():
            device.disappear()
        self.tree.remove(self.path)

    def client_gone(self, client: str) -> None:
        """A connection to the bus has ended, and its discovery and subscriptions with it."""
        self._filters.pop(client, None)
        self._end_discovery({client})
        for device in self.devices.values():
            device.client_gone(client)

    # --- connecting -----------------------------------------------------------------------------------------

    def begin_connect(self, device: RemoteDevice) -> None:
        """Take the radio for a new link. Raises DBusError where it cannot be had."""
        if not self.powered:
            fail("NotReady", "Resource Not Ready")
        if self._connecting is not None:
            fail("Failed", "le-connection-busy")
        if self.links >= self.spec.slots:  # HCI's 0x09, the kernel's EMLINK
            fail("Failed", "le-connection-concurrent-connection-limit")
        self._connecting = device

    def end_connect(self, device: RemoteDevice) -> None:
        """The attempt is over."""
        if self._connecting is device:
            self._connecting = None

    # --- discovery ------------------------------------------------------------------------------------------

    def _set_filter(self, message: Message) -> Message:
        self._filters[message.sender] = {name: value.value for name, value in message.body[0].items()}
        return done(message)

    def _start_discovery(self, message: Message) -> Message:
        if not self.powered:
            fail("NotReady", "Resource Not Ready")
        if message.sender in self._discoverers:
            fail("InProgress", "Operation already in progress")
        self._discoverers.add(message.sender)
        self.tree.change(self._node, ADAPTER, {"Discovering": flag(True)})
        return done(message)

    def _stop_discovery(self, message: Message) -> Message:
        if not self.powered:
            fail("NotReady", "Resource Not Ready")
        if message.sender not in self._discoverers:
            fail("Failed", "No discovery started")
        self._end_discovery({message.sender})
        return done(message)

    def _end_discovery(self, clients: set[str]) -> None:
        if not self._discoverers & clients:
            return
        self._discoverers -= clients
        if self._discoverers:
            return
        self.tree.change(self._node, ADAPTER, {"Discovering": flag(False)})
        for device in self.devices.values():
            device.forget_rssi()

    async def _hear(self) -> None:
        """What advertises is told while somebody discovers; what is not heard any more is forgotten."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._rng.uniform(0, self.timing.advertise_every_s))  # radios are not in step
        while True:
            await asyncio.sleep(self.timing.advertise_every_s)
            if self._discoverers:
                for handset in self._air:
                    self._hear_one(handset, loop.time())
            self._forget_silent(loop.time() - self.timing.temporary_s)

    def _hear_one(self, handset: BleHandset, now: float) -> None:
        rssi_dbm = handset.rssi_dbm_at(self.spec.name)
        if rssi_dbm is None or not handset.on_air.is_set() or not self._is_wanted(handset, rssi_dbm):
            return
        device = self.devices.get(handset.address)
        if device is None:
            device = self.devices[handset.address] = RemoteDevice(self, handset)
            device.appear(rssi_dbm)
        else:
            device.heard(rssi_dbm + self._fade_db(handset))
        device.last_heard_at = now

    def _fade_db(self, handset: BleHandset) -> int:
        """The signal walks, as with people between it and the radio."""
        fade_db = self._fades_db.get(handset.address, 0) + self._rng.choice(_FADES_DB)
        fade_db = max(-_DEEPEST_FADE_DB, min(_DEEPEST_FADE_DB, fade_db))
        self._fades_db[handset.address] = fade_db
        return fade_db

    def _is_wanted(self, handset: BleHandset, rssi_dbm: int) -> bool:
        """Whether the filter of any that discovers lets it through."""
        for client in self._discoverers:
            wants = self._filters.get(client, {})
            uuids = {uuid.lower() for uuid in wants.get("UUIDs", ())}
            if (not uuids or not uuids.isdisjoint(handset.advertised)) and rssi_dbm >= wants.get(
                "RSSI", -127
            ):
                return True
        return False

    def _forget_silent(self, before: float) -> None:
        for address, device in list(self.devices.items()):
            if not (device.connected or device.busy or device.paired) and device.last_heard_at < before:
                del self.devices[address]
                device.disappear()

    # --- other calls ----------------------------------------------------------------------------------------

    def _remove_device(self, message: Message) -> Message:
        for address, device in self.devices.items():
            if device.path == message.body[0]:
                del self.devices[address]
                device.disappear()
                return done(message)
        return fail("DoesNotExist", "Does Not Exist")

    def _set(self, message: Message) -> Message:
        interface, name, value = message.body
        if interface != ADAPTER or name != "Powered":
            fail("Failed", "Operation failed")
        self.power(value.value)
        return done(message)

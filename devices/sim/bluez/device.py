"""Device1: one handset as one adapter knows it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dbus_fast import DBusError, Message, Variant

from devices.sim.bluez.characteristic import RemoteCharacteristic, export
from devices.sim.bluez.gatt import BATTERY_LEVEL
from devices.sim.bluez.handset import BleHandset
from devices.sim.bluez.tree import BATTERY, DEVICE, Node, Properties, done, fail, flag

if TYPE_CHECKING:
    from devices.sim.bluez.adapter import AdapterNode

_RSSI_STEP_DB = 8  # a smaller change is not told (BlueZ's RSSI_THRESHOLD)


def _strings(values: Iterable[str]) -> Variant:
    return Variant("as", sorted(set(values)))


class RemoteDevice:
    """From its first advertisement until it is removed. What it offered when it was first resolved is remembered."""

    def __init__(self, adapter: AdapterNode, handset: BleHandset) -> None:
        self.adapter, self.handset = adapter, handset
        self.tree, self.tasks = adapter.tree, adapter.tasks
        self.path = f"{adapter.path}/dev_{handset.address.replace(':', '_')}"
        self.connected = self.paired = False
        self.last_heard_at = 0.0
        self._characteristics: dict[str, RemoteCharacteristic] | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._waiting: list[Message] = []
        self._gone = asyncio.Event()  # the link, while it is in the making
        calls = {"Connect": self._connect, "Disconnect": self._disconnect, "Pair": self._connect}
        self._node = Node(
            self.path,
            {DEVICE: self._properties()},
            {f"{DEVICE}.{name}": call for name, call in calls.items()}
            | {"org.freedesktop.DBus.Properties.Set": self._set},
        )

    def _properties(self) -> Properties:
        handset = self.handset
        name = {"Name": Variant("s", handset.name)} if handset.name else {}
        return name | {
            "Address": Variant("s", handset.address),
            "AddressType": Variant("s", "public"),
            "Alias": Variant("s", handset.name or handset.address.replace(":", "-")),
            "Adapter": Variant("o", self.adapter.path),
            "UUIDs": _strings(handset.advertised),
            "Paired": flag(False),
            "Bonded": flag(False),
            "Trusted": flag(False),
            "Blocked": flag(False),
            "LegacyPairing": flag(False),
            "Connected": flag(False),
            "ServicesResolved": flag(False),
        }

    # --- heard in a discovery -------------------------------------------------------------------------------

    def appear(self, rssi_dbm: int) -> None:
        """Heard for the first time."""
        self._node.interfaces[DEVICE]["RSSI"] = Variant("n", rssi_dbm)
        self.tree.add(self._node)

    def heard(self, rssi_dbm: int) -> None:
        """Heard again."""
        told = self._node.interfaces[DEVICE].get("RSSI")
        if told is None or abs(told.value - rssi_dbm) >= _RSSI_STEP_DB:
            self._change({"RSSI": Variant("n", rssi_dbm)})

    def forget_rssi(self) -> None:
        """The discovery is over."""
        self._change({}, gone=["RSSI"])

    def disappear(self) -> None:
        """Forget it, its pairing and what it offers; a link to it ends."""
        self.cut()
        self.tree.remove(self.path)

    # --- the link, as the handset sees it -------------------------------------------------------------------

    async def notify(self, uuid: str, packet: bytes) -> None:
        """A packet came; of the battery's level, BlueZ takes note itself."""
        if uuid == BATTERY_LEVEL:
            self._show_battery()
        if self._characteristics and (characteristic := self._characteristics.get(uuid)):
            await characteristic.notify(packet)

    def lost(self) -> None:
        """The link is gone; whoever waits for an answer is told."""
        if not self.connected:
            return
        self.connected = False
        self._gone.set()
        self.handset.link_down()
        for characteristic in (self._characteristics or {}).values():
            characteristic.link_lost()
        self._change({"ServicesResolved": flag(False), "Connected": flag(False)})
        waiting, self._waiting = self._waiting, []
        for message in waiting:
            self.tree.refuse(message, DBusError("org.bluez.Error.Failed", "Not connected"))

    def wait_for_air(self, message: Message) -> None:
        """Nothing will answer this before the link is gone."""
        self._waiting.append(message)

    def cut(self) -> None:
        """End the link, or the attempt at one."""
        if self._connecting is not None:
            self._connecting.cancel()
        self.lost()

    @property
    def busy(self) -> bool:
        """Whether a link to it is in the making."""
        return self._connecting is not None

    def client_gone(self, client: str) -> None:
        """A connection to the bus has ended; links do not end with it."""
        for characteristic in (self._characteristics or {}).values():
            characteristic.client_gone(client)

    # --- calls ----------------------------------------------------------------------------------------------

    def _connect(self, message: Message) -> Message | None:
        """Connect, or Pair, which connects where there is no link yet."""
        pairs = message.member == "Pair"
        if self._connecting is not None:
            fail("InProgress", "In Progress")
        if pairs and self.paired:
            fail("AlreadyExists", "Already Exists")
        if self.connected:
            self._pair(pairs)
            return done(message)
        self.adapter.begin_connect(self)
        self._connecting = self.tasks.spawn(self._establish(message, pairs))
        self._connecting.add_done_callback(lambda attempt: self._attempted(message, attempt))
        return None

    def _disconnect(self, message: Message) -> Message:
        if not self.connected and self._connecting is None:
            fail("NotConnected", "Not Connected")
        self.cut()
        return done(message)

    def _set(self, message: Message) -> Message:
        interface, name, value = message.body
        if interface != DEVICE or name not in {"Trusted", "Blocked", "Alias"}:
            fail("Failed", "Operation failed")
        self._change({name: value})
        return done(message)

    # --- how a link comes about -----------------------------------------------------------------------------

    async def _establish(self, message: Message, pairs: bool) -> None:
        try:
            await self._reach()
            await self._resolve()
        except DBusError as error:
            self.tree.refuse(message, error)
        else:
            self._pair(pairs)
            self.tree.answer(message)

    def _attempted(self, message: Message, attempt: asyncio.Task[None]) -> None:
        """Called also where it was cancelled before it began."""
        self._connecting = None
        self.adapter.end_connect(self)
        if attempt.cancelled():
            self.tree.refuse(message, DBusError("org.bluez.Error.Failed", "br-connection-canceled"))

    async def _reach(self) -> None:
        """The radio's part. It gives up on what it cannot reach after a while."""
        fault = self.handset.connects.popleft() if self.handset.connects else None
        await asyncio.sleep(self.adapter.timing.connect_s)
        if fault == "fail":
            fail("Failed", "le-connection-abort-by-remote")
        try:
            async with asyncio.timeout(self.adapter.timing.connect_timeout_s):
                on_air = asyncio.Event() if fault == "hang" else self.handset.on_air
                while not on_air.is_set():  # another adapter may be quicker
                    await on_air.wait()
        except TimeoutError:
            fail("Failed", "le-connection-timeout")
        self.connected = True
        self._gone.clear()
        self.handset.link_up(self)
        self._change({"Connected": flag(True)}, gone=["RSSI"])
        if fault == "blip":  # it says that it connected, and fails: see bleak's client.py
            self.lost()
            fail("Failed", "le-connection-abort-by-local")

    async def _resolve(self) -> None:
        await asyncio.sleep(self.adapter.timing.resolve_s)
        if not self.handset.resolves or self.handset.silent:
            await self._gone.wait()
        if not self.connected:
            fail("Failed", "le-connection-abort-by-remote")
        if self._characteristics is None:
            found = export(self, self.handset.services)
            self._characteristics = {characteristic.uuid: characteristic for characteristic in found}
        self._show_battery()
        uuids = [*self.handset.advertised, *(service.uuid for service in self.handset.services)]
        self._change({"UUIDs": _strings(uuids), "ServicesResolved": flag(True)})
        for characteristic in self._characteristics.values():
            await characteristic.link_up()

    def _show_battery(self) -> None:
        """BlueZ reads the battery service itself."""
        percent = self.handset.battery_percent
        if percent is None:
            return
        level = {"Percentage": Variant("y", percent)}
        if BATTERY in self._node.interfaces:
            self.tree.change(self._node, BATTERY, level)
        else:
            self.tree.extend(self._node, BATTERY, level)

    def _pair(self, pairs: bool) -> None:
        if pairs:
            self.paired = True
            self._change({"Paired": flag(True), "Bonded": flag(True)})

    def _change(self, values: Properties, gone: Iterable[str] = ()) -> None:
        self.tree.change(self._node, DEVICE, values, gone)

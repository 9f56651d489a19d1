"""GattService1 and GattCharacteristic1: what bluetoothd has found on a device, and remembers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Protocol

from dbus_fast import Message, Variant

from devices.sim.bluez.gatt import Characteristic, Service
from devices.sim.bluez.handset import BleHandset
from devices.sim.bluez.tasks import Tasks
from devices.sim.bluez.tree import GATT_CHARACTERISTIC, GATT_SERVICE, Node, Tree, done, fail, flag

_FIRST_HANDLE = 0x0010  # below are the services that BlueZ keeps to itself
_LISTENER_IS_BEHIND_S = 0.001


class Owner(Protocol):
    """The device, as its characteristics know it."""

    handset: BleHandset
    tree: Tree
    tasks: Tasks
    path: str

    @property
    def connected(self) -> bool:
        """Whether there is a link."""
        ...

    def wait_for_air(self, message: Message) -> None:
        """A call that nothing answers before the link is gone."""
        ...


def export(owner: Owner, services: tuple[Service, ...]) -> Iterator[RemoteCharacteristic]:
    """Put what a device offers onto the bus."""
    handle = _FIRST_HANDLE
    for service in services:
        path = f"{owner.path}/service{handle:04x}"
        properties = {
            "UUID": Variant("s", service.uuid),
            "Device": Variant("o", owner.path),
            "Primary": flag(True),
            "Includes": Variant("ao", []),
        }
        owner.tree.add(Node(path, {GATT_SERVICE: properties}))
        for number, characteristic in enumerate(service.characteristics):
            yield RemoteCharacteristic(owner, characteristic, path, handle + 1 + 3 * number)
        handle += 1 + 3 * len(service.characteristics)


class RemoteCharacteristic:
    """One characteristic. Its listeners are connections to the bus, or one socket."""

    def __init__(self, owner: Owner, characteristic: Characteristic, service: str, handle: int) -> None:
        self.uuid = characteristic.uuid
        self._owner = owner
        self._listeners: set[str] = set()
        self._socket: socket.socket | None = None
        notifies = "notify" in characteristic.flags
        properties = {
            "UUID": Variant("s", characteristic.uuid),
            "Service": Variant("o", service),
            "Value": Variant("ay", b""),
            "Flags": Variant("as", list(characteristic.flags)),
            "MTU": Variant("q", owner.handset.packet_bytes + 3),
        }
        if notifies:
            properties |= {"Notifying": flag(False), "NotifyAcquired": flag(False)}
        calls = {"ReadValue": self._read, "WriteValue": self._write}
        if notifies:
            calls |= {
                "StartNotify": self._start_notify,
                "StopNotify": self._stop_notify,
                "AcquireNotify": self._acquire_notify,
            }
        self._node = Node(
            f"{service}/char{handle:04x}",
            {GATT_CHARACTERISTIC: properties},
            {f"{GATT_CHARACTERISTIC}.{name}": call for name, call in calls.items()},
        )
        owner.tree.add(self._node)

    async def notify(self, packet: bytes) -> None:
        """A packet came: to whoever listens."""
        if self._listeners:
            self._set_value(packet)
        while self._socket is not None:
            try:
                self._socket.send(packet)
            except BlockingIOError:  # the listener is behind
                await asyncio.sleep(_LISTENER_IS_BEHIND_S)
            except OSError:  # the listener is gone, as the loop will find
                return
            else:
                return

    def link_lost(self) -> None:
        """A socket ends with the link; listeners stay, and are subscribed again on the next (a BlueZ quirk)."""
        self._close_socket()

    async def link_up(self) -> None:
        """Subscribe again for who still listens."""
        if self._listeners and self._owner.handset.offers(self.uuid):
            await self._owner.handset.subscribed(self.uuid)

    def client_gone(self, client: str) -> None:
        """A connection to the bus has ended."""
        if client in self._listeners:
            self._listeners.remove(client)
            self._unsubscribe()

    # --- calls ----------------------------------------------------------------------------------------------

    def _reach(self, message: Message) -> bool:
        """Whether the handset takes a request and can answer it. Raises DBusError where it has no such thing."""
        if not self._owner.connected:
            fail("Failed", "Not connected")
        if not self._owner.handset.offers(self.uuid):  # another table than the one that is remembered here
            fail("Failed", "Operation failed with ATT error: 0x01 (Invalid Handle)")
        if self._owner.handset.silent:
            self._owner.wait_for_air(message)
            return False
        return True

    def _read(self, message: Message) -> Message | None:
        """What is read is published as a new value too: under StartNotify that looks like a notification."""
        if not self._reach(message):
            return None
        value = self._owner.handset.read(self.uuid)
        self._set_value(value)
        return Message.new_method_return(message, "ay", [value])

    def _write(self, message: Message) -> Message | None:
        data, options = message.body
        kind = options.get("type")
        if kind is not None and kind.value == "command" and self._owner.handset.silent:
            return done(message)  # nobody acknowledges a command
        if not self._reach(message):
            return None
        self._owner.handset.written(self.uuid, bytes(data))
        return done(message)

    def _start_notify(self, message: Message) -> None:
        if self._socket is not None:
            fail("NotPermitted", "Notify acquired")
        if message.sender in self._listeners:
            fail("InProgress", "Already notifying")
        if self._reach(message):
            self._listeners.add(message.sender)
            self._subscribe()
            self._owner.tree.answer(message)

    def _stop_notify(self, message: Message) -> Message:
        if message.sender not in self._listeners:
            fail("Failed", "No notify session started")
        self.client_gone(message.sender)
        return done(message)

    def _acquire_notify(self, message: Message) -> None:
        if self._socket is not None or self._listeners:
            fail("NotPermitted", "Notify acquired")
        if not self._reach(message):
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        self._socket = ours
        asyncio.get_running_loop().add_reader(ours, self._close_socket)  # readable: the other end was closed
        mtu = self._owner.handset.packet_bytes + 3
        self._owner.tree.answer_with_socket(message, theirs, mtu)
        self._subscribe()

    # --- what they share ------------------------------------------------------------------------------------

    def _set_value(self, value: bytes) -> None:
        self._owner.tree.change(self._node, GATT_CHARACTERISTIC, {"Value": Variant("ay", value)})

    def _subscribe(self) -> None:
        self._owner.tasks.spawn(self._owner.handset.subscribed(self.uuid))
        self._tell_who_listens()

    def _unsubscribe(self) -> None:
        if self._listeners or self._socket is not None:
            return
        self._owner.handset.unsubscribed(self.uuid)
        self._tell_who_listens()

    def _tell_who_listens(self) -> None:
        listening = {
            "Notifying": flag(bool(self._listeners)),
            "NotifyAcquired": flag(self._socket is not None),
        }
        self._owner.tree.change(self._node, GATT_CHARACTERISTIC, listening)

    def _close_socket(self) -> None:
        if self._socket is None:
            return
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        self._socket = None
        self._unsubscribe()

"""What D-Bus says of bluetoothd: whether it runs, and which adapters it has."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Never

from bleak.backends.bluezdbus import manager as bleak_manager
from dbus_fast import BusType, Message, MessageType, unpack_variants
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusError, DBusFastError

log = logging.getLogger(__name__)

NO_BUS = "no D-Bus on this machine: install and start dbus"
NO_BLUETOOTHD = "bluetoothd is not running: systemctl start bluetooth"
NO_ADAPTER = "no Bluetooth adapter: plug one in"
POWERED_OFF = "Bluetooth is off: bluetoothctl power on"

_RETRY_S = 5.0
_LAST_WORDS_S = 1.0
_DBUS = "org.freedesktop.DBus"
_BLUEZ = "org.bluez"
_ADAPTER = "org.bluez.Adapter1"
_OBJECTS = "org.freedesktop.DBus.ObjectManager"
_RULES = (
    f"type='signal',sender='{_DBUS}',member='NameOwnerChanged',arg0='{_BLUEZ}'",
    f"type='signal',sender='{_BLUEZ}',interface='{_OBJECTS}'",
    f"type='signal',sender='{_BLUEZ}',member='PropertiesChanged',arg0='{_ADAPTER}'",
)
_ADAPTER_PATH = re.compile(r"/org/bluez/(hci\d+)")


@dataclass(frozen=True, slots=True)
class Bluetooth:
    """The adapters of this machine that can be used, by name ("hci0"); where there are none, why."""

    adapters: frozenset[str] = frozenset()
    fault: str | None = None


async def bluetooth(only: frozenset[str] = frozenset()) -> Bluetooth:
    """How the machine's Bluetooth is now. `only`: the adapters that may be used; empty: all."""
    try:
        async with _system_bus() as bus:
            return await _look(bus, only)
    except (DBusFastError, OSError, EOFError):
        return Bluetooth(fault=NO_BUS)


class BluetoothWatch:
    """Tells how the machine's Bluetooth is, at once and whenever it changes.

    bleak does not notice that bluetoothd is gone: its links stay "connected" for ever, and a later connect would be
    skipped. So it is made to forget all it knows before anybody hears that bluetoothd is gone.
    """

    def __init__(self, on_change: Callable[[Bluetooth], None], only: frozenset[str] = frozenset()) -> None:
        """`only`: the adapters that may be used; empty: all."""
        self._on_change = on_change
        self._only = only
        self._told: Bluetooth | None = None
        self._changed = asyncio.Event()
        self._is_lost = False

    async def run(self) -> Never:
        """Until cancelled; a D-Bus that is not there is looked for every few seconds."""
        while True:
            try:
                async with _system_bus() as bus:
                    await self._watch(bus)
            except (DBusFastError, OSError, EOFError) as error:
                log.debug("D-Bus: %r", error)
            self._tell(Bluetooth(fault=NO_BUS))
            await asyncio.sleep(_RETRY_S)

    async def _watch(self, bus: MessageBus) -> None:
        """Returns when the bus is gone."""
        bus.add_message_handler(self._hear)
        for rule in _RULES:
            await _ask(bus, _DBUS, "/org/freedesktop/DBus", _DBUS, "AddMatch", rule)
        gone = asyncio.ensure_future(bus.wait_for_disconnect())  # type: ignore[no-untyped-call]
        gone.add_done_callback(lambda _: self._changed.set())
        try:
            while not gone.done():
                self._changed.clear()
                if self._is_lost:
                    self._is_lost = False
                    await _make_bleak_forget()
                    self._tell(Bluetooth(fault=NO_BLUETOOTHD))
                self._tell(await _look(bus, self._only))
                await self._changed.wait()
        finally:
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)

    def _tell(self, state: Bluetooth) -> None:
        if state != self._told:
            self._told = state
            self._on_change(state)

    def _hear(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        match message.member, message.body:
            case "NameOwnerChanged", [name, old_owner, _] if name == _BLUEZ:
                self._is_lost |= bool(old_owner)
                self._changed.set()
            case "InterfacesAdded" | "InterfacesRemoved", [_, interfaces] if _ADAPTER in interfaces:
                self._changed.set()
            case "PropertiesChanged", [interface, properties, _] if interface == _ADAPTER:
                if "Powered" in properties:
                    self._changed.set()
            case _:
                pass


async def _make_bleak_forget() -> None:
    """Cut bleak's connection to D-Bus: to it, all links are down then, and it begins anew when it is next used.

    That is what `BlueZManager._handle_bus_disconnect` does; there is no public way to it in bleak 3.1. What bluetoothd
    said before it died is on its way on that connection still: the answer to one more question comes behind it.
    """
    manager = bleak_manager._global_instances.get(asyncio.get_running_loop())
    if manager is None or manager._bus is None:
        return
    with suppress(DBusFastError, OSError, EOFError):
        async with asyncio.timeout(_LAST_WORDS_S):
            await _ask(manager._bus, _DBUS, "/org/freedesktop/DBus", _DBUS, "NameHasOwner", _BLUEZ)
    manager._bus.disconnect()


@asynccontextmanager
async def _system_bus() -> AsyncIterator[MessageBus]:
    bus = MessageBus(bus_type=BusType.SYSTEM)
    try:
        await bus.connect()
        yield bus
    finally:
        bus.disconnect()


async def _look(bus: MessageBus, only: frozenset[str]) -> Bluetooth:
    if not await _ask(bus, _DBUS, "/org/freedesktop/DBus", _DBUS, "NameHasOwner", _BLUEZ):
        return Bluetooth(fault=NO_BLUETOOTHD)
    try:
        objects = await _ask(bus, _BLUEZ, "/", _OBJECTS, "GetManagedObjects")
    except DBusError as error:
        return Bluetooth(fault=f"bluetoothd refuses: {error}")
    return _usable(unpack_variants(objects), only)


def _usable(objects: Mapping[str, Mapping[str, Mapping[str, Any]]], only: frozenset[str]) -> Bluetooth:
    powered = {
        found[1]: bool(interfaces[_ADAPTER].get("Powered"))
        for path, interfaces in objects.items()
        if _ADAPTER in interfaces
        and (found := _ADAPTER_PATH.fullmatch(path))
        and "central" in interfaces[_ADAPTER].get("Roles", ["central"])
        and (not only or found[1] in only)
    }
    usable = frozenset(name for name, is_on in powered.items() if is_on)
    if usable:
        return Bluetooth(usable)
    return Bluetooth(fault=POWERED_OFF if powered else NO_ADAPTER)


async def _ask(bus: MessageBus, destination: str, path: str, interface: str, member: str, *text: str) -> Any:
    """A call with strings for arguments; its first result, if it has any. Raises DBusError."""
    message = Message(
        destination=destination, path=path, interface=interface, member=member, signature="s" * len(text),
        body=list(text),
    )  # fmt: skip
    reply = await bus.call(message)
    if reply.message_type is MessageType.ERROR:
        raise DBusError(reply.error_name or "", str(reply.body[0] if reply.body else reply.error_name), reply)
    return reply.body[0] if reply.body else None

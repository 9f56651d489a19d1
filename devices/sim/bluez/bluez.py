"""The service `org.bluez`: it starts, is killed, starts again; adapters and handsets come and go."""

from __future__ import annotations

import random
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import Self

from dbus_fast import Message, MessageType, RequestNameReply

from devices.errors import DeviceError
from devices.sim.bluez.adapter import Adapter, AdapterNode, Timing
from devices.sim.bluez.bus import connect
from devices.sim.bluez.handset import BleHandset
from devices.sim.bluez.tasks import Tasks
from devices.sim.bluez.tree import Tree

_NAME = "org.bluez"
_WATCH_CLIENTS = "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged'"


def adapters(count: int, slots: int = 7) -> list[Adapter]:
    """hci0, hci1, …"""
    return [Adapter(f"hci{number}", f"00:1A:7D:DA:71:{number:02X}", slots) for number in range(count)]


class FakeBluez:
    """bluetoothd and the air around its machine; `async with` starts it and ends it."""

    def __init__(
        self,
        bus_address: str,
        adapters: Iterable[Adapter],
        *,
        timing: Timing | None = None,
        seed: int = 0,
    ) -> None:
        """`seed`: of the walk of signals."""
        self._bus_address = bus_address
        self._plugged = {adapter.name: adapter for adapter in adapters}
        self._timing = timing or Timing()
        self._rng = random.Random(seed)
        self._tree, self._tasks = Tree(), Tasks()
        self._nodes: dict[str, AdapterNode] = {}
        self.handsets: list[BleHandset] = []

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()

    # --- its life -------------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether bluetoothd lives."""
        return self._tree.bus is not None

    async def start(self) -> None:
        """Start bluetoothd, which knows no device yet. DeviceError where another one owns the name."""
        if self.running:
            return
        bus = await connect(self._bus_address)
        await bus.call(_to_bus("AddMatch", "s", [_WATCH_CLIENTS]))
        bus.add_message_handler(self._handle)
        self._tree.bus = bus
        for adapter in self._plugged.values():
            self._appear(adapter)
        if await bus.request_name(_NAME) is not RequestNameReply.PRIMARY_OWNER:
            await self.kill()
            raise DeviceError("another bluetoothd runs on this bus")

    async def kill(self) -> None:
        """SIGKILL: no goodbye; the bus sees its name vanish, and the handsets their links."""
        bus = self._tree.bus
        if bus is None:
            return
        self._tree.clear()
        for node in self._nodes.values():
            node.power(on=False)  # told to nobody any more, but the handsets feel it
        self._nodes.clear()
        bus.disconnect()
        with suppress(OSError, EOFError):  # the bus itself may have gone first
            await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]
        await self._tasks.close()

    # --- what is around it ----------------------------------------------------------------------------------

    def add(self, *handsets: BleHandset) -> None:
        """Handsets come into the building."""
        self.handsets += handsets

    def remove(self, handset: BleHandset) -> None:
        """It leaves the building."""
        handset.power_off()
        self.handsets.remove(handset)

    def drop_all(self) -> None:
        """All links are lost at once."""
        for handset in self.handsets:
            handset.drop()

    def adapter(self, name: str) -> AdapterNode:
        """A plugged-in adapter of a running bluetoothd. KeyError."""
        return self._nodes[name]

    def plug(self, adapter: Adapter) -> None:
        """Plug another adapter in."""
        self._plugged[adapter.name] = adapter
        if self.running:
            self._appear(adapter)

    def unplug(self, name: str) -> None:
        """Pull one out. KeyError."""
        del self._plugged[name]
        if node := self._nodes.pop(name, None):
            node.unplug()

    def _appear(self, adapter: Adapter) -> None:
        self._nodes[adapter.name] = AdapterNode(
            adapter, tree=self._tree, tasks=self._tasks, air=self.handsets, timing=self._timing, rng=self._rng
        )

    # --- messages -------------------------------------------------------------------------------------------

    def _handle(self, message: Message) -> Message | bool:
        if not self.running:
            return True  # it was killed before it read this: no answer
        if message.message_type is MessageType.METHOD_CALL:
            return self._tree.handle(message)
        if message.member == "NameOwnerChanged" and not message.body[2]:
            for node in self._nodes.values():
                node.client_gone(message.body[0])
        return False


def _to_bus(member: str, signature: str, body: list[str]) -> Message:
    return Message(
        destination="org.freedesktop.DBus", path="/org/freedesktop/DBus", interface="org.freedesktop.DBus",
        member=member, signature=signature, body=body,
    )  # fmt: skip

"""Objects on the bus: their properties and signals, and who answers which call.

Messages go through dbus-fast's low level: thousands of notifications a second leave no time for its service classes.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeAlias

from dbus_fast import DBusError, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

ROOT = "/org/bluez"
ADAPTER, DEVICE, BATTERY = "org.bluez.Adapter1", "org.bluez.Device1", "org.bluez.Battery1"
GATT_SERVICE, GATT_CHARACTERISTIC = "org.bluez.GattService1", "org.bluez.GattCharacteristic1"
_PROPERTIES, _OBJECTS = "org.freedesktop.DBus.Properties", "org.freedesktop.DBus.ObjectManager"

Properties: TypeAlias = dict[str, Variant]
#: Answers a call, at once or (None) later; a DBusError is an answer too.
Call: TypeAlias = Callable[[Message], Message | None]


def fail(error: str, text: str) -> NoReturn:
    """Answer a call with BlueZ's error of this name (src/error.c)."""
    raise DBusError(f"org.bluez.Error.{error}", text)


@dataclass(slots=True)
class Node:
    """An object: its properties by interface, and its methods by `interface.member`."""

    path: str
    interfaces: dict[str, Properties]
    calls: Mapping[str, Call] = field(default_factory=dict)


class Tree:
    """All objects of the service while it runs; mute while it does not."""

    def __init__(self) -> None:
        self.bus: MessageBus | None = None
        self._nodes: dict[str, Node] = {}

    def clear(self) -> None:
        """Forget everything, and tell nobody."""
        self.bus = None
        self._nodes.clear()

    def add(self, node: Node) -> None:
        """Appear."""
        self._nodes[node.path] = node
        self._emit("/", _OBJECTS, "InterfacesAdded", "oa{sa{sv}}", [node.path, node.interfaces])

    def extend(self, node: Node, interface: str, properties: Properties) -> None:
        """An object gets an interface more."""
        node.interfaces[interface] = properties
        self._emit("/", _OBJECTS, "InterfacesAdded", "oa{sa{sv}}", [node.path, {interface: properties}])

    def remove(self, path: str) -> None:
        """Disappear, with all that is below."""
        for below in [known for known in self._nodes if known == path or known.startswith(f"{path}/")][::-1]:
            node = self._nodes.pop(below)
            self._emit("/", _OBJECTS, "InterfacesRemoved", "oas", [below, list(node.interfaces)])

    def change(self, node: Node, interface: str, values: Properties, gone: Iterable[str] = ()) -> None:
        """New values of properties; `gone`: those that have none any more."""
        properties = node.interfaces[interface]
        properties.update(values)
        invalid = [name for name in gone if properties.pop(name, None) is not None]
        if values or invalid:
            body = [interface, values, invalid]
            self._emit(node.path, _PROPERTIES, "PropertiesChanged", "sa{sv}as", body)

    def answer(self, message: Message, signature: str = "", body: list[Any] | None = None) -> None:
        """Answer a call that came earlier."""
        self.send(Message.new_method_return(message, signature, body or []))

    def answer_with_socket(self, message: Message, theirs: socket.socket, mtu: int) -> None:
        """Answer AcquireNotify: `theirs` goes to the caller, and is closed here."""
        answer = Message.new_method_return(message, "hq", [0, mtu], [theirs.fileno()])
        if self.bus is None:
            theirs.close()
        else:
            self.bus.send(answer).add_done_callback(lambda _: theirs.close())

    def refuse(self, message: Message, error: DBusError) -> None:
        """Answer a call that came earlier: it did not work."""
        self.send(Message.new_error(message, error.type, error.text))

    def send(self, message: Message) -> None:
        """Onto the bus, if there is one."""
        if self.bus is not None and self.bus.connected:
            self.bus.send(message)

    def handle(self, message: Message) -> Message | bool:
        """Answer a method call, as dbus-fast asks a message handler to. Raises DBusError."""
        if message.interface == _OBJECTS and message.member == "GetManagedObjects":
            objects = {node.path: node.interfaces for node in self._nodes.values()}
            return Message.new_method_return(message, "a{oa{sa{sv}}}", [objects])
        node = self._nodes.get(message.path or "")
        if node is None:
            raise DBusError(
                "org.freedesktop.DBus.Error.UnknownObject",
                f'Method "{message.member}" with signature "{message.signature}" on interface '
                f'"{message.interface}" doesn\'t exist\n',
            )
        if message.interface == _PROPERTIES and message.member in {"Get", "GetAll"}:
            return _read(node, message)
        call = node.calls.get(f"{message.interface}.{message.member}")
        if call is None:
            raise DBusError(
                "org.freedesktop.DBus.Error.UnknownMethod", f"no method {message.interface}.{message.member}"
            )
        return call(message) or True

    def _emit(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        self.send(
            Message(
                path=path, interface=interface, member=member, message_type=MessageType.SIGNAL,
                signature=signature, body=body, validate=False,
            )
        )  # fmt: skip


def flag(value: bool) -> Variant:
    """A boolean property."""
    return Variant("b", value)


def done(message: Message) -> Message:
    """The answer of a method that returns nothing."""
    return Message.new_method_return(message)


def _read(node: Node, message: Message) -> Message:
    properties = node.interfaces.get(message.body[0])
    if properties is None:
        raise DBusError("org.freedesktop.DBus.Error.InvalidArgs", f"No such interface '{message.body[0]}'")
    if message.member == "GetAll":
        return Message.new_method_return(message, "a{sv}", [properties])
    if (value := properties.get(message.body[1])) is None:
        raise DBusError("org.freedesktop.DBus.Error.InvalidArgs", f"No such property '{message.body[1]}'")
    return Message.new_method_return(message, "v", [value])

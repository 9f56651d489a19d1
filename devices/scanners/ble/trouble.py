"""What goes wrong in bleak, and how a supervisor is told."""

from __future__ import annotations

from bleak.exc import BleakBluetoothNotAvailableError, BleakDBusError, BleakDeviceNotFoundError, BleakError
from dbus_fast.errors import DBusFastError

#: What bleak 3.1 raises when the radio, bluetoothd or D-Bus fails it. The last three are its own surprises: services
#: that vanish while it lists them (KeyError), and a bus that is closed under it.
BLEAK_TROUBLE = (BleakError, DBusFastError, OSError, EOFError, KeyError, AssertionError, AttributeError)


def in_words(error: BaseException) -> str:
    """A few words that a supervisor can read."""
    match error:
        case TimeoutError():
            return "no answer in time"
        case BleakDeviceNotFoundError():
            return "it is no longer heard"
        case BleakBluetoothNotAvailableError():
            return str(error.args[0])
        case BleakDBusError():
            return error.dbus_error_details or error.dbus_error.removeprefix("org.bluez.Error.")
        case KeyError():
            return "its services changed while they were read"
        case AssertionError() | AttributeError() | EOFError():
            return "bluetoothd broke off"
        case _:
            return str(error) or type(error).__name__

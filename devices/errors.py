"""What can go wrong with a device, in one tree.

    DeviceError
    ├── LinkError                 the bytes could not be moved
    │   ├── LinkUnreachable       no connection came about
    │   ├── LinkLost              the connection is gone
    │   └── LinkTimeout           the other side did not take or give bytes in time
    ├── DeviceGone                unplugged, or out of range
    ├── TemplateError             a label template that cannot be used, or is not there
    └── PrinterError
        ├── PrinterUnreachable    no connection to the printer
        ├── WrongLanguage         it answers, in another language than it is configured for
        ├── Unprintable           this label cannot be put on this media
        ├── NotStarted            certain: not one byte of this job was written
        └── Uncertain             bytes may have been written, and there is no evidence of a label

Every error carries `reason`, a few words that a supervisor can read.
"""

from __future__ import annotations


class DeviceError(Exception):
    """A device did not do what was asked of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LinkError(DeviceError):
    """Bytes could not be moved."""


class LinkUnreachable(LinkError):
    """No connection came about."""


class LinkLost(LinkError):
    """The connection is gone."""


class LinkTimeout(LinkError):
    """The other side did not take or give bytes in time; the connection may still be good."""


class DeviceGone(DeviceError):
    """Unplugged, or out of range."""


class TemplateError(DeviceError):
    """A label template that cannot be used: which file, which element, and what is expected there."""


class PrinterError(DeviceError):
    """A printer did not do what was asked of it."""


class PrinterUnreachable(PrinterError):
    """No connection to the printer."""


class Unprintable(PrinterError):
    """This label cannot be put on this media, here or anywhere like it."""


class NotStarted(PrinterError):
    """Certain: not one byte of this job was written, so it may be printed anywhere."""


class WrongLanguage(PrinterError):
    """It answers, in another language than it is configured for."""


class Uncertain(PrinterError):
    """Bytes of this job may have been written and nothing proves a label: never print it again silently."""

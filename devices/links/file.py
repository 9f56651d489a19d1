"""A USB printer by its device file, /dev/usb/lpN: the kernel's usblp driver moves the bytes."""

from __future__ import annotations

import fcntl
import io
import os
import select
import stat

from devices.links.descriptor import READ_CHUNK_BYTES, DescriptorLink, writable
from devices.links.link import FAST_BYTES_PER_S
from devices.links.url import node_path

_STALE_WAIT_MS = 20
_STALE_READS = 64


class FileLink(DescriptorLink):
    """A `Link` to file:///dev/usb/lp0, held exclusively. One that cannot be read still prints."""

    _port: io.FileIO | None

    def __init__(self, url: str) -> None:
        """`url`: file:///dev/usb/lp0. Raises ValueError."""
        super().__init__(node_path(url), FAST_BYTES_PER_S)

    def _open_port(self) -> io.FileIO:
        descriptor = _open_node(self.name)
        try:
            if not stat.S_ISCHR(os.fstat(descriptor).st_mode):
                raise OSError("not a device")
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _forget_stale_input(descriptor)
            return io.FileIO(descriptor, "r+")
        except BaseException:
            os.close(descriptor)
            raise

    async def _until_out(self) -> None:
        """usblp takes new bytes only when the printer has the last ones."""
        if self._port is not None:
            await writable(self._port.fileno())

    def _discard_output(self) -> None:
        """The transfer that is under way, 8 kB at most, ends with `close`."""


def _open_node(path: str) -> int:
    flags = os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        return os.open(path, flags | os.O_RDWR)
    except PermissionError:
        return os.open(path, flags | os.O_WRONLY)


def _forget_stale_input(descriptor: int) -> None:
    """Read away what the printer still had to say to an earlier owner."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    for _ in range(_STALE_READS):
        if not any(event & select.POLLIN for _, event in waiting.poll(_STALE_WAIT_MS)):
            return
        try:
            if not os.read(descriptor, READ_CHUNK_BYTES):
                return
        except OSError:  # cannot be read at all, or is gone: the first write will tell
            return

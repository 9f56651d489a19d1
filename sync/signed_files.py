"""Numbered NDJSON files with a signature beside each: how events travel on a USB stick or over SFTP.

A folder holds `out` (the site's), `in` and `acks` (the hub's). A file `{number}.ndjson` is written under a temporary
name and renamed, its signature `{number}.ndjson.sig` just before it: the HMAC-SHA256, in hexadecimal, of site,
direction, name and content. What is torn, altered, misnamed or meant for another site does not match.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Literal

Direction = Literal["out", "in", "acks"]

MAX_BYTES = 64 * 1_048_576  # a batch has 1 MiB; whatever is so much larger is none
_NAME = re.compile(r"([0-9]{1,20})\.ndjson")
_DOMAIN = b"floorhand-files-1"
_NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EBADF})


class BadFile(ValueError):
    """A file that is not what its signature says; the text names it and is for people."""


class SignedFolder:
    """One direction of a folder. What its methods raise besides BadFile is the disk's own OSError."""

    def __init__(self, base: Path, direction: Direction, site: str, key: bytes) -> None:
        self.base = base
        self.path = base / direction
        self.direction = direction
        self._site = site
        self._key = key

    def names(self) -> dict[int, str]:
        """The files that are there, by number, in order; none where only the direction's own folder is missing."""
        try:
            listed = [path.name for path in self.path.iterdir()]
        except FileNotFoundError:
            self.base.stat()  # a stick that is not plugged in is no empty one
            return {}
        found = [(int(match[1]), name) for name in listed if (match := _NAME.fullmatch(name))]
        return dict(sorted(found))

    def read(self, name: str) -> bytes:
        """The whole content. Raises BadFile."""
        path = self.path / name
        shown = f"{self.direction}/{name}"
        try:
            with self._signature(name).open("rb") as file:
                signature = file.read(200).strip().lower()
        except FileNotFoundError:
            raise BadFile(f"{shown} has no signature {name}.sig beside it: copy both") from None
        if path.stat().st_size > MAX_BYTES:
            raise BadFile(f"{shown} is larger than {MAX_BYTES} bytes")
        content = path.read_bytes()
        if not hmac.compare_digest(signature, self._sign(name, content)):
            raise BadFile(
                f"{shown} does not match its signature: copy it again; if it stays so, it is another site's, or signed "
                f"with another key"
            )
        return content

    def holds(self, name: str, content: bytes) -> bool:
        """Does exactly this stand there, whole and signed?"""
        try:
            return self.read(name) == content
        except (BadFile, FileNotFoundError):
            return False

    def write(self, number: int, lines: Iterable[bytes]) -> str:
        """A file of these lines; its name."""
        name = f"{number:020d}.ndjson"
        self.put(name, b"".join(line + b"\n" for line in lines))
        return name

    def put(self, name: str, content: bytes) -> None:
        """The file and its signature, in place of those that may be there, safe on the disk when this returns."""
        if not self.path.exists():
            self.base.stat()  # where the stick would be mounted nothing is made in its place
            self.path.mkdir(exist_ok=True)
        parts = ((self._signature(name), self._sign(name, content)), (self.path / name, content))
        temporary = [path.with_name(f".{path.name}.tmp") for path, _ in parts]
        try:
            for (_, written), there in zip(parts, temporary, strict=True):
                _write(there, written)
            for (path, _), there in zip(parts, temporary, strict=True):
                there.replace(path)
        except OSError:
            for there in temporary:
                with suppress(OSError):
                    there.unlink(missing_ok=True)
            raise
        _sync_folder(self.path)

    def delete(self, name: str) -> None:
        """The file, then its signature; for the one who wrote it."""
        (self.path / name).unlink(missing_ok=True)
        self._signature(name).unlink(missing_ok=True)

    def _signature(self, name: str) -> Path:
        return self.path / f"{name}.sig"

    def _sign(self, name: str, content: bytes) -> bytes:
        """No part holds a line feed but the last, so that no two files have the same text to sign."""
        head = b"\n".join((_DOMAIN, self._site.encode(), self.direction.encode(), name.encode(), b""))
        return hmac.new(self._key, head + content, hashlib.sha256).hexdigest().encode()


def lines_of(content: bytes) -> list[bytes]:
    """The lines that say something."""
    return [line for line in content.split(b"\n") if line.strip()]


def what_to_do(folder: Path, error: OSError) -> str:
    """What is wrong with the folder, and what a person does about it."""
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR | errno.ENODEV | errno.ENXIO:
            return f"{folder} is not there: plug the stick in, or mount the folder"
        case errno.ENOSPC | errno.EDQUOT:
            return f"{folder} is full: make room, or take another stick"
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return f"{folder} cannot be used: {error.strerror}: check its write protection and whom it belongs to"
        case errno.EIO:
            return f"{folder} fails: {error.strerror}: take another stick"
    return f"{folder} cannot be used: {error.strerror or error}"


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    """The renames too; not every file system of a stick knows that."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)

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
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal, Self

Direction = Literal["out", "in", "acks"]

MAX_BYTES = 64 * 1_048_576  # a batch has 1 MiB; whatever is so much larger is none
MAX_LINE_BYTES = 32 * 1_048_576
_CHUNK_BYTES = 1_048_576
_LISTED_AFTER_A_CHANGE = 4  # times: folders on a stick tell their time in steps of 2 s
_LISTED_AT_LEAST_EVERY = 30
_NAME = re.compile(r"([0-9]{1,20})\.ndjson")
_DOMAIN = b"floorhand-files-1"
_NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EBADF})


class BadFile(ValueError):
    """A file that is not what its signature says; the text names it and is for people."""


class SignedFile:
    """A file that matched its signature when it was opened, to be read in bursts; `lines` is how many it has."""

    def __init__(self, shown: str, file: BinaryIO, lines: int, signature: str) -> None:
        self.lines = lines
        self.signature = signature
        self._shown = shown
        self._file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it."""
        self._file.close()

    def chunks(self) -> Iterator[bytes]:
        """All of it, in pieces."""
        while chunk := self._file.read(_CHUNK_BYTES):
            yield chunk

    def burst(self, most: int) -> list[bytes]:
        """The next lines; empty at the end. Raises BadFile."""
        lines: list[bytes] = []
        while len(lines) < most and (line := self._file.readline(MAX_LINE_BYTES)):
            if len(line) == MAX_LINE_BYTES:
                raise BadFile(f"{self._shown} has a line of more than {MAX_LINE_BYTES} bytes")
            lines.append(line.removesuffix(b"\n"))
        return lines


class SignedFolder:
    """One direction of a folder. What its methods raise besides BadFile is the disk's own OSError."""

    def __init__(self, base: Path, direction: Direction, site: str, key: bytes) -> None:
        self.base = base
        self.path = base / direction
        self.direction = direction
        self._site = site
        self._key = key
        self._names: dict[int, str] = {}
        self._changed_ns = -1
        self._unchanged = 0

    def names(self) -> dict[int, str]:
        """The files that are there, by number, in order; none where only the direction's own folder is missing.

        What readers leave behind makes a folder long: one that rests is listed now and then only.
        """
        try:
            changed_ns = self.path.stat().st_mtime_ns
            self._unchanged = self._unchanged + 1 if changed_ns == self._changed_ns else 0
            self._changed_ns = changed_ns
            if self._unchanged < _LISTED_AFTER_A_CHANGE or self._unchanged % _LISTED_AT_LEAST_EVERY == 0:
                found = (_NAME.fullmatch(path.name) for path in self.path.iterdir())
                self._names = dict(sorted((int(match[1]), match[0]) for match in found if match))
        except FileNotFoundError:
            self.base.stat()  # a stick that is not plugged in is no empty one
            self._names = {}
        return self._names

    def read(self, name: str) -> bytes:
        """The whole content. Raises BadFile."""
        path = self.path / name
        if path.stat().st_size > MAX_BYTES:
            raise BadFile(f"{self.direction}/{name} is larger than {MAX_BYTES} bytes")
        content = path.read_bytes()
        digest = self._digest(name)
        digest.update(content)
        self._check(name, digest)
        return content

    def open(self, name: str) -> SignedFile:
        """Read once for its signature, whatever its size, then line by line. Raises BadFile."""
        file = (self.path / name).open("rb")
        try:
            digest, lines = self._digest(name), 0
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
                lines += chunk.count(b"\n")
            self._check(name, digest)
            file.seek(0)
            return SignedFile(f"{self.direction}/{name}", file, lines, digest.hexdigest())
        except BaseException:
            file.close()
            raise

    def holds(self, name: str, file: SignedFile) -> bool:
        """Does the same stand here, whole and signed?"""
        try:
            with self.open(name) as there:
                return there.signature == file.signature
        except (BadFile, FileNotFoundError):
            return False

    def write(self, number: int, lines: Iterable[bytes]) -> str:
        """A file of these lines; its name."""
        name = f"{number:020d}.ndjson"
        self.put(name, b"".join(line + b"\n" for line in lines))
        return name

    def put(self, name: str, content: bytes) -> None:
        """The file and its signature, in place of those that may be there, safe on the disk when this returns."""
        self._put(name, (content,))

    def copy(self, name: str, file: SignedFile) -> None:
        """Likewise a file of another folder, whatever its size."""
        self._put(name, file.chunks())

    def _put(self, name: str, content: Iterable[bytes]) -> None:
        if not self.path.exists():
            self.base.stat()  # where the stick would be mounted nothing is made in its place
            self.path.mkdir(exist_ok=True)
        paths = (self._signature(name), self.path / name)
        drafts = [path.with_name(f".{path.name}.tmp") for path in paths]
        digest = self._digest(name)
        try:
            _write(drafts[1], _signed(content, digest))
            _write(drafts[0], (digest.hexdigest().encode(),))
            for draft, path in zip(drafts, paths, strict=True):
                draft.replace(path)
        except OSError:
            for draft in drafts:
                with suppress(OSError):
                    draft.unlink(missing_ok=True)
            raise
        _sync_folder(self.path)

    def delete(self, name: str) -> None:
        """The file, then its signature; for the one who wrote it."""
        (self.path / name).unlink(missing_ok=True)
        self._signature(name).unlink(missing_ok=True)

    def _signature(self, name: str) -> Path:
        return self.path / f"{name}.sig"

    def _digest(self, name: str) -> hmac.HMAC:
        """No part holds a line feed but the content, which follows: no two files have the same text to sign."""
        head = b"\n".join((_DOMAIN, self._site.encode(), self.direction.encode(), name.encode(), b""))
        return hmac.new(self._key, head, hashlib.sha256)

    def _check(self, name: str, digest: hmac.HMAC) -> None:
        """Raises BadFile where the signature beside the file is another one, or missing."""
        shown = f"{self.direction}/{name}"
        try:
            with self._signature(name).open("rb") as file:
                signature = file.read(200).strip().lower()
        except FileNotFoundError:
            raise BadFile(f"{shown} has no signature {name}.sig beside it: copy both") from None
        if not hmac.compare_digest(signature, digest.hexdigest().encode()):
            raise BadFile(
                f"{shown} does not match its signature: copy it again; if it stays so, it is another site's, or signed "
                f"with another key"
            )


def forget(path: Path) -> None:
    """Let this machine forget what it remembers of a file, so that it is read from the disk again. OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


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


def _signed(content: Iterable[bytes], digest: hmac.HMAC) -> Iterator[bytes]:
    for part in content:
        digest.update(part)
        yield part


def _write(path: Path, content: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        for part in content:
            file.write(part)
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

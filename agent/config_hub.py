"""The configuration's table about the hub's backup channel: used while the hub cannot be reached at its own URL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import urlsplit

from msgspec import Struct

Kind = Literal["mqtt", "http", "files"]

#: What each kind knows of; the first key is required.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "mqtt": ("url", "username", "password_file", "ca_file", "cert_file", "key_file"),
    "http": ("url", "token_file", "ca_file", "cert_file", "key_file"),
    "files": ("path", "key_file"),
}
_SCHEMES: Mapping[str, tuple[str, ...]] = {"mqtt": ("mqtt", "mqtts"), "http": ("http", "https")}
_SECURED = ("https", "mqtts")


class HubBackup(Struct, frozen=True):
    """The same events with the same ids over another way.

    `key_file`: of `http` the client certificate's key, of `files` what signs them; absent, the hub's token does.
    """

    kind: Kind
    url: str | None = None
    username: str | None = None
    password_file: Path | None = None
    token_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    path: Path | None = None

    def faults(self) -> Iterator[tuple[str, str]]:
        """Keys that are missing, misplaced or cannot be, with a sentence each."""
        known = _KEYS[self.kind]
        if getattr(self, known[0]) is None:
            yield f"hub.backup.{known[0]}", f"is required where kind is {self.kind!r}"
        for key in self.__struct_fields__:
            if key not in ("kind", *known) and getattr(self, key) is not None:
                yield f"hub.backup.{key}", f"is not for kind {self.kind!r}, which has {', '.join(known)}"
        if self.password_file is not None and self.username is None:
            yield "hub.backup.username", "is required where there is a password_file"
        if self.kind in _SCHEMES:
            yield from link_faults("hub.backup", self, _SCHEMES[self.kind])


class Link(Protocol):
    """A table that names somebody to connect to."""

    @property
    def url(self) -> str | None: ...
    @property
    def ca_file(self) -> Path | None: ...
    @property
    def cert_file(self) -> Path | None: ...
    @property
    def key_file(self) -> Path | None: ...


def link_faults(table: str, link: Link, schemes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """An address that cannot be, one with a secret in it (which is not quoted), certificates that do nothing."""
    url = link.url or ""
    if "@" in url:
        yield f"{table}.url", "holds a user or a password: they stand in keys and files of their own"
    elif fault := url_fault(url, schemes):
        yield f"{table}.url", fault
    for key in ("ca_file", "cert_file", "key_file"):
        if getattr(link, key) is not None and url.partition("://")[0] not in _SECURED:
            yield f"{table}.{key}", f"is for {' and '.join(_SECURED)}: nothing is encrypted at this url"
    if link.key_file is not None and link.cert_file is None:
        yield f"{table}.cert_file", "is missing beside key_file"


def url_fault(url: str, schemes: tuple[str, ...]) -> str | None:
    """Why this cannot be an address of one of these kinds."""
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)
    if url.partition("://")[0] not in schemes:  # as it is written: so do those look who choose by it
        return f"{url!r} must begin with {wanted}"
    try:
        return None if urlsplit(url).hostname else f"{url!r} names no host"
    except ValueError as error:
        return f"{url!r} is no URL: {error}"

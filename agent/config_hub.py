"""The configuration's table about the hub's backup channel: used while the hub cannot be reached at its own URL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

Kind = Literal["mqtt", "http", "files"]

#: What each kind knows of; the first key is required.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "mqtt": ("url", "username", "password_file", "ca_file"),
    "http": ("url", "token_file", "ca_file", "cert_file", "key_file"),
    "files": ("path", "key_file"),
}
_SCHEMES: Mapping[str, tuple[str, ...]] = {"mqtt": ("mqtt", "mqtts"), "http": ("http", "https")}


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
        if self.url is not None and not _is_url(self.url, wanted := _SCHEMES.get(self.kind, ())):
            schemes = " or ".join(f"{scheme}://" for scheme in wanted)
            yield "hub.backup.url", f"{self.url!r} is no URL that begins with {schemes}"
        if self.password_file is not None and self.username is None:
            yield "hub.backup.username", "is required where there is a password_file"
        if self.kind == "http" and (self.cert_file is None) != (self.key_file is None):
            yield "hub.backup.key_file", "cert_file and key_file belong together"


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        return urlsplit(text).hostname is not None and text.partition("://")[0] in schemes
    except ValueError:
        return False

"""TLS towards the hub: whom this site trusts, how it shows who it is, and what a failed handshake means in words.

The other side is always verified; nothing here can switch that off.
"""

from __future__ import annotations

import logging
import os
import ssl
from pathlib import Path
from typing import NoReturn

import httpx
import msgspec

from sync.errors import NoCredentials, TlsFailed

log = logging.getLogger(__name__)

Stamp = tuple[int, ...] | None


class UnusableFile(ValueError):
    """A file of certificates or of a key that cannot be used; `key` is what it is in the configuration."""

    def __init__(self, key: str, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.key = key


class TlsFiles(msgspec.Struct, frozen=True):
    """`ca_file`: whom to trust (absent: the system's authorities); `cert_file`, `key_file`: who this site is."""

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None  # absent: it stands in cert_file too

    def context(self) -> ssl.SSLContext:
        """TLS 1.2 or later, host name and chain verified. Raises UnusableFile."""
        context = self._trusting()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.cert_file is not None:
            self._load_chain(context, self.cert_file)
        return context

    def stamps(self) -> tuple[Stamp, ...]:
        """Other ones after any of the files was written or replaced."""
        return tuple(
            stamp(path) for path in (self.ca_file, self.cert_file, self.key_file) if path is not None
        )

    def _trusting(self) -> ssl.SSLContext:
        if self.ca_file is None:
            return ssl.create_default_context()
        text = _certificates("ca_file", self.ca_file)
        try:
            return ssl.create_default_context(cadata=text)
        except ssl.SSLError:
            raise UnusableFile("ca_file", self.ca_file, "holds a certificate that cannot be read") from None

    def _load_chain(self, context: ssl.SSLContext, cert_file: Path) -> None:
        _certificates("cert_file", cert_file)
        if self.key_file is not None:
            _read("key_file", self.key_file)
        try:
            context.load_cert_chain(cert_file, self.key_file, password=_no_password)
        except _Encrypted:
            reason = "is encrypted: nobody is here to be asked for its password"
        except ssl.SSLError as error:
            mismatch = error.reason == "KEY_VALUES_MISMATCH"
            reason = f"is not the key of {cert_file}" if mismatch else "holds no private key in PEM"
        else:
            return
        raise UnusableFile("key_file", self.key_file or cert_file, reason)


class Tls:
    """The context for new connections. Files that have changed are taken; while they cannot be used, the last good
    ones go on."""

    def __init__(self, files: TlsFiles) -> None:
        self.files = files
        self._stamps: tuple[Stamp, ...] | None = None
        self._context: ssl.SSLContext | None = None
        self.fault = ""

    def context(self) -> ssl.SSLContext:
        """The same one as long as the files are the same. Raises NoCredentials where there is none yet."""
        stamps = self.files.stamps()  # before they are read: what changes meanwhile is seen the next time
        if self._context is None or stamps != self._stamps:
            self._stamps = stamps
            self._renew()
        if self._context is None:
            raise NoCredentials(self.fault)
        return self._context

    def _renew(self) -> None:
        try:
            self._context, self.fault = self.files.context(), ""
        except UnusableFile as error:
            self.fault = f"{error.key} {error}"
            if self._context is not None:  # a renewal of two files is seen between the two as well
                log.warning("%s; the certificates read before are used", self.fault)


def stamp(path: Path) -> Stamp:
    """Another one after the file was written or replaced; None where there is none."""
    try:
        seen = os.stat(path)  # noqa: PTH116  # once a request: Path.stat() is slower
    except OSError:
        return None
    return seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


# --- what a failed handshake means ---------------------------------------------------------------------------

_EXPIRED, _NOT_YET_VALID, _HOST_MISMATCH, _IP_MISMATCH = 10, 9, 62, 64  # OpenSSL's X509_V_ERR_…
_UNKNOWN_ISSUER = frozenset({2, 18, 19, 20, 21})

_SAID_BY_THE_HUB = {
    "CERTIFICATE_REQUIRED": "the hub wants to see this site's certificate: cert_file and key_file",
    "BAD_CERTIFICATE": "the hub does not accept this site's certificate (cert_file)",
    "CERTIFICATE_EXPIRED": "the hub says that this site's certificate has expired: renew cert_file",
    "CERTIFICATE_REVOKED": "the hub says that this site's certificate was revoked: renew cert_file",
    "CERTIFICATE_UNKNOWN": "the hub does not accept this site's certificate (cert_file)",
    "UNKNOWN_CA": "the hub does not know who signed this site's certificate (cert_file)",
    "HANDSHAKE_FAILURE": "the hub broke the handshake off: it may want this site's certificate (cert_file, key_file)",
    "EOF_WHILE_READING": "it broke the handshake off: it may want this site's certificate (cert_file, key_file)",
    "PROTOCOL_VERSION": "the hub speaks no TLS 1.2 or later",
    "UNSUPPORTED_PROTOCOL": "the hub speaks no TLS 1.2 or later",
    "WRONG_VERSION_NUMBER": "what answers there speaks no TLS: is the port one for http?",
}


def tls_failure(error: BaseException, host: str, files: TlsFiles) -> TlsFailed | None:
    """The failed handshake behind a network error in words that say what to do; None where it was another fault."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if cause is None:
        return None
    if isinstance(cause, ssl.SSLCertVerificationError):
        return TlsFailed(_unverified(cause, host, files))
    if isinstance(cause, ssl.SSLEOFError) and not isinstance(error, httpx.ConnectError):
        return None  # cut off later, as connections are
    reason = cause.reason or str(cause)
    words = next((said for name, said in _SAID_BY_THE_HUB.items() if reason.endswith(name)), None)
    return TlsFailed(f"no TLS with {host}: {words or reason.lower().replace('_', ' ')}")


def _unverified(error: ssl.SSLCertVerificationError, host: str, files: TlsFiles) -> str:
    code = error.verify_code
    if code == _EXPIRED:
        return f"the certificate of {host} has expired: it must be renewed there (or the clock here is ahead)"
    if code == _NOT_YET_VALID:
        return f"the certificate of {host} is not valid yet (or the clock here is behind)"
    if code in {_HOST_MISMATCH, _IP_MISMATCH}:
        return f"what answers at {host} has a certificate for another name: is the url right?"
    trusted = (
        f"ca_file {files.ca_file}" if files.ca_file is not None else "the system's authorities (no ca_file)"
    )
    if code in _UNKNOWN_ISSUER:
        return (
            f"the certificate of {host} is signed by nobody whom this site trusts by {trusted}: "
            "if it is the right hub, its authority's certificate belongs into ca_file"
        )
    return f"the certificate of {host} is not accepted by {trusted}: {error.verify_message}"


class _Encrypted(Exception):
    """OpenSSL would ask the terminal."""


def _no_password() -> NoReturn:
    raise _Encrypted


def _certificates(key: str, path: Path) -> str:
    text = _read(key, path)
    if "-----BEGIN CERTIFICATE-----" not in text:
        raise UnusableFile(key, path, "holds no certificate in PEM")
    return text


def _read(key: str, path: Path) -> str:
    try:
        return path.read_text("ascii", "ignore")
    except OSError as error:
        raise UnusableFile(key, path, f"cannot be read: {error.strerror}") from error

"""How this site shows who it is, and whom it trusts: the files of the configuration, for whoever connects.

All of them may be renewed while the agent runs. A token and certificates are read by `sync` when they have changed, a
broker's by each connection.
"""

from __future__ import annotations

import logging
from pathlib import Path

from agent.config import Config, ConfigError
from agent.config_hub import Link
from agent.logs import keep_secret
from sync.credentials import FileToken, read_token
from sync.tls import TlsFiles, UnusableFile

log = logging.getLogger(__name__)


def token_of(config: Config, file: Path | None) -> str | FileToken:
    """What a hub is shown with each request. ConfigError where the file holds no token now."""
    if file is None:
        return ""
    path = config.secret_path(file)
    try:
        keep_secret(read_token(path))
    except ValueError as error:
        raise ConfigError(f"{config.file}: `token_file`: {error}") from error
    return FileToken(path, keep_secret, also=config.beside(file))


class FilePassword:
    """What a broker is shown at each connection. While its file cannot be read, the last one goes on."""

    def __init__(self, config: Config, file: Path | None) -> None:
        """ConfigError where it cannot be read now."""
        self._config = config
        self._file = file
        self._password = config.secret(file)

    def __call__(self) -> str | None:
        try:
            self._password = self._config.secret(self._file)
        except ConfigError as error:
            log.warning("%s; the password read before is used", error)
        return self._password


def tls_files(config: Config, link: Link) -> TlsFiles:
    """The certificates of a table; those that the service manager grants come first."""
    ca, cert, key = (
        None if file is None else config.secret_path(file)
        for file in (link.ca_file, link.cert_file, link.key_file)
    )
    return TlsFiles(ca, cert, key)


def check_certificates(config: Config) -> None:
    """Every one of them can be used as it is now. ConfigError, by key and file."""
    links: dict[str, Link] = {"hub": config.hub, "broker": config.broker}
    if config.hub.backup is not None and config.hub.backup.kind != "files":  # there key_file signs
        links["hub.backup"] = config.hub.backup
    for table, link in links.items():
        files = tls_files(config, link)
        try:
            if files != TlsFiles():
                files.context()
        except UnusableFile as error:
            raise ConfigError(f"{config.file}: `{table}.{error.key}`: {error}") from error

"""The files of certificates and keys that the configuration names, for whoever connects."""

from __future__ import annotations

from agent.config import Config, ConfigError
from agent.config_hub import Link
from sync.tls import TlsFiles, UnusableFile


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

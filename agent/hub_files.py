"""The folder of signed files that the configuration names as the hub's backup channel."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from agent.config import Config, ConfigError


class HubFiles(NamedTuple):
    """Where the folder is, and what signs the files in it."""

    folder: Path
    key: bytes


def hub_files(config: Config) -> HubFiles:
    """ConfigError where the backup channel is another one, or nothing signs."""
    backup = config.hub.backup
    if backup is None or backup.kind != "files" or backup.path is None:
        raise ConfigError(f'{config.file}: `hub.backup.kind`: "files" is needed for this')
    key = config.secret(backup.key_file or config.hub.token_file)
    if not key:
        wanted = "`hub.backup.key_file` or `hub.token_file`"
        raise ConfigError(f"{config.file}: {wanted} must name a file that holds a key: it signs the files")
    return HubFiles(config.base / backup.path, key.encode())

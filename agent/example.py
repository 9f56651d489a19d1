"""The commented example configuration that `floorhand init` writes: every key with its default."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from agent.config import ConfigError


def write_example(folder: Path) -> list[Path]:
    """Write what is not there yet, and nothing over what is. ConfigError."""
    config = folder / "floorhand.toml"
    if config.exists():
        raise ConfigError(f"{config} is there already: nothing was written over it")
    folder.mkdir(parents=True, exist_ok=True)
    config.write_text(files("agent").joinpath("example.toml").read_text("utf-8"), "utf-8")
    written = [config]
    token = folder / "hub-token"
    if not token.exists():
        token.write_text("the token that the hub has given this site\n", "utf-8")
        token.chmod(0o600)
        written.append(token)
    return written

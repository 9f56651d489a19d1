"""`python -m tui`: the supervisor's screens against a running agent."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from collections.abc import Sequence
from pathlib import Path

from tui.app import SupervisorApp
from tui.client import AgentClient

DEFAULT_SOCKET = Path("/run/floorhand/api.sock")


def login_name() -> str:
    """Whose terminal this is."""
    try:
        return getpass.getuser()
    except (
        ImportError,
        KeyError,
        OSError,
    ):  # what it raises where the user has no name depends on the version
        return "supervisor"


def parser() -> argparse.ArgumentParser:
    """The command line: a socket, or a URL with a token where the agent asks for one."""
    arguments = argparse.ArgumentParser(prog="floorhand tui", description=__doc__)
    where = arguments.add_mutually_exclusive_group()
    where.add_argument(
        "--socket", type=Path, default=DEFAULT_SOCKET, help="the agent's unix socket (%(default)s)"
    )
    where.add_argument("--url", help="the agent's TCP listener, such as http://127.0.0.1:8420")
    arguments.add_argument("--token-file", type=Path, help="the API token, for --url")
    arguments.add_argument(
        "--by", default=login_name(), help="who you are, for the agent's journal (%(default)s)"
    )
    return arguments


def client(chosen: argparse.Namespace) -> AgentClient:
    """A client for what the command line chose. Raises `OSError` if the token cannot be read."""
    if chosen.url is None:
        return AgentClient.on_socket(chosen.socket, by=chosen.by)
    token = chosen.token_file.read_text().rstrip("\n") if chosen.token_file else None
    return AgentClient.on_url(chosen.url, token, by=chosen.by)


async def show(agent: AgentClient) -> int:
    """Run the screens until the supervisor leaves them; the exit code."""
    async with agent:
        app = SupervisorApp(agent)
        await app.run_async()
        return app.return_code or 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when the supervisor left, 2 for a wrong command line."""
    try:
        agent = client(parser().parse_args(arguments))
    except OSError as error:
        print(f"floorhand tui: token file: {error}", file=sys.stderr)
        return 2
    return asyncio.run(show(agent))


if __name__ == "__main__":
    sys.exit(main())

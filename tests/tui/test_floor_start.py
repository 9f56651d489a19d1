"""How the screens are started."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.__main__ import DEFAULT_SOCKET, client, main, parser


async def test_without_arguments_the_installed_agents_socket_is_used() -> None:
    async with client(parser().parse_args([])) as agent:
        assert agent.where == str(DEFAULT_SOCKET)


async def test_a_token_file_is_read_without_its_newline(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n")
    chosen = ["--url", "http://127.0.0.1:8420", "--token-file", str(tmp_path / "token")]
    async with client(parser().parse_args(chosen)) as agent:
        assert agent.authorization == "Bearer secret"


def test_a_token_that_cannot_be_read_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--url", "http://127.0.0.1:8420", "--token-file", str(tmp_path / "absent")]) == 2
    assert "token file" in capsys.readouterr().err


def test_a_socket_and_a_url_at_once_are_a_usage_error() -> None:
    with pytest.raises(SystemExit, match="2"):
        parser().parse_args(["--socket", "a.sock", "--url", "http://127.0.0.1:8420"])


@pytest.mark.parametrize("where", [[], ["--url", "http://127.0.0.1:8420"]])
async def test_the_journal_hears_who_sits_at_the_screens(where: list[str]) -> None:
    async with client(parser().parse_args([*where, "--by", "mei"])) as agent:
        assert agent.by == "mei"


def test_whoever_says_nothing_goes_by_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "wei")
    assert parser().parse_args([]).by == "wei"


def test_a_login_without_a_name_is_a_supervisor(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert parser().parse_args([]).by == "supervisor"

"""`floorhand spool`: files to a stick and back, whole or not at all, as often as wanted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from agent.cli import main
from sync import signed_files
from sync.signed_files import SignedFile, SignedFolder

CONFIG = """
[site]
id = "WH1"
[hub]
url = "https://hub.example"
token_file = "hub-token"
[hub.backup]
kind = "files"
path = "hub-files"
[broker]
url = "mqtt://127.0.0.1:1883"
"""


class Desk:
    """A site's folder, a stick, and the command."""

    def __init__(self, base: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.config = base / "floorhand.toml"
        self.config.write_text(CONFIG, "utf-8")
        (base / "hub-token").write_text("secret\n")
        self.ours, self.stick = base / "hub-files", base / "stick"
        for folder in (self.ours, self.stick):
            folder.mkdir()
        self._capsys = capsys

    def run(self, part: str, *more: str) -> tuple[int, str, str]:
        code = main(["spool", part, "--config", str(self.config), str(self.stick), *more])
        said = self._capsys.readouterr()
        return code, said.out, said.err

    def report(self, part: str) -> dict[str, Any]:
        _, out, _ = self.run(part, "--json")
        return dict(json.loads(out))

    def folder(self, base: Path, direction: Any, key: bytes = b"secret") -> SignedFolder:
        return SignedFolder(base, direction, "WH1", key)


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def test_what_waits_for_the_hub_goes_to_the_stick_once(desk: Desk) -> None:
    out = desk.folder(desk.ours, "out")
    names = [out.write(1, [b"{}", b"{}"]), out.write(3, [b"{}"])]
    assert desk.report("export") == {"copied": 2, "there": 0, "events": 3, "refused": []}
    assert desk.report("export") == {"copied": 0, "there": 2, "events": 0, "refused": []}
    onto = desk.folder(desk.stick, "out")
    assert [onto.read(name) for name in names] == [out.read(name) for name in names]
    assert len(out.names()) == 2


def test_what_the_hub_has_put_there_comes_into_the_folder(desk: Desk) -> None:
    desk.folder(desk.stick, "in").write(1, [b"{}"])
    desk.folder(desk.stick, "acks").write(1, [b"{}"])
    desk.folder(desk.stick, "out").write(1, [b"{}"])
    code, out, _ = desk.run("import")
    assert (code, out) == (0, "imported 2 files with 2 lines; 0 were there already\n")
    assert [path.name for path in sorted(desk.ours.iterdir())] == ["acks", "in"]


def test_a_harmed_file_is_named_and_refused_and_the_others_come(desk: Desk) -> None:
    given = desk.folder(desk.stick, "in")
    torn, whole = given.write(1, [b"{}"]), given.write(2, [b"{}"])
    (given.path / torn).write_bytes(b"{")
    code, _, words = desk.run("import")
    assert code == 1
    assert f"not copied: in/{torn} does not match its signature" in words
    assert list(desk.folder(desk.ours, "in").names().values()) == [whole]


def test_a_file_that_was_signed_by_another_is_refused(desk: Desk) -> None:
    desk.folder(desk.stick, "in", b"another").write(1, [b"{}"])
    code, _, words = desk.run("import")
    assert (code, "signed with another key" in words) == (1, True)
    assert list(desk.ours.iterdir()) == []


def test_a_file_torn_on_the_stick_is_mended_by_another_export(desk: Desk) -> None:
    name = desk.folder(desk.ours, "out").write(1, [b"{}"])
    desk.run("export")
    (desk.stick / "out" / name).write_bytes(b"")
    assert desk.report("export")["copied"] == 1
    assert desk.folder(desk.stick, "out").read(name) == b"{}\n"


@pytest.mark.parametrize("part", ["export", "import"])
@pytest.mark.parametrize("which", ["ours", "stick"])
def test_a_folder_that_is_away_is_a_2_and_says_what_to_do(desk: Desk, part: str, which: str) -> None:
    folder: Path = getattr(desk, which)
    folder.rmdir()
    code, _, words = desk.run(part)
    assert (code, words) == (
        2,
        f"floorhand: {folder} is not there, or no folder: plug the stick in, or mount it\n",
    )


def test_a_full_stick_is_a_1_and_keeps_what_is_whole(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    out = desk.folder(desk.ours, "out")
    first, _ = out.write(1, [b"{}"]), out.write(2, [b"{}"])
    write = signed_files._write

    def full(path: Path, content: Iterable[bytes]) -> None:
        if "2.ndjson" in path.name:
            raise OSError(28, "No space left on device")
        write(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(signed_files, "_write", full)
        code, _, words = desk.run("export")
    assert code == 1
    assert words == (
        f"floorhand: {desk.stick} is full: make room, or take another stick; 1 files were copied, do it again for the "
        "rest\n"
    )
    assert list(desk.folder(desk.stick, "out").names().values()) == [first]
    assert desk.report("export") == {"copied": 1, "there": 1, "events": 1, "refused": []}


def test_a_copy_that_reads_back_wrong_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    name = desk.folder(desk.ours, "out").write(1, [b"{}"])
    write = signed_files._write
    monkeypatch.setattr(signed_files, "_write", lambda path, content: write(path, [b"".join(content)[:-1]]))
    code, _, words = desk.run("export")
    assert (code, f"not copied: out/{name}" in words) == (1, True)


def test_a_file_that_the_agent_deletes_meanwhile_is_none_to_copy(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = desk.folder(desk.ours, "out")
    out.write(1, [b"{}"])
    opened = SignedFolder.open

    def late(folder: SignedFolder, name: str) -> SignedFile:
        out.delete(name)
        (out.path / f"{name}.sig").touch()  # in the middle of it, even
        return opened(folder, name)

    monkeypatch.setattr(SignedFolder, "open", late)
    assert desk.report("export") == {"copied": 0, "there": 0, "events": 0, "refused": []}


def test_a_key_of_its_own_signs_where_there_is_one(desk: Desk) -> None:
    desk.config.write_text(
        CONFIG.replace('path = "hub-files"', 'path = "hub-files"\nkey_file = "key"'), "utf-8"
    )
    (desk.config.parent / "key").write_text("another")
    desk.folder(desk.stick, "in", b"another").write(1, [b"{}"])
    assert desk.report("import")["copied"] == 1


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('[hub.backup]\nkind = "files"\npath = "hub-files"', "", '`hub.backup.kind`: "files" is needed'),
        ('kind = "files"\npath = "hub-files"', 'kind = "http"\nurl = "https://b"', "is needed for this"),
        ('token_file = "hub-token"', "", "it signs the files"),
    ],
)
def test_a_site_without_such_a_channel_says_so(desk: Desk, before: str, after: str, words: str) -> None:
    desk.config.write_text(CONFIG.replace(before, after), "utf-8")
    code, _, said = desk.run("export")
    assert code == 2
    assert words in said

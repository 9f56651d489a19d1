"""The tables of the hub, its backup and the broker: keys that do nothing are refused, and no secret is quoted."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.cli import main
from agent.config import ConfigError
from agent.credentials import FilePassword, check_certificates, tls_files, token_of
from agent.logs import redacted
from agent.service import Service
from tests.agent.test_config import SMALLEST, read, refusal
from tests.sync.certificates import Authority

BACKUPS = {
    "mqtt": 'url = "mqtts://b.example"\nusername = "WH1"\npassword_file = "p"\nca_file = "ca.pem"',
    "http": 'url = "https://b.example"\ntoken_file = "t"\nca_file = "ca.pem"\ncert_file = "c.pem"\nkey_file = "k"',
    "files": 'path = "spool"\nkey_file = "k"',
}


def with_hub(more: str) -> str:
    return SMALLEST.replace("[broker]", f"{more}\n[broker]")


def with_backup(kind: str, keys: str) -> str:
    return with_hub(f'[hub.backup]\nkind = "{kind}"\n{keys}')


@pytest.mark.parametrize("kind", BACKUPS)
def test_each_kind_of_backup_takes_its_own_keys(tmp_path: Path, kind: str) -> None:
    backup = read(tmp_path, with_backup(kind, BACKUPS[kind])).hub.backup
    assert backup is not None
    assert backup.kind == kind


OTHERS = {
    "mqtt": ("token_file", "path"),
    "http": ("username", "password_file", "path"),
    "files": ("url", "username", "password_file", "token_file", "ca_file", "cert_file"),
}


@pytest.mark.parametrize(("kind", "key"), [(kind, key) for kind, keys in OTHERS.items() for key in keys])
def test_a_key_of_another_kind_is_refused_with_those_that_it_has(tmp_path: Path, kind: str, key: str) -> None:
    words = refusal(tmp_path, with_backup(kind, f'{BACKUPS[kind]}\n{key} = "x"'))
    assert f"`hub.backup.{key}`: is not for kind {kind!r}, which has" in words


@pytest.mark.parametrize(
    ("kind", "keys", "why"),
    [
        ("mqtt", "", "`hub.backup.url`: is required where kind is 'mqtt'"),
        ("http", "", "`hub.backup.url`: is required where kind is 'http'"),
        ("files", "", "`hub.backup.path`: is required where kind is 'files'"),
        ("stick", "", "'stick' - at `hub.backup.kind`: known are mqtt, http, files"),
        ("http", 'url = "mqtt://b"', "`hub.backup.url`: 'mqtt://b' must begin with http:// or https://"),
        ("http", 'url = "https://"', "`hub.backup.url`: 'https://' names no host"),
        ("http", 'url = "https://[::1"', "`hub.backup.url`: 'https://[::1' is no URL"),
        ("mqtt", 'url = "mqtt://b"\npassword_file = "p"', "`hub.backup.username`: is required"),
        ("files", 'pth = "x"', "unknown key `hub.backup.pth`: did you mean `path`?"),
        ("http", 'url = "http://b"\nca_file = "ca.pem"', "`hub.backup.ca_file`: is for https and mqtts"),
        ("http", 'url = "https://b"\nkey_file = "k"', "`hub.backup.cert_file`: is missing beside key_file"),
    ],
)
def test_a_backup_that_cannot_be_says_what_is_expected(
    tmp_path: Path, kind: str, keys: str, why: str
) -> None:
    assert why in refusal(tmp_path, with_backup(kind, keys))


@pytest.mark.parametrize("key", ["ca_file", "cert_file"])
def test_certificates_where_nothing_is_encrypted_are_refused(tmp_path: Path, key: str) -> None:
    words = refusal(tmp_path, f'{SMALLEST}\n{key} = "x.pem"')
    assert f"`broker.{key}`: is for https and mqtts: nothing is encrypted at this url" in words


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("https://hub.example", "https://site:p4ssw0rd@hub.example", "hub.url"),
        ("https://hub.example", "htps://site:p4ssw0rd@hub.example", "hub.url"),
        ("https://hub.example", "https://site:p4ssw0rd/x@hub.example", "hub.url"),
        ("https://hub.example", "site:p4ssw0rd@[hub.example", "hub.url"),
        ("mqtt://127.0.0.1:1883", "mqtt://site:p4ssw0rd@127.0.0.1", "broker.url"),
    ],
)
def test_an_address_with_a_password_is_refused_without_quoting_it(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    words = refusal(tmp_path, SMALLEST.replace(old, new))
    assert f"`{key}`: holds a user or a password" in words
    assert "p4ssw0rd" not in words


# --- the files ------------------------------------------------------------------------------------------------


async def test_a_certificate_that_is_not_there_is_named_by_key_and_file_at_the_start(tmp_path: Path) -> None:
    config = read(tmp_path, with_hub('ca_file = "away.pem"'))
    with pytest.raises(ConfigError) as refused:
        await Service(config).run()
    wanted = f"`hub.ca_file`: {tmp_path / 'away.pem'}: cannot be read: No such file or directory"
    assert str(refused.value) == f"{tmp_path / 'floorhand.toml'}: {wanted}"


def test_check_config_names_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    read(tmp_path, with_hub('ca_file = "away.pem"'))
    assert main(["check-config", str(tmp_path / "floorhand.toml")]) == 2
    assert "`hub.ca_file`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("hub", with_hub('cert_file = "c.pem"\nkey_file = "k.pem"')),
        ("hub.backup", with_backup("http", 'url = "https://b"\ncert_file = "c.pem"\nkey_file = "k.pem"')),
        ("broker", SMALLEST.replace("mqtt:", "mqtts:") + 'cert_file = "c.pem"\nkey_file = "k.pem"'),
    ],
)
def test_a_key_of_another_certificate_is_named_by_its_table(tmp_path: Path, table: str, text: str) -> None:
    authority = Authority(tmp_path, "ours")
    authority.write_site(tmp_path / "c.pem", tmp_path / "old.pem")
    authority.write_site(tmp_path / "new.pem", tmp_path / "k.pem")
    with pytest.raises(ConfigError, match=rf"`{table}\.key_file`: .*k\.pem: is not the key of .*c\.pem"):
        check_certificates(read(tmp_path, text))
    (tmp_path / "new.pem").replace(tmp_path / "c.pem")
    check_certificates(read(tmp_path, text))


def test_what_signs_files_is_no_certificate(tmp_path: Path) -> None:
    check_certificates(read(tmp_path, with_backup("files", BACKUPS["files"])))


def test_the_service_managers_certificates_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = read(tmp_path, with_hub('ca_file = "ca.pem"\ncert_file = "c.pem"\nkey_file = "k.pem"'))
    granted = tmp_path / "granted"
    granted.mkdir()
    (granted / "k.pem").write_text("granted")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(granted))
    files = tls_files(config, config.hub)
    assert (files.cert_file, files.key_file) == (tmp_path / "c.pem", granted / "k.pem")


# --- tokens and passwords -------------------------------------------------------------------------------------


def test_a_token_that_no_header_can_carry_is_refused_at_the_start_without_quoting_it(tmp_path: Path) -> None:
    config = read(tmp_path, with_hub('token_file = "t"'))
    (tmp_path / "t").write_text("a-secret in two words")
    with pytest.raises(ConfigError, match=r"`token_file`: .*t: holds no token") as refused:
        token_of(config, config.hub.token_file)
    assert "a-secret" not in str(refused.value)


def test_a_password_is_read_for_each_connection_and_the_last_one_goes_on_without_its_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = read(tmp_path, SMALLEST + 'username = "agent"\npassword_file = "p"')
    with pytest.raises(ConfigError, match="p: the secret cannot be read"):
        FilePassword(config, config.broker.password_file)
    (tmp_path / "p").write_text("of yesterday\n")
    password = FilePassword(config, config.broker.password_file)
    (tmp_path / "p").write_text("of today\n")
    assert password() == "of today"
    (tmp_path / "p").unlink()
    assert password() == "of today"
    assert "the password read before is used" in caplog.text
    assert redacted("of yesterday, of today") == "***, ***"
    assert FilePassword(config, None)() is None

"""The configuration: what is wrong is named by file, key and what is expected; secrets stay in files of their own."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config import Config, ConfigError, Printer, load, parse
from agent.config_scanning import profile_of

SMALLEST = """
[site]
id = "WH1"
[hub]
url = "https://hub.example"
[broker]
url = "mqtt://127.0.0.1:1883"
"""
SENDER = '{ name = "仓库", phone = "1", province = "p", city = "c", district = "d", address = "a" }'


def read(tmp_path: Path, text: str) -> Config:
    """The configuration of a file with this text."""
    file = tmp_path / "floorhand.toml"
    file.write_text(text, "utf-8")
    return load(file)


def refusal(tmp_path: Path, text: str) -> str:
    """Why it is refused; the file is always named."""
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, text)
    assert "floorhand.toml" in str(refused.value)
    return str(refused.value)


def test_three_tables_are_enough_and_the_rest_has_the_contracts_defaults(tmp_path: Path) -> None:
    config = read(tmp_path, SMALLEST)
    assert (config.picking.release, config.picking.max_wait_s, config.picking.cart_slots) == (
        "continuous",
        20,
        8,
    )
    assert (config.site.timezone, config.site.data_dir) == ("Asia/Shanghai", Path("/var/lib/floorhand"))
    assert config.api.socket == Path("/run/floorhand/api.sock")
    assert not config.packs_apart


def test_numbers_last_three_days_and_a_carriers_check_digit_is_a_word(tmp_path: Path) -> None:
    config = read(tmp_path, SMALLEST)
    assert (config.hub.lease_hours, config.checks) == (72, {})
    ems = '[[carriers]]\nid = "EMS"\ncheck = "s10"\n'
    assert read(tmp_path, SMALLEST + ems).checks == {"EMS": "s10"}
    assert "stands twice" in refusal(tmp_path, SMALLEST + ems + ems)
    assert "known are none, s10, mod10, ems" in refusal(tmp_path, SMALLEST + ems.replace("s10", "luhn"))


@pytest.mark.parametrize("table", ["site", "hub", "broker"])
def test_a_missing_table_is_named(tmp_path: Path, table: str) -> None:
    lines = [line for line in SMALLEST.splitlines() if line]
    at = lines.index(f"[{table}]")
    text = "\n".join(lines[:at] + lines[at + 2 :])
    assert f"missing `{table}`" in refusal(tmp_path, text)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("[piking]", "unknown key `piking`: did you mean `picking`?"),
        ("[picking]\nmax_wait = 3", "unknown key `picking.max_wait`: did you mean `max_wait_s`?"),
        ('[[printers]]\nid = "lp1"\nurl = "tcp://h"\nmedia = { widht_mm = 3 }',
         "unknown key `printers[0].media.widht_mm`: did you mean `width_mm`?"),
        ('[[printers]]\nid = "lp1"\nurl = "tcp://h"\n[[printers]]\nidd = "lp2"',
         "unknown key `printers[1].idd`: did you mean `id`?"),
        ("file = 1\n", "unknown key"),
        ("[zzz]", "known are site, hub"),
    ],
)  # fmt: skip
def test_an_unknown_key_names_the_nearest_known_one(tmp_path: Path, more: str, why: str) -> None:
    text = more + SMALLEST if more.startswith("file") else SMALLEST + more
    assert why in refusal(tmp_path, text)


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ('[picking]\ncart_slots = "8"', "picking.cart_slots"),
        ("[picking]\ncart_slots = 0", "picking.cart_slots"),
        ('[picking]\nrelease = "sometimes"', "picking.release"),
        ("printers = 5", "printers"),
        ('[[scanners]]\nid = "s 1"\nurl = "serial:///dev/x"\nrole = "ship"', "scanners[0].id"),
        ('[[scanners]]\nid = "s1\\n"\nurl = "serial:///dev/x"\nrole = "ship"', "scanners[0].id"),
        ('[[scanners]]\nid = "s1"\nurl = "serial:///dev/x"\nrole = "cook"', "scanners[0].role"),
        ('[[printers]]\nid = "lp1"\nurl = "ftp://h"', "printers[0].url"),
        ('[[printers]]\nid = "lp1"\nurl = "tcp://[::1"', "printers[0].url"),
        (
            '[[printers]]\nid = "a"\nurl = "tcp://h"\n[[printers]]\nid = "a"\nurl = "tcp://h"',
            "printers[1].id",
        ),
        ('[api]\nlisten = "8420"', "api.listen"),
        ('[api]\nlisten = "127.0.0.1:99999"', "api.listen"),
        ('[api]\nlisten = "0.0.0.0:8420"', "api.token_file"),
    ],
)
def test_a_wrong_value_is_refused_by_its_key(tmp_path: Path, more: str, key: str) -> None:
    text = more + "\n" + SMALLEST if more.startswith("printers") else SMALLEST + more
    assert f"`{key}`" in refusal(tmp_path, text)


PRINTER = '[[printers]]\nid = "lp1"\nurl = "tcp://h"\n'


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ('language = "cpcl"', "'cpcl' - at `printers[0].language`: known are escpos, zpl, tspl"),
        ('language = "ZPL"', "'ZPL' - at `printers[0].language`: known are escpos, zpl, tspl"),
        ('confirm = "yes"', "'yes' - at `printers[0].confirm`: known are auto, process-id, odometer, status, none"),
        ("mm_per_s = 0", "Expected `int` >= 1 - at `printers[0].mm_per_s`"),
        ('mm_per_s = "fast"', "Expected `int`, got `str` - at `printers[0].mm_per_s`"),
        ("media = { dpi = 0 }", "Expected `int` >= 1 - at `printers[0].media.dpi`"),
        ('media = { gap = "yes" }', "Expected `bool`, got `str` - at `printers[0].media.gap`"),
        ('carriers = "SF"', "Expected `array`, got `str` - at `printers[0].carriers`"),
        ('speed = 3', "unknown key `printers[0].speed`: known are id, url, language"),
        ('langage = "zpl"', "unknown key `printers[0].langage`: did you mean `language`?"),
        ('font = "SIMSUN.TTF"', "`printers[0].font` is for printers that speak tspl or zpl"),
    ],
)  # fmt: skip
def test_a_printers_wrong_key_says_what_is_expected(tmp_path: Path, more: str, why: str) -> None:
    assert why in refusal(tmp_path, SMALLEST + PRINTER + more)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://h", "must begin with tcp:// or serial:// or usb:// or file://"),
        ("tcp://", "tcp://host[:9100]"),
        ("tcp://h:0", "tcp://host[:9100]"),
        ("tcp://h:99999", "tcp://host[:9100]"),
        ("tcp://h/x", "tcp://host[:9100]"),
        ("serial://", "serial:///dev/…?baud=9600&bits=8N1&flow=none"),
        ("serial:///dev/x?parity=even", "serial:///dev/…?baud=9600&bits=8N1&flow=none"),
        ("serial:///dev/x?baud=fast", "baud, bits (8N1) or flow (none, rtscts, xonxoff) cannot be used"),
        ("serial:///dev/x?baud=0", "baud, bits (8N1) or flow (none, rtscts, xonxoff) cannot be used"),
        ("serial:///dev/x?bits=9X1", "baud, bits (8N1) or flow (none, rtscts, xonxoff) cannot be used"),
        ("serial:///dev/x?flow=dtr", "baud, bits (8N1) or flow (none, rtscts, xonxoff) cannot be used"),
        ("usb://04b8", "usb://04b8:0202"),
        ("usb://04b8:zz", "usb://04b8:0202"),
        ("usb://04b8:0202?in=0x02", "an endpoint in is 0x81 or more, one out 0x0f or less"),
        ("file://lp0", "file:///dev/usb/lp0"),
        ("file:///", "file:///dev/usb/lp0"),
    ],
)
def test_a_printers_wrong_address_says_what_is_expected(tmp_path: Path, url: str, expected: str) -> None:
    words = refusal(tmp_path, SMALLEST + PRINTER.replace("tcp://h", url))
    assert "`printers[0].url`" in words
    assert expected in words
    assert repr(url) in words


@pytest.mark.parametrize(
    "url",
    [
        "tcp://192.0.2.1", "tcp://[::1]:9101", "serial:///dev/serial/by-id/x?baud=115200&bits=7E2&flow=rtscts",
        "usb://04b8:0202", "usb://04b8:0202?in=0x81&out=0x02", "file:///dev/usb/lp0",
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["escpos", "zpl", "tspl"])
def test_every_language_is_taken_over_every_link(tmp_path: Path, url: str, language: str) -> None:
    more = PRINTER.replace("tcp://h", url) + f'language = "{language}"'
    (printer,) = read(tmp_path, SMALLEST + more).printers
    assert (printer.url, printer.language, printer.confirm) == (url, language, "auto")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("template = 3", "Expected `str`, got `int` - at `labels.template`"),
        ("folder = 3", "Expected `str`, a path - at `labels.folder`"),
        ('carriers = ["SF"]', "Expected `object`, got `array` - at `labels.carriers`"),
        ("carriers = { SF = 3 }", "Expected `str`, got `int` - at `labels.carriers"),
        ('templates = "x"', "unknown key `labels.templates`: did you mean `template`?"),
        ('senders = "x"', "unknown key `labels.senders`: known are folder, template, carriers"),
    ],
)
def test_a_wrong_label_key_says_what_is_expected(tmp_path: Path, more: str, why: str) -> None:
    assert why in refusal(tmp_path, SMALLEST + f"[labels]\n{more}")


PROFILE = '[[profiles]]\nid = "a"\nservice = "ab00"\nnotify = "ab01"\n'
GATEWAY = """
[[gateways]]
id = "g1"
topic = "up/+/scan"
time = "none"
fields = { device = "device", data = "data" }
"""
SCANNER = '[[scanners]]\nid = "s1"\nrole = "ship"\nurl = '


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (SCANNER + '"serial:///dev/x?bits=9X9"', "baud, bits"),
        (SCANNER + '"ble://AA:BB"', "`scanners[0]`: not a Bluetooth address (ble://AA:BB:CC:DD:EE:FF"),
        (SCANNER + '"ble://AA:BB:CC:DD:EE:FF?profile=nuss"', "no Bluetooth profile 'nuss' (there are: nus, feea"),
        (SCANNER + '"mqtt://gw 1/d"', "not a gateway's scanner (mqtt://gateway/device"),
        (SCANNER + '"mqtt://gw1/d"\nframing = "ssi"', "`framing` is for serial scanners"),
        (SCANNER + '"serial:///dev/x"\nframing = "lines"', "known are line, cr, lf"),
        (SCANNER + '"serial:///dev/x"\npda = "P1"', "`pda` is for scanners of the role pick"),
        (SCANNER + '"ble://aa:bb:cc:dd:ee:ff"\n' + SCANNER.replace("s1", "s2") + '"ble://AA:BB:CC:DD:EE:FF?profile=nus"',
         "is the scanner s1 already"),
        (SCANNER + '"mqtt://gw1"\n' + SCANNER.replace("s1", "s2") + '"mqtt://gw1/"', "is the scanner s1 already"),
        (SCANNER + '"mqtt://gw1/a%3Ab"\n' + SCANNER.replace("s1", "s2") + '"mqtt://gw1/a:b"',
         "is the scanner s1 already"),
        (SCANNER + '"MQTT://gw1/a"', "'MQTT://gw1/a' must begin with serial:// or ble:// or mqtt://"),
        ('[[profiles]]\nid = "a"\nservice = "ab0"\nnotify = "ab01"', "`profiles[0]`: not a UUID"),
        ('[[gateways]]\nid = "g"\nfields = { device = "a..b", data = "" }', "fields.device: 'a..b' is no path"),
        ('[[gateways]]\nid = "g"\nfields = { device = "a" }', "the path of 'at' is missing"),
        (GATEWAY + GATEWAY, "`gateways[1].id`: 'g1' stands twice"),
        (GATEWAY + GATEWAY.replace("g1", "g2"),
         "`gateways[1].topic`: 'up/+/scan' shares topics with 'up/+/scan' of the gateway g1"),
        (GATEWAY.replace("up/+/scan", "floor/WH1/gateway/g1/scan"),
         "shares topics with 'floor/WH1/gateway/+/scan' of the floor itself"),
        (PROFILE + PROFILE, "`profiles[1].id`: 'a' stands twice"),
        ('[codes]\nwaybills = { SF = ["SF("] }', "`codes.waybills`: waybills of SF: 'SF(' is no regular expression"),
    ],
)  # fmt: skip
def test_a_scanners_wrong_key_says_what_is_expected(tmp_path: Path, more: str, why: str) -> None:
    assert why in refusal(tmp_path, SMALLEST + more)


@pytest.mark.parametrize(
    "topic", ["up/a/scans", "up/scan", "up/a/b/scan", "up/a", "up", "+/a/event", "floor/WH2/gateway/g2/scan"]
)
def test_gateways_that_share_no_topic_may_stand_side_by_side(tmp_path: Path, topic: str) -> None:
    other = GATEWAY.replace("g1", "g2").replace("up/+/scan", topic)
    assert len(read(tmp_path, SMALLEST + GATEWAY + other).gateways) == 2


@pytest.mark.parametrize("topic", ["#", "up/#", "up/a/scan", "up/a/#", "+/a/scan", "up/+/scan/#", "up/+/+"])
def test_gateways_that_share_a_topic_are_refused(tmp_path: Path, topic: str) -> None:
    other = GATEWAY.replace("g1", "g2").replace("up/+/scan", topic)
    assert "shares topics with" in refusal(tmp_path, SMALLEST + GATEWAY + other)


def test_a_sites_own_profile_is_known_to_its_scanners(tmp_path: Path) -> None:
    own = '[[profiles]]\nid = "acme"\nservice = "ab00"\nnotify = "AB01"\nnames = ["ACME-"]\n'
    config = read(tmp_path, SMALLEST + own + SCANNER + '"ble://AA:BB:CC:DD:EE:FF?profile=acme"')
    profile = profile_of(config.profiles[0])
    assert profile.is_advertised("ACME-7", ())
    assert (profile.notify, profile.write) == ("0000ab01-0000-1000-8000-00805f9b34fb", None)


@pytest.mark.parametrize("zone", ["Asia/Nowhere", "Asia", "", "../etc/passwd"])
def test_a_time_zone_that_is_none_is_refused(tmp_path: Path, zone: str) -> None:
    text = SMALLEST.replace('id = "WH1"', f'id = "WH1"\ntimezone = "{zone}"')
    assert "`site.timezone`" in refusal(tmp_path, text)


@pytest.mark.parametrize(
    ("key", "url"), [("hub.url", "https://hub.example"), ("broker.url", "mqtt://127.0.0.1:1883")]
)
def test_an_url_of_another_kind_is_refused(tmp_path: Path, key: str, url: str) -> None:
    assert f"`{key}`: 'gopher://x' must begin with" in refusal(tmp_path, SMALLEST.replace(url, "gopher://x"))


def test_a_file_that_is_no_toml_or_not_there_is_refused(tmp_path: Path) -> None:
    assert "not TOML" in refusal(tmp_path, "[site")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    for name, why in (("bytes.toml", "not TOML"), ("none.toml", "cannot be read"), (".", "cannot be read")):
        with pytest.raises(ConfigError, match=why):
            load(tmp_path / name)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
            st.sampled_from(["site", "hub", "broker", "id", "url", "printers", "media", "owners", "sender"]), inner
        ),
    )
)  # fmt: skip
def test_whatever_a_table_holds_it_is_read_or_refused(data: Any) -> None:
    tables = data if isinstance(data, dict) else {"site": data}
    with contextlib.suppress(ConfigError):
        assert parse(tables, Path("floorhand.toml")).site.id == tables["site"]["id"]


# --- paths and secrets --------------------------------------------------------------------------------------


def test_relative_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    text = SMALLEST.replace('id = "WH1"', 'id = "WH1"\ndata_dir = "data"') + '[api]\nsocket = "run/api.sock"'
    config = read(tmp_path, text)
    assert (config.site.data_dir, config.api.socket) == (tmp_path / "data", tmp_path / "run" / "api.sock")


@pytest.mark.parametrize("written", ["s3cret", "s3cret\n", "s3cret\r\n"])
def test_a_secret_is_read_without_its_trailing_newline(tmp_path: Path, written: str) -> None:
    config = read(tmp_path, SMALLEST)
    (tmp_path / "hub-token").write_bytes(written.encode())
    assert config.secret(Path("hub-token")) == "s3cret"
    assert config.secret(None) is None


def test_the_service_managers_credentials_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = read(tmp_path, SMALLEST)
    granted = tmp_path / "credentials"
    granted.mkdir()
    (granted / "hub-token").write_text("granted\n")
    (tmp_path / "hub-token").write_text("beside\n")
    (tmp_path / "other-token").write_text("beside\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(granted))
    assert config.secret(Path("hub-token")) == "granted"
    assert config.secret(Path("/etc/floorhand/hub-token")) == "granted"
    assert config.secret(Path("other-token")) == "beside"


def test_an_empty_credentials_directory_variable_grants_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = read(tmp_path, SMALLEST)
    (tmp_path / "hub-token").write_text("beside")
    (tmp_path / "cwd").mkdir()
    (tmp_path / "cwd" / "hub-token").write_text("from the working directory")
    monkeypatch.chdir(tmp_path / "cwd")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "")
    assert config.secret(Path("hub-token")) == "beside"


def test_a_secret_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    config = read(tmp_path, SMALLEST)
    with pytest.raises(ConfigError, match="hub-token: the secret cannot be read: No such file"):
        config.secret(Path("hub-token"))
    (tmp_path / "hub-token").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="hub-token: the secret is not text"):
        config.secret(Path("hub-token"))


# --- what the agent asks of it ------------------------------------------------------------------------------


def test_an_owner_without_a_sender_of_its_own_has_the_sites(tmp_path: Path) -> None:
    owner = f'[[owners]]\nid = "ACME"\nsender = {SENDER.replace("仓库", "ACME")}'
    config = read(tmp_path, SMALLEST.replace('id = "WH1"', f'id = "WH1"\nsender = {SENDER}') + owner)
    names = [sender.name for who in ("ACME", "other") if (sender := config.sender_of(who))]
    assert names == ["ACME", "仓库"]


@pytest.mark.parametrize(
    ("printer", "fits"),
    [
        (Printer("p", "tcp://h"), True),
        (Printer("p", "tcp://h", carriers=("SF",)), True),
        (Printer("p", "tcp://h", carriers=("YT",)), False),
        (Printer("p", "tcp://h", owners=("ACME",)), True),
        (Printer("p", "tcp://h", carriers=("SF",), owners=("other",)), False),
    ],
)
def test_a_printer_serves_its_carriers_and_owners_and_absent_means_any(printer: Printer, fits: bool) -> None:
    assert printer.fits("SF", "ACME") is fits


def test_a_pack_station_means_that_shipping_does_not_pack(tmp_path: Path) -> None:
    station = '[[scanners]]\nid = "p1"\nurl = "serial:///dev/x"\nrole = "pack"'
    assert read(tmp_path, SMALLEST + station).packs_apart


def test_a_carrier_without_a_template_of_its_own_has_the_sites(tmp_path: Path) -> None:
    labels = '[labels]\nfolder = "labels"\ntemplate = "plain"\ncarriers = { SF = "fancy" }'
    config = read(tmp_path, SMALLEST + labels)
    assert (config.labels.template_of("SF"), config.labels.template_of("YTO")) == ("fancy", "plain")
    assert config.beside(config.labels.folder) == tmp_path / "labels"
    assert read(tmp_path, SMALLEST).labels.template_of("SF") == "express"


# --- the hub's backup channel -------------------------------------------------------------------------------------


def backup(lines: str) -> str:
    """The smallest configuration with this backup."""
    return f"{SMALLEST}\n[hub.backup]\n{lines}"


@pytest.mark.parametrize(
    "lines",
    [
        'kind = "mqtt"\nurl = "mqtts://b"\nusername = "WH1"\npassword_file = "p"\nca_file = "ca.pem"',
        'kind = "http"\nurl = "https://b"\ntoken_file = "t"\ncert_file = "c"\nkey_file = "k"',
        'kind = "files"\npath = "/mnt/stick"\nkey_file = "k"',
        'kind = "files"\npath = "hub-files"',
    ],
)
def test_each_kind_of_backup_takes_its_own_keys(tmp_path: Path, lines: str) -> None:
    channel = read(tmp_path, backup(lines)).hub.backup
    assert channel is not None
    assert f'kind = "{channel.kind}"' in lines


def test_a_hub_needs_no_backup(tmp_path: Path) -> None:
    assert read(tmp_path, SMALLEST).hub.backup is None


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ('url = "mqtts://b"', "missing `kind` - at `hub.backup`"),
        ('kind = "fax"', "at `hub.backup.kind`: known are mqtt, http, files"),
        ('kind = "mqtt"', "`hub.backup.url`: is required where kind is 'mqtt'"),
        ('kind = "http"', "`hub.backup.url`: is required where kind is 'http'"),
        ('kind = "files"', "`hub.backup.path`: is required where kind is 'files'"),
        ('kind = "mqtt"\nurl = "https://b"', "`hub.backup.url`: 'https://b' must begin with mqtt"),
        ('kind = "http"\nurl = "https://[b"', "`hub.backup.url`: 'https://[b' is no URL"),
        ('kind = "files"\npath = "p"\nurl = "https://b"', "`hub.backup.url`: is not for kind 'files', which has"),
        ('kind = "mqtt"\nurl = "mqtt://b"\ntoken_file = "t"', "`hub.backup.token_file`: is not for kind 'mqtt'"),
        ('kind = "mqtt"\nurl = "mqtt://b"\npassword_file = "p"', "`hub.backup.username`: is required"),
        ('kind = "http"\nurl = "https://b"\nkey_file = "c"', "`hub.backup.cert_file`: is missing beside key_file"),
        ('kind = "files"\npaths = "p"', "unknown key `hub.backup.paths`: did you mean `path`?"),
    ],
)  # fmt: skip
def test_a_backup_that_cannot_work_is_refused_by_its_key(tmp_path: Path, lines: str, why: str) -> None:
    assert why in refusal(tmp_path, backup(lines))


# --- the journal and whose word stands ----------------------------------------------------------------------


def test_how_long_the_journal_is_kept_and_whose_word_stands(tmp_path: Path) -> None:
    config = read(tmp_path, SMALLEST)
    assert (config.journal.keep_days, config.journal.personal_days, config.authority) == (30, 180, {})
    config = read(
        tmp_path, SMALLEST + '[journal]\nkeep_days = 7\n[authority]\n"consignee.*" = ["/crm", "/erp"]\n'
    )
    assert (config.journal.keep_days, config.authority) == (7, {"consignee.*": ("/crm", "/erp")})


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[journal]\nkeep_days = 0", "journal.keep_days"),
        ("[journal]\nkeep_day = 1", "journal.keep_day"),
        ("[authority]\nheld = []", "authority"),
        ('[authority]\nheld = "/crm"', "authority"),
        ('[authority]\nheld = [""]', "authority"),
    ],
)
def test_a_wrong_age_or_table_is_named(tmp_path: Path, text: str, key: str) -> None:
    assert key in refusal(tmp_path, SMALLEST + text + "\n")

"""Gateways: the contract's JSON and others are read one way, and nothing broken costs a scan beside it."""

import base64
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.pda import GatewayScan, Malformed
from devices.scanners.gateway import GatewayFormat, device_id, read_message
from devices.scanners.gateway_reader import JITTER_S, GatewayReader
from devices.sim.gateway import CassiaShape, ContractShape

AT = "2026-06-18T00:00:03.120Z"
AT_MS = 1_781_740_803_120
RECEIVED_AT = AT_MS / 1000
MAC = "AA:A8:AC:18:21:3D"
CONTRACT = GatewayFormat()
SCAN = {
    "device": "gun-1",
    "data": "SF1001",
    "at": AT,
    "seq": 4,
    "symbology": "C0",
    "rssi": -60,
    "replayed": True,
}

EXAMPLES: dict[str, dict[str, Any]] = {
    table.pop("id"): table
    for table in tomllib.loads((Path(__file__).parent / "gateways.toml").read_text())["gateways"]
}


def test_the_examples_are_those_of_the_documentation() -> None:
    _, _, tables = (Path(__file__).parent / "gateways.toml").read_text().partition("\n\n")
    assert tables in (Path(__file__).parents[3] / "docs" / "scanning.md").read_text()


def example(gateway: str) -> GatewayFormat:
    return GatewayFormat(**EXAMPLES[gateway])


def read(form: GatewayFormat, payload: object, topic: str = "t") -> list[GatewayScan | Malformed]:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return read_message(form, topic, raw, RECEIVED_AT)


def complaint(form: GatewayFormat, payload: object) -> str:
    [out] = read(form, payload)
    assert isinstance(out, Malformed), out
    return out.reason


# The contract's own shape


def test_the_contracts_scan_is_the_default() -> None:
    expected = GatewayScan("gun-1", "SF1001", AT, 4, "C0", -60, True)
    assert read(CONTRACT, SCAN) == [expected]
    assert read(CONTRACT, SCAN | {"other": 1}) == [expected]
    assert read(CONTRACT, {"device": "gun-1", "data": "SF1001", "at": AT}) == [
        GatewayScan("gun-1", "SF1001", AT)
    ]


@pytest.mark.parametrize("device", ["", "gun\n", "\x00gun", "g" * 129])
def test_a_device_is_named_by_one_to_128_characters_without_control_characters(device: str) -> None:
    assert "$.device" in complaint(CONTRACT, SCAN | {"device": device})


def test_the_simulated_gateway_speaks_the_contract() -> None:
    scan = GatewayScan("gun-1", "SF1001", AT, 4, "C0")
    [payload] = ContractShape("WH1").payloads("g1", scan)
    assert read(CONTRACT, payload) == [scan]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [("2026-06-18T08:00:03.12+08:00", AT), ("2026-06-18T00:00:03.120999Z", AT), (AT, AT)],
)
def test_times_are_read_in_one_form(written: str, read_as: str) -> None:
    [scan] = read(CONTRACT, SCAN | {"at": written})
    assert isinstance(scan, GatewayScan)
    assert scan.at == read_as


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"device": None}, "device (device) missing"),
        ({"device": ""}, "$.device"),
        ({"device": 7}, "$.device"),
        ({"data": None, "at": None}, "data (data), at (at) missing"),
        ({"data": 7}, "data: Expected `str`"),
        ({"data": ""}, "data: no code"),
        ({"data": "\u0002\u0003"}, "data: no code"),
        ({"data": "x" * 4097}, "data: longer than 4096 bytes"),
        ({"at": "yesterday"}, "at: not an RFC 3339 time"),
        ({"at": AT_MS}, "at: no time"),
        ({"seq": -1}, "$.seq"),
        ({"seq": "4"}, "$.seq"),
        ({"seq": 4.5}, "$.seq"),
        ({"seq": True}, "$.seq"),
        ({"seq": 10**30}, "$.seq"),
        ({"symbology": "x" * 17}, "$.symbology"),
        ({"rssi": "strong"}, "$.rssi"),
        ({"replayed": "yes"}, "$.replayed"),
    ],
)
def test_a_broken_scan_is_told_with_its_field(changes: dict[str, object], says: str) -> None:
    reason = complaint(CONTRACT, SCAN | changes)
    assert reason.startswith("malformed: ")
    assert says in reason


@pytest.mark.parametrize("payload", [b"", b"null", b"[]", b"7", b'"x"', b"\xff", b"[" * 100_000, b"{"])
def test_what_is_no_json_object_is_malformed(payload: bytes) -> None:
    assert complaint(CONTRACT, payload).startswith("malformed: ")


def test_an_aim_id_in_the_data_is_taken_out_and_the_field_wins() -> None:
    marked = SCAN | {"data": "]C1010690"}
    [field_wins] = read(CONTRACT, marked | {"symbology": "]C0"})
    [from_data] = read(CONTRACT, marked | {"symbology": None})
    assert isinstance(field_wins, GatewayScan)
    assert isinstance(from_data, GatewayScan)
    assert (field_wins.data, field_wins.symbology) == ("010690", "C0")
    assert (from_data.data, from_data.symbology) == ("010690", "C1")


# Mappings


def test_values_are_found_by_names_and_numbers_and_in_the_topic() -> None:
    fields = {"device": "topic[1]", "data": "a.b[1].c", "at": "$.when", "seq": "[0]"}
    form = GatewayFormat(fields=fields)
    message = {"when": AT, "a": {"b": [{}, {"c": "SF1"}]}}
    assert read(form, message, "site/gun-1/x") == [GatewayScan("gun-1", "SF1", AT)]
    assert "data (a.b[1].c) missing" in complaint(form, {"when": AT, "a": {"b": [{}]}})
    assert "device (topic[1])" in complaint(form, message)


def test_a_message_that_meets_not_all_conditions_is_passed_over() -> None:
    form = GatewayFormat(where={"kind": "scan", "ok": True, "topic[0]": "t"})
    wanted = SCAN | {"kind": "scan", "ok": True}
    assert len(read(form, wanted)) == 1
    for other in ({"kind": "alive"}, {"kind": None}, {"ok": 1}, {"ok": False}):
        assert read(form, wanted | other) == []
    assert read(form, wanted, "u") == []
    assert read(form, {"kind": "alive"}) == []


def test_of_a_list_only_the_broken_item_is_lost() -> None:
    form = GatewayFormat(items="scans")
    one, two, three, four = read(form, {"scans": [SCAN, SCAN | {"seq": "five"}, 7, SCAN | {"seq": 6}]})
    assert [one, four] == [*read(CONTRACT, SCAN), *read(CONTRACT, SCAN | {"seq": 6})]
    assert isinstance(two, Malformed)
    assert isinstance(three, Malformed)
    assert two.reason.startswith("malformed: item 1: ")
    assert "$.seq" in two.reason
    assert three.reason.startswith("malformed: item 2: device (device), data (data), at (at) missing")


def test_the_whole_message_may_be_the_list() -> None:
    form = GatewayFormat(items="$")
    assert len(read(form, [SCAN, SCAN | {"seq": 5}])) == 2
    assert "no list at $" in complaint(form, SCAN)


def test_in_an_item_a_dollar_leads_back_to_the_message() -> None:
    fields = {"device": "mac", "data": "code", "at": "$.ts"}
    form = GatewayFormat(fields=fields, items="list", where={"$.type": "scans", "on": 1}, time="s")
    message = {"type": "scans", "ts": AT_MS / 1000, "list": [{"mac": "g", "code": "A", "on": 1}, {"on": 0}]}
    assert read(form, message) == [GatewayScan("g", "A", AT)]
    assert read(form, message | {"type": "alive", "list": None}) == []
    assert "no list at list" in complaint(form, message | {"list": None})


@pytest.mark.parametrize(
    ("encoding", "written"),
    [("text", "SF补打"), ("hex", "SF补打".encode().hex()), ("hex", "SF补打".encode("gb18030").hex().upper()),
     ("base64", base64.b64encode("SF补打".encode()).decode())],
)  # fmt: skip
def test_data_are_read_in_each_encoding(encoding: Any, written: str) -> None:
    [scan] = read(GatewayFormat(encoding=encoding), SCAN | {"data": written})
    assert isinstance(scan, GatewayScan)
    assert scan.data == "SF补打"


@pytest.mark.parametrize(("encoding", "written"), [("hex", "0g"), ("hex", "123"), ("base64", "a?==")])
def test_data_in_another_encoding_are_malformed(encoding: Any, written: str) -> None:
    assert f"data: not {encoding}" in complaint(GatewayFormat(encoding=encoding), SCAN | {"data": written})


@pytest.mark.parametrize(
    ("time", "written"),
    [("s", AT_MS / 1000), ("s", AT_MS // 1000 + 0.12), ("ms", AT_MS), ("none", "whatever")],
)
def test_times_are_read_in_each_form(time: Any, written: object) -> None:
    [scan] = read(GatewayFormat(time=time), SCAN | {"at": written})
    assert isinstance(scan, GatewayScan)
    assert scan.at == AT


@pytest.mark.parametrize("written", [True, "1781740803", 10**30, -(10**30), [], {}])
@pytest.mark.parametrize("time", ["s", "ms"])
def test_what_is_no_number_of_seconds_is_no_time(time: Any, written: object) -> None:
    assert "at: no time" in complaint(GatewayFormat(time=time), SCAN | {"at": written})


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (
            {"fields": {"device": "a", "data": "b"}},
            "fields: the path of 'at' is missing (or time = \"none\")",
        ),
        ({"fields": {"data": "b"}, "time": "none"}, "fields: the path of 'device' is missing"),
        ({"fields": {"gadget": "a"}}, "fields: 'gadget' is none of device, data"),
        ({"fields": {"device": "a..b", "data": "", "at": "c"}}, "fields.device: 'a..b' is no path: a.b"),
        ({"fields": {"device": "a[x]", "data": "", "at": "c"}}, "fields.device: 'a[x]'"),
        ({"fields": {"device": "a[0]b", "data": "", "at": "c"}}, "fields.device: 'a[0]b'"),
        ({"items": ""}, "items: '' is no path of a list"),
        ({"items": "topic[1]"}, "items: 'topic[1]' is no path of a list"),
        ({"items": "]"}, "items: ']' is no path"),
        ({"where": {"a.": 1}}, "where: 'a.' is no path"),
        ({"encoding": "utf7"}, "encoding: 'utf7' is none of text, hex, base64"),
        ({"time": "min"}, "time: 'min' is none of"),
        ({"framing": "dots"}, "framing: 'dots' is none of"),
        ({"topic": "a/#/b"}, "topic: 'a/#/b' is no topic"),
        ({"topic": "a+/b"}, "topic: 'a+/b' is no topic"),
        ({"topic": ""}, "topic: '' is no topic"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_when_it_is_built(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError) as error:
        GatewayFormat(**wrong)
    assert str(error.value).startswith(says)


@pytest.mark.parametrize(
    "topic", ["a", "a/b", "+", "#", "a/+/b", "a/#", "+/+/#", "/a", "up/CC:1B/notification"]
)
def test_every_topic_filter_of_mqtt_is_taken(topic: str) -> None:
    assert GatewayFormat(topic=topic).topic == topic


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FORMATS = st.sampled_from([CONTRACT, GatewayFormat(items="$"), *map(example, EXAMPLES)])


@given(FORMATS, st.binary(max_size=200), st.text(max_size=20))
def test_no_bytes_raise(form: GatewayFormat, payload: bytes, topic: str) -> None:
    for out in read_message(form, topic, payload, RECEIVED_AT):
        assert isinstance(out, GatewayScan | Malformed)


@given(
    st.sampled_from(["rfc3339", "s", "ms", "none"]),
    st.sampled_from(["text", "hex", "base64"]),
    st.dictionaries(st.sampled_from(list(SCAN)), JSON_VALUES),
)
def test_no_field_of_any_type_raises(time: Any, encoding: Any, changes: dict[str, Any]) -> None:
    [out] = read(GatewayFormat(time=time, encoding=encoding), SCAN | changes)
    assert isinstance(out, GatewayScan | Malformed)


# Which scanner it is


@pytest.mark.parametrize("written", [MAC, MAC.lower(), MAC.replace(":", "-"), MAC.replace(":", "").lower()])
def test_a_hardware_address_is_the_same_device_over_every_gateway(written: str) -> None:
    assert device_id("g1", written) == device_id("g2", written) == MAC


@pytest.mark.parametrize(
    "name", ["gun-1", "AA:BB:CC:DD:EE", "AA:BB-CC:DD-EE:FF", "AABBCCDDEEFG", "", "AABBCCDDEEFF0"]
)
def test_another_name_means_something_at_its_gateway_alone(name: str) -> None:
    assert device_id("g1", name) == f"g1/{name}"


# The examples of the documentation, and codes in pieces


class Feed:
    """A reader on a clock of its own."""

    def __init__(self, gateway: str) -> None:
        self.form = example(gateway)
        self.reader = GatewayReader(self.form)
        self.now = 100.0

    def read(
        self, payload: object, topic: str = "t", *, after_s: float = 0.01
    ) -> list[GatewayScan | Malformed]:
        self.now += after_s
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self.reader.read(topic, raw, RECEIVED_AT, self.now)

    def silence(self) -> list[GatewayScan | Malformed]:
        self.now += self.reader.idle_s
        return self.reader.flush(self.now)


def notification(data: bytes, seq: int, device: str = MAC, **changes: object) -> dict[str, object]:
    """As Cassia's server-sent events have it."""
    fields = {"value": data.hex(), "handle": 15, "id": device, "dataType": "notification"}
    return fields | {"seqNum": seq, "timestamp": AT_MS} | changes


def reasons(outs: list[GatewayScan | Malformed]) -> list[str]:
    return [out.reason if isinstance(out, Malformed) else out.data for out in outs]


def test_cassia_over_mqtt_puts_a_long_code_together() -> None:
    feed = Feed("cassia-1")
    code = "FH1:SF1385628716739:J0007:1"
    payloads = CassiaShape().payloads("cassia-1", GatewayScan(MAC, code, AT, 41, "Q1"))
    assert len(payloads) == 2
    assert feed.read(payloads[0]) == []
    assert feed.read(payloads[1]) == [GatewayScan(MAC, code, AT, symbology="Q1")]


def test_cassia_over_mqtt_passes_over_what_is_no_scan() -> None:
    feed = Feed("cassia-1")
    heartbeat = {"id": "35656", "action": "heartbeat", "timestamp": AT_MS, "gateway": "x", "data": {}}
    battery = {"action": "data.notification", "data": [notification(b"\x64", 1, handle=21)]}
    assert feed.read(heartbeat) == feed.read(battery) == []


def test_cassias_events_read_the_same_when_they_are_forwarded() -> None:
    feed = Feed("cassia-sse")
    assert feed.read(notification(b"SF1\rSF2\r", 7)) == [
        GatewayScan(MAC, "SF1", AT),
        GatewayScan(MAC, "SF2", AT),
    ]
    assert feed.read({"dataType": "keep-alive"}) == []


def test_esp32_ble2mqtt_publishes_the_value_alone() -> None:
    feed = Feed("esp-1")
    topic = f"ble/dock1/{MAC.lower()}/Scanner/Barcode"
    assert feed.read("SF1385628716739补打".encode()[:15], topic) == []
    [scan] = feed.read("补打\r".encode("gb18030"), topic)
    assert scan == GatewayScan(MAC.lower(), "SF1385628716739补打", AT)


def test_an_esp32_sketch_publishes_a_whole_code() -> None:
    feed = Feed("esp-2")
    scan = {"mac": "AAA8AC18213D", "code": "SF1\r\n", "n": 17, "radio": {"rssi": -61}}
    assert feed.read(scan) == [GatewayScan("AAA8AC18213D", "SF1", AT, seq=17, rssi=-61)]
    assert feed.read(scan | {"radio": None}) == [GatewayScan("AAA8AC18213D", "SF1", AT, seq=17)]


def test_the_pieces_of_two_devices_do_not_mix() -> None:
    feed = Feed("cassia-sse")
    assert feed.read(notification(b"SF", 1, "gun-1")) == feed.read(notification(b"YT", 9, "gun-2")) == []
    assert feed.read(notification(b"1\r", 2, "gun-1")) == [GatewayScan("gun-1", "SF1", AT)]
    assert feed.read(notification(b"2\r", 10, "gun-2")) == [GatewayScan("gun-2", "YT2", AT)]


def test_a_piece_that_comes_again_is_ignored_and_says_so() -> None:
    feed = Feed("cassia-sse")
    assert feed.read(notification(b"SF", 1)) == []
    assert reasons(feed.read(notification(b"SF", 1))) == [f"repeat: piece 1 of {MAC} has come before"]
    assert reasons(feed.read(notification(b"1\r", 2))) == ["SF1"]
    assert reasons(feed.read(notification(b"SF", 1))) == [f"repeat: piece 1 of {MAC} has come before"]
    assert reasons(feed.read(notification(b"SF3\r", 3))) == ["SF3"]


def test_a_missing_piece_ends_its_code_and_says_so() -> None:
    feed = Feed("cassia-sse")
    feed.read(notification(b"SF1-beg", 1))
    lost, half, scan = reasons(feed.read(notification(b"SF2\r", 4)))
    assert lost == f"gap: pieces of {MAC} from 1 to 4, 2 missing"
    assert half == f"truncated: from {MAC}: b'SF1-beg'"
    assert scan == "SF2"


def test_a_count_that_begins_again_costs_no_code() -> None:
    feed = Feed("cassia-sse")
    assert reasons(feed.read(notification(b"SF1\r", 1))) == ["SF1"]
    assert reasons(feed.read(notification(b"SF2\r", 2))) == ["SF2"]
    again = feed.read(notification(b"SF1\r", 1, timestamp=AT_MS + 60_000))
    assert reasons(again) == [f"gap: pieces of {MAC} from 2 to 1, the count began again", "SF1"]


def test_a_silence_of_the_network_parts_no_code_and_a_long_one_ends_what_was_half() -> None:
    feed = Feed("cassia-sse")
    feed.read(notification(b"SF", 1))
    assert reasons(feed.read(notification(b"1\r", 2), after_s=JITTER_S * 0.9)) == ["SF1"]
    feed.read(notification(b"SF", 3))
    assert feed.reader.waiting
    assert reasons(feed.silence()) == [f"truncated: from {MAC}: b'SF'"]
    assert not feed.reader.waiting
    assert reasons(feed.read(notification(b"SF4\r", 4))) == ["SF4"]


def test_a_gateway_that_invents_devices_without_end_costs_no_memory_without_end() -> None:
    feed = Feed("cassia-sse")
    outs = [out for n in range(1100) for out in feed.read(notification(b"half", 1, f"gun-{n}"))]
    assert reasons(outs) == [f"truncated: from gun-{n}: b'half'" for n in range(100)]


@given(st.lists(st.from_regex(r"[A-Z0-9]{1,40}", fullmatch=True), max_size=8), st.data())
def test_any_split_of_the_bytes_gives_the_same_scans(codes: list[str], data: st.DataObject) -> None:
    stream = "".join(f"{code}\r" for code in codes).encode()
    feed = Feed("cassia-sse")
    outs: list[GatewayScan | Malformed] = []
    seq = 0
    while stream:
        size = data.draw(st.integers(1, 20))
        seq += 1
        outs += feed.read(notification(stream[:size], seq))
        stream = stream[size:]
    assert outs == [GatewayScan(MAC, code, AT) for code in codes]

"""What scanner gateways publish: the contract's JSON, or another that a mapping describes; both are read one way."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Literal, get_args

import msgspec
from msgspec import Struct

from devices.pda import GatewayScan, Id, Malformed, Seq, Symbology, canonical_time, format_time
from devices.scanners.framing.framer import LONGEST_FRAME, Frame, FramingName
from devices.scanners.paths import Path, Received
from devices.scanners.scan import read_frame

Encoding = Literal["text", "hex", "base64"]
TimeForm = Literal["rfc3339", "s", "ms", "none"]

_FIELDS = ("device", "data", "seq", "symbology", "at", "rssi", "replayed")
_HARDWARE_ADDRESS = re.compile(r"[0-9A-F]{2}([:-]?)(?:[0-9A-F]{2}\1){4}[0-9A-F]{2}")
_TOPIC_FILTER = re.compile(r"(?=.)(?:(?:\+|[^+#/]*)/)*(?:\+|#|[^+#/]*)")
_EPOCH = datetime.fromtimestamp(0, UTC)
_OR_NO_TIME = ' (or time = "none")'


class Piece(Struct, frozen=True):
    """What one message, or one item of it, brought of a device: a code, or a part of one. Fields as in GatewayScan."""

    device: Id
    data: bytes
    at: str
    seq: Seq | None = None
    symbology: Symbology | None = None
    rssi: float | None = None
    replayed: bool = False


@dataclass(frozen=True)
class GatewayFormat:
    """Where a gateway publishes, and which value of its messages is what; without arguments: the contract's scans.

    `fields`: for a name of the contract its path (`Path.parse`); names that are left out are not read. `items`: the
    path of a list; each item is then read apart, and paths without `$` begin at it. `where`: paths and the values that
    make a message, or an item, a scan; what differs is passed over. `encoding`: of `data`. `time`: of `at`; "none":
    the gateway sends none that is worth anything. `framing`: `data` are parts of what the device sends, see
    `GatewayReader`. Raises ValueError that names the argument, the path and what is expected.
    """

    topic: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    items: str | None = None
    where: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    encoding: Encoding = "text"
    time: TimeForm = "rfc3339"
    framing: FramingName | None = None

    def __post_init__(self) -> None:
        if self.topic is not None and not _TOPIC_FILTER.fullmatch(self.topic):
            raise ValueError(
                f"topic: {self.topic!r} is no topic to subscribe to (+ for one level, # for the rest)"
            )
        _expect("encoding", self.encoding, get_args(Encoding))
        _expect("time", self.time, get_args(TimeForm))
        _expect("framing", self.framing, (None, *get_args(FramingName)))
        for name in self.fields:
            _expect("fields", name, _FIELDS)
        for name in sorted(self.required - self.paths.keys()):
            raise ValueError(f"fields: the path of {name!r} is missing{_OR_NO_TIME if name == 'at' else ''}")
        if self.items_path is not None and self.items_path.origin in {"topic", "payload"}:
            raise ValueError(f"items: {self.items!r} is no path of a list ($ where the whole message is one)")
        _ = self.conditions  # its paths are checked when they are parsed

    @cached_property
    def required(self) -> frozenset[str]:
        """The fields that every scan has."""
        return frozenset({"device", "data"} if self.time == "none" else {"device", "data", "at"})

    @cached_property
    def paths(self) -> dict[str, Path]:
        """By field; the contract's own names where no mapping is given."""
        fields = self.fields or {name: name for name in _FIELDS}
        return {name: _path(f"fields.{name}", path) for name, path in fields.items()}

    @cached_property
    def items_path(self) -> Path | None:
        """Of the list."""
        return _path("items", self.items) if self.items is not None else None

    @cached_property
    def conditions(self) -> tuple[tuple[Path, str | int | float | bool], ...]:
        """What makes it a scan."""
        return tuple((_path("where", path), value) for path, value in self.where.items())

    @cached_property
    def is_json(self) -> bool:
        """Is any value in the payload's JSON?"""
        paths = [*self.paths.values(), *(path for path, _ in self.conditions)]
        return self.items is not None or any(path.origin in {"item", "message"} for path in paths)


def read_message(
    form: GatewayFormat, topic: str, payload: bytes, received_at: float
) -> list[GatewayScan | Malformed]:
    """The scans of a message, each `data` being a whole code; what is broken is told, and costs nothing else.

    `received_at`: seconds since the epoch. A format with a `framing` needs a `GatewayReader`.
    """
    pieces = read_pieces(form, topic, payload, received_at)
    return [piece if isinstance(piece, Malformed) else _whole(piece) for piece in pieces]


def read_pieces(
    form: GatewayFormat, topic: str, payload: bytes, received_at: float
) -> list[Piece | Malformed]:
    """What a message brought, as it came."""
    try:
        message = msgspec.json.decode(payload) if form.is_json else None
    except (ValueError, RecursionError) as error:
        return [Malformed(None, f"malformed: not JSON ({str(error)[:80]})")]
    whole = Received(topic, payload, message, message)
    if form.items_path is None:
        return list(_pieces(form, [whole], received_at))
    if not _fits(form, whole, of_item=False):
        return []
    items = whole.find(form.items_path)
    if not isinstance(items, list):
        return [Malformed(None, f"malformed: no list at {form.items}")]
    return list(_pieces(form, [Received(topic, payload, message, item) for item in items], received_at))


def scan_of(frame: Frame, piece: Piece, seq: int | None) -> GatewayScan | Malformed:
    """The scan in a frame that `piece` brought or ended."""
    scan = read_frame(frame, at=0.0)
    if scan is None:
        return Malformed(None, f"malformed: data: no code from {piece.device}")
    symbology = piece.symbology.removeprefix("]") if piece.symbology else scan.symbology
    return GatewayScan(piece.device, scan.text, piece.at, seq, symbology, piece.rssi, piece.replayed)


def device_id(gateway: str, device: str) -> str:
    """Which scanner it is: a hardware address (12 hex digits) is the same one over every gateway."""
    address = device.upper()
    if not _HARDWARE_ADDRESS.fullmatch(address):
        return f"{gateway}/{device}"
    digits = re.sub("[:-]", "", address)
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def _expect(argument: str, value: object, known: tuple[object, ...]) -> None:
    if value not in known:
        raise ValueError(f"{argument}: {value!r} is none of {', '.join(str(each) for each in known)}")


def _path(argument: str, text: str) -> Path:
    try:
        return Path.parse(text)
    except ValueError as error:
        raise ValueError(f"{argument}: {error}") from None


def _pieces(form: GatewayFormat, each: list[Received], received_at: float) -> Iterator[Piece | Malformed]:
    for number, received in enumerate(each):
        if not _fits(form, received, of_item=True):
            continue
        try:
            yield _piece(form, received, received_at)
        except ValueError as error:  # msgspec's ValidationError is one
            item = f"item {number}: " if form.items is not None else ""
            yield Malformed(None, f"malformed: {item}{error}")


def _fits(form: GatewayFormat, received: Received, *, of_item: bool) -> bool:
    """`of_item`: all conditions; else those that the message as a whole must meet."""
    return all(
        _same(received.find(path), wanted)
        for path, wanted in form.conditions
        if of_item or path.origin != "item"
    )


def _same(value: object, wanted: object) -> bool:
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)  # for Python, True is 1


def _piece(form: GatewayFormat, received: Received, received_at: float) -> Piece:
    """Raises ValueError that says which field, and where it was looked for."""
    found = {name: received.find(path) for name, path in form.paths.items()}
    values: dict[str, Any] = {name: value for name, value in found.items() if value is not None}
    missing = [
        f"{name} ({form.paths[name].text})" for name in form.paths if name in form.required - values.keys()
    ]
    if missing:
        raise ValueError(f"{', '.join(missing)} missing")
    values["data"] = _bytes(form, received, values["data"])
    values["at"] = _MOMENTS[form.time](values["at"]) if form.time != "none" else _since_epoch(received_at)
    return msgspec.convert(values, Piece)


def _bytes(form: GatewayFormat, received: Received, value: object) -> bytes:
    if not isinstance(value, str):
        raise ValueError(f"data: Expected `str`, got `{type(value).__name__}`")
    if form.encoding == "text":
        return received.payload if form.paths["data"].origin == "payload" else value.encode()
    try:
        return bytes.fromhex(value) if form.encoding == "hex" else base64.b64decode(value, validate=True)
    except ValueError as error:
        raise ValueError(f"data: not {form.encoding}: {error}") from None


def _whole(piece: Piece) -> GatewayScan | Malformed:
    if len(piece.data) > LONGEST_FRAME:
        return Malformed(None, f"malformed: data: longer than {LONGEST_FRAME} bytes")
    return scan_of(Frame(piece.data), piece, piece.seq)


def _written(value: object) -> str:
    try:
        return canonical_time(value) if isinstance(value, str) else _no_time(value)
    except ValueError as error:
        raise ValueError(f"at: {error}") from None


def _since_epoch(value: object, per_s: int = 1) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _no_time(value)
    try:
        return format_time(_EPOCH + timedelta(seconds=value / per_s))
    except (OverflowError, ValueError):
        return _no_time(value)


def _no_time(value: object) -> str:
    raise ValueError(f"at: no time: {str(value)[:40]!r}")


_MOMENTS: dict[str, Callable[[object], str]] = {
    "rfc3339": _written,
    "s": _since_epoch,
    "ms": lambda value: _since_epoch(value, 1000),
}

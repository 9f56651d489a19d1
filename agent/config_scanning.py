"""The configuration's tables about scanners."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from devices.scanners.ble.profiles import NotifyMode
from devices.scanners.framing.framer import FramingName
from devices.scanners.voice import FeedbackMode

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}\Z")]
Text = Annotated[str, Meta(min_length=1, max_length=200)]
Slots = Annotated[int, Meta(ge=1, le=100)]


class Scanner(Struct, frozen=True):
    """A scanner at a station.

    `framing` is how a serial one marks the end of a code (a Bluetooth profile has its own). The same code again within
    `bounce_ms` is one pull of the trigger, unless another unit is wanted. `resends`: after a loss it sends all that its
    memory keeps, taken or not. `pda`: whose pick list a `pick` scanner confirms.
    """

    id: Id
    url: str
    role: Literal["pick", "pack", "ship", "return"]
    printer: str | None = None
    feedback: FeedbackMode = "none"
    framing: FramingName = "line"
    bounce_ms: Annotated[int, Meta(ge=0, le=60_000)] = 600
    resends: bool = False
    pda: Id | None = None


class BleProfile(Struct, frozen=True):
    """A family of Bluetooth scanners that floorhand does not know: UUIDs of four hex digits, or whole."""

    id: Id
    service: Text
    notify: Text
    write: Text | None = None
    names: tuple[Text, ...] = ()
    advertised: tuple[Text, ...] = ()
    framing: FramingName = "line"
    notify_mode: NotifyMode = "start"
    write_response: bool = False


class Bluetooth(Struct, frozen=True):
    """The radios of this machine; `adapters` empty: every one that is powered."""

    adapters: tuple[Text, ...] = ()
    slots: Slots = 5


class Gateway(Struct, frozen=True):
    """A gateway that publishes another JSON than the contract's: where it does, and which field is what.

    `fields` gives, for a name of the contract (`device`, `data`, `seq`, `symbology`, `at`, `rssi`, `replayed`), the
    path of its value: `a.b[0]` in the JSON, `topic[3]` for a level of the topic, empty for the payload as it is.
    `items`: the path of a list with a scan in each item. `where`: paths, and the value that each must have for a
    message to be a scan. `encoding`: how `data` stands in the JSON. `time`: how `at` does. `framing`: `data` are pieces
    of what a scanner sends, to be put together; absent: each is a whole code.
    """

    id: Id
    topic: Text | None = None
    fields: dict[str, str] = {}
    items: str | None = None
    where: dict[str, str | int | float | bool] = {}
    encoding: Literal["text", "hex", "base64"] = "text"
    time: Literal["rfc3339", "s", "ms", "none"] = "rfc3339"
    framing: FramingName | None = None


class Codes(Struct, frozen=True):
    """What codes mean: `waybills` gives, for a carrier, patterns of its numbers (beside the known ones); `grades` are
    the codes with which a `return` station grades what came back."""

    waybills: dict[str, tuple[Text, ...]] = {}
    grades: tuple[Text, ...] = ("GRADE-A", "GRADE-B", "GRADE-C", "GRADE-D")

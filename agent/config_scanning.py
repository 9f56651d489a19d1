"""The configuration's tables about scanners, and what can be wrong with them beyond their types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import zip_longest
from typing import Annotated, Literal
from urllib.parse import unquote

from msgspec import Meta, Struct

from devices.links.url import ble_address, gateway_address, port_settings
from devices.scanners.ble.profiles import PROFILES, NotifyMode, Profile, profile_named, uuid_of
from devices.scanners.framing.framer import FramingName
from devices.scanners.gateway import Encoding, GatewayFormat, TimeForm
from devices.scanners.voice import FeedbackMode
from devices.scanners.waybills import compile_rules

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
    path of its value: `a.b[0]` in the JSON, `topic[3]` for a level of the topic (the first is 0), empty for the payload
    as it is. `items`: the path of a list with a scan in each item (`$`: the message itself), at which paths then begin
    that have no `$` in front. `where`: paths, and the value that each must have for a message to be a scan. `encoding`:
    how `data` stands in the JSON. `time`: how `at` does. `framing`: `data` are pieces of what a scanner sends, to be
    put together; absent: each is a whole code. No two gateways may share a topic.
    """

    id: Id
    topic: Text | None = None
    fields: dict[str, str] = {}
    items: str | None = None
    where: dict[str, str | int | float | bool] = {}
    encoding: Encoding = "text"
    time: TimeForm = "rfc3339"
    framing: FramingName | None = None


class Codes(Struct, frozen=True):
    """What codes mean: `waybills` gives, for a carrier, patterns of its numbers (beside the known ones); `grades` are
    the codes with which a `return` station grades what came back."""

    waybills: dict[str, tuple[Text, ...]] = {}
    grades: tuple[Text, ...] = ("GRADE-A", "GRADE-B", "GRADE-C", "GRADE-D")


def profile_of(own: BleProfile) -> Profile:
    """A site's profile as the Bluetooth driver has it. Raises ValueError for a UUID that is none."""
    return Profile(
        id=own.id,
        service=uuid_of(own.service),
        notify=uuid_of(own.notify),
        write=uuid_of(own.write) if own.write is not None else None,
        names=own.names,
        advertised=tuple(map(uuid_of, own.advertised)),
        framing=own.framing,
        notify_mode=own.notify_mode,
        write_response=own.write_response,
    )


def all_profiles(own: Sequence[BleProfile]) -> tuple[Profile, ...]:
    """A site's own before the known ones. Raises ValueError."""
    return (*map(profile_of, own), *PROFILES)


def format_of(own: Gateway) -> GatewayFormat:
    """A site's gateway as its messages are read. Raises ValueError for a path that is none."""
    return GatewayFormat(
        topic=own.topic,
        fields=own.fields,
        items=own.items,
        where=own.where,
        encoding=own.encoding,
        time=own.time,
        framing=own.framing,
    )


class Scanning(Struct, frozen=True):
    """All of these tables; `floor`: the topics that the agent reads whatever they say."""

    scanners: Sequence[Scanner]
    profiles: Sequence[BleProfile]
    gateways: Sequence[Gateway]
    codes: Codes
    floor: Sequence[str]

    def faults(self) -> Iterator[tuple[str, str]]:
        """(key, what is wrong with it)"""
        for key, check in self._checks():
            fault = _fault(check)
            if fault is not None:
                yield key, fault
        yield from _same_id("profiles", self.profiles)
        yield from _same_id("gateways", self.gateways)
        yield from self._same_topic()
        yield from self._same_address()

    def _checks(self) -> Iterator[tuple[str, Callable[[], object]]]:
        for n, profile in enumerate(self.profiles):
            yield f"profiles[{n}]", partial(profile_of, profile)
        for n, gateway in enumerate(self.gateways):
            yield f"gateways[{n}]", partial(format_of, gateway)
        for n, scanner in enumerate(self.scanners):
            yield f"scanners[{n}]", partial(self._check, scanner)
        yield "codes.waybills", partial(compile_rules, self.codes.waybills)

    def _check(self, scanner: Scanner) -> None:
        scheme = scanner.url.partition(":")[0]
        if scheme == "serial":
            port_settings(scanner.url)
        elif scheme == "ble":
            self._check_profile(ble_address(scanner.url)[1])
        else:
            gateway_address(scanner.url)
        if scheme != "serial" and scanner.framing != "line":
            raise ValueError("`framing` is for serial scanners: profiles and gateways have their own")
        if scanner.pda is not None and scanner.role != "pick":
            raise ValueError("`pda` is for scanners of the role pick")

    def _check_profile(self, profile: str | None) -> None:
        if profile is not None:
            profile_named(profile, all_profiles(self.profiles))

    def _same_topic(self) -> Iterator[tuple[str, str]]:
        """What two read is taken twice, or by the wrong one."""
        seen = dict.fromkeys(self.floor, "the floor itself")
        for n, gateway in enumerate(self.gateways):
            if gateway.topic is None:
                continue
            for other, whose in seen.items():
                if _meet(gateway.topic, other):
                    yield f"gateways[{n}].topic", f"{gateway.topic!r} shares topics with {other!r} of {whose}"
            seen[gateway.topic] = f"the gateway {gateway.id}"

    def _same_address(self) -> Iterator[tuple[str, str]]:
        """Two scanners of one address would both be told of its scans."""
        seen: dict[str, str] = {}
        for n, scanner in enumerate(self.scanners):
            address = bare(scanner.url)
            if address in seen:
                yield f"scanners[{n}].url", f"{scanner.url!r} is the scanner {seen[address]} already"
            seen[address] = scanner.id


def bare(url: str) -> str:
    """A scanner's url without its settings, as all who mean the same one write it."""
    address = url.partition("?")[0]
    if address.startswith("mqtt:"):
        return unquote(address.removesuffix("/"))
    return address.upper() if address.startswith("ble:") else address


def _same_id(key: str, tables: Sequence[BleProfile | Gateway]) -> Iterator[tuple[str, str]]:
    """The one of them would hide the other."""
    ids = [table.id for table in tables]
    for n, name in enumerate(ids):
        if name in ids[:n]:
            yield f"{key}[{n}].id", f"{name!r} stands twice"


def _meet(one: str, other: str) -> bool:
    """Is there a topic that both filters name? MQTT 5, 4.7.1: + is any one level, # any number, none among them."""
    for mine, theirs in zip_longest(one.split("/"), other.split("/")):
        if "#" in {mine, theirs}:
            return True
        if mine is None or theirs is None or (mine != theirs and "+" not in {mine, theirs}):
            return False
    return True


def _fault(check: Callable[[], object]) -> str | None:
    try:
        check()
    except ValueError as error:
        return str(error)
    return None

"""Frozen values to rows and back: one column per field, JSON where a field is not a scalar."""

from __future__ import annotations

import enum
import sqlite3
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from agent.core import model as m

E = TypeVar("E", bound=m.Entity)

TABLE_NAMES: dict[type[m.Entity], str] = {
    m.Order: "orders",
    m.Early: "early",
    m.Sku: "skus",
    m.MissingSku: "missing_skus",
    m.Location: "locations",
    m.Stock: "stock",
    m.Pick: "picks",
    m.Carrier: "carriers",
    m.Ruleset: "rulesets",
    m.LeaseRequest: "lease_requests",
    m.Waybill: "waybills",
    m.WaybillPool: "waybill_pools",
    m.WaybillUse: "waybill_use",
    m.Parcel: "parcels",
    m.PrintJob: "print_jobs",
    m.Task: "tasks",
    m.Desk: "desks",
    m.ToteUse: "totes",
    m.Packing: "packing",
    m.Picking: "picking",
    m.Trail: "trails",
    m.SeenScan: "seen_scans",
    m.FloorException: "exceptions",
    m.Device: "devices",
    m.Parked: "parked",
}

#: The next job of a printer: the earliest cut-off, then who has waited longest. Its index has the same order.
NEXT_JOB = (
    "WHERE printer = ? AND state = 'queued' ORDER BY cutoff_at IS NULL, cutoff_at, queued_at, job LIMIT 1"
)

_encode = msgspec.json.Encoder(order="deterministic").encode


def _as_is(value: Any) -> Any:
    return value


def _to_json(value: Any) -> str:
    return _encode(value).decode()


def _codec(annotation: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """(to column, from column) of a field."""
    kinds = [kind for kind in typing.get_args(annotation) if kind is not types.NoneType] or [annotation]
    if isinstance(annotation, types.UnionType) and len(kinds) == 1:
        annotation = kinds[0]
    if annotation in (str, int) or typing.get_origin(annotation) is typing.Literal:
        return _as_is, _as_is
    if annotation is bool:
        return int, bool
    if isinstance(annotation, type) and issubclass(annotation, enum.StrEnum):
        return str, annotation
    decoder = msgspec.json.Decoder(annotation)
    return _to_json, decoder.decode


class Table(Generic[E]):
    """The state table of one class."""

    def __init__(self, kind: type[E]) -> None:
        self.kind = kind
        self.name = TABLE_NAMES[kind]
        self.columns = kind.__struct_fields__
        hints = typing.get_type_hints(kind)
        codecs = [_codec(hints[column]) for column in self.columns]
        self._coded = [(at, *codec) for at, codec in enumerate(codecs) if codec != (_as_is, _as_is)]
        names, marks = ", ".join(self.columns), ", ".join("?" * len(self.columns))
        key = " AND ".join(f"{name} = ?" for name in kind.KEY)
        self.select = f"SELECT {names} FROM {self.name}"
        self.select_one = f"{self.select} WHERE {key}"
        rest = ", ".join(f"{name} = excluded.{name}" for name in self.columns if name not in kind.KEY)
        self.upsert = (
            f"INSERT INTO {self.name} ({names}) VALUES ({marks}) "
            f"ON CONFLICT ({', '.join(kind.KEY)}) DO UPDATE SET {rest}"
        )
        self.select_all = f"{self.select} ORDER BY {', '.join(kind.KEY)}"

    def to_row(self, entity: E) -> list[Any]:
        """Column values, in field order."""
        row = list(msgspec.structs.astuple(entity))
        for at, write, _ in self._coded:
            if row[at] is not None:
                row[at] = write(row[at])
        return row

    def from_row(self, row: Sequence[Any]) -> E:
        """The value that `to_row` wrote."""
        values = list(row)
        for at, _, read in self._coded:
            if values[at] is not None:
                values[at] = read(values[at])
        return self.kind(*values)

    def find(self, connection: sqlite3.Connection, where: str, values: Iterable[Any] = ()) -> Iterator[E]:
        """Entities by a condition (everything after SELECT … FROM table)."""
        for row in connection.execute(f"{self.select} {where}", tuple(values)):
            yield self.from_row(row)


TABLES: dict[type[m.Entity], Table[Any]] = {kind: Table(kind) for kind in m.ENTITIES}


def table(kind: type[E]) -> Table[E]:
    """The table of a class."""
    return TABLES[kind]

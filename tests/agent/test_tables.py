"""The state tables hold exactly what the core knows, and answer its questions as memory does."""

from __future__ import annotations

import random
import sqlite3
import types
import typing
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.core.apply import apply
from agent.core.decide import decide
from agent.core.floor import Head, MemoryFloor
from agent.core.model import ENTITIES, Entity, JobState, PrintJob
from agent.core.story import Refused, after, place
from agent.store.journal import Journal
from agent.store.migrate import create_schema
from agent.store.sql_floor import SqlFloor
from agent.store.tables import NEXT_JOB, TABLE_NAMES, TABLES, table
from tests.agent.floors import NOON, OnePrinter, stocked
from tests.agent.universe import any_command

seeds = st.lists(st.integers(0, 2**32), min_size=60, max_size=120).map(lambda drawn: [s for s in drawn if s])


def scratch() -> sqlite3.Connection:
    """An empty database of this version."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    create_schema(connection)
    return connection


def twins() -> tuple[MemoryFloor, SqlFloor]:
    """The same stocked floor, in memory and in a database."""
    memory = stocked(waybills=3, printers=("lp1", "lp2"))
    sql = SqlFloor(scratch(), memory, memory.head)
    sql.put(memory.entities.values())
    return memory, sql


@settings(max_examples=30)
@given(seeds)
def test_random_days_end_in_the_same_entities_in_memory_and_in_tables(seeds: list[int]) -> None:
    memory, sql = twins()
    for seed in seeds:
        command = any_command(memory, random.Random(seed).choice)
        decided = decide(sql, command, NOON)
        assert decided == decide(memory, command, NOON), command
        for event in decided.events if isinstance(decided, Refused) else decided:
            entry = place(memory.head, event, NOON)
            changed = apply(sql, entry)
            assert changed == apply(memory, entry)
            for floor in (memory, sql):
                floor.put(changed)
                floor.head = after(floor.head, entry)
        if seed % 3 == 0:
            sql.forget()
    for kind in ENTITIES:
        assert list(table(kind).find(sql.connection, f"ORDER BY {', '.join(kind.KEY)}")) == memory.all(kind)


def values_of(annotation: typing.Any) -> st.SearchStrategy[typing.Any]:
    """Any value that a field of this type may have."""
    if annotation is typing.Any:
        return st.recursive(
            st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
            ),
            max_leaves=4,
        )
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in {types.UnionType, typing.Union}:
        return st.one_of(*(values_of(arg) for arg in args))
    if origin is tuple and args[1:] == (...,):
        return st.lists(values_of(args[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*(values_of(arg) for arg in args))
    if origin is dict:
        return st.dictionaries(values_of(args[0]), values_of(args[1]), max_size=2)
    if annotation is int:
        return st.integers(0, 2**53)
    if hasattr(annotation, "__struct_fields__"):
        hints = typing.get_type_hints(annotation)
        return st.builds(
            annotation, **{name: values_of(hints[name]) for name in annotation.__struct_fields__}
        )
    return st.from_type(annotation)


@pytest.mark.parametrize("kind", ENTITIES)
@settings(max_examples=15)
@given(data=st.data())
def test_what_is_written_to_a_row_is_read_from_it(kind: type[Entity], data: st.DataObject) -> None:
    entity = data.draw(values_of(kind))
    spec = TABLES[kind]
    assert spec.from_row(spec.to_row(entity)) == entity


def test_every_entity_has_a_table_with_a_column_per_field() -> None:
    connection = scratch()
    assert set(TABLE_NAMES) == set(TABLES) == set(ENTITIES)
    for kind, name in TABLE_NAMES.items():
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
        assert tuple(columns) == kind.__struct_fields__


@pytest.mark.parametrize(
    "wrong",
    [
        "INSERT INTO stock VALUES ('A-01', 'A', -1, 0, 0)",
        "INSERT INTO stock VALUES ('A-01', 'A', 0, -1, 0)",
        "INSERT INTO waybills VALUES ('W', 'SF', 'L', 0, 'lost')",
        "INSERT INTO parcels VALUES ('W', 'SO-1', 'SF', 'lost', 1, 'J', NULL, NULL, NULL, NULL, NULL, NULL)",
        "INSERT INTO seen_scans VALUES ('ble:1', 0, 0, 'A', '{}', 'fine', '', 0)",
        "INSERT INTO desks VALUES ('P1', 'T1'), ('P2', 'T1')",
        "INSERT INTO picks VALUES (1, 'A-01', 'A', 0)",
        "INSERT INTO parked VALUES ('Q', 'feed', '', '', '', NULL, NULL, '', 'x', 1, '', 0, 0, 'dropped', 1, 'p', 'n')",
    ],
)
def test_the_schema_cannot_store_an_illegal_state(wrong: str) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        scratch().execute(wrong)


def test_an_empty_journal_has_no_head() -> None:
    assert Journal(scratch()).read_head() == Head()


def waiting(job: str, cutoff_at: int | None, queued_at: int, printer: str = "lp1") -> PrintJob:
    return PrintJob(job, job, job, "SF", 1, printer, JobState.QUEUED, queued_at, cutoff_at=cutoff_at)


def test_the_next_job_has_the_earliest_cut_off_and_then_has_waited_longest() -> None:
    sql = SqlFloor(scratch(), OnePrinter(), Head())
    sql.put([waiting("late", 9, 1), waiting("never", None, 0), waiting("first", 5, 2), waiting("then", 5, 3)])
    sql.put([waiting("elsewhere", 1, 1, "lp2")])
    taken = []
    while job := next(table(PrintJob).find(sql.connection, NEXT_JOB, ("lp1",)), None):
        taken.append(job.job)
        sql.put([replace(job, state=JobState.SENDING)])
    assert taken == ["first", "then", "late", "never"]


def test_the_next_job_is_read_off_the_end_of_an_index() -> None:
    plan = scratch().execute(f"EXPLAIN QUERY PLAN {table(PrintJob).select} {NEXT_JOB}", ("lp1",)).fetchall()
    assert [step[3] for step in plan] == ["SEARCH print_jobs USING INDEX print_jobs_waiting (printer=?)"]


@pytest.mark.parametrize(
    ("question", "index"),
    [
        (lambda floor: floor.without_label("YT"), "orders_unlabelled (carrier=?"),
        (lambda floor: next(floor.seen_scans("ble:1", "A"), None), "seen_scans_text (device=? AND text=?)"),
        (lambda floor: floor.tasks_of_cart("cart-1"), "tasks_cart (cart=?)"),
        (lambda floor: floor.parcels_of_sscc("006141411234567890"), "parcels_sscc (sscc=?)"),
        (lambda floor: floor.parked_of("SO-1"), "parked_order (order_no=?)"),
    ],
)
def test_a_named_question_is_answered_off_an_index(
    question: Callable[[SqlFloor], object], index: str
) -> None:
    seen: list[str] = []
    connection = scratch()
    connection.set_trace_callback(seen.append)
    question(SqlFloor(connection, OnePrinter(), Head()))
    connection.set_trace_callback(None)
    assert index in connection.execute(f"EXPLAIN QUERY PLAN {seen[0]}").fetchone()[3]

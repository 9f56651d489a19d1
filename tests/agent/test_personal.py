"""Personal data: in the journal by digest alone, and once erased in no file at all, with the chain whole."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import ERASED
from agent.store.archive import FOLDER
from agent.store.journal import rows
from agent.store.personal import PLACES, digests, seal, unseal
from agent.store.verify import verify
from tests.agent.books import ELSEWHERE, Books
from tests.agent.floors import CONSIGNEE, order, paid
from tests.agent.test_tables import values_of

#: What nobody may find any more.
SECRETS = (*CONSIGNEE.values(), ELSEWHERE["phone"])


@pytest.fixture
def books(data_dir: Path) -> Books:
    made = Books.at(data_dir)
    made.stock_up()
    return made


def erase(order_no: str = "SO-1") -> c.ErasePersonal:
    return c.ErasePersonal(by="person:Wei", id=f"x-{order_no}", order_no=order_no, reason="asked")


def found_in_files(data_dir: Path) -> set[str]:
    """Every secret that a file of the agent still holds; compressed ones are looked into."""
    files = [path for path in data_dir.rglob("*") if path.is_file()]
    texts = [
        gzip.decompress(each.read_bytes()) if each.suffix == ".gz" else each.read_bytes() for each in files
    ]
    return {secret for secret in SECRETS for text in texts if secret.encode() in text}


# --- sealing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PLACES)
@given(data=st.data())
def test_what_is_sealed_is_read_back_as_long_as_it_is_kept(kind: type[ev.Event], data: st.DataObject) -> None:
    event = data.draw(values_of(kind))
    text, kept = seal(event)
    tag = str(kind.__struct_config__.tag)
    assert unseal(tag, text, kept) == event
    assert dict(digests(tag, text)) == {each.field: each.digest for each in kept}
    gone = unseal(tag, text, [])
    assert {each.field for each in kept} <= {place.field for place in PLACES[kind]}
    if isinstance(gone, ev.OrderAccepted):
        assert gone.facts.consignee == ERASED


def test_the_same_person_twice_is_not_the_same_digest(books: Books) -> None:
    books.ask(order("SO-1"), order("SO-2"))
    found = {digest for row in books.rows("order.accepted") for _, digest in digests(row.type, row.data)}
    assert len(found) == 2


def test_the_journal_itself_names_nobody(books: Books) -> None:
    books.day()
    text = json.dumps([row.data for row in rows(books.connection)], ensure_ascii=False)
    assert not [secret for secret in SECRETS if secret in text]
    accepted = books.rows("order.accepted")[-1].entry.event
    assert isinstance(accepted, ev.OrderAccepted)
    assert accepted.facts.consignee == books.order().consignee


# --- erasing ------------------------------------------------------------------------------------------------


def test_what_is_erased_is_in_no_file_and_the_chain_is_whole(books: Books, data_dir: Path) -> None:
    books.day()
    books.commit()
    assert found_in_files(data_dir) == set(SECRETS)
    books.ask(erase())
    books.close()
    assert found_in_files(data_dir) == set()
    assert verify(data_dir).ok


def test_the_archive_holds_nobody_in_clear_and_reads_who_is_not_erased(books: Books, data_dir: Path) -> None:
    books.day("SO-1")
    books.day("SO-2")
    books.acknowledge()
    before = books.lineage("SO-2")
    assert books.archive() == 1
    for file in (data_dir / FOLDER).iterdir():
        text = gzip.decompress(file.read_bytes()).decode()
        assert not [secret for secret in SECRETS if secret in text]
    books.ask(erase("SO-1"))
    books.commit()
    assert books.lineage("SO-2") == before
    assert verify(data_dir).ok


def test_its_lineage_says_that_it_was_erased_and_by_whom(books: Books) -> None:
    books.day()
    books.ask(erase())
    text = msgspec.json.encode(books.lineage()).decode()
    assert not [secret for secret in SECRETS if secret in text]
    assert "(erased)" in text
    (row,) = books.rows("personal.erased")
    assert (row.by, row.order_no) == ("person:Wei", "SO-1")


def test_other_orders_of_the_same_person_are_left(books: Books) -> None:
    books.day("SO-1")
    books.ask(order("SO-2"), paid("SO-2"))
    books.ask(erase("SO-1"))
    assert books.order("SO-2").consignee.name == CONSIGNEE["name"]
    (kept,) = books.connection.execute("SELECT DISTINCT order_no FROM personal").fetchall()
    assert kept == ("SO-2",)


def test_refused_it_leaves_everything(books: Books) -> None:
    books.ask(order())
    (refused,) = books.ask(erase())
    assert (refused.status, (refused.reason or "").partition(":")[0]) == ("refused", "not-ended")
    assert books.connection.execute("SELECT count(*) FROM personal").fetchone() == (1,)

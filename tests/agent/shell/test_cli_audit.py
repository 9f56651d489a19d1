"""`floorhand verify --checkpoint`, `lineage --dot` and `audit`: what they say, as text, JSON and a picture."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from agent.cli import main
from agent.core.lineage import Link
from agent.lineage_dot import dot
from tests.agent.books import Books

ODD = 'S"O\\1 甲'


@pytest.fixture
def worked(data_dir: Path) -> Path:
    """Two orders that went all the way; rows of the first are in the archive."""
    books = Books.at(data_dir)
    books.stock_up()
    books.day("SO-1")
    books.acknowledge()
    books.archive()
    books.day(ODD)
    books.checkpoint()
    books.close()
    return data_dir


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(list(arguments)) == code
    return capsys.readouterr().out


# --- verify -------------------------------------------------------------------------------------------------


def test_a_checkpoint_of_the_hub_is_held_against_the_chain(
    worked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(
        said(capsys, "verify", "--data", str(worked), "--json", "--checkpoint", f"3:{'ab' * 32}", code=1)
    )
    assert found["first_bad"]["row"] == 3
    assert "is not the one that the hub has" in found["first_bad"]["what"]
    assert "fine" in said(capsys, "verify", "--data", str(worked))


@pytest.mark.parametrize("wrong", ["3", "0:" + "ab" * 32, "3:xyz", f"3:{'ab' * 33}"])
def test_what_is_no_checkpoint_is_a_usage_error(worked: Path, wrong: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["verify", "--data", str(worked), "--checkpoint", wrong])
    assert ended.value.code == 2


# --- lineage ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order_no", ["SO-1", ODD])
def test_a_chain_as_json_has_everything_that_is_known(
    worked: Path, capsys: pytest.CaptureFixture[str], order_no: str
) -> None:
    chains = json.loads(said(capsys, "lineage", "--data", str(worked), order_no, "--json"))
    first, second = chains["consignee.phone"]
    assert (first["source"], second["source"]) == ("hub:/erp", "hub:/crm")
    assert (first["event"], first["event_id"]) == ("order.accepted", f"e1-{order_no}")
    assert first["changed_at"] < first["at"]
    assert second["previous"] == first["value"]
    city, overruled = chains["consignee.city"]
    assert (overruled["value"], overruled["previous"]) == ("宁波市", city["value"])
    assert overruled["overruled"] == "authority: consignee.*: /erp before /crm"
    assert chains["state"][-1]["value"] == "shipped"


def test_a_chain_in_words_says_what_was_not_taken(worked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = said(capsys, "lineage", "--data", str(worked), "SO-1", "--field", "consignee.city")
    first, second = words.splitlines()
    assert "'杭州市'  by hub:/erp (order.accepted e1-SO-1), changed at 2026-" in first
    assert "was '杭州市', NOT TAKEN: authority: consignee.*: /erp before /crm" in second


def test_a_picture_has_a_node_for_each_value_and_dashes_for_what_was_not_taken(
    worked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = said(capsys, "lineage", "--data", str(worked), ODD, "--field", "consignee.city", "--dot")
    assert picture.startswith('digraph "S\\"O\\\\1 甲" {\n')
    nodes = re.findall(r"^ +(v\d_\d) \[.*label=\"(.*?)\\n", picture, flags=re.M)
    assert nodes == [("v0_0", "杭州市"), ("v0_1", "宁波市")]
    assert re.search(r"v0_0 -> v0_1 \[style=dashed, label=\"authority: ", picture)
    assert len(set(re.findall(r'fillcolor="(#\w+)"', picture))) == 2, "two sources"


def test_a_picture_of_anything_is_one_that_graphviz_reads() -> None:
    nasty = ['"', "\\", '\\"', "a\nb", "\x00\x1b", "->", "]; }", "<b>", "甲", "", "%", "\\N"]
    chain = [Link(value, value, "e", "t", row, "r") for row, value in enumerate(nasty)]
    chain.append(Link({"a": [1, None]}, "x", "e", "t", 99, "r", overruled='"rule"'))
    text = dot('n"\n', {'f"\\': chain})
    strings = re.findall(r'"((?:[^"\\]|\\.)*)"', text)
    assert text.count('"') == 2 * len(strings) + sum(each.count('\\"') for each in strings), (
        "every quote is closed"
    )
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", text)
    if shutil.which("dot"):  # where graphviz is, it says so itself
        subprocess.run(["dot", "-Tplain"], input=text, text=True, check=True, capture_output=True)


# --- audit --------------------------------------------------------------------------------------------------


def test_what_people_did_has_who_where_what_before_after_and_why(
    worked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    acts = json.loads(said(capsys, "audit", "--data", str(worked), "--json"))["acts"]
    assert [(act["action"], act["order_no"]) for act in acts] == [
        ("hold-order", "SO-1"), ("unhold-order", "SO-1"), ("hold-order", ODD), ("unhold-order", ODD),
    ]  # fmt: skip
    held = acts[0]
    assert (held["by"], held["device"], held["reason"]) == ("Wei", "desk-2", "?")
    assert {"entity": "Order SO-1", "field": "held", "before": None, "after": "?"} in held["changes"]
    assert acts[1]["device"] is None


def test_it_can_be_asked_of_one_person_and_from_a_time_on(
    worked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, "audit", "--data", str(worked), "--by", "Han") == ""
    words = said(capsys, "audit", "--data", str(worked), "--by", "Wei")
    assert "Wei at desk-2  hold-order SO-1: ?" in words
    assert "    Order SO-1: held None -> '?'" in words
    assert said(capsys, "audit", "--data", str(worked), "--since", "2026-06-19") == ""
    assert "hold-order" in said(capsys, "audit", "--data", str(worked), "--since", "2026-06-18T00:00:00")


@pytest.mark.parametrize("wrong", ["yesterday", "2026-13-01"])
def test_what_is_no_time_is_a_usage_error(worked: Path, wrong: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["audit", "--data", str(worked), "--since", wrong])
    assert ended.value.code == 2


def test_a_damaged_archive_is_said_and_is_a_2(worked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (file,) = (worked / "archive").iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    assert main(["lineage", "--data", str(worked), "SO-1"]) == 2
    assert f"archive/{file.name}: rows 1 to" in capsys.readouterr().err

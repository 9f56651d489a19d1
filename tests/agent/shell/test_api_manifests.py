"""Manifests over the local API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from agent.api.messages import DeparturesView, ManifestView
from agent.core import commands as c
from tests.agent.floors import GTIN, lines, scan, stop, wave
from tests.agent.shell.stage import ask, came_out, config_of, order_at, pay
from tests.agent.shell.test_api import Office, office

EIGHT = "2026-06-18T08:00:00.000Z"


@pytest.fixture
async def made(data_dir: Path) -> AsyncIterator[Office]:
    """SO-1 was scanned out in time for the departure at eight, SO-2 is on the floor."""
    async with office(config_of(data_dir, printers=[{"id": "lp1", "url": "tcp://127.0.0.1:9"}])) as opened:
        await pay(opened.store, "SO-1", "SO-2", lines=lines((1, "A", 1)), cutoff_at=EIGHT)
        await came_out(opened.store, "SO-1")
        await ask(opened.store, wave(stop(qty=1)))
        order = order_at(opened.store, "SO-1")
        (task,) = order.tasks
        pick = c.PickStop(pda="P1", task=task, stop=f"{task}-1", qty=1, barcode=GTIN)
        await ask(opened.store, c.AcceptTask(pda="P1", task=task), pick, scan(order.waybill or ""))
        yield opened


async def one(made: Office, departure: str, **query: str) -> ManifestView:
    return msgspec.convert(await made.get(f"/v1/manifests/SF/{departure}", **query), ManifestView)


async def test_the_departures_are_listed_for_all_carriers_or_one(made: Office) -> None:
    everything = msgspec.convert(await made.get("/v1/manifests"), DeparturesView)
    (departure,) = [each for each in everything.departures if each.departure_at]
    assert (departure.carrier, departure.departure_at, departure.parcels, departure.missing) == (
        "SF",
        EIGHT,
        1,
        1,
    )
    assert (await made.get("/v1/manifests", carrier="YTO"))["departures"] == []


@pytest.mark.parametrize("departure", [EIGHT, "2026-06-18T16:00:00%2B08:00"])
async def test_a_manifest_has_its_parcels_and_what_is_missing(made: Office, departure: str) -> None:
    view = await one(made, departure)
    assert [(parcel.order_no, parcel.scanner) for parcel in view.parcels] == [("SO-1", "ship1")]
    assert [order.order_no for order in view.missing] == ["SO-2"]


async def test_the_lists_may_be_cut_short_and_the_figures_are_of_all(made: Office) -> None:
    view = await one(made, EIGHT, limit="0")
    assert (view.parcels, view.missing, view.departure.parcels, view.departure.missing) == ((), (), 1, 1)


async def test_what_follows_the_last_departure_has_a_manifest_too(made: Office) -> None:
    assert (await one(made, "later")).departure.departure_at is None


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("SF/2026-06-18T09:00:00.000Z", 404),
        (f"YTO/{EIGHT}", 404),
        ("YTO/later", 404),
        ("SF/soon", 400),
        ("SF/2026-06-18T08:00", 400),
        (f"SF/{EIGHT}?limit=-1", 400),
        (f"SF/{EIGHT}?limit=10000000", 400),
    ],
)
async def test_what_cannot_be_answered_says_why(made: Office, path: str, status: int) -> None:
    answer = await made.client.get(f"/v1/manifests/{path}")
    assert answer.status_code == status
    assert answer.json()["detail"]

"""Every fault at one printer of three: the others print on meanwhile, nothing is lost and nothing comes out twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent.config import Config
from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import JobState
from agent.store.verify import verify
from devices.sim.printer import SimPrinter
from tests.agent.floors import lease
from tests.agent.shell.shop import LANGUAGES, Shop, labels, quick, shop, switched_on, tables_of
from tests.agent.shell.stage import ask, config_of, pay, until

every_language = pytest.mark.parametrize("language", LANGUAGES)


@dataclass(frozen=True)
class Fault:
    """What happens to a printer, and what a person does about it."""

    breaks: Callable[[SimPrinter], None]
    mends: Callable[[SimPrinter], None] = lambda _: None


FAULTS = {
    "paper out": Fault(lambda sim: sim.paper_out(), lambda sim: sim.refill()),
    "cover open": Fault(lambda sim: sim.open_cover(), lambda sim: sim.close_cover()),
    "pause": Fault(lambda sim: sim.set(paused=True), lambda sim: sim.set(paused=False)),
    "jam": Fault(lambda sim: sim.set(jammed=True), lambda sim: sim.set(jammed=False)),
    "head hot": Fault(lambda sim: sim.set(head_hot=True), lambda sim: sim.set(head_hot=False)),
    "stall": Fault(lambda sim: sim.stall(), lambda sim: sim.resume()),
    "garbage": Fault(lambda sim: sim.answer_garbage(1), lambda sim: sim.answer_garbage(None)),
    "hang up": Fault(lambda sim: sim.hang_up(after_bytes=150)),
    "power cycle": Fault(lambda sim: sim.power_cycle()),
}
CARRIERS = ("SF", "YTO", "ZTO")


@asynccontextmanager
async def three(data_dir: Path, *sims: SimPrinter) -> AsyncIterator[Shop]:
    """Each printer has its own carrier and fails over to nobody."""
    async with switched_on(*sims):
        own = [t | {"carriers": [carrier]} for t, carrier in zip(tables_of(sims), CARRIERS, strict=True)]
        async with shop(config_of(data_dir, printers=own)) as made:
            await ask(made.store, c.SetCarrier(data={"carrier": "ZTO"}), *lease("Z1", "Z2", carrier="ZTO"))
            await made.ready("lp1", "lp2", "lp3")
            yield made


def in_a_group(data_dir: Path, sims: Sequence[SimPrinter]) -> Config:
    """The configuration of printers that are already switched on."""
    return config_of(data_dir, printers=tables_of(sims, group="pack"))


def other_languages(language: str) -> list[str]:
    return [each for each in LANGUAGES if each != language]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@every_language
async def test_a_fault_at_one_printer_of_three_is_no_others_and_loses_and_doubles_nothing(
    data_dir: Path, language: str, fault: Fault
) -> None:
    faulty, *others = sims = [quick(language), *map(quick, other_languages(language))]
    async with three(data_dir, *sims) as made:
        made.diary.on(ev.PrintStarted, lambda: fault.breaks(faulty))
        await pay(made.store, "SO-1", "SO-2")
        await made.diary.until(ev.PrintStarted)
        await pay(made.store, "SO-3", "SO-4", carrier="YTO")
        await pay(made.store, "SO-5", "SO-6", carrier="ZTO")
        await until(lambda: [len(each.paper) for each in others] == [2, 2])  # nothing is mended yet
        fault.mends(faulty)
        await made.settle_by_sight(*sims)
        assert [labels(each) for each in others] == [[("SO-3", 1), ("SO-4", 1)], [("SO-5", 1), ("SO-6", 1)]]
        assert sorted(labels(faulty)) == [("SO-1", 1), ("SO-2", 1)]
        assert {job.state for job in made.jobs()} == {JobState.CONFIRMED}
    assert verify(data_dir).ok


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_in_a_group_a_fault_under_a_burst_leaves_one_label_for_every_copy(
    data_dir: Path, fault: Fault
) -> None:
    sims = [*map(quick, LANGUAGES)]
    names = [f"SO-{number}" for number in range(9)]
    async with switched_on(*sims), shop(in_a_group(data_dir, sims)) as made:
        await made.ready("lp1", "lp2", "lp3")
        made.diary.on(ev.PrintStarted, lambda: fault.breaks(sims[0]))
        await pay(made.store, *names)
        await until(lambda: len(sims[1].paper) + len(sims[2].paper) >= 3)
        fault.mends(sims[0])
        await made.settle_by_sight(*sims)
        on_paper = Counter(label for sim in sims for label in labels(sim))
        assert set(on_paper.values()) == {1}
        assert {name for name, _ in on_paper} == set(names)


# --- failing over -------------------------------------------------------------------------------------------


@asynccontextmanager
async def paper_ends_under_the_label(
    data_dir: Path, faulty: SimPrinter, peer: SimPrinter, group: str | None = "pack"
) -> AsyncIterator[Shop]:
    """SO-1 is sent to the first of two printers, which has no paper for it."""
    async with switched_on(faulty, peer):
        own = tables_of([faulty, peer], **({"group": group} if group else {}))
        if group is None:
            own = [own[0] | {"carriers": ["SF"]}, own[1] | {"carriers": ["YTO"]}]
        async with shop(config_of(data_dir, printers=own)) as made:
            await made.ready("lp1", "lp2")
            made.diary.on(ev.PrintStarted, faulty.paper_out)
            await pay(made.store, "SO-1")
            yield made


@pytest.mark.parametrize("language", ["escpos", "zpl"])
async def test_what_was_surely_cleared_away_is_printed_by_a_peer_as_the_same_copy(
    data_dir: Path, language: str
) -> None:
    faulty, peer = quick(language), quick("tspl")
    async with paper_ends_under_the_label(data_dir, faulty, peer) as made:
        await made.printed()
        faulty.refill()
        await made.ready("lp1")
        assert (labels(faulty), labels(peer)) == ([], [("SO-1", 1)])
        assert made.kinds() == set()


#: Firmware that keeps what it was told to forget.
KEEPS: dict[str, dict[str, Any]] = {
    "escpos": {"clears": False},
    "tspl": {"cancel": False, "mileage_mm": 130},
    "zpl": {"clears": False, "answers_hs_in_fault": True},
}


@every_language
async def test_what_a_printer_may_still_hold_a_peer_prints_as_a_marked_copy_and_two_labels_are_told(
    data_dir: Path, language: str
) -> None:
    faulty, peer = quick(language, **KEEPS[language]), quick()
    async with paper_ends_under_the_label(data_dir, faulty, peer) as made:
        await made.printed()
        suspect = await made.told("suspect-label")
        assert labels(peer) == [("SO-1", 2)]
        assert "lp1" in suspect.text
        assert "destroy copy 1 if it comes out" in suspect.text
        faulty.refill()
        await made.printed(2)
        assert labels(faulty) == [("SO-1", 1)]
        assert "destroy copy 1" in (await made.told("two-labels")).text


@every_language
async def test_without_a_group_what_may_still_come_out_is_suspect_and_its_late_proof_confirms_it(
    data_dir: Path, language: str
) -> None:
    faulty, other = quick(language, **KEEPS[language]), quick()
    async with paper_ends_under_the_label(data_dir, faulty, other, group=None) as made:
        await made.diary.until(ev.LabelSuspect)
        await pay(made.store, "SO-2", carrier="YTO")
        await made.printed()
        assert labels(faulty) == []
        faulty.refill()
        *_, late = await made.printed(2)
        assert (late.order_no, late.copy_no, labels(faulty)) == ("SO-1", 1, [("SO-1", 1)])
        assert (labels(other), made.kinds()) == ([("SO-2", 1)], {"suspect-label"})
        closed = await made.diary.until(ev.ExceptionClosed)
        assert closed[0].kind == "suspect-label"


@pytest.mark.parametrize("language", ["escpos", "zpl"])
async def test_without_a_group_what_was_cleared_away_waits_for_its_own_printer(
    data_dir: Path, language: str
) -> None:
    faulty, other = quick(language), quick()
    async with paper_ends_under_the_label(data_dir, faulty, other, group=None) as made:
        await made.diary.until(ev.PrintRequeued)
        faulty.refill()
        await made.printed()
        assert (labels(faulty), labels(other)) == ([("SO-1", 1)], [])


async def test_where_the_whole_group_is_in_fault_what_is_in_doubt_is_printed_by_nobody(
    data_dir: Path,
) -> None:
    faulty, peer = quick(clears=False), quick()
    async with paper_ends_under_the_label(data_dir, faulty, peer) as made:
        peer.open_cover()
        await made.diary.until(ev.LabelSuspect)
        await until(lambda: not made.roster.is_ready("lp2"))
        peer.close_cover()
        faulty.refill()
        await made.printed()
        assert len(labels(faulty) + labels(peer)) == 1

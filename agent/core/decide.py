"""The one door's question: what does this command cause, on this floor, at this time?

`decide` is pure: it reads the floor, thinks ahead in an overlay (so that the second line of an order sees what
the first has reserved), and answers with events or with a refusal that a person can read. It never raises for
anything that comes from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agent.core import commands as c
from agent.core.events import Event
from agent.core.floor import Floor
from agent.core.rules import (
    audit,
    changes,
    facts,
    labels,
    leases,
    master,
    people,
    picking,
    prints,
    quarantine,
    scans,
    snapshots,
    tasks,
)
from agent.core.story import Refused, Story

#: Every command and the rule that answers it.
RULES: dict[type[c.Command], Callable[[Story, Any], Refused | None]] = {
    c.TakeOrder: changes.take_order,
    c.TakeFact: facts.take_fact,
    c.CompareOrder: snapshots.compare_order,
    c.MissOrder: snapshots.miss_order,
    c.HoldOrder: facts.hold_order,
    c.UnholdOrder: facts.unhold_order,
    c.CancelOrder: facts.cancel_order,
    c.SetSku: master.set_sku,
    c.SetLocation: master.set_location,
    c.SetCarrier: master.set_carrier,
    c.SetRules: master.set_rules,
    c.SetStock: master.set_stock,
    c.RequestLease: leases.request_lease,
    c.TakeLease: leases.take_lease,
    c.RefuseLease: leases.refuse_lease,
    c.LabelWaiting: leases.label_waiting,
    c.StartPrint: prints.start_print,
    c.PrintSentAll: prints.print_sent,
    c.FinishPrint: prints.finish_print,
    c.SuspectPrint: prints.suspect_print,
    c.FailOverPrint: prints.fail_over_print,
    c.RequeuePrint: prints.requeue_print,
    c.FailPrint: prints.fail_print,
    c.SettlePrint: prints.settle_print,
    c.ReprintLabel: labels.reprint_label,
    c.ReleaseWave: tasks.release_wave,
    c.AssignTask: tasks.assign_task,
    c.RecallTask: tasks.recall_task,
    c.AnswerRecall: tasks.answer_recall,
    c.AcceptTask: tasks.accept_task,
    c.FinishTask: tasks.finish_task,
    c.BindTote: picking.bind_tote,
    c.PickStop: picking.pick_stop,
    c.ShortStop: picking.short_stop,
    c.TakeScan: scans.take_scan,
    c.CloseException: people.close_exception,
    c.OpenException: people.open_exception,
    c.ReportFault: people.report_fault,
    c.ReportSwitch: people.report_switch,
    c.PausePrinter: people.pause_printer,
    c.TakeCheckpoint: audit.take_checkpoint,
    c.ErasePersonal: audit.erase_personal,
    c.ParkEvent: quarantine.park_event,
    c.ReleaseParked: quarantine.release_parked,
    c.DropParked: quarantine.drop_parked,
}


def decide(floor: Floor, command: c.Command, at: int) -> Sequence[Event] | Refused:
    """Events, none for a repeat of what is already done, or Refused."""
    story = Story(floor, at)
    refused = RULES[type(command)](story, command)
    if refused is None:
        audit.record_person(story, command)
    return refused if refused is not None else story.events

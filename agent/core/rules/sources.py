"""Systems of record that disagree: the higher one's word stands, and the other's is kept where all can see it."""

from __future__ import annotations

from typing import Any

from agent.core import events as ev
from agent.core.authority import Authority
from agent.core.events import OrderFacts
from agent.core.fields import fact_fields, facts_of, is_personal, judged
from agent.core.model import Order
from agent.core.rules.documents import LABEL_FACTS, lines_differ
from agent.core.story import Refused, Story

_ABSENT = object()


def settled(
    order: Order, facts: OrderFacts, source: str, authority: Authority
) -> tuple[OrderFacts, dict[str, str]]:
    """What is to be of what `source` says, and for each field that it may not set the rule that keeps it."""
    if not source or set(order.sources.values()) <= {source, ""}:
        return facts, {}
    stands, said = judged(order), judged(facts)
    rules: dict[str, str] = {}
    for field, value in stands.items():
        if value is None or value == said.get(field, _ABSENT):
            continue  # what nobody has set, anybody may set
        rule = authority.overrules(field, order.source_of(field), source)
        if rule is not None:
            rules[field] = rule
    if not rules:
        return facts, {}
    return facts_of(_kept(stands, said, rules)), dict(sorted(rules.items()))


def _kept(stands: dict[str, Any], said: dict[str, Any], rules: dict[str, str]) -> dict[str, Any]:
    taken = {field: value for field, value in said.items() if field not in rules}
    return taken | {field: stands[field] for field in rules}


def tell_overruled(
    story: Story, order: Order, source: str, said: OrderFacts, kept: OrderFacts, rules: dict[str, str]
) -> None:
    """Both values stand in the journal; where parcel or goods would be others, a person sees it."""
    wanted, stands = fact_fields(said), fact_fields(kept)
    fields = {
        each: wanted.get(each)
        for each in wanted.keys() | stands.keys()
        if wanted.get(each, _ABSENT) != stands.get(each, _ABSENT)
    }
    overrule(story, order.order_no, source, fields, {each: _rule(rules, each) for each in fields})
    if lines_differ(order, said) or any(
        getattr(said, name, None) != getattr(kept, name, None) for name in LABEL_FACTS
    ):
        text = f"{source} wants {', '.join(sorted(rules))} of order {order.order_no} changed, and may not: ask there"
        story.open_exception("overruled", order.order_no, text, order.order_no)


def _rule(rules: dict[str, str], field: str) -> str:
    return rules.get(field) or rules["lines"]


def overrule(story: Story, order_no: str, source: str, fields: dict[str, Any], rules: dict[str, str]) -> None:
    """What was said and not done."""
    values = {field: value for field, value in fields.items() if not is_personal(field)}
    personal = {field: value for field, value in fields.items() if is_personal(field)}
    story.emit(ev.OrderOverruled(order_no, source, dict(sorted(rules.items())), values, personal))


def may_set_held(
    story: Story, order: Order, wanted: str | None, source: str, authority: Authority
) -> Refused | None:
    """A hold that a higher source wants is neither lifted nor renamed by a lower one."""
    if order.held is None or order.held == wanted:
        return None
    rule = authority.overrules("held", order.source_of("held"), source)
    if rule is None:
        return None
    overrule(story, order.order_no, source, {"held": wanted}, {"held": rule})
    return Refused(f"overruled: {rule}")

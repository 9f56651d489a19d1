"""What a template may ask for: the fields of one label as texts, persons only ever masked.

Ids stay as they are, since a code carries them as they are; texts lose control characters where they are shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from devices.labels.label import Label, LabelItem, Party
from devices.labels.privacy import mask_address, mask_name, mask_phone
from devices.labels.text import printable

NUMBER_FIELDS = frozenset({"waybill", "waybill_spaced", "job", "copy", "again", "qr", "sscc", "sscc_spaced"})
ORDER_FIELDS = frozenset({"order_no", "carrier", "service", "routing_code", "bag_code"})
PERSON_FIELDS = frozenset(
    f"{role}.{part}" for role in ("consignee", "sender") for part in ("name", "phone", "region", "address")
)
ITEM_FIELDS = frozenset({"items", "item_lines", "pieces"})
ALL_FIELDS = NUMBER_FIELDS | ORDER_FIELDS | PERSON_FIELDS | ITEM_FIELDS

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_GROUP = re.compile(r"\d{4}(?=\d)|[A-Za-z]+(?=\d)")


@dataclass(frozen=True, slots=True)
class Fields:
    """`texts`: every field by name. `items`: the order lines, which `{items}` stands for, one by one."""

    texts: dict[str, str]
    items: tuple[str, ...]

    def filled(self, pattern: str) -> str:
        """`pattern` with every {placeholder} replaced by its field. The pattern was checked when it was loaded."""
        return _PLACEHOLDER.sub(lambda found: self.texts[found[1]], pattern)

    def beside_numbers(self) -> dict[str, str]:
        """What is known before the parcel has its waybill number."""
        return {name: text for name, text in self.texts.items() if name not in NUMBER_FIELDS}


def placeholders(pattern: str) -> tuple[str, ...]:
    """The names in braces, in the order in which they stand."""
    return tuple(_PLACEHOLDER.findall(pattern))


def fields_of(label: Label) -> Fields:
    """The fields of `label`."""
    items = tuple(map(_item, label.items))
    texts = {
        "waybill": label.waybill,
        "waybill_spaced": _GROUP.sub(r"\g<0> ", label.waybill),
        "job": label.job,
        "copy": str(label.copy),
        "again": f"补打 {label.copy}" if label.copy > 1 else "",
        "qr": label.qr,
        "sscc": label.sscc,
        "sscc_spaced": _sscc_spaced(label.sscc),
        "order_no": label.order_no,
        "carrier": label.carrier,
        "service": label.service,
        "routing_code": label.routing_code,
        "bag_code": label.bag_code,
        "items": "\n".join(items),
        "item_lines": str(len(items)),
        "pieces": str(sum(item.qty for item in label.items)),
        **_party("consignee", label.consignee),
        **_party("sender", label.sender),
    }
    return Fields(texts, items)


def _party(role: str, party: Party) -> dict[str, str]:
    city = party.city if party.city != party.province else ""  # 上海市 is both, and is written once
    region = printable(party.province + city + party.district)
    return {
        f"{role}.name": mask_name(printable(party.name)),
        f"{role}.phone": mask_phone(printable(party.phone)),
        f"{role}.region": mask_address(region),
        f"{role}.address": mask_address(region + printable(party.address)),
    }


def _item(item: LabelItem) -> str:
    return printable(f"{item.sku} ×{item.qty} {item.name}")


def _sscc_spaced(sscc: str) -> str:
    """As people read it: extension digit, sixteen digits in fours, check digit."""
    return " ".join((sscc[:1], *(sscc[at : at + 4] for at in range(1, 17, 4)), sscc[17:]))

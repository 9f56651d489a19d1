"""The fields of a label: persons masked, ids untouched."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.labels.fields import ALL_FIELDS, NUMBER_FIELDS, fields_of
from devices.labels.label import LabelItem
from tests.devices.labels.samples import LABEL, SSCC

FIELDS = fields_of(LABEL).texts


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("waybill", "SF1234567890123"),
        ("waybill_spaced", "SF 1234 5678 9012 3"),
        ("qr", "FH1:SF1234567890123:J-000123:1"),
        ("again", ""),
        ("sscc", SSCC),
        ("sscc_spaced", "3 4567 8901 2345 6789 5"),
        ("consignee.name", "张**"),
        ("consignee.phone", "138******78"),
        ("consignee.region", "上海市浦东新区"),
        ("consignee.address", "上海市浦东新区世纪大道100号3号楼**单元**室"),
        ("sender.region", "江苏省苏州市昆山市"),
        ("items", "A-100 ×2 冻干咖啡\nB-205 ×1 Ceramic mug\nC-7 ×1 杯刷"),
        ("item_lines", "3"),
        ("pieces", "4"),
    ],
)
def test_a_field_is_what_a_template_expects(name: str, text: str) -> None:
    assert FIELDS[name] == text


def test_every_field_that_a_template_may_name_is_there_and_no_other() -> None:
    assert set(FIELDS) == ALL_FIELDS


def test_the_mark_of_a_further_copy_counts() -> None:
    assert fields_of(replace(LABEL, copy=3)).texts["again"] == "补打 3"


def test_a_control_character_does_not_get_a_number_past_the_mask() -> None:
    person = replace(LABEL.consignee, phone="138\x0012345678", address="幸福路1号2单元\u200b501室")
    texts = fields_of(replace(LABEL, consignee=person)).texts
    assert texts["consignee.phone"] == "138******78"
    assert texts["consignee.address"].endswith("幸福路1号**单元**室")


@given(st.text(min_size=2, max_size=8), st.integers(10**10, 10**11 - 1))
def test_no_field_holds_a_whole_name_or_number(name: str, phone: int) -> None:
    item = LabelItem("A", "B", 1)
    person = replace(LABEL.consignee, name=f"欧{name}", phone=str(phone))
    texts = fields_of(replace(LABEL, consignee=person, items=(item,))).texts
    assert not [text for text in texts.values() if str(phone) in text]
    assert texts["consignee.name"] == "欧**"


def test_what_is_known_ahead_of_the_number_does_not_change_with_it() -> None:
    later = fields_of(replace(LABEL, waybill="YT9", job="J-2", copy=4, sscc=""))
    assert later.beside_numbers() == fields_of(LABEL).beside_numbers()
    assert not NUMBER_FIELDS & set(later.beside_numbers())

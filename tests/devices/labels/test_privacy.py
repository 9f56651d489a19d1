"""Nobody's full name, number or room leaves the label printer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.labels.privacy import mask_address, mask_name, mask_phone


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("世纪大道100号3号楼2单元501室", "世纪大道100号3号楼**单元**室"),
        ("阳光花园12-1203", "阳光花园**"),
        ("8栋1203", "8栋**"),
        ("A座1203室", "A座**室"),
        ("三单元十二层", "**单元**层"),
        ("5栋2单元603", "5栋**单元**"),
        ("1号院3-2-501", "1号院**"),
        ("12 Nanjing Rd, Room 501", "12 Nanjing Rd, Room **"),
        ("中山路12-3号", "中山路12-3号"),
        ("国际单元楼12号楼", "国际单元楼12号楼"),
    ],
)
def test_rooms_are_hidden_and_houses_are_not(address: str, shown: str) -> None:
    assert mask_address(address) == shown


@given(
    st.text(alphabet="中山路大道花园小区", min_size=2),
    st.integers(1, 99),
    st.sampled_from(["号楼", "栋", "幢", "座"]),
    st.integers(100, 9999),
    st.sampled_from(["室", "房", "户", ""]),
)
def test_no_room_number_survives(street: str, house: int, building: str, room: int, word: str) -> None:
    assert str(room) not in mask_address(f"{street}{house}{building}{room}{word}")


@given(st.text(max_size=200))
def test_masking_an_address_twice_changes_nothing_more(address: str) -> None:
    once = mask_address(address)
    assert mask_address(once) == once


def test_a_very_long_address_is_masked_in_no_time() -> None:
    assert mask_address("a1-" * 100_000).count("*") <= 2


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812345678", "138******78"),
        ("138****5678", "138******78"),
        ("021-12345678", "021-******78"),
        ("+86 138 1234 5678", "+86 138 **** **78"),
        ("12345", "*****"),
        ("", ""),
    ],
)
def test_phones_show_their_ends_alone(phone: str, shown: str) -> None:
    assert mask_phone(phone) == shown


@given(st.text(alphabet="0123456789 -+()转", max_size=30))
def test_six_digits_of_a_phone_are_hidden_or_all(phone: str) -> None:
    digits, shown = sum(map(str.isdigit, phone)), mask_phone(phone)
    assert shown.count("*") == (6 if digits >= 8 else digits)
    assert len(shown) == len(phone)


@given(st.text(max_size=30))
def test_a_name_shows_at_most_its_first_character(name: str) -> None:
    shown = mask_name(name)
    assert shown == (name.strip()[:1] + "**" if name.strip() else "")
    assert mask_name(shown) == shown

"""Check digits of waybill numbers: published examples, and one wrong digit is always found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.check_digits import Check, check_of, failing


@pytest.mark.parametrize(
    ("check", "number"),
    [
        ("s10", "RA473124829CN"),
        ("s10", "RR473124829GB"),
        ("mod10", "006141411234567890"),  # an SSCC
        ("mod10", "4006381333931"),
        ("ems", "RA473124829CN"),
        ("ems", "1031234567890"),
        ("none", "anything"),
    ],
)
def test_right_numbers_pass(check: Check, number: str) -> None:
    assert failing([number], check) == ()


@pytest.mark.parametrize(
    ("check", "number"),
    [
        ("s10", "RA473124828CN"),
        ("s10", "RA473124829"),
        ("s10", "1031234567890"),
        ("mod10", "006141411234567891"),
        ("mod10", "00614141123456789X"),
        ("mod10", "7"),
        ("mod10", "²²"),
        ("ems", "RA473124828CN"),
        ("ems", "4006381333931"),
    ],
)
def test_wrong_numbers_are_named(check: Check, number: str) -> None:
    assert failing([number], check) == (number,)


@given(st.integers(0, 99_999_999), st.integers(0, 7), st.integers(1, 9))
def test_one_wrong_digit_of_a_postal_item_is_found(serial: int, at: int, more: int) -> None:
    digits = f"{serial:08d}"
    (right,) = (each for each in range(10) if not failing([f"EA{digits}{each}CN"], "s10"))
    wrong = digits[:at] + str((int(digits[at]) + more) % 10) + digits[at + 1 :]
    told_apart = {_left(digits), _left(wrong)} != {0, 6}  # both are written as 5
    assert bool(failing([f"EA{wrong}{right}CN"], "s10")) is told_apart


def _left(digits: str) -> int:
    """The remainder that S10 turns into its check digit."""
    return (
        sum(int(digit) * weight for digit, weight in zip(digits, (8, 6, 4, 2, 3, 5, 9, 7), strict=True)) % 11
    )


def test_a_sites_word_comes_before_what_is_known() -> None:
    assert check_of("EMS", {}) == "ems"
    assert check_of("EMS", {"EMS": "s10"}) == "s10"
    assert check_of("SF", {"EMS": "s10"}) == "none"

"""Notifications that come twice, against scans that are alike."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from devices.scanners.ble.twins import TwinFilter

pieces = st.lists(st.sampled_from([b"A", b"B", b"C"]), max_size=30)


def kept(arrivals: list[tuple[bytes, float]]) -> list[bytes]:
    twins = TwinFilter()
    return [piece for piece, at in arrivals if not twins.is_twin(piece, at)]


@given(pieces)
def test_of_each_notification_that_comes_twice_one_is_kept(sent: list[bytes]) -> None:
    assert kept([(piece, at + late) for at, piece in enumerate(sent) for late in (0, 0.2)]) == sent


@given(pieces)
def test_what_comes_later_than_a_twin_is_another_scan(sent: list[bytes]) -> None:
    assert kept([(piece, at * 0.26) for at, piece in enumerate(sent)]) == sent


@given(st.lists(st.integers(0, 255).map(lambda byte: bytes([byte])), unique=True))
def test_different_notifications_are_all_kept_however_fast(sent: list[bytes]) -> None:
    assert kept([(piece, 0.0) for piece in sent]) == sent

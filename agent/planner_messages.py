"""What the agent and its planner process say to each other: JSON with a length in front."""

from __future__ import annotations

import struct

import msgspec

from routing import Cart, PickOrder, Plan, Spot

LENGTH = struct.Struct(">I")


class Floor(msgspec.Struct, frozen=True, tag="floor"):
    """The layout from here on."""

    spots: tuple[Spot, ...]
    cross_aisles_y_mm: tuple[int, ...]


class Solve(msgspec.Struct, frozen=True, tag="solve"):
    """Plan this on the layout that was sent last."""

    depot: str
    orders: tuple[PickOrder, ...]
    carts: tuple[Cart, ...]
    deadline_s: float
    seed: int


encode = msgspec.json.Encoder().encode
decode_request = msgspec.json.Decoder(Floor | Solve).decode
decode_plan = msgspec.json.Decoder(Plan).decode


def framed(body: bytes) -> bytes:
    """A message with its length in front."""
    return LENGTH.pack(len(body)) + body

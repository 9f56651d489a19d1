"""A warehouse that could exist: SKUs, bins by popularity, stock and carriers, the same for a seed."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

import msgspec

ZONES = ("A", "B", "C")
_AISLE_PITCH_MM = 3_200
_BAY_PITCH_MM = 1_100
_FIRST_BAY_Y_MM = 3_000
_BAYS, _SIDES, _LEVELS = 20, ("L", "R"), 3
_BINS_PER_AISLE = _BAYS * len(_SIDES) * _LEVELS

_THINGS = (
    ("连衣裙", 280), ("保温杯", 420), ("数据线", 60), ("洗发水", 780), ("童书", 350),
    ("运动鞋", 920), ("面膜", 240),
    ("坚果礼盒", 1100), ("蓝牙耳机", 150), ("抱枕", 460), ("玻璃饭盒", 690),
    ("雨伞", 380), ("袜子", 70), ("台灯", 1300),
)  # fmt: skip
_STYLES = ("经典款", "升级款", "轻便款", "家庭装", "礼盒装", "学生款", "限量款", "便携款")
_HAZARDS = ("lithium-battery", "flammable")


class Product(NamedTuple):
    """What the catalog is built from: `rank` 0 is the most popular."""

    sku: str
    name: str
    weight_g: int


class Catalog(msgspec.Struct, frozen=True):
    """Rows as the feed and the snapshots carry them; `skus` in order of popularity."""

    skus: tuple[dict[str, Any], ...]
    locations: tuple[dict[str, Any], ...]
    stock: tuple[dict[str, Any], ...]
    carriers: tuple[dict[str, Any], ...]


def build_catalog(seed: int, products: Sequence[Product] | None = None, *, qty: int = 50_000) -> Catalog:
    """The warehouse for these products, most popular first; absent: 600 of the sandbox's own."""
    rng = Random(f"catalog:{seed}")
    chosen = tuple(products) if products else _own_products(600, rng)
    bins = _bins(-(-len(chosen) * 5 // 4 // _BINS_PER_AISLE) + 1)
    second = [n for n in range(len(chosen)) if rng.random() < 0.15]
    skus = tuple(_sku_row(n, product, bins[n]["zone"], rng) for n, product in enumerate(chosen))
    homes = [(n, bins[n]) for n in range(len(chosen))]
    homes += [(n, bins[len(chosen) + k]) for k, n in enumerate(second)]
    stock = tuple({"location": b["location"], "sku": chosen[n].sku, "qty": qty} for n, b in homes)
    return Catalog(skus, (*_doors(len(bins) // _BINS_PER_AISLE), *bins), stock, _CARRIERS)


def ean13(digits: str) -> str:
    """Twelve digits and their EAN-13 check digit."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


def _own_products(count: int, rng: Random) -> tuple[Product, ...]:
    products = []
    for n in range(count):
        thing, weight_g = _THINGS[n % len(_THINGS)]
        style = _STYLES[n // len(_THINGS) % len(_STYLES)]
        name = f"{thing} {style} {n // (len(_THINGS) * len(_STYLES)) + 1}号"
        products.append(Product(f"A-{100 + n}", name, round(weight_g * rng.uniform(0.7, 1.4))))
    rng.shuffle(products)
    return tuple(products)


def _sku_row(n: int, product: Product, zone: str, rng: Random) -> dict[str, Any]:
    """Dimensions follow from the weight at 0.15-0.6 g/cm³; a fiftieth has two barcodes, a few a hazard."""
    volume_mm3 = product.weight_g / rng.uniform(0.15, 0.6) * 1000
    edge_mm = volume_mm3 ** (1 / 3)
    length_mm, width_mm = (
        round(edge_mm * rng.uniform(1.1, 1.6)) + 1,
        round(edge_mm * rng.uniform(0.8, 1.1)) + 1,
    )
    barcodes = [ean13(f"690{n + 1:09d}")] + ([ean13(f"695{n + 1:09d}")] if n % 50 == 7 else [])
    return {
        "sku": product.sku,
        "name": product.name,
        "barcodes": barcodes,
        "weight_g": product.weight_g,
        "length_mm": length_mm,
        "width_mm": width_mm,
        "height_mm": max(1, round(volume_mm3 / length_mm / width_mm)),
        "fragile": rng.random() < 0.08,
        "zone": zone,
        "hazard": rng.choice(_HAZARDS) if rng.random() < 0.01 else None,
    }


def _depot_x_mm(aisles: int) -> int:
    return (aisles - 1) * _AISLE_PITCH_MM // 2


def _bins(aisles: int) -> list[dict[str, Any]]:
    """All bins, the nearest to the depot first; a third of the aisles, side by side, is a zone."""
    bins = [
        _bin(aisle, bay, side, level, zone=ZONES[aisle * len(ZONES) // aisles])
        for aisle in range(aisles)
        for bay in range(_BAYS)
        for side in _SIDES
        for level in range(_LEVELS)
    ]
    depot_x_mm = _depot_x_mm(aisles)
    return sorted(bins, key=lambda b: (abs(b["x_mm"] - depot_x_mm) + b["y_mm"], b["location"]))


def _bin(aisle: int, bay: int, side: str, level: int, *, zone: str) -> dict[str, Any]:
    return {
        "location": f"{zone}{aisle + 1:02d}-{bay + 1:02d}{side}{level + 1}",
        "kind": "bin",
        "zone": zone,
        "aisle": f"{zone}{aisle + 1:02d}",
        "bay": bay + 1,
        "level": level + 1,
        "x_mm": aisle * _AISLE_PITCH_MM,
        "y_mm": _FIRST_BAY_Y_MM + bay * _BAY_PITCH_MM,
    }


def _doors(aisles: int) -> list[dict[str, Any]]:
    """Depot, pack bench and dock in front of the aisles."""
    x_mm = _depot_x_mm(aisles)
    places = (
        ("DEPOT", "depot", x_mm, 0),
        ("PACK", "pack", x_mm + 4_000, 0),
        ("DOCK", "dock", x_mm + 9_000, 0),
    )
    return [
        {"location": name, "kind": kind, "zone": "", "aisle": "", "bay": 1, "level": 1, "x_mm": x, "y_mm": y}
        for name, kind, x, y in places
    ]


_CARRIERS = tuple(
    {
        "carrier": carrier,
        "name": name,
        "services": services,
        "lease_size": 2_000,
        "lease_low": 500,
        "active": True,
    }
    for carrier, name, services in (
        ("SF", "顺丰速运", ["standard", "express"]),
        ("YTO", "圆通速递", ["standard"]),
        ("ZTO", "中通快递", ["standard"]),
    )
)

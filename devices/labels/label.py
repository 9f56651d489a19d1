"""What stands on a parcel label, and what it is printed on: plain values."""

from __future__ import annotations

from dataclasses import dataclass

MM_PER_INCH_TENTHS = 254


@dataclass(frozen=True, slots=True)
class Party:
    """The one who gets the parcel, or who sends it."""

    name: str
    phone: str
    province: str
    city: str
    district: str
    address: str


@dataclass(frozen=True, slots=True)
class LabelItem:
    """One order line as the label shows it."""

    sku: str
    name: str
    qty: int


@dataclass(frozen=True, slots=True)
class Label:
    """One print of one parcel's label. `copy` counts from 1; from 2 on the label says so in plain sight."""

    waybill: str
    job: str
    copy: int
    order_no: str
    carrier: str
    service: str
    routing_code: str
    bag_code: str
    consignee: Party
    sender: Party
    items: tuple[LabelItem, ...]

    @property
    def qr(self) -> str:
        """What the QR code says: which print this is, and nothing about a person."""
        return f"FH1:{self.waybill}:{self.job}:{self.copy}"


@dataclass(frozen=True, slots=True)
class Media:
    """The stock in a printer. `gap`: labels with gaps between them; else one roll, cut after each label."""

    width_mm: int
    height_mm: int
    dpi: int = 203
    gap: bool = True

    @property
    def width_dots(self) -> int:
        """Dots across, in whole bytes as print heads have them."""
        return self.width_mm * self.dpi * 10 // MM_PER_INCH_TENTHS // 8 * 8

    @property
    def height_dots(self) -> int:
        """Dots along the feed of one label."""
        return self.height_mm * self.dpi * 10 // MM_PER_INCH_TENTHS

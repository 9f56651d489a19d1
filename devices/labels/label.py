"""What stands on a parcel label, and what it is printed on: plain values."""

from __future__ import annotations

from dataclasses import dataclass, replace

MM_PER_INCH = 25.4
HEADS_DOTS_PER_MM = {203: 8.0}  # what the trade calls 203 dpi is a head of 8 dots to the millimetre


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
    sscc: str = ""  # 18 digits, where the parcel is a logistic unit of GS1

    @property
    def draft(self) -> Label:
        """What of it is known before it has a number: for work ahead of payment."""
        return replace(self, waybill="", job="", copy=1)

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
    def dots_per_mm(self) -> float:
        """How fine the head is, across and along the feed alike."""
        return HEADS_DOTS_PER_MM.get(self.dpi, self.dpi / MM_PER_INCH)

    @property
    def width_dots(self) -> int:
        """Dots across, in whole bytes as print heads have them."""
        return int(self.width_mm * self.dots_per_mm) // 8 * 8

    @property
    def height_dots(self) -> int:
        """Dots along the feed of one label."""
        return int(self.height_mm * self.dots_per_mm)

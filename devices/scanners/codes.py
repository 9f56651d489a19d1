"""What a code says: a label of ours, a carrier's waybill, GS1 element strings, a GTIN, or just text.

A scanner that sends AIM ids settles most of it. Without one a number may be several things, and the order of the
readers in `read_code` decides; carriers' numbers come before GS1, for a tenth of all numbers have a good check digit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from biip import ParseConfig, ParseError
from biip.checksums import gs1_standard_check_digit
from biip.gs1_element_strings import GS1ElementString
from biip.gs1_messages import GS1Message
from biip.upc import Upc

from devices.scanners.waybills import WaybillRules

Kind = Literal["label", "waybill", "gs1", "gtin", "plain"]

_LABEL = re.compile(r"FH1:[^:]+:[^:]+:[0-9]+")
_GTIN = re.compile(r"[0-9]{8}|[0-9]{12,14}")
_UPC_E = re.compile(r"[01][0-9]{7}")
_GTIN_DIGITS = 14
_EAN_13_DIGITS = 13

_FNC1 = "\x1d"
_SSCC_AI, _GTIN_AI, _LOT_AI, _SERIAL_AI = "00", "01", "10", "21"
# A date that is none is no reason to lose the GTIN beside it.
_DATES_AS_THEY_ARE = ParseConfig(gs1_element_strings_verify_date=False)


@dataclass(frozen=True, slots=True)
class Code:
    """What `text` says. `gtin` at 14 digits and `sscc` have good check digits; `waybill_of` is the carrier."""

    text: str
    kind: Kind
    gtin: str | None = None
    sscc: str | None = None
    lot: str | None = None
    serial: str | None = None
    waybill_of: str | None = None


def read_code(text: str, symbology: str | None, rules: WaybillRules) -> Code:
    """Never raises. `symbology`: the AIM id without its bracket ("C1"), None where the scanner sends none."""
    by_symbology = _BY_SYMBOLOGY.get(symbology or "", _nothing)
    return (
        _label(text)
        or by_symbology(text)
        or _waybill(text, rules)
        or _unmarked_element_strings(text)
        or _gtin(text)
        or Code(text, "plain")
    )


def _nothing(_: str) -> Code | None:
    return None


def _label(text: str) -> Code | None:
    return Code(text, "label") if _LABEL.fullmatch(text) else None


def _waybill(text: str, rules: WaybillRules) -> Code | None:
    carrier = rules.carrier_of(text)
    return Code(text, "waybill", waybill_of=carrier) if carrier is not None else None


def _gtin(text: str) -> Code | None:
    if not _GTIN.fullmatch(text) or gs1_standard_check_digit(text[:-1]) != int(text[-1]):
        return None
    return Code(text, "gtin", gtin=text.zfill(_GTIN_DIGITS))


def _retail(text: str) -> Code | None:
    """EAN-13 and UPC-A; UPC-E, which a scanner should send at its full length, and may not."""
    if _UPC_E.fullmatch(text):
        try:
            return Code(text, "gtin", gtin=Upc.parse(text).as_upc_a().zfill(_GTIN_DIGITS))
        except ParseError:
            return None
    return _gtin(text)


def _retail_with_add_on(text: str) -> Code | None:
    """A book's or magazine's EAN-13, and the price or issue behind it."""
    found = _gtin(text[:_EAN_13_DIGITS])
    return Code(text, "gtin", gtin=found.gtin) if found is not None else None


def _unmarked_element_strings(text: str) -> Code | None:
    """Without a GS1 symbology only what nothing else begins with: FNC1 inside, or an SSCC or a GTIN in front."""
    unambiguous = _FNC1 in text or text.startswith((_SSCC_AI, _GTIN_AI))
    return _element_strings(text) if unambiguous else None


def _element_strings(text: str) -> Code | None:
    elements = _elements(text)
    if not elements or any(each.gtin_error or each.sscc_error for each in elements):
        return None
    values = {each.ai.ai: each.value for each in elements}
    return Code(
        text,
        "gs1",
        gtin=values.get(_GTIN_AI),
        sscc=values.get(_SSCC_AI),
        lot=values.get(_LOT_AI),
        serial=values.get(_SERIAL_AI),
    )


def _elements(text: str) -> list[GS1ElementString]:
    """All of them, or none where some part is no element string.

    biip cuts a value that is too long and reads on in what is left of it; only FNC1 or the end ends one of no fixed
    length (GS1 General Specifications 7.8.5).
    """
    if not text.isascii():  # biip takes any script's digits
        return []
    elements: list[GS1ElementString] = []
    try:
        for part in filter(None, text.split(_FNC1)):
            found = GS1Message.parse(part, config=_DATES_AS_THEY_ARE).element_strings
            if any(each.ai.separator_required for each in found[:-1]):
                return []
            elements += found
    except ParseError:
        return []
    return elements


# A symbology that a carrier's label cannot have is believed before the number's look. ITF (I1) is not among them:
# post offices print it.
_BY_SYMBOLOGY: dict[str, Callable[[str], Code | None]] = {
    "C1": _element_strings,  # GS1-128
    "d2": _element_strings,  # GS1 DataMatrix
    "Q3": _element_strings,  # GS1 QR
    "e0": _element_strings,  # GS1 DataBar
    "J1": _element_strings,  # GS1 DotCode
    "E0": _retail,  # EAN-13, UPC-A, UPC-E
    "E3": _retail_with_add_on,
    "E4": _gtin,  # EAN-8
}

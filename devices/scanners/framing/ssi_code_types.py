"""What kind of code a DECODE_DATA packet of SSI carries: its first data byte, as an AIM id.

Numbers: the code types of DECODE_DATA, which are the `ST_…` constants of Zebra's CoreScanner. Ids: ISO/IEC 15424 as in
the appendix "AIM Code Identifiers" of Zebra's product guides (LS4208), modifiers for a code that is sent without
options. UPC-E is left out: its id would promise the thirteen digits that it is not sent with. So are composites, and
postal codes, which a warehouse does not scan.
"""

from __future__ import annotations

CODE_128 = 0x03

AIM_IDS: dict[int, str] = {
    0x01: "A0",  # Code 39
    0x02: "F0",  # Codabar
    CODE_128: "C0",
    0x04: "S0",  # Discrete 2 of 5
    0x05: "S0",  # IATA 2 of 5
    0x06: "I0",  # Interleaved 2 of 5
    0x07: "G0",  # Code 93
    0x08: "E0",  # UPC-A
    0x0A: "E4",  # EAN-8
    0x0B: "E0",  # EAN-13
    0x0C: "H0",  # Code 11
    0x0E: "M0",  # MSI
    0x0F: "C1",  # GS1-128
    0x11: "L2",  # PDF417
    0x13: "A4",  # Code 39 with full ASCII
    0x15: "X0",  # Trioptic Code 39
    0x16: "X0",  # Bookland
    0x18: "F0",  # NW-7, a Codabar
    0x1B: "d1",  # Data Matrix
    0x1C: "Q1",  # QR
    0x25: "U0",  # MaxiCode
    0x2C: "Q1",  # Micro QR
    0x2D: "z0",  # Aztec
    0x30: "e0",  # GS1 DataBar
    0x31: "e0",  # GS1 DataBar Limited
    0x32: "e0",  # GS1 DataBar Expanded
    0x39: "X0",  # Matrix 2 of 5
    0x4B: "E3",  # EAN-13 with a two-digit supplement
    0x72: "X0",  # Chinese 2 of 5
    0x8B: "E3",  # EAN-13 with a five-digit supplement
    0xC1: "d2",  # GS1 Data Matrix
    0xC2: "Q3",  # GS1 QR
}

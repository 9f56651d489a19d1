"""Codes in packets of Zebra's Simple Serial Interface, each to be acknowledged.

The scanner sends a packet, waits, and sends it again, marked, up to twice (DS9908 guide, "Decoded Data Transmission").
A code is acknowledged after its commit. One of several packets is committed as a whole; its earlier packets are
acknowledged at once, else the later ones would never come (CR6080 guide, "Multipacket Option" 1, the default). What
does not check is asked for again when the line has fallen silent, so that what is sent again finds us in step.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from devices.scanners.framing import ssi_packets as ssi
from devices.scanners.framing.counted import CountedFramer
from devices.scanners.framing.framer import KEPT_OF_NOISE, STALL_S, Answer, Frame, Framed, Noise
from devices.scanners.framing.pile import Pile
from devices.scanners.framing.ssi_code_types import AIM_IDS
from devices.scanners.framing.ssi_packets import Cause, Opcode, Packet

#: From the last byte on, by when the next packet of a code has come, its second copy, and its third and last: a scanner
#: waits two seconds for each answer (its default).
TRIES_S = (1.5, 3.5, 6.0)

_ACKNOWLEDGED = Answer(ssi.ACK)
_RESEND = Answer(ssi.nak(Cause.RESEND))
_DENIED = Answer(ssi.nak(Cause.DENIED))


@dataclass(slots=True)
class SsiFramer(CountedFramer):
    """One scanner in SSI mode, with packeted data and ACK/NAK handshaking."""

    code: Pile = field(default_factory=Pile)
    _type: int = field(default=0, init=False)
    _taken: Packet | None = field(default=None, init=False)  # the last packet of a code, as it was first sent
    _said: list[Framed] = field(default_factory=list, init=False)  # what came of it
    _stalls: int = field(default=0, init=False)  # how often what was awaited did not come, or not whole

    @property
    def idle_s(self) -> float:
        return STALL_S if self._unit else TRIES_S[min(self._stalls, 2)]

    @property
    def waiting(self) -> bool:
        return bool(self._unit or self.code)

    def cut(self) -> list[Framed]:
        return self._drop_unit() + self._give_up()

    def _silence(self) -> list[Framed]:
        if self._stalls >= 2 and not self._unit:
            return self._give_up()
        self._stalls += 1
        return [*self._drop_unit(), _RESEND] if self._unit else []

    def _give_up(self) -> list[Framed]:
        self._taken = None
        self._stalls = 0
        return self.code.spoil("truncated")

    def _size(self, first: int) -> int | None:
        return ssi.size_of(first)

    def _read(self, unit: bytes) -> list[Framed] | None:
        packet = ssi.decode(unit)
        if packet is None:
            return None
        if packet.source == ssi.HOST:
            return []  # a line that echoes
        match packet.opcode:
            case Opcode.DECODE_DATA:
                return self._code_packet(packet)
            case Opcode.CMD_ACK | Opcode.CMD_NAK:
                return []  # the answer to a beep; an answer is not answered
            case Opcode.MULTIPACKET_SEGMENT | Opcode.BATCH_DATA:
                # Codes in a form that is not read here: refused, so that the scanner complains rather than lose them.
                return [Noise("malformed", unit[:KEPT_OF_NOISE]), _DENIED]
        return [_ACKNOWLEDGED]

    def _code_packet(self, packet: Packet) -> list[Framed]:
        first_sent = replace(packet, resent=False)
        if packet.resent and first_sent == self._taken:
            self._stalls = 0
            return [replace(each, resent=True) if isinstance(each, Frame) else each for each in self._said]
        abandoned = [] if self._goes_on(packet) else self._give_up()
        if abandoned and packet.resent:
            return [*abandoned, _DENIED]
        self._taken, self._stalls = first_sent, 0
        self._said = self._next_packet(packet)
        return abandoned + self._said

    def _goes_on(self, packet: Packet) -> bool:
        """Does it belong to the packets before it? After a stall only a second copy surely does: a packet that is sent
        for the first time begins another code, and a later copy may be of either."""
        return self._stalls == 0 or (self._stalls == 1 and packet.resent)

    def _next_packet(self, packet: Packet) -> list[Framed]:
        kind, piece = packet.data[:1], packet.data[1:]  # each packet names the code's type again
        if not self.code:
            self._type = int.from_bytes(kind)
        self.code.add(piece)
        if packet.continued:
            return [_ACKNOWLEDGED]
        if self.code.overlong:
            return [*self.code.spoil("too-long"), _DENIED]
        return [Frame(self.code.take(), AIM_IDS.get(self._type), ssi.ACK, packet.resent)]

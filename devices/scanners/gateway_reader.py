"""Scans from gateways that pass on what a device sends piece by piece, as its radio packets come."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from devices.pda import GatewayScan, Malformed
from devices.scanners.framing.framer import Frame, Framed, FramingName, Noise
from devices.scanners.framing.kinds import framer_of
from devices.scanners.gateway import GatewayFormat, Piece, read_message, read_pieces, scan_of

#: Pieces of one code may lie so far apart on the way through a gateway and a broker; only a longer silence is one.
JITTER_S = 0.5

_REMEMBERED = 32  # pieces of a device that are known again
_MOST_DEVICES = 1000  # of one gateway; the one longest silent is forgotten

Out = GatewayScan | Malformed


class GatewayReader:
    """Reads all that one gateway publishes; `now` is in seconds of any steady clock.

    With a `framing` the pieces of each device are put together. Their sequence numbers count pieces, so they are used
    up here: a piece that came before is ignored, one that is missing ends the code that it was a part of, and both are
    told as Malformed; the scans carry none. A broker that redelivers what it got no PUBACK for cannot bring back the
    first half of a code whose second half came after a crash.
    """

    def __init__(self, form: GatewayFormat) -> None:
        self._form = form
        self._streams: dict[str, _Stream] = {}

    @property
    def timed(self) -> bool:
        """Does the gateway say when a scan was?"""
        return self._form.time != "none"

    @property
    def idle_s(self) -> float:
        """How long a silence must last before `flush` ends something."""
        return max((stream.idle_s for stream in self._streams.values()), default=JITTER_S)

    @property
    def waiting(self) -> bool:
        """Whether silence may still end something: ask `flush` when `idle_s` have passed."""
        return any(stream.waiting for stream in self._streams.values())

    def read(self, topic: str, payload: bytes, received_at: float, now: float) -> list[Out]:
        """The scans that this message completes, and what is wrong; `received_at` in seconds since the epoch."""
        if self._form.framing is None:
            return read_message(self._form, topic, payload, received_at)
        out: list[Out] = []
        for each in read_pieces(self._form, topic, payload, received_at):
            if isinstance(each, Malformed):
                out.append(each)
            else:
                out += self._take(each, self._form.framing, now)
        return out

    def flush(self, now: float) -> list[Out]:
        """What silence has ended."""
        return [out for stream in self._streams.values() for out in stream.flush(now)]

    def _take(self, piece: Piece, framing: FramingName, now: float) -> Iterator[Out]:
        stream = self._streams.pop(piece.device, None) or _Stream(framing, piece, self._form.time != "none")
        self._streams[piece.device] = stream  # the last of them has spoken last
        yield from stream.take(piece, now)
        if len(self._streams) > _MOST_DEVICES:
            yield from self._streams.pop(next(iter(self._streams))).cut()


class _Stream:
    """What one device sends."""

    def __init__(self, framing: FramingName, first: Piece, timed: bool) -> None:
        """`timed`: the gateway itself says when a piece came, so one that is sent again has the same time."""
        self._framer = framer_of(framing)
        self._last = first
        self._timed = timed
        self._recent: deque[tuple[int | None, bytes, str]] = deque(maxlen=_REMEMBERED)
        self._came_at = self._clock = float("-inf")

    @property
    def idle_s(self) -> float:
        return max(JITTER_S, self._framer.idle_s)

    @property
    def waiting(self) -> bool:
        return self._framer.waiting

    def take(self, piece: Piece, now: float) -> Iterator[Out]:
        yield from self.flush(now)
        key = (piece.seq, piece.data, piece.at if self._timed else "")
        if piece.seq is not None and key in self._recent:
            yield Malformed(None, f"repeat: piece {piece.seq} of {piece.device} has come before")
            return
        yield from self._note_gap(piece)
        self._recent.append(key)
        self._last, self._came_at = piece, now
        yield from self._scans(self._framer.feed(piece.data, self._clock))

    def flush(self, now: float) -> Iterator[Out]:
        if now - self._came_at >= self.idle_s:
            self._clock = now  # it stands still as long as a silence may be the network's
            yield from self._scans(self._framer.flush(now))

    def cut(self) -> Iterator[Out]:
        """Its pieces do not go on: what was half there is lost, and told."""
        yield from self._scans(self._framer.cut())

    def _note_gap(self, piece: Piece) -> Iterator[Out]:
        before = self._last.seq
        if not self._recent or piece.seq is None or before is None or piece.seq == before + 1:
            return
        what = f"{piece.seq - before - 1} missing" if piece.seq > before else "the count began again"
        yield Malformed(None, f"gap: pieces of {piece.device} from {before} to {piece.seq}, {what}")
        yield from self.cut()

    def _scans(self, framed: list[Framed]) -> Iterator[Out]:
        """What the framing would answer cannot be told: nothing is written through a gateway."""
        for each in framed:
            if isinstance(each, Frame):
                yield scan_of(each, self._last, None)
            elif isinstance(each, Noise):
                yield Malformed(None, f"{each.reason}: from {self._last.device}: {each.data!r}")

"""One connection to a scanner: its notifications become scans, and answers go back.

Made with a new BleakClient each time, and always disconnected: a client that is only forgotten keeps its socket to
D-Bus, and its notifications come twice after the next connection (hbldh/bleak #2002).

bleak-retry-connector does not serve here: it chooses the adapter itself, knows hci0 to hci8 only, and repeats what it
calls transient up to nine times inside one attempt, while every other scanner of the adapter waits. The plan paces,
and chooses.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Never

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.exc import BleakGATTProtocolError

from devices.errors import DeviceGone
from devices.scanners.assembler import Assembler, answer_scans
from devices.scanners.ble.pace import Pace
from devices.scanners.ble.profiles import Profile, uuid_of
from devices.scanners.ble.trouble import BLEAK_TROUBLE, in_words
from devices.scanners.ble.twins import TwinFilter
from devices.scanners.framing.kinds import framer_of
from devices.scanners.scan import Listener, Vitals
from devices.scanners.voice import FeedbackMode, voice_of

_BATTERY_LEVEL = uuid_of("2a19")
_LAST_WORDS_S = 0.05


@dataclass(frozen=True, slots=True)
class BleScanner:
    """A scanner that is wanted. `address`: AA:BB:CC:DD:EE:FF; `profile`: the id of its family; None: probe it."""

    address: str
    listener: Listener
    profile: str | None = None
    feedback: FeedbackMode = "none"


class Link:
    """A connected scanner of a known profile."""

    def __init__(
        self,
        client: BleakClient,
        profile: Profile,
        scanner: BleScanner,
        vitals: Vitals,
        pace: Pace,
    ) -> None:
        """`vitals`: what is known before the scanner itself is asked. Raises one of BLEAK_TROUBLE."""
        self.profile = profile
        self._client = client
        # Now, because a client whose link is lost has no services any more. The profile's own come first, where several
        # services have a characteristic of the same UUID.
        services = sorted(client.services, key=lambda service: service.uuid != profile.service)
        self._offered = [each for service in services for each in service.characteristics]
        self._listener = scanner.listener
        self._voice = voice_of(scanner.feedback, profile.framing)
        self._vitals = vitals
        self._pace = pace
        self._ended: str | None = None
        self._is_over = False
        self._loop = asyncio.get_running_loop()
        self._by_signal = profile.notify_mode == "start"
        self._twins = TwinFilter() if self._by_signal else None
        self._to_say: asyncio.Queue[bytes] = asyncio.Queue()
        self._assembler = Assembler(framer_of(profile.framing), scanner.listener.garbled)

    async def listen(self) -> None:
        """Turn notifications on. Raises one of BLEAK_TROUBLE."""
        codes = self._characteristic(self.profile.notify)
        if codes is None:
            raise KeyError(self.profile.notify)
        await self._client.start_notify(codes, self._hear, bluez={"use_start_notify": self._by_signal})

    async def serve(self) -> Never:
        """Have each scan taken in order, and say the answer after that. Raises DeviceGone when the link is lost."""
        self._listener.vitals(self._vitals)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._speak())
                group.create_task(self._look_after())
                await answer_scans(self._assembler, self._listener, self._voice, self._say)
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            self._is_over = True
            self._assembler.close()

    def end(self, reason: str) -> None:
        """It cannot be used any more; what came before that is still taken."""
        if self._ended is not None:
            return
        self._ended = reason
        if self._by_signal:
            self._finish()
        else:  # a socket of its own is read apart from the signal that says that the link is lost
            self._loop.call_later(_LAST_WORDS_S, self._finish)

    def _finish(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._assembler.end(DeviceGone(self._ended or ""))

    def _hear(self, _: BleakGATTCharacteristic, data: bytearray) -> None:
        piece = bytes(data)
        if self._is_over or (self._twins and self._twins.is_twin(piece, self._loop.time())):
            return
        self._assembler.feed(piece)

    async def _say(self, data: bytes) -> None:
        """Without waiting: a scanner that is slow to hear does not keep the scans behind this one."""
        self._to_say.put_nowait(data)

    async def _speak(self) -> Never:
        while True:
            data = await self._to_say.get()
            if not await self._write(data):
                while not self._to_say.empty():  # answers to scans of long ago would only confuse
                    self._to_say.get_nowait()

    async def _write(self, data: bytes) -> bool:
        """Did the scanner take it? One that cannot hear, or has gone, is no error: the answer is shown elsewhere."""
        ear = self._characteristic(self.profile.write)
        if ear is None:
            return True
        response = self.profile.write_response or "write-without-response" not in ear.properties
        longest = ear.max_write_without_response_size
        try:
            async with asyncio.timeout(self._pace.write_s):
                for start in range(0, len(data), longest):
                    await self._client.write_gatt_char(ear, data[start : start + longest], response=response)
        except BLEAK_TROUBLE:
            return False
        return True

    async def _look_after(self) -> None:
        """Read the battery now and then; a scanner that does not answer is gone, though nothing has said so."""
        battery = self._characteristic(_BATTERY_LEVEL)
        asked = battery or next(self._readable(), None)
        while asked is not None and (value := await self._ask(asked)) is not None:
            if asked is battery and value:
                self._tell(replace(self._vitals, battery_percent=value[0]))
            await asyncio.sleep(self._pace.check_every_s)

    async def _ask(self, characteristic: BleakGATTCharacteristic) -> bytes | None:
        """Its value; nothing where that is refused, which is a sign of life as well; None where the link is dead."""
        try:
            async with asyncio.timeout(self._pace.answer_s):
                return bytes(await self._client.read_gatt_char(characteristic))
        except BleakGATTProtocolError:
            return b""
        except BLEAK_TROUBLE as error:
            self.end(f"silent: {in_words(error)}")
            return None

    def _tell(self, vitals: Vitals) -> None:
        if vitals != self._vitals:
            self._vitals = vitals
            self._listener.vitals(vitals)

    def _readable(self) -> Iterator[BleakGATTCharacteristic]:
        """Never where codes come from: BlueZ gives what is read there as a notification too, a scan of nothing."""
        for characteristic in self._offered:
            if "read" in characteristic.properties and characteristic.uuid != self.profile.notify:
                yield characteristic

    def _characteristic(self, uuid: str | None) -> BleakGATTCharacteristic | None:
        return next((each for each in self._offered if each.uuid == uuid), None)

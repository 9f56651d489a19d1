"""From a device that is heard to a link, and back to nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bleak import BleakClient
from bleak.backends.device import BLEDevice

from devices.errors import DeviceGone
from devices.scanners.ble.link import BleScanner, Link
from devices.scanners.ble.pace import Pace
from devices.scanners.ble.profiles import Profile, profile_named, profile_offered
from devices.scanners.ble.trouble import BLEAK_TROUBLE, in_words
from devices.scanners.scan import Vitals

log = logging.getLogger(__name__)

_DISCONNECTS_WITHIN_S = 10.0


@asynccontextmanager
async def link_to(
    device: BLEDevice, scanner: BleScanner, profiles: Sequence[Profile], vitals: Vitals, pace: Pace
) -> AsyncIterator[Link]:
    """Connected, notifications on; disconnected at the end. Raises DeviceGone where that does not come about.

    A scanner without the services that are looked for is forgotten by BlueZ too: it may have kept what an older
    firmware offered, and tells them anew when it is connected next.
    """
    link: Link | None = None

    def lost(_: BleakClient) -> None:
        # Without a link it is an attempt that failed: bleak itself makes another one then, and that may be the one.
        if link is not None:
            link.end("link lost: switched off, or out of range")

    client = BleakClient(device, lost, timeout=pace.connect_s)
    is_stale = False
    try:
        try:
            async with asyncio.timeout(pace.connect_s):
                await client.connect()
                link = Link(client, _profile_of(client, scanner, profiles), scanner, vitals, pace)
                await link.listen()
        except _Unfamiliar as error:
            is_stale = True
            raise DeviceGone(str(error)) from error
        except BLEAK_TROUBLE as error:
            is_stale = isinstance(error, KeyError)
            reason = f"cannot connect: {in_words(error)}"
            if link is not None:  # codes may have come already: they are taken, and this raises
                link.end(reason)
                await link.serve()
            raise DeviceGone(reason) from error
        yield link
    finally:
        await _disconnect(client)
        if is_stale:
            await _forget(device)


class _Unfamiliar(Exception):
    """Its services are of no profile that it may have."""


def _profile_of(client: BleakClient, scanner: BleScanner, profiles: Sequence[Profile]) -> Profile:
    allowed = profiles if scanner.profile is None else (profile_named(scanner.profile, profiles),)
    offered: dict[str, set[str]] = {}
    for service in client.services:
        offered.setdefault(service.uuid, set()).update(each.uuid for each in service.characteristics)
    profile = profile_offered(offered, allowed)
    if profile is None:
        raise _Unfamiliar(
            f"its services are not those of profile {scanner.profile}: is it another model?"
            if scanner.profile
            else "no known profile fits its services: add one to the configuration"
        )
    return profile


async def _disconnect(client: BleakClient) -> None:
    try:
        async with asyncio.timeout(_DISCONNECTS_WITHIN_S):
            await client.disconnect()
    except BLEAK_TROUBLE as error:
        log.debug("%s: disconnect: %s", client.address, in_words(error))


async def _forget(device: BLEDevice) -> None:
    """Unless a person has paired it: what was agreed then cannot be had again without one."""
    if device.details["props"].get("Paired"):
        return
    try:
        async with asyncio.timeout(_DISCONNECTS_WITHIN_S):
            await BleakClient(device).unpair()
    except BLEAK_TROUBLE as error:
        log.debug("%s: forget: %s", device.address, in_words(error))

"""A printer through libusb: the real pyusb and python-escpos, on a backend that stands for libusb."""

from __future__ import annotations

import asyncio
import errno
import logging

import pytest

from devices.errors import LinkLost, LinkTimeout, LinkUnreachable
from devices.links.usb import UsbLink
from tests.devices.links.fake_libusb1 import FakeUsb, interface
from tests.devices.links.far_ends import UsbEnd, opened, take, until

MASS_STORAGE = 8


@pytest.mark.parametrize(
    ("refusal", "advice"),
    [(errno.EBUSY, "remove it from CUPS"), (errno.EACCES, "udev rule"), (errno.EIO, "Input/output error")],
)
async def test_a_refusal_says_what_to_do(refusal: int, advice: str) -> None:
    with UsbEnd() as far:
        far.usb.refusal = refusal
        with pytest.raises(LinkUnreachable, match=advice):
            await far.link.open(connect_timeout_s=5)


async def test_a_printer_is_held_until_it_is_closed() -> None:
    with UsbEnd() as far:
        link = await opened(far)
        with pytest.raises(LinkUnreachable, match="held by another program"):
            await UsbLink("usb://04b8:0202", backend=far.usb).open(connect_timeout_s=5)
        await link.close()
        await opened(far)
        await link.close()


@pytest.mark.parametrize("url", ["usb://04b8:0203", "usb://0000:0202"])
async def test_another_printer_is_not_taken_for_it(url: str) -> None:
    with pytest.raises(LinkUnreachable, match="not plugged in"):
        await UsbLink(url, backend=FakeUsb()).open(connect_timeout_s=5)


async def test_a_box_without_libusb_says_which_package_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    for backend in ("libusb1", "libusb0", "openusb"):
        monkeypatch.setattr(f"usb.backend.{backend}.get_backend", lambda: None)
    with pytest.raises(LinkUnreachable, match=r"libusb-1\.0-0"):
        await UsbLink("usb://04b8:0202").open(connect_timeout_s=5)


async def test_the_kernels_driver_is_put_aside() -> None:
    with UsbEnd() as far:
        link = await opened(far)
        assert not far.usb.driver_bound
        await link.close()


async def used_endpoints(usb_printer: FakeUsb, query: str = "") -> set[int]:
    with UsbEnd(usb_printer, query) as far:
        link = await opened(far)
        await link.write(b"label", deadline_s=5)
        await link.close()
        return usb_printer.used


async def test_the_printers_interface_is_found_among_others() -> None:
    device = FakeUsb([interface(0x03, 0x84, number=0, kind=MASS_STORAGE)], [interface(0x02, 0x81, number=1)])
    assert await used_endpoints(device) == {0x02, 0x81}


async def test_the_setting_that_answers_is_chosen() -> None:
    device = FakeUsb([interface(0x01, protocol=1), interface(0x01, 0x82, alternate=1)])
    assert await used_endpoints(device) == {0x01, 0x82}
    assert device.settings == [(0, 1)]


async def test_a_setting_that_wraps_its_bytes_is_left_alone() -> None:
    device = FakeUsb([interface(0x01, protocol=1), interface(0x04, 0x85, alternate=1, protocol=3)])
    assert await used_endpoints(device) == {0x01}


async def test_endpoints_that_are_given_are_used() -> None:
    device = FakeUsb([interface(0x01, 0x82, 0x03, 0x84)])
    assert await used_endpoints(device, "?in=0x84&out=0x03") == {0x03, 0x84}


async def test_a_device_that_takes_no_bytes_is_no_printer() -> None:
    with (
        UsbEnd(FakeUsb([interface(0x82)])) as far,
        pytest.raises(LinkUnreachable, match="no endpoint to print to"),
    ):
        await far.link.open(connect_timeout_s=5)


async def test_a_printer_with_no_way_back_prints_and_answers_nothing() -> None:
    with UsbEnd(FakeUsb([interface(0x01, protocol=1)])) as far:
        link = await opened(far)
        await link.write(b"label", deadline_s=5)
        assert await take(far, 5) == b"label"
        with pytest.raises(LinkTimeout):
            await link.read(deadline_s=0.01)
        await link.close()


async def test_what_it_had_to_say_to_an_earlier_owner_is_thrown_away() -> None:
    with UsbEnd() as far:
        far.usb.say(b"an answer to someone else" * 20)
        link = await opened(far)
        far.usb.say(b"mine")
        assert await link.read(deadline_s=5) == b"mine"
        await link.close()


async def test_a_printer_that_takes_nothing_is_a_timeout_and_nothing_was_handed() -> None:
    with UsbEnd() as far:
        link = await opened(far)
        far.usb.make_room(0)
        with pytest.raises(LinkTimeout):
            await link.write(b"label", deadline_s=0.02, on_handed=lambda: pytest.fail("it took nothing"))
        far.usb.make_room(100)
        await asyncio.sleep(0.01)
        assert far.usb.taken == b""
        await link.close()


async def test_bytes_that_were_not_taken_are_sent_again_and_none_twice() -> None:
    job = bytes(range(256)) * 200
    with UsbEnd() as far:
        link = await opened(far)
        far.usb.make_room(100)  # a transfer that runs out of time took a part
        writing = asyncio.create_task(link.write(job, deadline_s=5))
        await until(lambda: not far.usb.room_bytes)
        assert await take(far, len(job)) == job
        await writing
        await link.close()


async def test_one_unplugged_while_idle_is_lost_before_anything_is_handed() -> None:
    with UsbEnd() as far:
        link = await opened(far)
        far.unplug()
        with pytest.raises(LinkLost, match="No such device"):
            await link.write(b"x", deadline_s=5, on_handed=lambda: pytest.fail("it is gone"))
        assert not link.is_open
        await link.close()


async def test_a_write_given_up_on_counts_as_handed() -> None:
    with UsbEnd() as far:
        link, handed = await opened(far), list[bool]()
        far.usb.make_room(0)
        writing = asyncio.create_task(link.write(b"x", deadline_s=5, on_handed=lambda: handed.append(True)))
        await asyncio.sleep(0.01)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        assert handed == [True]
        await link.close()


async def test_a_printer_that_answers_with_nothing_is_not_asked_in_a_spin() -> None:
    with UsbEnd() as far:
        link = await opened(far)
        far.usb.says_nothing_at_once, far.usb.reads = True, 0
        with pytest.raises(LinkTimeout):
            await link.read(deadline_s=0.2)
        assert far.usb.reads < 20
        await link.close()


async def test_one_that_opens_too_late_is_given_back() -> None:
    with UsbEnd() as far:
        far.usb.resetting.clear()
        with pytest.raises(LinkUnreachable, match="does not answer"):
            await far.link.open(connect_timeout_s=0.02)
        far.usb.resetting.set()
        await until(lambda: far.usb.used)
        await until(lambda: not far.usb.claimed)
        await opened(far)
        await far.link.close()


async def test_the_library_logs_under_its_own_name_and_not_into_the_screen(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with UsbEnd() as far, caplog.at_level(logging.INFO):
        link = await opened(far)
        await link.close()
    assert {record.name for record in caplog.records} == {"escpos.usb"}
    assert capsys.readouterr() == ("", "")

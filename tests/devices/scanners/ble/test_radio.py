"""The radio: the real bleak, a fake BlueZ, and scanners that come, go, and lie."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest
from bleak.exc import BleakDBusError
from dbus_fast import BusType, Message
from dbus_fast.aio import MessageBus

from devices.scanners.ble.bus import NO_ADAPTER, NO_BLUETOOTHD, NO_BUS, POWERED_OFF
from devices.scanners.ble.ear import Ear
from devices.scanners.ble.plan import NO_SLOT
from devices.scanners.ble.profiles import PROFILES, NotifyMode, Profile, uuid_of
from devices.scanners.ble.radio import Radio
from devices.scanners.scan import Feedback, Scan, Tone
from devices.sim.bluez import Adapter, BleHandset, Faults
from tests.devices.bluez import fake_bluez
from tests.devices.scanners.ble.stage import HURRY, NUS, Desk, handset, on_air, until, wanted

CODES = [f"SF{number:04}" for number in range(20)]


@pytest.mark.parametrize("mode", ["start", "acquire"])
@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.id)
async def test_every_family_is_probed_and_its_scans_come_in_order(profile: Profile, mode: NotifyMode) -> None:
    gun, desk = handset(profile=profile), Desk()
    profiles = [replace(each, notify_mode=mode) for each in PROFILES]
    async with fake_bluez() as bluez, on_air([wanted(gun, desk)], profiles=profiles):
        bluez.add(gun)
        await until(lambda: gun.ready)
        for code in CODES:
            await gun.scan(code)
        await until(lambda: len(desk.scans) == len(CODES))
        assert desk.texts == CODES
        await until(lambda: desk.fault is None)


@pytest.mark.parametrize("tone", ["good", "wrong", "stop"])
@pytest.mark.parametrize("profile", [p for p in PROFILES if p.write], ids=lambda profile: profile.id)
async def test_the_scanner_hears_the_tone_of_its_scan(profile: Profile, tone: Tone) -> None:
    gun, desk = handset(profile=profile), Desk(tone)
    async with fake_bluez() as bluez, on_air([wanted(gun, desk, profile=profile.id)]):
        bluez.add(gun)
        await until(lambda: gun.ready)
        await gun.scan("SF1")
        await until(lambda: gun.last_tone is not None)
        assert gun.last_tone == tone


async def test_nothing_is_heard_before_the_scan_is_committed() -> None:
    committed = asyncio.Event()

    class Slow(Desk):
        async def scanned(self, scan: Scan) -> Feedback:
            self.scans.append(scan)
            await committed.wait()
            return Feedback("good", "")

    gun, desk = handset(), Slow()
    async with fake_bluez() as bluez, on_air([wanted(gun, desk)]):
        bluez.add(gun)
        await until(lambda: gun.ready)
        await gun.scan("SF1")
        await until(lambda: desk.scans)
        await asyncio.sleep(0.1)  # so long nothing comes that should not
        assert gun.last_heard == b""
        committed.set()
        await until(lambda: gun.last_tone == "good")


async def test_words_longer_than_a_packet_arrive_whole() -> None:
    class Display(BleHandset):
        def written(self, uuid: str, data: bytes) -> None:
            heard.append(data)

    heard: list[bytes] = []
    gun, desk = Display("AA:00:00:00:00:01", "Display", NUS), Desk()
    async with fake_bluez() as bluez, on_air([wanted(gun, desk, feedback="text")]):
        bluez.add(gun)
        await until(lambda: gun.ready)
        code = "SF" + "7" * 40
        await gun.scan(code)
        await until(lambda: heard and heard[-1].endswith(b"\n"))
        assert b"".join(heard).decode() == f"{code} ok\r\n"
        assert all(len(packet) <= 20 for packet in heard)


async def test_a_code_split_over_notifications_is_one_scan() -> None:
    gun, desk = handset(faults=Faults(split=1)), Desk()
    codes = [f"https://example.org/{number:09}/end" for number in range(20)]
    async with fake_bluez() as bluez, on_air([wanted(gun, desk)]):
        bluez.add(gun)
        await until(lambda: gun.ready)
        for code in codes:
            await gun.scan(code)
        await until(lambda: len(desk.scans) == len(codes))
        assert desk.texts == codes


async def test_what_bleak_hands_over_twice_is_taken_once() -> None:
    gun, desk = handset(faults=Faults(double=1)), Desk()
    async with fake_bluez() as bluez, on_air([wanted(gun, desk)]):
        bluez.add(gun)
        await until(lambda: gun.ready)
        for code in [*CODES, "end"]:
            await gun.scan(code)
        await until(lambda: "end" in desk.texts)
        assert desk.texts == [*CODES, "end"]


async def test_what_a_scanner_kept_while_nobody_listened_comes_first_and_is_marked() -> None:
    gun, desk = handset(memory="once"), Desk()
    await gun.scan("SF1")
    await gun.scan("SF2")
    async with fake_bluez() as bluez, on_air([wanted(gun, desk)]):
        bluez.add(gun)
        await until(lambda: len(desk.scans) == 2)
        assert [(scan.text, scan.replayed) for scan in desk.scans] == [("SF1", True), ("SF2", True)]


@pytest.mark.parametrize("mode", ["start", "acquire"])
async def test_a_connection_that_bleak_makes_at_its_second_try_loses_nothing(mode: NotifyMode) -> None:
    gun, desk = handset(memory="once"), Desk()
    gun.connects.append("blip")
    await gun.scan_many(CODES)
    async with fake_bluez() as bluez, on_air([wanted(gun, desk)], profiles=[replace(NUS, notify_mode=mode)]):
        bluez.add(gun)
        await until(lambda: len(desk.scans) == len(CODES))
        assert desk.texts == CODES


@pytest.mark.parametrize("mode", ["start", "acquire"])
async def test_what_was_sent_right_before_the_link_was_lost_is_taken(mode: NotifyMode) -> None:
    gun, desk = handset(), Desk()
    async with fake_bluez() as bluez, on_air([wanted(gun, desk)], profiles=[replace(NUS, notify_mode=mode)]):
        bluez.add(gun)
        for code in CODES:
            await until(lambda: gun.ready)
            await gun.scan(code)
            gun.drop()
        await until(lambda: len(desk.scans) == len(CODES))
        assert desk.texts == CODES


async def test_a_lost_link_comes_back_as_another_one() -> None:
    gun, desk = handset(), Desk()
    async with fake_bluez() as bluez, on_air([wanted(gun, desk)]):
        bluez.add(gun)
        for code in ("SF1", "SF2", "SF3"):
            await until(lambda: gun.ready)
            await gun.scan(code)
            await until(lambda code=code: code in desk.texts)  # type: ignore[misc]
            gun.drop()
        assert desk.texts == ["SF1", "SF2", "SF3"]
        assert len({scan.link for scan in desk.scans}) == 3
        await until(lambda: desk.faults.count(None) > 1)
        assert "link lost: switched off, or out of range" in desk.faults


async def test_half_a_code_at_the_end_of_a_link_is_noise() -> None:
    gun, desk = handset(profile=replace(NUS, framing="cr")), Desk()
    profiles = [replace(NUS, framing="cr")]
    async with fake_bluez() as bluez, on_air([wanted(gun, desk)], profiles=profiles):
        bluez.add(gun)
        await until(lambda: gun.ready)
        await gun.scan("SF1", b"half a c")
        await asyncio.sleep(0)
        await until(lambda: gun.scans[-1].sent)
        await gun.set_battery(70)  # comes behind it
        await until(lambda: desk.last_vitals.battery_percent)
        gun.drop()
        await until(lambda: desk.noise)
        assert [(noise.reason, noise.data) for noise in desk.noise] == [("truncated", b"half a c")]
        assert desk.scans == []


async def test_all_links_are_down_when_bluetoothd_is_killed_and_back_when_it_is() -> None:
    guns = [handset(number) for number in range(4)]
    desks = [Desk() for _ in guns]
    async with fake_bluez(adapters=2) as bluez, on_air(map(wanted, guns, desks)):
        for gun in guns:
            bluez.add(gun)
        for code in ("SF1", "SF2", "SF3"):
            await until(lambda: all(gun.ready for gun in guns))
            for gun in guns:
                await gun.scan(code)
            await until(lambda code=code: all(code in desk.texts for desk in desks))  # type: ignore[misc]
            await bluez.kill()
            await until(lambda: all(desk.fault == NO_BLUETOOTHD for desk in desks))
            await bluez.start()
        assert all(desk.texts == ["SF1", "SF2", "SF3"] for desk in desks)


async def test_a_shift_whose_power_was_cut_is_all_back() -> None:
    guns = [handset(number) for number in range(40)]
    desks = [Desk() for _ in guns]
    async with fake_bluez(adapters=10, slots=5) as bluez, on_air(map(wanted, guns, desks)):
        for gun in guns:
            bluez.add(gun)
        for code in ("SF1", "SF2"):
            await until(lambda: all(gun.ready for gun in guns))
            assert all(bluez.adapter(f"hci{number}").links <= 5 for number in range(10))
            for gun in guns:
                await gun.scan(code)
            await until(lambda code=code: all(code in desk.texts for desk in desks))  # type: ignore[misc]
            for gun in guns:
                gun.power_off()
            await until(lambda: all(desk.fault is not None for desk in desks))
            for gun in guns:
                gun.power_on()
        assert all(desk.texts == ["SF1", "SF2"] for desk in desks)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("mode", ["start", "acquire"])
async def test_no_file_descriptor_is_left_by_lost_links_or_lost_bluetoothds(mode: NotifyMode) -> None:
    guns = [handset(number) for number in range(3)]
    desks = [Desk() for _ in guns]
    profiles = [replace(NUS, notify_mode=mode)]
    async with fake_bluez() as bluez, on_air(map(wanted, guns, desks), profiles=profiles):
        for gun in guns:
            bluez.add(gun)
        await until(lambda: all(gun.ready for gun in guns))
        at_first = open_files()
        for _ in range(5):
            bluez.drop_all()
            await until(lambda: all(gun.ready for gun in guns))
        await bluez.kill()
        await until(lambda: all(desk.fault == NO_BLUETOOTHD for desk in desks))
        await bluez.start()
        await until(lambda: all(gun.ready for gun in guns))
        await until(lambda: open_files() <= at_first)


@pytest.mark.parametrize("battery_percent", [80, None])
async def test_a_link_that_has_fallen_silent_is_dropped(battery_percent: int | None) -> None:
    gun, desk = handset(battery_percent=battery_percent), Desk()
    pace = replace(HURRY, check_every_s=0.1, answer_s=1, connect_s=2)
    async with fake_bluez() as bluez, on_air([wanted(gun, desk)], pace=pace):
        bluez.add(gun)
        await until(lambda: gun.ready)
        gun.silent = True
        await until(lambda: "silent: no answer in time" in desk.faults)
        gun.silent = False
        await until(lambda: desk.fault is None and gun.ready)
        await gun.scan("SF1")
        await until(lambda: desk.texts == ["SF1"])


async def test_asking_for_a_sign_of_life_is_never_a_scan() -> None:
    """Where nothing else can be read, nothing is: what is read from the codes would come as a notification."""
    gun, desk = handset(battery_percent=None), Desk()
    gun.services = gun.services[:1]
    pace = replace(HURRY, check_every_s=0.01)
    async with fake_bluez() as bluez, on_air([wanted(gun, desk)], pace=pace):
        bluez.add(gun)
        await until(lambda: gun.ready)
        await gun.scan("SF1")
        await gun.scan("SF2")
        await until(lambda: len(desk.scans) == 2)
        await asyncio.sleep(0.1)
        assert desk.texts == ["SF1", "SF2"]


async def test_battery_signal_and_adapter_are_shown() -> None:
    gun, desk = handset(battery_percent=42, rssi_dbm=-71), Desk()
    pace = replace(HURRY, check_every_s=0.05)
    async with fake_bluez() as bluez, on_air([wanted(gun, desk)], pace=pace):
        bluez.add(gun)
        await until(lambda: desk.last_vitals.battery_percent == 42)
        assert (desk.last_vitals.path, desk.last_vitals.signal_dbm) == ("hci0", -71)
        gun.battery_percent = 41
        await until(lambda: desk.last_vitals.battery_percent == 41)


async def test_services_that_bluez_remembers_from_an_older_firmware_are_forgotten() -> None:
    gun, desk = handset(), Desk()
    true_services, gun.services = gun.services, gun.services[1:]
    async with fake_bluez() as bluez, on_air([wanted(gun, desk, profile="nus")]):
        bluez.add(gun)
        await until(lambda: desk.fault == "its services are not those of profile nus: is it another model?")
        gun.services = true_services
        await until(lambda: gun.ready and desk.fault is None)


async def test_a_device_that_no_profile_fits_says_so() -> None:
    gun, desk = handset(profile=Profile("own", uuid_of("abcd"), uuid_of("abce"))), Desk()
    async with fake_bluez() as bluez, on_air([wanted(gun, desk)]):
        bluez.add(gun)
        await until(lambda: desk.fault == "no known profile fits its services: add one to the configuration")


async def test_a_scanner_that_is_switched_off_is_a_fault_and_disturbs_nobody() -> None:
    guns = [handset(1), handset(2)]
    desks = [Desk(), Desk()]
    guns[0].power_off()
    async with fake_bluez() as bluez, on_air(map(wanted, guns, desks)):
        for gun in guns:
            bluez.add(gun)
        await until(lambda: guns[1].ready and desks[0].faults)
        assert desks[0].faults == ["not heard: switched off, or out of range"]
        guns[0].power_on()
        await until(lambda: guns[0].ready)


async def test_a_scanner_that_cannot_be_connected_disturbs_nobody() -> None:
    guns = [handset(number) for number in range(4)]
    desks = [Desk() for _ in guns]
    guns[0].connects.extend(["hang", "fail", "blip", "fail"])
    pace = replace(HURRY, connect_s=3)
    async with fake_bluez() as bluez, on_air(map(wanted, guns, desks), pace=pace):
        for gun in guns:
            bluez.add(gun)
        await until(lambda: all(gun.ready for gun in guns))
        await until(lambda: all(desk.fault is None for desk in desks))
        assert all("link lost" not in str(desk.faults) for desk in desks[1:])


async def test_no_free_slot_is_said_and_another_adapter_helps() -> None:
    guns = [handset(1), handset(2)]
    desks = [Desk(), Desk()]
    async with fake_bluez() as bluez, on_air(map(wanted, guns, desks), slots=1):
        for gun in guns:
            bluez.add(gun)
        await until(lambda: any(NO_SLOT in desk.faults for desk in desks))
        bluez.plug(Adapter("hci7", "00:1A:7D:DA:71:77"))
        await until(lambda: all(gun.ready for gun in guns))
        await until(lambda: all(desk.fault is None for desk in desks))


async def test_an_adapter_that_holds_fewer_links_than_it_should_loses_them_to_another() -> None:
    guns = [handset(number) for number in range(4)]
    desks = [Desk() for _ in guns]
    async with fake_bluez(adapters=2, slots=2) as bluez, on_air(map(wanted, guns, desks), slots=5):
        for gun in guns:
            gun.rssi_at["hci0"] = -30
            bluez.add(gun)
        await until(lambda: all(gun.ready for gun in guns))
        assert [bluez.adapter(name).links for name in ("hci0", "hci1")] == [2, 2]


async def test_an_adapter_that_is_pulled_out_gives_its_scanners_to_another() -> None:
    gun, desk = handset(), Desk()
    gun.rssi_at["hci1"] = -30
    pace = replace(HURRY, gather_s=2)  # so long that a busy machine lets both adapters hear it
    async with fake_bluez(adapters=2) as bluez, on_air([wanted(gun, desk)], pace=pace):
        bluez.add(gun)
        await until(lambda: gun.ready)
        await until(lambda: desk.last_vitals.path)
        assert desk.last_vitals.path == "hci1"
        bluez.unplug("hci1")
        await until(lambda: desk.last_vitals.path == "hci0" and gun.ready)


async def test_only_the_adapters_that_are_named_are_used() -> None:
    gun, desk = handset(), Desk()
    gun.rssi_at["hci1"] = -30
    async with fake_bluez(adapters=2) as bluez, on_air([wanted(gun, desk)], adapters=["hci0"]):
        bluez.add(gun)
        await until(lambda: gun.ready)
        await until(lambda: desk.last_vitals.path)
        assert desk.last_vitals.path == "hci0"


async def test_a_machine_without_adapter_says_so_until_there_is_one() -> None:
    gun, desk = handset(), Desk()
    async with fake_bluez(adapters=0) as bluez, on_air([wanted(gun, desk)]):
        bluez.add(gun)
        await until(lambda: desk.faults)
        bluez.plug(Adapter("hci0", "00:1A:7D:DA:71:00", powered=False))
        await until(lambda: len(desk.faults) == 2)
        bluez.adapter("hci0").power(on=True)
        await until(lambda: desk.fault is None)
        assert desk.faults[:2] == [NO_ADAPTER, POWERED_OFF]


async def test_an_adapter_that_is_switched_off_lets_its_scanners_go_until_it_is_on() -> None:
    gun, desk = handset(), Desk()
    async with fake_bluez() as bluez, on_air([wanted(gun, desk)]):
        bluez.add(gun)
        await until(lambda: gun.ready and desk.fault is None)
        bluez.adapter("hci0").power(on=False)
        await until(lambda: desk.fault == POWERED_OFF)
        bluez.adapter("hci0").power(on=True)
        await until(lambda: gun.ready and desk.fault is None)


async def test_an_adapter_that_refuses_to_listen_says_so_and_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refuses, start = True, Ear.start

    async def grudging(ear: Ear) -> None:
        if refuses:
            raise BleakDBusError("org.bluez.Error.NotReady", ["Resource Not Ready"])
        await start(ear)

    monkeypatch.setattr(Ear, "start", grudging)
    gun, desk = handset(), Desk()
    async with fake_bluez() as bluez, on_air([wanted(gun, desk)]):
        bluez.add(gun)
        await until(lambda: desk.fault == "hci0 cannot listen: Resource Not Ready")
        refuses = False
        await until(lambda: gun.ready and desk.fault is None)


async def test_a_machine_without_d_bus_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    desk = Desk()
    async with on_air([wanted(handset(), desk)]) as task:
        await until(lambda: desk.faults)
        assert desk.faults == [NO_BUS]
        assert not task.done()


async def connect_and_forget(adapter: str, gun: BleHandset) -> None:
    """As a program does that is killed: BlueZ keeps its links."""
    path = f"/org/bluez/{adapter}"
    device = f"{path}/dev_{gun.address.replace(':', '_')}"
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    for object_path, interface, member in (
        (path, "Adapter1", "StartDiscovery"),
        (device, "Device1", "Connect"),
    ):
        call = call_to_bluez(object_path, interface, member)
        while (await bus.call(call)).error_name:
            await asyncio.sleep(0.05)
            call = call_to_bluez(object_path, interface, member)
    bus.disconnect()


def call_to_bluez(path: str, interface: str, member: str) -> Message:
    return Message(destination="org.bluez", path=path, interface=f"org.bluez.{interface}", member=member)


async def test_a_link_that_outlived_the_program_which_made_it_is_taken_over() -> None:
    gun, desk = handset(), Desk()
    async with fake_bluez() as bluez:
        bluez.add(gun)
        await connect_and_forget("hci0", gun)
        assert gun.connected
        async with on_air([wanted(gun, desk)]):
            await until(lambda: gun.ready)
            await gun.scan("SF1")
            await until(lambda: desk.texts == ["SF1"])


async def test_a_scanner_that_another_program_was_first_to_connect_to_is_taken_over() -> None:
    """Also one that BlueZ itself connects, or whose disconnection got no answer: it is held, and never heard."""
    gun, desk = handset(), Desk()
    async with fake_bluez() as bluez, on_air([wanted(gun, desk)], pace=replace(HURRY, heard_s=1)):
        bluez.add(gun)
        await until(lambda: gun.ready)
        gun.power_off()
        await until(lambda: desk.fault is not None)
        gun.power_on()
        await connect_and_forget("hci0", gun)
        await until(lambda: gun.ready and desk.fault is None)
        await gun.scan("SF1")
        await until(lambda: desk.texts == ["SF1"])


async def test_a_radio_that_ends_disconnects_every_scanner_and_listens_no_more() -> None:
    guns = [handset(number) for number in range(3)]
    desks = [Desk() for _ in guns]
    missing = handset(9)
    async with fake_bluez() as bluez:
        async with on_air([*map(wanted, guns, desks), wanted(missing, Desk())]):
            for gun in guns:
                bluez.add(gun)
            await until(lambda: all(gun.ready for gun in guns))
        assert not any(gun.connected for gun in guns)
        bluez.add(missing)
        async with on_air(map(wanted, guns, desks)):
            await until(lambda: all(gun.ready for gun in guns))


async def test_an_error_of_a_listener_ends_the_radio_with_it() -> None:
    class Broken(Desk):
        async def scanned(self, scan: Scan) -> Feedback:
            raise ZeroDivisionError(scan.text)

    gun = handset()
    async with fake_bluez() as bluez, on_air([wanted(gun, Broken())]) as task:
        bluez.add(gun)
        await until(lambda: gun.ready)
        await gun.scan("SF1")
        with pytest.raises(ZeroDivisionError, match="SF1"):
            await asyncio.wait_for(task, 30)
        assert not gun.connected


async def test_a_profile_that_does_not_exist_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="no Bluetooth profile 'nsu'"):
        Radio([wanted(handset(), Desk(), profile="nsu")])

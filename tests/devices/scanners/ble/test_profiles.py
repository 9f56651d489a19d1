"""Profiles: what is advertised, and what is offered once connected, names the family."""

from __future__ import annotations

import pytest

from devices.scanners.ble.profiles import (
    PROFILES,
    Profile,
    profile_advertised,
    profile_named,
    profile_offered,
    uuid_of,
)

OWN = Profile("own", uuid_of("abcd"), uuid_of("abce"), names=("Gun-",))


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.id)
def test_each_known_family_is_told_by_its_id_its_advertisement_and_its_services(profile: Profile) -> None:
    assert profile_named(profile.id) is profile
    assert profile_advertised(None, [profile.service.upper()]) is profile
    assert profile_offered({profile.service: {profile.notify}}) is profile


def test_every_uuid_of_the_table_is_whole_and_lower_case() -> None:
    for profile in PROFILES:
        for uuid in (profile.service, profile.notify, profile.write, *profile.advertised):
            assert uuid is None or uuid_of(uuid) == uuid


def test_probing_goes_in_the_order_of_the_table() -> None:
    everything = {profile.service: {profile.notify} for profile in reversed(PROFILES)}
    assert [profile.id for profile in PROFILES] == ["nus", "feea", "ffe0", "fff0", "ff00"]
    for first, profile in enumerate(PROFILES):
        assert profile_offered(everything, PROFILES[first:]) is profile


def test_a_service_without_its_characteristic_is_another_familys() -> None:
    assert profile_offered({uuid_of("ffe0"): {uuid_of("fff1")}}) is None


def test_the_eyoyo_family_advertises_another_service_than_it_speaks() -> None:
    feea = profile_advertised("EY-015P", [uuid_of("fee7")])
    assert feea is profile_named("feea")


def test_a_sites_own_profile_goes_before_the_known_ones() -> None:
    profiles = (Profile("nus", OWN.service, OWN.notify), OWN, *PROFILES)
    assert profile_named("nus", profiles).service == OWN.service
    assert profile_advertised("Gun-7", [], profiles) is OWN
    assert profile_advertised("gun", [], profiles) is None


def test_an_unknown_profile_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"'nsu' \(there are: own, nus, feea, ffe0, fff0, ff00\)"):
        profile_named("nsu", (OWN, *PROFILES))


@pytest.mark.parametrize("text", ["", "ffe", "0xffe0", "6e400001-b5a3"])
def test_what_is_no_uuid_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a UUID"):
        uuid_of(text)

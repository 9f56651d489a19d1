"""TLS to the hub is verified whatever the configuration says, and a failed handshake says what to do."""

from __future__ import annotations

import re
import shutil
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from sync.client import HubClient
from sync.errors import HubError, NoCredentials, TlsFailed, Unreachable
from sync.sandbox.server import RunningHub
from sync.tls import TlsFiles, UnusableFile
from tests.sync.certificates import Authority, showing, strict_door, tls_front
from tests.sync.conftest import TOKEN
from tests.sync.stores import agent_event
from tests.sync.test_feed import put

PAST = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


@pytest.fixture
def other(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "other")


async def ask(url: str, tls: TlsFiles | None) -> str:
    """What becomes of a request: the first cursor of a snapshot, or why there is none."""
    async with HubClient(url, "WH1", TOKEN, tls=tls) as client:
        return (await client.get("snapshot/carriers")).headers["Feed-Cursor"]


async def refusal(url: str, tls: TlsFiles | None, error: type[HubError] = TlsFailed) -> str:
    with pytest.raises(error) as refused:
        await ask(url, tls)
    return str(refused.value)


# --- whom this site trusts -----------------------------------------------------------------------------------


async def test_a_hub_of_the_private_authority_is_taken_by_every_kind_of_request(
    hub: RunningHub, ours: Authority
) -> None:
    async with (
        tls_front(hub.port, showing(ours.ca.issue_cert("localhost"))) as url,
        HubClient(url, "WH1", TOKEN, tls=ours.trust) as client,
    ):
        assert [result.status for result in await client.ship([agent_event(1)])] == ["accepted"]
        put(hub, 1, 1)
        async with client.feed(None, 5.0) as stream:
            assert (await anext(stream)).event


async def test_a_hub_whose_authority_is_unknown_is_refused_and_the_file_is_named(
    hub: RunningHub, ours: Authority, other: Authority
) -> None:
    async with tls_front(hub.port, showing(other.ca.issue_cert("localhost"))) as url:
        words = await refusal(url, ours.trust)
        assert f"signed by nobody whom this site trusts by ca_file {ours.ca_file}" in words
        assert "the system's authorities (no ca_file)" in await refusal(url, None)


async def test_a_certificate_for_another_name_is_refused(hub: RunningHub, ours: Authority) -> None:
    async with tls_front(hub.port, showing(ours.ca.issue_cert("hub.example"))) as url:
        assert "what answers at localhost has a certificate for another name" in await refusal(
            url, ours.trust
        )
        by_number = url.replace("localhost", "127.0.0.1")
        assert "what answers at 127.0.0.1 has a certificate for another name" in await refusal(
            by_number, ours.trust
        )


async def test_an_expired_certificate_is_refused(hub: RunningHub, ours: Authority) -> None:
    expired = ours.ca.issue_cert("localhost", not_before=PAST - timedelta(days=9), not_after=PAST)
    async with tls_front(hub.port, showing(expired)) as url:
        assert "the certificate of localhost has expired" in await refusal(url, ours.trust)


async def test_a_certificate_of_tomorrow_is_refused(hub: RunningHub, ours: Authority) -> None:
    early = ours.ca.issue_cert("localhost", not_before=datetime.now(UTC) + timedelta(days=1))
    async with tls_front(hub.port, showing(early)) as url:
        assert "is not valid yet (or the clock here is behind)" in await refusal(url, ours.trust)


async def test_plain_http_where_https_is_wanted_is_refused(hub: RunningHub, ours: Authority) -> None:
    assert "speaks no TLS" in await refusal(f"https://localhost:{hub.port}", ours.trust)


async def test_a_hub_that_knows_only_old_tls_is_refused(hub: RunningHub, ours: Authority) -> None:
    old = showing(ours.ca.issue_cert("localhost"))
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2
    async with tls_front(hub.port, old) as url:
        assert await ask(url, ours.trust)  # 1.2 is new enough
    context = ours.trust.context()
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


async def test_a_failed_handshake_is_a_failure_of_the_channel_like_any_other(
    hub: RunningHub, ours: Authority, other: Authority
) -> None:
    async with tls_front(hub.port, showing(other.ca.issue_cert("localhost"))) as url:
        await refusal(url, ours.trust, Unreachable)
        async with HubClient(url, "WH1", TOKEN, tls=ours.trust) as client:
            with pytest.raises(Unreachable):
                async with client.feed(None, 5.0):
                    raise AssertionError("the stream was opened")


@pytest.mark.parametrize("variable", ["PYTHONHTTPSVERIFY", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
async def test_no_variable_of_the_environment_switches_verification_off(
    hub: RunningHub, ours: Authority, other: Authority, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "0" if variable.startswith("PYTHON") else "")
    monkeypatch.setenv("SSL_CERT_FILE", str(other.ca_file))
    async with tls_front(hub.port, showing(other.ca.issue_cert("localhost"))) as url:
        await refusal(url, ours.trust)


# --- who this site is ----------------------------------------------------------------------------------------


async def test_a_hub_that_wants_a_certificate_takes_the_sites(hub: RunningHub, ours: Authority) -> None:
    async with tls_front(hub.port, showing(ours.ca.issue_cert("localhost"), clients_of=ours)) as url:
        assert await ask(url, ours.site())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_hub_that_wants_a_certificate_refuses_a_site_without_one(
    hub: RunningHub, ours: Authority, version: ssl.TLSVersion
) -> None:
    wanting = showing(ours.ca.issue_cert("localhost"), clients_of=ours)
    wanting.maximum_version = version
    with strict_door(wanting) as url:
        assert re.search(
            "wants? (to see )?this site's certificate.*cert_file", await refusal(url, ours.trust)
        )
    async with tls_front(hub.port, wanting) as url:
        await refusal(url, ours.trust, Unreachable)


async def test_a_certificate_of_an_authority_that_the_hub_does_not_know_is_refused(
    hub: RunningHub, ours: Authority, other: Authority
) -> None:
    wanting = showing(ours.ca.issue_cert("localhost"), clients_of=ours)
    with strict_door(wanting) as url:
        assert "the hub does not know who signed this site's certificate" in await refusal(
            url, other.site(trusting=ours)
        )
    async with tls_front(hub.port, wanting) as url:
        await refusal(url, other.site(trusting=ours), Unreachable)


# --- renewal without a restart -------------------------------------------------------------------------------


async def test_a_renewed_authority_is_trusted_by_the_next_request_and_the_old_one_no_longer(
    hub: RunningHub, ours: Authority, other: Authority, tmp_path: Path
) -> None:
    ca_file = tmp_path / "ca.pem"
    shutil.copy(ours.ca_file, ca_file)
    async with (
        tls_front(hub.port, showing(ours.ca.issue_cert("localhost"))) as before,
        tls_front(hub.port, showing(other.ca.issue_cert("localhost"))) as after,
        HubClient(before, "WH1", TOKEN, tls=TlsFiles(ca_file)) as client,
        HubClient(after, "WH1", TOKEN, tls=TlsFiles(ca_file)) as moved,
    ):
        await client.get("snapshot/carriers")
        with pytest.raises(TlsFailed):
            await moved.get("snapshot/carriers")
        shutil.copy(other.ca_file, tmp_path / "new.pem")
        (tmp_path / "new.pem").replace(ca_file)
        await moved.get("snapshot/carriers")
        with pytest.raises(TlsFailed):
            await client.get("snapshot/carriers")


async def test_a_renewed_client_certificate_is_shown_by_the_next_request(
    hub: RunningHub, ours: Authority, other: Authority
) -> None:
    site = other.site(trusting=ours)
    assert site.cert_file
    assert site.key_file
    async with (
        tls_front(hub.port, showing(ours.ca.issue_cert("localhost"), clients_of=ours)) as url,
        HubClient(url, "WH1", TOKEN, tls=site) as client,
    ):
        with pytest.raises(Unreachable):
            await client.get("snapshot/carriers")
        ours.write_site(site.cert_file, site.key_file)
        await client.get("snapshot/carriers")


async def test_between_the_writing_of_certificate_and_key_the_old_pair_goes_on(
    hub: RunningHub, ours: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    site = ours.site()
    assert site.cert_file
    assert site.key_file
    async with (
        tls_front(hub.port, showing(ours.ca.issue_cert("localhost"), clients_of=ours)) as url,
        HubClient(url, "WH1", TOKEN, tls=site) as client,
    ):
        await client.get("snapshot/carriers")
        ours.write_site(site.cert_file, tmp_path / "new.key")
        await client.get("snapshot/carriers")
        assert f"key_file {site.key_file}: is not the key of {site.cert_file}" in caplog.text
        (tmp_path / "new.key").replace(site.key_file)
        await client.get("snapshot/carriers")
        assert [record.levelname for record in caplog.records if record.name == "sync.tls"] == ["WARNING"]


async def test_a_stream_that_runs_outlives_a_renewal(hub: RunningHub, ours: Authority) -> None:
    site = ours.site()
    assert site.cert_file
    assert site.key_file
    async with (
        tls_front(hub.port, showing(ours.ca.issue_cert("localhost"))) as url,
        HubClient(url, "WH1", TOKEN, tls=site) as client,
        client.feed(None, 5.0) as stream,
    ):
        ours.write_site(site.cert_file, site.key_file)
        await client.get("snapshot/carriers")
        put(hub, 1, 1)
        assert (await anext(stream)).event


async def test_files_that_are_not_there_yet_are_a_failure_that_passes(
    hub: RunningHub, ours: Authority, tmp_path: Path
) -> None:
    later = TlsFiles(tmp_path / "later.pem")
    async with (
        tls_front(hub.port, showing(ours.ca.issue_cert("localhost"))) as url,
        HubClient(url, "WH1", TOKEN, tls=later) as client,
    ):
        with pytest.raises(NoCredentials, match=r"ca_file .*later.pem: cannot be read: No such file"):
            await client.get("snapshot/carriers")
        shutil.copy(ours.ca_file, tmp_path / "later.pem")
        await client.get("snapshot/carriers")


# --- files that cannot be used -------------------------------------------------------------------------------


def _encrypted(site: TlsFiles) -> None:
    assert site.key_file
    plain = serialization.load_pem_private_key(site.key_file.read_bytes(), None)
    sealed = plain.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"pw"),
    )
    site.key_file.write_bytes(sealed)


def _empty(name: str) -> Callable[[TlsFiles], None]:
    return lambda site: getattr(site, name).write_text("")


@pytest.mark.parametrize(
    ("spoil", "key", "why"),
    [
        (_empty("ca_file"), "ca_file", "holds no certificate in PEM"),
        (lambda site: site.ca_file.write_text("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"),
         "ca_file", "holds a certificate that cannot be read"),
        (lambda site: site.ca_file.unlink(), "ca_file", "cannot be read: No such file"),
        (_empty("cert_file"), "cert_file", "holds no certificate in PEM"),
        (lambda site: shutil.copy(site.ca_file, site.cert_file), "key_file", "is not the key of"),
        (_empty("key_file"), "key_file", "holds no private key in PEM"),
        (lambda site: site.key_file.unlink(), "key_file", "cannot be read: No such file"),
        (_encrypted, "key_file", "is encrypted"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_named_with_its_key(
    ours: Authority, spoil: Callable[[TlsFiles], None], key: str, why: str
) -> None:
    site = ours.site()
    spoil(site)
    with pytest.raises(UnusableFile, match=why) as refused:
        site.context()
    assert refused.value.key == key
    assert str(getattr(site, key)) in str(refused.value)


def test_certificate_and_key_may_stand_in_one_file(ours: Authority) -> None:
    site = ours.site()
    assert site.cert_file
    assert site.key_file
    both = site.cert_file.read_text() + site.key_file.read_text()
    site.cert_file.write_text(both)
    TlsFiles(site.ca_file, site.cert_file).context()

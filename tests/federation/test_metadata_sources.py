"""Metadata from sources: fetched, kept, indexed, parsed when somebody first logs in."""

import gc
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.cli import main
from gateway.domain.errors import SluisError
from gateway.federation.build import build
from gateway.federation.metadata.alarms import fetch_warnings, source_standings
from gateway.federation.metadata.kept import FetchState
from gateway.federation.metadata.lazily import IdpOnFirstUse
from gateway.federation.metadata.refresh import next_fetch
from gateway.federation.models import ServiceId
from gateway.observability.metrics import Metrics
from gateway.settings.keys import load_keys
from gateway.settings.loader import load
from gateway.settings.problems import Problems
from tests.support.configuration import (
    FILES,
    IDP_ENTITY,
    SP_ENTITY,
    aggregate,
    idp_document,
    signed,
    sp_document,
    write_configuration,
)
from tests.support.held import HeldClock
from tests.support.large_federation import SIGNER, LargeFederation
from tests.support.metadata_server import MetadataServer, metadata_server
from tests.support.signing_keys import signing_key
from tests.support.sourced import FEDERATION, Sourced, federation_document, others, write_sourced


@pytest.fixture
def server() -> Iterator[MetadataServer]:
    with metadata_server() as served:
        served.body = federation_document()
        yield served


@pytest.fixture
def sourced(tmp_path: Path, server: MetadataServer, clock: HeldClock) -> Sourced:
    return write_sourced(tmp_path, server.url, clock)


def sluis(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_before_the_first_fetch_the_gateway_starts_without_its_parties(sourced: Sourced):
    federation, problems = build(sourced.settings, clock=sourced.clock)
    assert not federation.identity_providers
    (said,) = [str(one) for one in problems if "federation" in one.what]
    assert said.startswith("metadata/federation.yaml:1: the metadata source federation: it has not been fetched yet; ")
    assert said.endswith(f"`sluis metadata fetch {sourced.directory}`")


def test_a_party_is_parsed_when_it_is_first_asked_something(sourced: Sourced):
    assert sourced.fetch().changed
    federation, problems = build(sourced.settings, clock=sourced.clock, key=load_keys(sourced.settings).sealing.active)

    idp = federation.idp_by_entity_id[IDP_ENTITY]
    assert isinstance(idp.party, IdpOnFirstUse)
    assert idp.entity_id == IDP_ENTITY
    assert idp.saml.certificates == (signing_key("petteflat").certificate,)
    assert idp.saml.certificates is idp.saml.certificates, "once"
    service = federation.services[ServiceId("leesplein")]
    assert service.client.metadata.default_consumer.location == "https://leesplein.example/acs"
    assert not [one for one in problems if "metadata" in one.what]


def test_octets_that_changed_since_the_start_are_not_parsed(sourced: Sourced):
    sourced.fetch()
    idp = sourced.idp()
    assert idp is not None
    entities = sourced.source.kept.directory / "entities"
    with entities.open("r+b") as file:
        file.seek(entities.read_bytes().index(b"petteflat.example/sso"))
        file.write(b"evilevile")

    with pytest.raises(SluisError):
        _ = idp.saml.single_sign_on


def test_the_index_is_taken_only_with_the_key_that_marked_it(sourced: Sourced, monkeypatch: pytest.MonkeyPatch):
    sourced.fetch()
    kept = sourced.source.kept
    monkeypatch.setattr(type(kept), "verified", lambda *_: pytest.fail("verified anew"))
    assert sourced.idp() is not None, "by the index"

    index = kept.directory / "index.json"
    index.write_text(index.read_text().replace(index.read_text()[:8], "00000000", 1))
    with pytest.raises(pytest.fail.Exception, match="verified anew"):
        sourced.idp()


def test_the_second_fetch_asks_by_etag(sourced: Sourced, server: MetadataServer):
    server.headers["ETag"] = '"v1"'
    assert sourced.fetch().changed
    assert not sourced.fetch().changed
    assert server.asked[-1]["if-none-match"] == '"v1"'

    server.headers["ETag"] = '"v2"'
    server.body = federation_document(*others(1))
    found = sourced.fetch()
    assert found.changed
    assert found.difference is not None
    assert found.difference.came == ("https://other-0.example/metadata",)


def test_what_runs_out_around_an_entity_binds_it_when_it_is_used(sourced: Sourced, server: MetadataServer):
    server.body = federation_document(attributes='ID="_all" validUntil="2026-09-08T00:00:00Z"')
    sourced.fetch()
    idp = sourced.idp()
    assert idp is not None
    assert f"{idp.saml.valid_until:%Y-%m-%d}" == "2026-09-08"


def test_a_failed_fetch_leaves_the_last_good_copy_and_raises_an_alarm(sourced: Sourced, server: MetadataServer):
    sourced.fetch()
    assert fetch_warnings(sourced.settings) == {}

    server.status = 503
    sourced.clock.forward(hours=2)
    sourced.fetch()
    assert sourced.idp() is not None
    assert fetch_warnings(sourced.settings) == {
        "metadata federation": "it was answered with status 503 (fetched last: 2026-09-07T08:30:00Z)"
    }

    server.status = 200
    sourced.fetch()
    assert fetch_warnings(sourced.settings) == {}


def test_failures_are_tried_again_soon_and_then_ever_later():
    chance, hour = random.Random(1), timedelta(hours=1)
    waits = [next_fetch(FetchState(tried=1000, failures=failures), hour, chance) - 1000 for failures in range(1, 9)]
    assert 50 < waits[0] < 70
    assert waits[1] > waits[0] * 1.5
    assert all(wait <= 3960 for wait in waits)
    spread = {round(next_fetch(FetchState(tried=0), hour, chance)) for _ in range(20)}
    assert len(spread) > 10, "not all gateways at one moment"
    assert all(3240 <= one <= 3960 for one in spread)


def test_two_signing_certificates_both_count(sourced: Sourced, server: MetadataServer):
    both = [signing_key("petteflat").certificate, signing_key("petteflat next").certificate]
    server.body = signed(aggregate(idp_document(certificates=both), sp_document()), FEDERATION)
    sourced.fetch()
    idp = sourced.idp()
    assert idp is not None
    assert idp.saml.certificates == tuple(both)


def test_an_entity_that_cannot_be_used_costs_its_party_alone(sourced: Sourced, server: MetadataServer):
    server.body = signed(aggregate(idp_document(location="http://plain.example/sso"), sp_document()), FEDERATION)
    assert sourced.fetch().changed
    federation, problems = build(sourced.settings, clock=sourced.clock)
    assert not federation.identity_providers
    assert ServiceId("leesplein") in federation.services
    assert any("cannot be used: the endpoint http://plain.example/sso is not https" in one.what for one in problems)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("url: https://federation.example/md", "certificates are missing: what comes over the network"),
        ("url: http://federation.example/md\ncertificates: [federation.crt]", "metadata is fetched by https"),
        ("certificates: [federation.crt]", "name a url, an mdq or a file, one of them"),
        ("file: a.xml\nurl: https://federation.example/md", "name a url, an mdq or a file, one of them"),
        ("file: a.xml\nrefresh: 1s", "at least"),
    ],
)
def test_sources_that_cannot_be_trusted_are_errors(entry: str, said: str, sourced: Sourced):
    (sourced.directory / "metadata/federation.yaml").write_text(f"id: federation\n{entry}\n")
    with pytest.raises(Problems, match=said):
        load(sourced.directory)


def test_a_source_that_nobody_configured(sourced: Sourced):
    entry = sourced.directory / "services/leesplein.yaml"
    entry.write_text(entry.read_text().replace("metadata_source: federation", "metadata_source: federatoin"))
    with pytest.raises(Problems, match="no metadata source has the id federatoin; known: federation"):
        build(sourced.settings, clock=sourced.clock)


def test_the_commands(sourced: Sourced, server: MetadataServer):
    directory = sourced.directory
    assert sluis("metadata", "verify", directory).exit_code == 1

    assert "+ " not in sluis("metadata", "diff", directory).output
    assert not sourced.source.document.exists(), "diff keeps nothing"
    done = sluis("metadata", "fetch", directory)
    assert (done.exit_code, done.output) == (0, "federation: new\n")

    assert (
        "federation: signed; 1 identity providers, 1 services, 0 expired"
        in sluis("metadata", "verify", directory).output
    )
    shown = sluis("metadata", "show", directory, IDP_ENTITY).output
    assert "identity provider at https://idp.petteflat.example/sso (REDIRECT)" in shown
    where = sluis("metadata", "where", directory, SP_ENTITY).output
    assert where == "source federation\nservices/leesplein.yaml:1: leesplein\n"
    nowhere = sluis("metadata", "where", directory, "https://nobody.example")
    assert (nowhere.exit_code, nowhere.stderr) == (1, "no source has https://nobody.example, and no entry uses it\n")

    server.body = signed(aggregate(sp_document()), FEDERATION)
    refused = sluis("metadata", "fetch", directory)
    assert refused.exit_code == 1
    assert "federation: not taken: a configured entity is gone" in refused.output
    diff = sluis("metadata", "diff", directory)
    assert diff.exit_code == 1
    assert f"- {IDP_ENTITY}" in diff.output
    assert sluis("metadata", "fetch", directory, "--accept").exit_code == 0
    assert sluis("metadata", "show", directory, IDP_ENTITY).exit_code == 1


def test_held_clock_decides_whether_all_is_expired(sourced: Sourced, server: MetadataServer, clock: HeldClock):
    server.body = federation_document(attributes='ID="_all" validUntil="2026-10-01T00:00:00Z"')
    assert sourced.fetch().changed
    clock.forward(days=60)
    assert "past its validUntil" in sourced.fetch().problem


def scoped(document: bytes, scope: str) -> bytes:
    extensions = f'<md:Extensions><s:Scope xmlns:s="urn:mace:shibboleth:metadata:1.0">{scope}</s:Scope></md:Extensions>'
    return document.decode().replace("<md:KeyDescriptor", f"{extensions}<md:KeyDescriptor", 1).encode()


@pytest.mark.parametrize("of_source", [False, True])
def test_check_names_scopes_that_do_not_fit_the_schools(sourced: Sourced, server: MetadataServer, of_source: bool):
    more = (
        FILES["schools/schools.yaml"]
        + "- {brin: 99XA, names: {nl: De Regenboog}, sector: po, domains: [regenboog.example]}\n"
    )
    document = scoped(idp_document(), "regenboog.example")
    if of_source:
        server.body = signed(aggregate(document, sp_document()), FEDERATION)
        assert sourced.fetch().changed
        (sourced.directory / "schools/schools.yaml").write_text(more)
    else:
        write_configuration(
            sourced.directory, {"schools/schools.yaml": more, "identity-providers/petteflat.xml": document}
        )
    said = sourced.said()
    where = "identity-providers/petteflat.yaml"
    assert f"{where}:{6 if of_source else 5}: warning: petteflat.example, by which 99XB is known, is no scope" in said
    assert "its metadata claims the scope regenboog.example, which is of 99XA; it does not speak for it" in said


def test_metrics_tell_how_a_source_stands(sourced: Sourced, server: MetadataServer):
    metrics = Metrics()
    metrics.stood_on.watch_sources(lambda: source_standings(sourced.settings, sourced.clock.now()))
    assert b'source="federation"' not in metrics.render()
    assert sourced.fetch().changed
    sourced.clock.forward(minutes=5)
    server.status = 503
    assert sourced.fetch().problem
    assert sourced.fetch().problem
    said = metrics.render().decode()
    assert 'sluis_metadata_age_seconds{source="federation"} 300.0' in said
    assert 'sluis_metadata_failures{source="federation"} 2.0' in said
    assert 'sluis_metadata_entities{source="federation"} 2.0' in said


def test_show_tells_what_else_metadata_says_and_links_no_logo(sourced: Sourced, server: MetadataServer):
    federation = LargeFederation(11, 1)
    entity = federation.idp(10)
    server.body = federation.document()
    (sourced.directory / "metadata/federation.crt").write_bytes(SIGNER.certificate.public_bytes(Encoding.PEM))
    assert sluis("metadata", "fetch", sourced.directory).exit_code == 0
    shown = sluis("metadata", "show", sourced.directory, entity).output
    for line in (
        "  named nl: School 10",
        "  logo 80x60 in the document, 4118 characters",
        "  category http://refeds.org/categories/hide-from-discovery",
        "  registered by https://www.registrar.example/ 2019-05-06T07:08:09Z",
        "  organisation School 10",
        "  scope school-10.example",
    ):
        assert f"{line}\n" in shown
    other = sluis("metadata", "show", sourced.directory, federation.service(0)).output
    assert "  category http://refeds.org/category/research-and-scholarship\n" in other


def test_check_tells_early_what_runs_out_of_a_source(sourced: Sourced, server: MetadataServer):
    server.body = federation_document(attributes='ID="_all" validUntil="2026-09-20T00:00:00Z"')
    assert sourced.fetch().changed
    assert "valid until" not in sourced.said()
    sourced.clock.forward(days=11)
    said = sourced.said()
    assert "metadata/federation.yaml:1: warning: metadata of its parties is valid until 2026-09-20T00:00:00Z" in said
    assert "are refused" not in said
    sourced.clock.forward(days=2)
    said = sourced.said()
    assert "identity-providers/petteflat.yaml:4: the metadata was valid until 2026-09-20" in said
    assert f"logins of {IDP_ENTITY} are refused" in said
    assert f"logins of {SP_ENTITY} are refused" in said
    sourced.clock.forward(days=365 * 9 + 100)
    assert "identity-providers/petteflat.yaml:4: warning: a certificate ends on 2036-01-01" in sourced.said()


@pytest.mark.untraced
def test_a_refresh_every_second_leaves_nothing_behind_and_nobody_sees_half_of_one(
    sourced: Sourced, server: MetadataServer
):
    """Good versions are what the next snapshot has, whole; every third is bad, and the one before stays."""
    open_files = Path("/proc/self/fd")
    seen = before = 0
    for version in range(1, 61):
        parties = (idp_document(location=f"https://idp.petteflat.example/{version}"), sp_document())
        server.body = signed(aggregate(*parties, attributes=f'ID="_v{version}"'), FEDERATION)
        if version % 3 == 0:
            server.body = server.body.replace(f"example/{version}".encode(), b"example/999")
        else:
            seen = version
        sourced.clock.forward(seconds=1)
        assert sourced.fetch().changed is (version % 3 != 0)
        idp = sourced.idp()
        assert idp is not None
        assert idp.saml.single_sign_on[0].location == f"https://idp.petteflat.example/{seen}"
        if version == 10:
            before = len(list(open_files.iterdir()))
    gc.collect()
    assert len(list(open_files.iterdir())) <= before + 3
    assert sorted(one.name for one in sourced.source.kept.directory.iterdir()) == [
        "document.xml",
        "entities",
        "index.json",
        "state.json",
    ]

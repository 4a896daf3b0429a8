"""Metadata that comes over the network, from those who may sit on it: nothing bad ever becomes visible to a login."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.cli import main
from gateway.federation.build import build
from gateway.settings.loader import load
from gateway.settings.problems import Problems
from tests.support.configuration import IDP_ENTITY, aggregate, idp_document, signed, sp_document
from tests.support.held import HeldClock
from tests.support.metadata_server import MetadataServer, metadata_server
from tests.support.signing_keys import signing_key
from tests.support.sourced import Sourced, federation_document, others, write_sourced

EVIL = idp_document(location="https://evil.example/sso", certificates=[signing_key("attacker").certificate])


@pytest.fixture
def server() -> Iterator[MetadataServer]:
    with metadata_server() as served:
        served.body = federation_document()
        yield served


@pytest.fixture
def sourced(tmp_path: Path, server: MetadataServer, clock: HeldClock) -> Sourced:
    """With a good copy that was fetched before."""
    found = write_sourced(tmp_path, server.url, clock)
    assert found.fetch().problem == ""
    return found


def refused(sourced: Sourced, why: str, **fetching: float) -> bool:
    """Whether it is not taken, for this reason, and logins still see what was there before."""
    found = sourced.fetch(**fetching)  # type: ignore[arg-type]
    assert not found.changed
    assert why in found.problem, found.problem
    idp = sourced.idp()
    assert idp is not None
    assert idp.saml.single_sign_on[0].location == "https://idp.petteflat.example/sso"
    assert sourced.source.kept.state().problem == found.problem, "it is remembered, for the alarm"
    return True


def test_unsigned(sourced: Sourced, server: MetadataServer):
    server.body = aggregate(EVIL, sp_document())
    assert refused(sourced, "it is not signed")


def test_signed_by_another(sourced: Sourced, server: MetadataServer):
    server.body = federation_document(key=signing_key("attacker"))
    assert refused(sourced, "its signature does not count")


def test_signed_original_in_the_extensions_of_an_evil_one(sourced: Sourced, server: MetadataServer):
    true = federation_document()
    server.body = aggregate(
        b'<md:Extensions xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">' + true + b"</md:Extensions>",
        EVIL,
        attributes='ID="_evil"',
    )
    assert refused(sourced, "it is not signed")


def test_signed_original_beside_an_evil_one(sourced: Sourced, server: MetadataServer):
    server.body = aggregate(EVIL.replace(IDP_ENTITY.encode(), b"https://evil.example"), federation_document())
    assert refused(sourced, "it is not signed")


def test_changed_after_signing(sourced: Sourced, server: MetadataServer):
    server.body = federation_document().replace(b"https://idp.petteflat.example/sso", b"https://evil.example/sso")
    assert refused(sourced, "the content was changed")


def test_expired(sourced: Sourced, server: MetadataServer):
    server.body = federation_document(attributes='ID="_all" validUntil="2020-01-01T00:00:00Z"')
    assert refused(sourced, "all of it is past its validUntil")


def test_one_entity_twice(sourced: Sourced, server: MetadataServer):
    server.body = federation_document(EVIL)
    assert refused(sourced, f"{IDP_ENTITY} is in it twice")


def test_entity_expansion(sourced: Sourced, server: MetadataServer):
    server.body = b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]>' + federation_document()
    assert refused(sourced, "document type declaration")


def test_more_than_it_may_be(sourced: Sourced, server: MetadataServer):
    server.body = federation_document() + b" " * 100_000
    assert refused(sourced, "too large", max_bytes=100_000)


def test_200_megabytes_that_never_end(sourced: Sourced, server: MetadataServer):
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/samlmetadata+xml")
        handler.end_headers()
        block = b" " * 1_000_000
        try:
            while not server.over.is_set():
                handler.wfile.write(block)
        except OSError:
            return

    server.instead = endless
    assert refused(sourced, "the answer is too large", max_bytes=5_000_000, seconds=20)


def _redirects(to: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", to)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


@pytest.mark.parametrize(
    "to",
    ["/metadata", "http://169.254.169.254/latest", "http://10.0.0.1/", "https://evil.example/", "file:///etc/passwd"],
)
def test_redirects_without_end_or_to_a_private_address(to: str, sourced: Sourced, server: MetadataServer):
    server.instead = _redirects(to)
    before = len(server.asked)
    assert refused(sourced, "a redirect, which is not followed")
    assert len(server.asked) == before + 1


@pytest.mark.parametrize("key", ["url", "mdq"])
@pytest.mark.parametrize(
    "address",
    ["http://10.0.0.5/all.xml", "http://169.254.169.254/latest", "http://[fd00::1]/all.xml", "http://intern/all.xml"],
)
def test_http_to_a_private_address(key: str, address: str, sourced: Sourced, server: MetadataServer):
    """Nobody is asked: the source is not even configured, and fetching says so."""
    before = len(server.asked)
    entry = f"id: federation\n{key}: {address}\ncertificates: [federation.crt]\n"
    (sourced.directory / "metadata/federation.yaml").write_text(entry)
    with pytest.raises(Problems, match=f"{key}: metadata is fetched by https; http is for loopback alone"):
        load(sourced.directory)
    fetched = CliRunner().invoke(main, ["metadata", "fetch", str(sourced.directory)])
    assert fetched.exit_code == 1
    assert len(server.asked) == before


def test_a_server_that_sends_drop_by_drop(sourced: Sourced, server: MetadataServer):
    def drops(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/samlmetadata+xml")
        handler.end_headers()
        try:
            while not server.over.wait(0.05):
                handler.wfile.write(b" ")
        except OSError:
            return

    server.instead = drops
    assert refused(sourced, "the answer is too slow", seconds=0.5)


def test_a_server_that_never_answers(sourced: Sourced, server: MetadataServer):
    server.instead = lambda _: server.over.wait(10) and None
    assert refused(sourced, "it could not be fetched", seconds=0.3)


@pytest.mark.parametrize("content_type", ["text/html", "application/json", "image/png", ""])
def test_wrong_content_type(content_type: str, sourced: Sourced, server: MetadataServer):
    server.content_type = content_type
    assert refused(sourced, "which is no metadata")


def test_truncated_with_the_length_of_the_whole(sourced: Sourced, server: MetadataServer):
    def half(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/samlmetadata+xml")
        handler.send_header("Content-Length", str(len(server.body)))
        handler.end_headers()
        handler.wfile.write(server.body[: len(server.body) // 2])
        handler.close_connection = True

    server.instead = half
    assert refused(sourced, "it could not be fetched")


def test_truncated_without_a_length(sourced: Sourced, server: MetadataServer):
    server.body = federation_document()[:-30]
    assert refused(sourced, "not well-formed")


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_an_error_page(status: int, sourced: Sourced, server: MetadataServer):
    server.status = status
    assert refused(sourced, f"status {status}")


def test_an_unasked_not_modified(tmp_path: Path, server: MetadataServer, clock: HeldClock):
    """Nothing was kept, so nothing can be as it was."""
    server.status = 304
    found = write_sourced(tmp_path, server.url, clock)
    assert "status 304" in found.fetch().problem
    assert found.idp() is None


def test_a_configured_party_is_gone(sourced: Sourced, server: MetadataServer):
    server.body = signed(aggregate(sp_document(), *others(3)), signing_key("federation"))
    assert refused(sourced, f"a configured entity is gone or cannot be used: {IDP_ENTITY}")


def test_a_configured_party_lost_its_role(sourced: Sourced, server: MetadataServer):
    server.body = signed(aggregate(sp_document(IDP_ENTITY), sp_document()), signing_key("federation"))
    assert refused(sourced, f"gone or cannot be used: {IDP_ENTITY}")


def test_most_of_it_is_gone(sourced: Sourced, server: MetadataServer):
    server.body = federation_document(*others(20))
    assert sourced.fetch().changed
    server.body = federation_document(*others(2))
    assert refused(sourced, "18 of 22 entities are gone, more than 10 percent")
    assert sourced.fetch(accept=True).changed, "unless the operator says so"


def test_the_index_on_disk_was_changed(sourced: Sourced):
    """Who can write to the gateway's files cannot thereby name another school's key."""
    directory = sourced.source.kept.directory
    index = directory / "index.json"
    index.write_text(index.read_text().replace("idp.petteflat.example", "idp.evil.example"))
    idp = sourced.idp()
    assert idp is not None
    assert idp.entity_id == IDP_ENTITY


@pytest.mark.parametrize("name", ["entities", "document.xml"])
def test_what_is_kept_on_disk_was_changed(name: str, sourced: Sourced):
    path = sourced.source.kept.directory / name
    path.write_bytes(path.read_bytes().replace(b"idp.petteflat.example/sso", b"idp.evilevile.example/sso"))
    idp = sourced.idp()
    assert idp is None or idp.saml.single_sign_on[0].location == "https://idp.petteflat.example/sso"


def test_a_copy_that_another_key_signed_before_is_not_believed_any_more(sourced: Sourced):
    new = signing_key("attacker").certificate.public_bytes(Encoding.PEM)
    (sourced.directory / "metadata/federation.crt").write_bytes(new)
    assert sourced.idp() is None
    assert "the metadata source federation: its signature does not count" in sourced.said()


def test_two_entries_may_not_be_one_entity_of_two_sources(sourced: Sourced):
    """Otherwise the weaker of two sources could speak for a party of the stronger."""
    (sourced.directory / "metadata/other.yaml").write_text("id: other\nfile: other.xml\n")
    (sourced.directory / "metadata/other.xml").write_bytes(EVIL)
    entry = f"id: evil\nnames: {{nl: Evil}}\nmetadata_source: other\nentity_id: {IDP_ENTITY}\n"
    entry += "dialect: entree\nschools: [99XB]\n"
    (sourced.directory / "identity-providers/evil.yaml").write_text(entry)
    with pytest.raises(Problems, match=f"the entityID {IDP_ENTITY} stands at"):
        build(sourced.settings, clock=sourced.clock)


def test_the_true_one_is_taken(sourced: Sourced, server: MetadataServer):

    moved = idp_document(location="https://new.petteflat.example/sso")
    server.body = signed(aggregate(moved, sp_document()), signing_key("federation"))
    assert sourced.fetch().changed
    idp = sourced.idp()
    assert idp is not None
    assert idp.saml.single_sign_on[0].location == "https://new.petteflat.example/sso"

"""SAML metadata: what is read of it, and what is not metadata that the gateway can use."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec
from lxml import etree

from gateway.domain.language import Language
from gateway.federation.metadata.document import MetadataRejected
from gateway.federation.metadata.scopes import Scopes
from gateway.xml.namespaces import DS, MD, name
from tests.support.configuration import IDP_ENTITY, SP_ENTITY, aggregate, idp_document, signed, sp_document
from tests.support.parsed_metadata import parse_idp, parse_sp
from tests.support.signing_keys import UNKNOWN_CURVE, certificate_of, elliptic_key, signing_key

POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
FEDERATION = signing_key("federation")
OTHER = idp_document("https://other.example/metadata")


def test_reads_an_identity_provider():
    namespace = 'xmlns:s="urn:mace:shibboleth:metadata:1.0"'
    scopes = (
        f'<md:Extensions><s:Scope {namespace} regexp="false"> petteflat.example </s:Scope>'
        f'<s:Scope {namespace} regexp="true">.*</s:Scope></md:Extensions>'
    )
    document = idp_document(valid_until="2026-10-01T00:00:00Z").decode()
    document = document.replace("<md:KeyDescriptor", f"{scopes}<md:KeyDescriptor")
    document = document.replace("<md:IDPSSODescriptor", '<md:IDPSSODescriptor WantAuthnRequestsSigned="1"')

    idp = parse_idp(document.encode())

    assert idp.entity_id == IDP_ENTITY
    assert [endpoint.location for endpoint in idp.single_sign_on] == ["https://idp.petteflat.example/sso"]
    assert idp.certificates == (signing_key("petteflat").certificate,)
    assert idp.valid_until == datetime(2026, 10, 1, tzinfo=UTC)
    assert idp.want_authn_requests_signed
    assert idp.scopes == Scopes(frozenset({"petteflat.example"}), (), unread=1)


def test_reads_what_people_may_look_for():
    """A word for each space; `+` is a space in one (mdui 2.1.3). No more than a school may have nicknames."""
    many = " ".join(f"woord{number}" for number in range(20))
    shown = (
        '<md:Extensions><u:UIInfo xmlns:u="urn:oasis:names:tc:SAML:metadata:ui"><u:Keywords xml:lang="nl">'
        f"de+Boog\n {'x' * 101} Prinses+Julianaschool</u:Keywords>"
        f'<u:Keywords xml:lang="en">de+Boog + {many}</u:Keywords>'
        "</u:UIInfo></md:Extensions><md:KeyDescriptor"
    )
    document = idp_document().decode().replace("<md:KeyDescriptor", shown, 1)

    keywords = parse_idp(document.encode()).keywords

    assert keywords[:3] == ("de Boog", "Prinses Julianaschool", "woord0")
    assert len(keywords) == 10


def test_reads_a_service():
    attributes = 'AuthnRequestsSigned="true" WantAssertionsSigned="true"'
    names = (
        '<md:Extensions><u:UIInfo xmlns:u="urn:oasis:names:tc:SAML:metadata:ui"><u:DisplayName xml:lang="nl">Leesplein'
        '</u:DisplayName><u:DisplayName xml:lang="fr">Lire</u:DisplayName></u:UIInfo></md:Extensions><md:KeyDescriptor'
    )
    document = sp_document(attributes=attributes).decode().replace("<md:KeyDescriptor", names, 1)

    sp = parse_sp(document.encode())

    assert sp.entity_id == SP_ENTITY
    assert sp.default_consumer.location == "https://leesplein.example/acs"
    assert (sp.authn_requests_signed, sp.want_assertions_signed) == (True, True)
    assert sp.display_names == {Language.NL: "Leesplein"}
    assert sp.valid_until is None


def _consumers(*consumers: str) -> bytes:
    listed = "".join(f'<md:AssertionConsumerService Location="https://x.example/{one}/>' for one in consumers)
    document = sp_document().decode()
    before, _, after = document.partition("<md:AssertionConsumerService")
    return f"{before}{listed}{after.partition('/>')[2]}".encode()


@pytest.mark.parametrize(
    ("consumers", "default"),
    [
        ((f'a" index="1" Binding="{POST}"', f'b" index="2" Binding="{POST}" isDefault="true"'), "b"),
        ((f'a" index="1" Binding="{POST}" isDefault="false"', f'b" index="2" Binding="{POST}"'), "b"),
        (
            (
                f'a" index="1" Binding="{POST}" isDefault="false"',
                f'b" index="2" Binding="{POST}" isDefault="false"',
            ),
            "a",
        ),
        (('a" index="0" Binding="urn:artifact" isDefault="true"', f'b" index="1" Binding="{POST}"'), "b"),
    ],
    ids=["marked", "not marked at all", "all marked as none", "of another binding"],
)
def test_the_default_consumer_is_that_of_the_specification(consumers, default):
    assert parse_sp(_consumers(*consumers)).default_consumer.location == f"https://x.example/{default}"


@pytest.mark.parametrize(
    "consumers",
    [
        (f'a" index="x" Binding="{POST}"',),
        (f'a" index="-1" Binding="{POST}"',),
        (f'a" index="65536" Binding="{POST}"',),
        (f'a" index="٣" Binding="{POST}"',),
        (f'a" index="1" Binding="{POST}"', f'b" index="1" Binding="{POST}"'),
    ],
)
def test_an_index_that_is_none(consumers):
    with pytest.raises(MetadataRejected, match="index"):
        parse_sp(_consumers(*consumers))


def test_keys_for_encryption_alone_and_weak_keys_do_not_sign():
    weak = certificate_of(signing_key("weak", 1024).private_key, "weak")
    strong = certificate_of(elliptic_key("strong"), "strong")
    document = idp_document(certificates=[weak, strong]).decode()
    encryption = idp_document(certificates=[signing_key("encrypts").certificate]).decode()
    descriptor = encryption[encryption.index("<md:KeyDescriptor") : encryption.index("<md:SingleSignOnService")]
    descriptor = descriptor.replace('use="signing"', 'use="encryption"')

    idp = parse_idp(document.replace("<md:SingleSignOnService", f"{descriptor}<md:SingleSignOnService").encode())

    assert idp.certificates == (strong,)


@pytest.mark.parametrize(
    "certificate",
    [
        lambda: certificate_of(signing_key("weak", 1024).private_key, "weak"),
        lambda: certificate_of(elliptic_key("small", ec.SECP192R1), "small"),
        lambda: certificate_of(dsa.generate_private_key(2048), "dsa"),
        lambda: UNKNOWN_CURVE,
    ],
    ids=["RSA of 1024 bits", "P-192", "DSA", "a curve that is unknown here"],
)
def test_an_identity_provider_without_a_key_that_is_strong_enough(certificate):
    with pytest.raises(MetadataRejected, match="no signing certificate with an RSA key of 2048 bits"):
        parse_idp(idp_document(certificates=[certificate()]))


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"", "not well-formed"),
        (b"<html/>", "neither an EntityDescriptor nor"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x/>', "document type declaration"),
        (idp_document().replace(b' entityID="', b' other="'), "no entityID"),
        (idp_document().replace(b":2.0:protocol", b":1.1:protocol"), "it has no IDPSSODescriptor for SAML 2.0"),
        (sp_document(), "it has no IDPSSODescriptor"),
        (idp_document().replace(b"HTTP-Redirect", b"SOAP"), "no SingleSignOnService by HTTP-Redirect or HTTP-POST"),
        (idp_document(location=" "), "an endpoint has no Location"),
        (idp_document(certificates=[]), "no signing certificate"),
        (idp_document().replace(b"MII", b"XII", 1), "a certificate cannot be read"),
        (idp_document(valid_until="soon"), "validUntil is not a moment"),
        (aggregate(idp_document(), idp_document()), f"{IDP_ENTITY} is in it twice"),
    ],
)
def test_what_is_no_metadata_of_an_identity_provider(document, words):
    with pytest.raises(MetadataRejected, match=words):
        parse_idp(document)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (idp_document(), "it has no SPSSODescriptor"),
        (sp_document().replace(b"HTTP-POST", b"HTTP-Artifact"), "no AssertionConsumerService by HTTP-POST"),
        (
            sp_document(attributes='AuthnRequestsSigned="true"', certificates=[]),
            "AuthnRequestsSigned, but no signing certificate",
        ),
    ],
)
def test_what_is_no_metadata_of_a_service(document, words):
    with pytest.raises(MetadataRejected, match=words):
        parse_sp(document)


def test_an_entity_with_two_roles_of_one_kind():
    role = etree.fromstring(idp_document())
    role.append(etree.fromstring(idp_document())[0])

    with pytest.raises(MetadataRejected, match="it has 2 IDPSSODescriptor"):
        parse_idp(etree.tostring(role))


def test_an_aggregate_with_one_identity_provider_needs_no_name():
    assert parse_idp(aggregate(sp_document(), aggregate(idp_document(), attributes=""))).entity_id == IDP_ENTITY


def test_an_aggregate_with_more_needs_one():
    with pytest.raises(MetadataRejected, match="2 entities in it have an IDPSSODescriptor; say which with entity_id"):
        parse_idp(aggregate(idp_document(), OTHER))
    assert parse_idp(aggregate(idp_document(), OTHER), entity_id=IDP_ENTITY).entity_id == IDP_ENTITY


def test_an_aggregate_without_the_one_that_is_named():
    with pytest.raises(MetadataRejected, match=r"nobody\.example is not in it"):
        parse_idp(aggregate(idp_document()), entity_id="https://nobody.example")


def test_the_earliest_valid_until_around_an_entity_counts():
    inner = idp_document(valid_until="2026-12-01T00:00:00Z")
    document = aggregate(aggregate(inner, attributes='validUntil="2026-10-01T00:00:00+02:00"'), attributes="")

    assert parse_idp(document).valid_until == datetime(2026, 9, 30, 22, tzinfo=UTC)


def test_an_entity_in_extensions_is_no_entity_of_the_document():
    hidden = OTHER.decode()
    document = idp_document().decode().replace("<md:IDPSSO", f"<md:Extensions>{hidden}</md:Extensions><md:IDPSSO", 1)

    with pytest.raises(MetadataRejected, match="is not in it"):
        parse_idp(document.encode(), entity_id="https://other.example/metadata")


def test_an_entity_in_the_extensions_of_an_aggregate_is_none_of_its_entities():
    document = etree.fromstring(aggregate(idp_document()))
    extensions = etree.Element(name(MD, "Extensions"))
    extensions.append(etree.fromstring(OTHER))
    document.insert(0, extensions)

    with pytest.raises(MetadataRejected, match="is not in it"):
        parse_idp(etree.tostring(document), entity_id="https://other.example/metadata")


@pytest.mark.parametrize("document", [idp_document(), aggregate(sp_document(), idp_document())])
def test_a_signed_document_is_read_when_the_signer_is_known(document):
    signers = [signing_key("old federation").certificate, FEDERATION.certificate]

    assert parse_idp(signed(document, FEDERATION), signers=signers).entity_id == IDP_ENTITY


def test_without_a_signer_to_go_by_a_signature_is_not_looked_at():
    document = signed(idp_document(), FEDERATION).replace(b"/sso", b"/changed")

    assert parse_idp(document).single_sign_on[0].location.endswith("/changed")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (idp_document, "it is not signed, and its certificate is given"),
        (lambda: signed(idp_document(), signing_key("mallory")), "no known key made it"),
        (lambda: signed(idp_document(), FEDERATION).replace(b"/sso", b"/evil"), "the content was changed"),
        (lambda: _wrapped(move=False), "it is not signed"),
        (lambda: _wrapped(move=True), "Reference to something else"),
        (lambda: aggregate(OTHER, signed(idp_document(), FEDERATION)), "it is not signed"),
    ],
    ids=[
        "unsigned",
        "signed by another",
        "changed",
        "original hidden in Extensions",
        "signature of the original moved to the root",
        "signed part in an aggregate of another",
    ],
)
def test_only_what_the_federation_signed_is_read(document, words):
    with pytest.raises(MetadataRejected, match=words):
        parse_idp(document(), signers=[FEDERATION.certificate], entity_id=IDP_ENTITY)


def _wrapped(*, move: bool) -> bytes:
    """Mallory's metadata around the signed original, which hides in Extensions."""
    original = etree.fromstring(signed(idp_document(), FEDERATION))
    evil = etree.fromstring(idp_document(location="https://mallory.example/sso"))
    evil.set("ID", "_evil")
    extensions = etree.Element(name(MD, "Extensions"))
    if move:
        signature = original.find(name(DS, "Signature"))
        evil.insert(0, signature)
    extensions.append(original)
    evil.insert(1 if move else 0, extensions)
    return etree.tostring(evil)

"""The gateway's own metadata, as it is served and as it is printed."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from lxml import etree

from gateway.domain.attribute import Attribute
from gateway.domain.fallback import Fallback
from gateway.federation.models import AttributeSet
from gateway.saml.documents import idp_metadata, sp_metadata
from gateway.saml.metadata_endpoint import MAX_AGE, Publication, blueprint
from gateway.saml.requested import requested_attributes
from gateway.saml.schemas import schema
from gateway.xml.signatures import SignatureRejected, verify
from tests.support.answers import GATEWAY_KEY, IDENTITY
from tests.support.authn_requests import federation
from tests.support.signing_keys import elliptic_signing_key, signing_key

NEXT_KEY = signing_key("gateway-next")
DECRYPTION_KEY = signing_key("gateway-decryption")
PREFIXES = {
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
    "mdui": "urn:oasis:names:tc:SAML:metadata:ui",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
MAKERS = {
    "sp": lambda now, keys=(GATEWAY_KEY, NEXT_KEY): sp_metadata(
        IDENTITY, keys, (DECRYPTION_KEY,), requested_attributes(federation()), now
    ),
    "idp": lambda now, keys=(GATEWAY_KEY, NEXT_KEY): idp_metadata(IDENTITY, keys, now),
}


@pytest.fixture(params=MAKERS)
def kind(request):
    return request.param


@pytest.fixture
def document(kind, clock):
    return etree.fromstring(MAKERS[kind](clock.now()))


@pytest.fixture
def client(clock):
    app = Flask(__name__)
    app.register_blueprint(
        blueprint(sp=Publication(MAKERS["sp"], clock), idp=Publication(partial(MAKERS["idp"]), clock))
    )
    return app.test_client()


def found(document, path):
    return document.xpath(path, namespaces=PREFIXES)


def test_it_is_valid_by_the_schema(document):
    assert schema().validate(document), schema().error_log


def test_it_is_signed_by_the_active_key_at_its_root(document):
    assert verify(document, [GATEWAY_KEY.certificate]).get("entityID") == document.get("entityID")
    with pytest.raises(SignatureRejected):
        verify(document, [NEXT_KEY.certificate])


def test_every_replica_publishes_the_same_octets_with_an_ec_key_too(kind, clock):
    key = elliptic_signing_key("gateway")
    one, other = (MAKERS[kind](clock.now(), (key, GATEWAY_KEY)) for _ in range(2))
    assert one == other
    verify(etree.fromstring(one), [key.certificate])


def test_the_entity_id_is_the_address_of_the_document(document, kind):
    assert document.get("entityID") == f"https://sluis.example/saml/metadata/{kind}"


def test_both_certificates_may_sign_and_schools_may_encrypt(document, kind):
    assert (
        found(document, "//md:KeyDescriptor/@use") == ["signing", "signing", "encryption"][: 3 if kind == "sp" else 2]
    )
    certificates = found(document, "//md:KeyDescriptor[@use='signing']//ds:X509Certificate/text()")
    assert certificates == [GATEWAY_KEY.certificate_base64, NEXT_KEY.certificate_base64]


def test_schools_find_the_key_to_encrypt_for_and_the_algorithms_that_are_read(clock):
    document = etree.fromstring(MAKERS["sp"](clock.now()))
    [descriptor] = found(document, "//md:KeyDescriptor[@use='encryption']")
    assert found(descriptor, ".//ds:X509Certificate/text()") == [DECRYPTION_KEY.certificate_base64]
    methods = [one.rpartition("#")[2] for one in found(descriptor, "md:EncryptionMethod/@Algorithm")]
    assert methods == ["aes256-gcm", "aes128-gcm", "aes192-gcm", "rsa-oaep-mgf1p", "rsa-oaep"]


def test_it_says_who_runs_the_gateway_in_both_languages(document):
    names = found(document, "//mdui:DisplayName")
    language = "{http://www.w3.org/XML/1998/namespace}lang"
    assert {name.get(language): name.text for name in names} == {"nl": "Sluis", "en": "Lock & Key"}
    assert found(document, "//md:OrganizationName/text()") == ["Sluiswachters"] * 2
    assert found(document, "//md:ContactPerson/@contactType") == ["technical", "support"]
    assert found(document, "//md:EmailAddress/text()")[0] == "mailto:beheer@sluis.example"


def test_services_find_both_bindings_and_sign_only_if_they_agreed_to(clock):
    document = etree.fromstring(MAKERS["idp"](clock.now()))
    bindings = [one.rpartition(":")[2] for one in found(document, "//md:SingleSignOnService/@Binding")]
    assert bindings == ["HTTP-Redirect", "HTTP-POST"]
    assert set(found(document, "//md:SingleSignOnService/@Location")) == {"https://sluis.example/saml/idp/sso"}
    assert found(document, "//@WantAuthnRequestsSigned") == ["false"]
    assert [one.rpartition(":")[2] for one in found(document, "//md:NameIDFormat/text()")] == [
        "transient",
        "persistent",
    ]


def test_schools_find_where_to_post_and_that_requests_are_signed(clock):
    document = etree.fromstring(MAKERS["sp"](clock.now()))
    [consumer] = found(document, "//md:AssertionConsumerService")
    assert consumer.get("Location") == "https://sluis.example/saml/sp/acs"
    assert (consumer.get("index"), consumer.get("isDefault")) == ("0", "true")
    assert found(document, "//@AuthnRequestsSigned") == ["true"]


def asked(known):
    [entree] = requested_attributes(known)
    return {one.name for one in entree.attributes}


def test_schools_are_asked_for_what_a_service_may_be_given_and_no_more():
    sets = {
        1: AttributeSet(1, {Attribute.ECK_ID: "access", Attribute.GROUP: "access", Attribute.SCHOOL_NAME: "access"})
    }
    least = {
        "uid",
        "eckId",
        "eduPersonAffiliation",
        "nlEduPersonHomeOrganizationId",
        "nlEduPersonHomeOrganizationBranchId",
    }
    assert asked(federation()) == least | {"givenName"}
    with_group = asked(federation(attribute_sets=sets, fallback=Fallback.REAL_ID))
    assert with_group == least | {"givenName", "nlEduPersonUnit", "nlEduPersonRealId"}


def test_each_dialect_in_use_has_its_own_list_under_one_name_for_each_thing():
    known = federation()
    surf = {
        idp_id: replace(idp, dialect="surf" if idp_id == "po" else idp.dialect)
        for idp_id, idp in known.identity_providers.items()
    }
    entree, urns = requested_attributes(replace(known, identity_providers=surf))
    assert "eckId" in {one.name for one in entree.attributes}
    names = [one.name for one in urns.attributes]
    assert "urn:mace:surf.nl:attribute-def:eckid" in names
    assert not any(name.startswith("urn:oid:") for name in names)


def test_replicas_publish_the_same_octets_all_day(kind, clock):
    first = MAKERS[kind](clock.now())
    assert MAKERS[kind](clock.now() + timedelta(hours=15)) == first
    assert MAKERS[kind](clock.now() + timedelta(hours=16)) != first


def test_it_is_valid_for_two_weeks_from_the_start_of_the_day(document):
    assert document.get("validUntil") == "2026-09-21T00:00:00Z"
    assert document.get("cacheDuration") == "PT6H"


def test_it_is_served_at_its_entity_id_as_metadata(client, kind, clock):
    answer = client.get(f"/saml/metadata/{kind}")
    assert answer.status_code == 200
    assert answer.content_type == "application/samlmetadata+xml"
    assert answer.data == MAKERS[kind](clock.now())
    assert answer.headers["Cache-Control"] == f"public, max-age={MAX_AGE}"


def test_who_has_it_already_is_told_so(client, kind):
    etag = client.get(f"/saml/metadata/{kind}").headers["ETag"]
    answer = client.get(f"/saml/metadata/{kind}", headers={"If-None-Match": etag})
    assert (answer.status_code, answer.data) == (304, b"")


def test_it_is_made_once_a_day_and_not_for_each_request(clock):
    made = []

    def make(now):
        made.append(now)
        return b"<md/>"

    publication = Publication(make, clock)
    for _ in range(5):
        publication.current()
    assert len(made) == 1
    clock.forward(days=1)
    for _ in range(5):
        publication.current()
    assert len(made) == 2

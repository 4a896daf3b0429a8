"""Metadata whose signature is true, and about something else: whoever mirrors metadata may not change whom we trust."""

from collections.abc import Callable
from copy import deepcopy

import pytest
from lxml import etree

from gateway.federation.metadata.document import MetadataRejected
from gateway.xml.namespaces import DS, MD, name
from gateway.xml.signatures import sign
from tests.support.configuration import IDP_ENTITY, aggregate, idp_document, sp_document
from tests.support.configuration import signed as signed_document
from tests.support.parsed_metadata import parse_idp, parse_sp
from tests.support.signing_keys import signing_key

FEDERATION = signing_key("federation")
ATTACKER = signing_key("attacker")
_SIGNATURE = name(DS, "Signature")


def signed(document: bytes) -> etree._Element:
    return etree.fromstring(signed_document(document, FEDERATION))


def true_entity() -> etree._Element:
    return signed(idp_document())


def true_aggregate() -> etree._Element:
    return signed(aggregate(idp_document(), sp_document()))


def evil_entity(identity: str = "_evil") -> etree._Element:
    """The same identity provider, with the attacker's key and address."""
    evil = etree.fromstring(idp_document(location="https://evil.example/sso", certificates=[ATTACKER.certificate]))
    evil.set("ID", identity)
    return evil


def evil_aggregate(*children: etree._Element, identity: str = "_evil") -> etree._Element:
    root = etree.fromstring(aggregate(attributes=f'ID="{identity}"'))
    root.extend(children)
    return root


def hidden(element: etree._Element) -> etree._Element:
    extensions = etree.Element(name(MD, "Extensions"))
    extensions.append(element)
    return extensions


def taken_out(original: etree._Element) -> tuple[etree._Element, etree._Element]:
    """The signature, and what it is about."""
    signature = deepcopy(original.find(_SIGNATURE))
    original.remove(original.find(_SIGNATURE))
    return signature, original


def test_the_true_ones_are_read():
    for true in (true_entity(), true_aggregate()):
        idp = parse_idp(etree.tostring(true), signers=[FEDERATION.certificate], entity_id=IDP_ENTITY)
        assert idp.single_sign_on[0].location == "https://idp.petteflat.example/sso"


def refused(document: etree._Element) -> bool:
    with pytest.raises(MetadataRejected, match="sign"):
        parse_idp(etree.tostring(document), signers=[FEDERATION.certificate], entity_id=IDP_ENTITY)
    return True


@pytest.mark.parametrize("true", [true_entity, true_aggregate])
def test_the_signed_original_hides_in_extensions(true: Callable[[], etree._Element]):
    entity = evil_entity()
    entity.insert(0, hidden(true()))
    assert refused(entity)
    assert refused(evil_aggregate(hidden(true()), evil_entity("_evil-entity")))


@pytest.mark.parametrize("true", [true_entity, true_aggregate])
@pytest.mark.parametrize("identity", ["_evil", "_document", "_all"])
def test_the_root_carries_the_signature_of_an_original_in_its_extensions(
    true: Callable[[], etree._Element], identity: str
):
    signature, rest = taken_out(true())
    assert refused(evil_aggregate(signature, hidden(rest), evil_entity("_evil-entity"), identity=identity))


def test_the_original_hides_in_the_signature_itself():
    signature, rest = taken_out(true_entity())
    etree.SubElement(signature, name(DS, "Object")).append(rest)
    evil = evil_entity()
    evil.insert(0, signature)
    assert refused(evil)


def test_a_signed_aggregate_nested_in_an_evil_one():
    assert refused(evil_aggregate(evil_entity("_evil-entity"), true_aggregate()))
    assert refused(evil_aggregate(true_aggregate(), evil_entity("_evil-entity")))


def test_a_signed_entity_beside_an_evil_one():
    assert refused(evil_aggregate(true_entity(), evil_entity("_evil-entity")))


@pytest.mark.parametrize("identity", ["_evil-entity", "_all"])
def test_an_evil_entity_put_into_a_signed_aggregate(identity: str):
    root = true_aggregate()
    root.insert(1, evil_entity(identity))
    assert refused(root)


def test_an_attacker_who_signs_what_is_around_the_signed_original():
    root = evil_aggregate(true_entity(), evil_entity("_evil-entity"))
    sign(root, ATTACKER)
    assert refused(root)


def test_both_signatures_in_one_root():
    root = true_entity()
    other = deepcopy(root)
    other.remove(other.find(_SIGNATURE))
    sign(other, ATTACKER)
    root.insert(0, deepcopy(other.find(_SIGNATURE)))
    assert refused(root)


def test_unsigned_although_the_signer_is_known():
    assert refused(evil_entity())


def test_signed_by_another_whose_certificate_it_brings_along():
    root = evil_entity()
    sign(root, ATTACKER)
    assert refused(root)


def test_a_key_that_was_changed_after_signing():
    root = true_entity()
    certificate = root.find(f"{name(MD, 'IDPSSODescriptor')}//{name(DS, 'X509Certificate')}")
    certificate.text = ATTACKER.certificate_base64
    assert refused(root)


def test_a_comment_does_not_cut_an_address_short():
    """Comments are not signed: read up to one, the address would be another."""
    true = signed(sp_document().replace(b"<md:Asser", b"<md:NameIDFormat>urn:x:long</md:NameIDFormat><md:Asser"))
    raw = etree.tostring(true).replace(b"urn:x:long", b"urn:x<!-- -->:long")
    assert parse_sp(raw, signers=[FEDERATION.certificate]).name_id_formats == ("urn:x:long",)

"""The traps of pysaml2 7.5.5 with signed metadata (S1 to S4), and what the gateway makes of the same documents.

More ways to wrap metadata: `tests/attacks/test_metadata_wrapping.py`.
"""

from pathlib import Path
from types import SimpleNamespace

import pytest
import xmlsec
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from saml2.mdstore import MetaDataExtern, MetaDataFile
from saml2.sigver import SignatureError

from gateway.federation.metadata.document import MetadataRejected
from gateway.xml.namespaces import DS, MD, name
from gateway.xml.signatures import sign
from tests.support.configuration import IDP_ENTITY, aggregate, idp_document, sp_document
from tests.support.configuration import signed as signed_document
from tests.support.parsed_metadata import parse_idp
from tests.support.signing_keys import signing_key

FEDERATION = signing_key("federation")
ATTACKER = signing_key("attacker")
TRUE = "https://idp.petteflat.example/sso"
EVIL = "https://evil.example/sso"
ENTITY_DESCRIPTOR = f"{MD}:EntityDescriptor"


class FirstSignatureFound:
    """What pysaml2 gets of the xmlsec1 program, which it runs here without saying what must be signed."""

    def verify_signature(self, text: bytes, *, node_name: str, cert_file: str) -> None:
        root = etree.fromstring(text)
        xmlsec.tree.add_ids(root, ["ID"])
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_file(cert_file, xmlsec.KeyFormat.CERT_PEM)
        try:
            context.verify(xmlsec.tree.find_node(root, xmlsec.constants.NodeSignature))
        except xmlsec.Error as cause:
            raise SignatureError from cause


@pytest.fixture
def certificate(tmp_path: Path) -> str:
    path = tmp_path / "federation.pem"
    path.write_bytes(FEDERATION.certificate.public_bytes(Encoding.PEM))
    return str(path)


def by_pysaml2(document: bytes, certificate: str, **settings: str) -> MetaDataExtern:
    """pysaml2's reader of fetched metadata, before it has read this document."""
    fetched = SimpleNamespace(send=lambda url: SimpleNamespace(status_code=200, content=document))
    security = FirstSignatureFound()
    return MetaDataExtern(None, url="-", http=fetched, security=security, cert=certificate, **settings)


def sign_on(metadata: MetaDataExtern) -> str:
    """Where pysaml2 would now send people."""
    return metadata.entity[IDP_ENTITY]["idpsso_descriptor"][0]["single_sign_on_service"][0]["location"]


def here(document: bytes) -> str:
    return parse_idp(document, signers=[FEDERATION.certificate], entity_id=IDP_ENTITY).single_sign_on[0].location


def signed(document: bytes) -> etree._Element:
    return etree.fromstring(signed_document(document, FEDERATION))


def evil_entity() -> etree._Element:
    evil = etree.fromstring(idp_document(location=EVIL, certificates=[ATTACKER.certificate]))
    evil.set("ID", "_evil")
    return evil


def evil_aggregate() -> etree._Element:
    return etree.fromstring(aggregate(etree.tostring(evil_entity()), attributes='ID="_outside"'))


def wrapped(outside: etree._Element, original: etree._Element) -> bytes:
    """The signature of the original stands in the root, the original hides behind it in Extensions."""
    signature = original.find(name(DS, "Signature"))
    extensions = etree.Element(name(MD, "Extensions"))
    outside[:0] = [signature, extensions]
    extensions.append(original)
    return etree.tostring(outside)


def test_both_read_what_is_signed(certificate: str):
    for document in (idp_document(), aggregate(idp_document(), sp_document())):
        raw = etree.tostring(signed(document))
        theirs = by_pysaml2(raw, certificate)
        assert theirs.load()
        assert sign_on(theirs) == here(raw) == TRUE


@pytest.mark.parametrize("settings", [{}, {"node_name": ENTITY_DESCRIPTOR}], ids=["any node", "node name pinned"])
@pytest.mark.parametrize("kind", ["entity", "aggregate"])
def test_s01_a_hidden_original_vouches_for_an_evil_document(certificate: str, kind: str, settings: dict[str, str]):
    if kind == "entity":
        raw = wrapped(evil_entity(), signed(idp_document()))
    else:
        raw = wrapped(evil_aggregate(), signed(aggregate(idp_document(), sp_document())))
    theirs = by_pysaml2(raw, certificate, **settings)
    assert theirs.load()
    assert sign_on(theirs) == EVIL
    with pytest.raises(MetadataRejected, match="Reference to something else"):
        here(raw)


def test_s02_unsigned_metadata_although_a_certificate_is_given(certificate: str):
    raw = etree.tostring(evil_entity())
    theirs = by_pysaml2(raw, certificate)
    assert theirs.load()
    assert sign_on(theirs) == EVIL
    with pytest.raises(MetadataRejected, match="not signed"):
        here(raw)


def test_s03_refused_metadata_stays_behind(certificate: str):
    evil = evil_entity()
    sign(evil, ATTACKER)
    theirs = by_pysaml2(etree.tostring(evil), certificate)
    with pytest.raises(SignatureError):
        theirs.load()
    assert sign_on(theirs) == EVIL
    with pytest.raises(MetadataRejected, match="no known key made it"):
        here(etree.tostring(evil))


def test_s04_a_signed_file_on_disk_cannot_be_verified(certificate: str, tmp_path: Path):
    raw = etree.tostring(signed(idp_document()))
    file = tmp_path / "metadata.xml"
    file.write_bytes(raw)
    with pytest.raises(AttributeError):
        MetaDataFile(None, str(file), cert=certificate).load()
    assert here(raw) == TRUE

"""pysaml2 as a second opinion: signatures checked in process by libxmlsec, so that no program need be installed."""

from dataclasses import dataclass
from typing import Any

import xmlsec
from lxml import etree
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.mdstore import MetadataStore
from saml2.sigver import CryptoBackend, pem_format

_ID = "ID"


class InProcessBackend(CryptoBackend):
    """Makes and checks signatures with the xmlsec binding; knows nothing of encryption."""

    version = "1.3.0"

    def sign_statement(self, statement: Any, node_name: str, key_file: str, node_id: str) -> str:
        root = etree.fromstring(str(statement).encode())
        xmlsec.tree.add_ids(root, [_ID])
        signature = _element(root, node_id).find("{http://www.w3.org/2000/09/xmldsig#}Signature")
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_file(key_file, xmlsec.KeyFormat.PEM)
        context.sign(signature)
        return etree.tostring(root).decode()

    def validate_signature(
        self, signedtext: bytes | str, cert_file: str, cert_type: str, node_name: str, node_id: str
    ) -> bool:
        root = etree.fromstring(signedtext.encode() if isinstance(signedtext, str) else signedtext)
        xmlsec.tree.add_ids(root, [_ID])
        signature = _element(root, node_id).find("{http://www.w3.org/2000/09/xmldsig#}Signature")
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(cert_file, xmlsec.KeyFormat.CERT_PEM)
        try:
            context.verify(signature)
        except xmlsec.Error:
            return False
        return True


def _element(root: etree._Element, node_id: str) -> etree._Element:
    [element] = root.xpath("//*[@ID=$id]", id=node_id)
    return element


@dataclass(frozen=True)
class _Certificate:
    """What pysaml2 takes for the file of a certificate: the backend gets the certificate itself as the file's name.

    Real files would stay open in pysaml2's exceptions, and warn of it in whichever test comes next.
    """

    name: bytes


@dataclass(frozen=True)
class _Certificates:
    """All that checking a signature needs of metadata."""

    metadata: MetadataStore

    def certs(self, *entity_and_use: str) -> list[tuple[str | None, _Certificate]]:
        return [(name, _Certificate(pem_format(text))) for name, text in self.metadata.certs(*entity_and_use)]


def in_process(entity: Any) -> Any:
    """The pysaml2 client or server, with its signatures made and checked in process."""
    entity.sec.crypto = InProcessBackend()
    entity.sec.metadata = _Certificates(entity.metadata)
    return entity


def pysaml2_service(*, entity_id: str, consumer: str, idp_metadata: bytes, **wants: bool) -> Saml2Client:
    """A pysaml2 service provider that trusts one identity provider; `wants` are its settings of what must be signed."""
    config = SPConfig()
    config.load(
        {
            "entityid": entity_id,
            "crypto_backend": "XMLSecurity",
            "allow_unknown_attributes": True,
            "metadata": {"inline": [idp_metadata.decode()]},
            "service": {
                "sp": {
                    "endpoints": {
                        "assertion_consumer_service": [(consumer, "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST")]
                    },
                    **wants,
                }
            },
        }
    )
    return in_process(Saml2Client(config))

"""Signatures that libxmlsec makes, as identity providers of another make send them, and what it says of ours."""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree
from xmlsec import Key, KeyFormat, SignatureContext, Transform, template, tree

ISSUER = "{urn:oasis:names:tc:SAML:2.0:assertion}Issuer"


def sign_with_libxmlsec(
    element: etree._Element,
    key: PrivateKeyTypes,
    *,
    algorithm: object = Transform.RSA_SHA256,
    digest: object = Transform.SHA256,
    prefixes: str | None = None,
) -> None:
    """Sign the element where it stands, behind its Issuer; `prefixes` are those of InclusiveNamespaces."""
    signature = template.create(element, Transform.EXCL_C14N, algorithm)
    element.insert(1 if len(element) and element[0].tag == ISSUER else 0, signature)
    reference = template.add_reference(signature, digest, uri=f"#{element.get('ID')}")
    template.add_transform(reference, Transform.ENVELOPED)
    canonicalization = template.add_transform(reference, Transform.EXCL_C14N)
    if prefixes is not None:
        template.transform_add_c14n_inclusive_namespaces(canonicalization, [prefixes])
    tree.add_ids(element.getroottree().getroot(), ["ID"])
    context = SignatureContext()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    context.key = Key.from_memory(pem, KeyFormat.PEM)
    context.sign(signature)


def check_with_libxmlsec(element: etree._Element, certificate: x509.Certificate) -> None:
    """Raises xmlsec.Error unless the signature in the element holds."""
    tree.add_ids(element.getroottree().getroot(), ["ID"])
    context = SignatureContext()
    context.key = Key.from_memory(certificate.public_bytes(Encoding.PEM), KeyFormat.CERT_PEM)
    context.verify(element.find("{http://www.w3.org/2000/09/xmldsig#}Signature"))

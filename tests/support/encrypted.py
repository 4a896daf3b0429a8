"""Encrypted assertions, good and hostile, and what libxmlsec makes of encryption."""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from lxml import etree
from xmlsec import EncryptionContext, Key, KeyFormat, KeysManager, Transform, constants, template

from gateway.domain.randomness import SystemRandomness
from gateway.xml.ciphers import OAEP_MGF1P, KeyTransport
from gateway.xml.encryption import EncryptFor, encrypt
from tests.support.responses import SAML
from tests.support.signing_keys import signing_key

XENC = "http://www.w3.org/2001/04/xmlenc#"
XENC11 = "http://www.w3.org/2009/xmlenc11#"
GATEWAY_KEY = signing_key("gateway-decryption")
KEYS = (GATEWAY_KEY.private_key,)
ENCRYPTED = f"{{{SAML}}}EncryptedAssertion"
AES128_GCM = XENC11 + "aes128-gcm"
AES128_CBC = XENC + "aes128-cbc"
USUAL = KeyTransport(OAEP_MGF1P)


def recipient(
    *,
    key: rsa.RSAPublicKey | None = None,
    content: str = AES128_GCM,
    transport: KeyTransport = USUAL,
) -> EncryptFor:
    """The gateway, unless another key is named."""
    return EncryptFor(key or GATEWAY_KEY.private_key.public_key(), content, transport)


def encrypted(element: etree._Element, to: EncryptFor | None = None) -> etree._Element:
    """An EncryptedAssertion with this element in it."""
    around = etree.Element(ENCRYPTED, nsmap={"saml": SAML})
    around.append(encrypt(element, to or recipient(), SystemRandomness()))
    return around


def with_encrypted(
    response: etree._Element, to: EncryptFor | None = None, *, change: Callable[[etree._Element], None] = lambda _: None
) -> etree._Element:
    """The Response with its assertion encrypted, and the EncryptedAssertion then changed."""
    assertion = response.find(f"{{{SAML}}}Assertion")
    hidden = encrypted(assertion, to)
    response.replace(assertion, hidden)
    change(hidden)
    return response


def encrypted_by_libxmlsec(element: etree._Element, key: rsa.RSAPublicKey, content: object, bits: int) -> None:
    """Put an EncryptedData in the place of the element, as libxmlsec makes it: AES, and RSA-OAEP for its key."""
    manager = KeysManager()
    manager.add_key(Key.from_memory(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), KeyFormat.PEM))
    data = template.encrypted_data_create(element.getroottree(), content, type=constants.TypeEncElement, ns="xenc")
    template.encrypted_data_ensure_cipher_value(data)
    info = template.encrypted_data_ensure_key_info(data, ns="ds")
    template.encrypted_data_ensure_cipher_value(template.add_encrypted_key(info, Transform.RSA_OAEP))
    context = EncryptionContext(manager)
    context.key = Key.generate(constants.KeyDataAes, bits, constants.KeyDataTypeSession)
    context.encrypt_xml(data, element)


def decrypted_by_libxmlsec(data: etree._Element, key: rsa.RSAPrivateKey) -> etree._Element:
    """What libxmlsec finds in an EncryptedData."""
    manager = KeysManager()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    manager.add_key(Key.from_memory(pem, KeyFormat.PEM))
    return EncryptionContext(manager).decrypt(data)

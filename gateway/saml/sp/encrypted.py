"""An assertion that came encrypted (saml-core 2.3.4): opened, and then no more trusted than one that came plain."""

from lxml import etree

from gateway.domain.errors import ErrorCode, SluisError
from gateway.saml.schemas import schema
from gateway.saml.sp.expected import Expected
from gateway.xml.decryption import DecryptionProblem, DecryptionRejected, decrypt
from gateway.xml.namespaces import DS, SAML, name

ASSERTION = name(SAML, "Assertion")
ENCRYPTED_ASSERTION = name(SAML, "EncryptedAssertion")
ENCRYPTED_PARTS = (name(SAML, "EncryptedID"), name(SAML, "EncryptedAttribute"), name(SAML, "NewEncryptedID"))
MAX_BYTES = 256 * 1024
"""Of a decoded Response, and of what was encrypted in it. A rich one has 20 kB."""
MAX_ELEMENTS = 2000

_FAILED = "it does not open with a key of the gateway; its metadata names those to encrypt for"


def opened_assertion(encrypted: etree._Element, expected: Expected, *, in_signed: bool) -> etree._Element:
    """The one assertion in an EncryptedAssertion, as a tree of its own, as valid as a plain one must be.

    `in_signed` says that a signature was verified that covers the ciphertext: only then CBC may be opened, where the
    identity provider's entry allows it, because nobody else could have written what is tried on the keys.
    Raises SluisError RESPONSE_ENCRYPTED with one and the same hint, whatever does not open; RESPONSE_ALGORITHM,
    RESPONSE_SCHEMA, RESPONSE_ASSERTIONS or RESPONSE_SIGNATURE_INVALID for what anybody can see.
    """
    try:
        opened = decrypt(
            encrypted,
            expected.decryption_keys,
            expected.randomness,
            limit=MAX_BYTES,
            elements=MAX_ELEMENTS,
            allow_cbc=in_signed and expected.idp.allow_cbc,
        )
    except DecryptionRejected as cause:
        raise _refusal(cause) from None
    if opened.tag != ASSERTION or not schema().validate(opened):
        raise SluisError(
            ErrorCode.RESPONSE_SCHEMA, hint="what was encrypted is not an assertion of the SAML 2.0 schema"
        )
    if sum(1 for _ in opened.iter(ASSERTION, ENCRYPTED_ASSERTION)) != 1:
        raise SluisError(ErrorCode.RESPONSE_ASSERTIONS, hint="an assertion in the encrypted assertion")
    if next(opened.iter(*ENCRYPTED_PARTS), None) is not None:
        raise SluisError(ErrorCode.RESPONSE_ENCRYPTED, hint="something is encrypted in the encrypted assertion")
    if any(signature.getparent() is not opened for signature in opened.iter(name(DS, "Signature"))):
        raise SluisError(ErrorCode.RESPONSE_SIGNATURE_INVALID, hint="a signature stands elsewhere")
    return opened


def _refusal(cause: DecryptionRejected) -> SluisError:
    if cause.reason is DecryptionProblem.ALGORITHM:
        return SluisError(ErrorCode.RESPONSE_ALGORITHM, hint=cause.detail)
    if cause.reason is DecryptionProblem.STRUCTURE:
        return SluisError(ErrorCode.RESPONSE_ENCRYPTED, hint=f"form of the encryption: {cause.detail}")
    return SluisError(ErrorCode.RESPONSE_ENCRYPTED, hint=_FAILED)

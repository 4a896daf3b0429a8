"""The checks of a Response's envelope, before what is signed is read.

Nothing of the envelope is used: what it says is compared with what is expected, which can only refuse.
"""

from lxml import etree

from gateway.domain.errors import ErrorCode, SluisError
from gateway.saml.sp.encrypted import ASSERTION, ENCRYPTED_ASSERTION, ENCRYPTED_PARTS
from gateway.saml.sp.expected import SAML_VERSION, Expected
from gateway.saml.sp.signed import verified
from gateway.saml.sp.status import MEANINGS
from gateway.saml.status import SUCCESS
from gateway.xml.namespaces import DS, SAML, SAMLP, name
from gateway.xml.signatures import is_signed

_SIGNATURE = name(DS, "Signature")


def check_version(response: etree._Element, _: Expected) -> None:
    """saml-core 4.1.3.2: the schema leaves the version open, and a message of another is not read."""
    if response.get("Version") != SAML_VERSION:
        raise SluisError(ErrorCode.RESPONSE_SCHEMA, hint="Version of the Response must be 2.0")


def check_metadata_in_date(_: etree._Element, expected: Expected) -> None:
    """saml-metadata 2.3.2: metadata past its validUntil is not used, and with it the keys."""
    valid_until = expected.idp.saml.valid_until
    if valid_until is not None and valid_until <= expected.now:
        raise SluisError(ErrorCode.RESPONSE_IDP_METADATA_EXPIRED, hint=str(expected.idp.id))


def check_encryption(response: etree._Element, expected: Expected) -> None:
    """Only an assertion as a whole is encrypted, and only for a gateway whose metadata has a key to encrypt for."""
    if next(response.iter(*ENCRYPTED_PARTS), None) is not None:
        raise SluisError(ErrorCode.RESPONSE_ENCRYPTED, hint="encrypt the assertion as a whole")
    if not expected.decryption_keys and next(response.iter(ENCRYPTED_ASSERTION), None) is not None:
        raise SluisError(ErrorCode.RESPONSE_ENCRYPTED, hint="the gateway's metadata has no encryption key")


def check_destination(response: etree._Element, expected: Expected) -> None:
    """saml-bindings 3.5.5.2: a signed message by POST names where it was sent; an unsigned envelope may be silent."""
    destination = response.get("Destination")
    if destination is None and not is_signed(response):
        return
    if destination != expected.consumer_url:
        raise SluisError(ErrorCode.RESPONSE_DESTINATION, hint=f"Destination must be {expected.consumer_url}")


def check_answers_the_request(response: etree._Element, expected: Expected) -> None:
    """saml-core 3.2.2: InResponseTo is the ID of the request, and absent when there was none."""
    if response.get("InResponseTo") != expected.request_id:
        raise SluisError(ErrorCode.RESPONSE_REQUEST, hint="InResponseTo of the Response")


def check_issuer(response: etree._Element, expected: Expected) -> None:
    """The envelope may name no other issuer than the one that was asked."""
    issuer = response.find(name(SAML, "Issuer"))
    if issuer is not None and (issuer.text or "").strip() != expected.idp.saml.entity_id:
        raise SluisError(ErrorCode.RESPONSE_ISSUER, hint="Issuer of the Response")


def check_status(response: etree._Element, expected: Expected) -> None:
    """A status that says no ends the login. It may come unsigned: to believe it can only refuse a login."""
    status = response.find(f"{name(SAMLP, 'Status')}/{name(SAMLP, 'StatusCode')}")
    first = status.get("Value") if status is not None else None
    if first == SUCCESS.top:
        return
    if is_signed(response):
        verified(response, expected)
    second = status.find(name(SAMLP, "StatusCode")) if status is not None else None
    code = MEANINGS.get(second.get("Value", "") if second is not None else "", ErrorCode.IDP_REFUSED)
    raise SluisError(code, cause=f"status {first}")


def check_one_assertion(response: etree._Element, _: Expected) -> None:
    """Exactly one assertion, plain or encrypted, where the schema puts it: a second is how signatures get wrapped."""
    assertions = list(response.iter(ASSERTION, ENCRYPTED_ASSERTION))
    if len(assertions) != 1 or assertions[0].getparent() is not response:
        raise SluisError(ErrorCode.RESPONSE_ASSERTIONS, hint=f"{len(assertions)} assertions")


def check_signatures_in_place(response: etree._Element, _: Expected) -> None:
    """saml-core 5.4.2: signatures stand in the Response and in the assertion, nowhere else."""
    allowed = (response, response.find(ASSERTION))
    if any(signature.getparent() not in allowed for signature in response.iter(_SIGNATURE)):
        raise SluisError(ErrorCode.RESPONSE_SIGNATURE_INVALID, hint="a signature stands elsewhere")

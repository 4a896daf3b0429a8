"""pysaml2 in the gateway's place: the same Responses, judged by another's code."""

from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lxml import etree
from saml2 import BINDING_HTTP_POST
from saml2.client import Saml2Client

from gateway.saml.instants import read_instant
from gateway.saml.sp.assertion import Assertion
from tests.support.pysaml2_backend import pysaml2_service
from tests.support.responses import ADDRESSES, IDP, IDP_KEY, OTHER_IDP, OTHER_KEY, REQUEST, Message

MD = "urn:oasis:names:tc:SAML:2.0:metadata"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"


def metadata(entity_id: str, certificate: str) -> str:
    """The metadata of an identity provider with this certificate (base64)."""
    return (
        f'<md:EntityDescriptor xmlns:md="{MD}" entityID="{entity_id}">'
        f'<md:IDPSSODescriptor protocolSupportEnumeration="{PROTOCOL}">'
        '<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>'
        f"<ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        f'<md:SingleSignOnService Binding="{REDIRECT}" Location="https://po.example/sso"/>'
        "</md:IDPSSODescriptor></md:EntityDescriptor>"
    )


WHAT_THE_GATEWAY_WANTS = {"want_response_signed": False, "want_assertions_or_response_signed": True}


def pysaml2_as_gateway(**wants: bool) -> Saml2Client:
    """It knows two identity providers; `wants` are its settings of what must be signed."""
    first = metadata(IDP, IDP_KEY.certificate_base64)
    second = metadata(OTHER_IDP, OTHER_KEY.certificate_base64)
    return pysaml2_service(
        entity_id=ADDRESSES.sp_entity_id,
        consumer=ADDRESSES.assertion_consumer,
        idp_metadata=f'<md:EntitiesDescriptor xmlns:md="{MD}">{first}{second}</md:EntitiesDescriptor>'.encode(),
        **wants,
    )


def message_of_now(**changes: object) -> Message:
    """A message of this moment: pysaml2 has a clock of its own."""
    now = datetime.now(UTC).replace(microsecond=0)
    current = Message(
        not_before=now - timedelta(minutes=1),
        not_on_or_after=now + timedelta(minutes=5),
        confirmed_until=now + timedelta(minutes=5),
        authenticated=now - timedelta(seconds=5),
        issued=now,
    )
    return replace(current, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Reading:
    """What was read of a Response. The name is None where it says nothing about the person."""

    issuer: str
    name_id: str | None
    values: tuple[tuple[str, tuple[str, ...]], ...]
    context: str
    authorities: tuple[str, ...]
    instant: datetime


def read_here(assertion: Assertion) -> Reading:
    """What the gateway made of it."""
    statement, attributes = assertion.authentication, assertion.attributes()
    assert statement is not None
    return Reading(
        assertion.issuer,
        attributes.name_id,
        tuple(attributes.values),
        statement.context,
        statement.authorities,
        statement.instant,
    )


def given_to_pysaml2(client: Saml2Client, root: etree._Element) -> Any:
    """Its answer, which may be empty. Raises one of very many exceptions when it refuses."""
    form_field = b64encode(etree.tostring(root)).decode()
    return client.parse_authn_request_response(form_field, BINDING_HTTP_POST, outstanding={REQUEST: "/"})


def read_by_pysaml2(client: Saml2Client, root: etree._Element) -> Reading:
    """What pysaml2 makes of it. Raises when it refuses."""
    answer = given_to_pysaml2(client, root)
    if answer is None or answer.assertion is None:
        raise ValueError("pysaml2 made nothing of it")
    named = answer.name_id
    transient = named is None or (named.format or "").endswith(":transient")
    [(context, authorities, instant)] = answer.authn_info()
    return Reading(
        answer.assertion.issuer.text.strip(),
        None if transient else named.text,
        tuple(
            (attribute.name, tuple(value.text for value in attribute.attribute_value))
            for statement in answer.assertion.attribute_statement
            for attribute in statement.attribute
        ),
        context,
        tuple(authorities),
        read_instant(instant),
    )


def pysaml2_accepts(client: Saml2Client, root: etree._Element) -> bool:
    """Whether it takes the Response. A good one must be shown to pass beside, for any failure counts as a no."""
    try:
        read_by_pysaml2(client, root)
    except Exception:  # noqa: BLE001 - it raises a great many kinds, and all of them mean no
        return False
    return True

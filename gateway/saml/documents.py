"""The gateway's own metadata, one document for each role (saml-metadata-2.0-os), signed at its root.

A document depends on the configuration and the day alone, down to its ID and signature: every replica publishes the
same octets, and so does the command line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from lxml import etree
from saml2 import element_to_extension_element, md, xmldsig
from saml2.extension import mdui

from gateway.domain.language import Language
from gateway.federation.metadata.entities import Binding
from gateway.saml.addresses import Addresses
from gateway.saml.instants import write_instant
from gateway.saml.name_id import PERSISTENT, TRANSIENT, UNSPECIFIED
from gateway.saml.requested import RequestedAttributes
from gateway.xml.ciphers import GCM, OAEP, OAEP_MGF1P
from gateway.xml.keys import DecryptionKey, SigningKey
from gateway.xml.namespaces import DS, MD, MDUI, SAMLP
from gateway.xml.signatures import sign

VALIDITY = timedelta(days=14)
"""From the start of the day on which a document was made."""
CACHE_DURATION = "PT6H"

_PREFIXES = {"md": MD, "mdui": MDUI, "ds": DS}


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask; `kind` is a ContactType of saml-metadata 2.3.2.2: technical, support or administrative."""

    kind: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class GatewayIdentity:
    """Who the gateway is and who runs it, as its metadata says."""

    addresses: Addresses
    names: Mapping[Language, str]
    organisation: str
    organisation_url: str
    contacts: tuple[Contact, ...]


def sp_metadata(
    identity: GatewayIdentity,
    keys: Sequence[SigningKey],
    decryption: Sequence[DecryptionKey],
    requested: Sequence[RequestedAttributes],
    now: datetime,
) -> bytes:
    """Towards identity providers. The first key signs; the certificates of all are named, so that one can follow.

    Assertions may be encrypted for any of the `decryption` keys. WantAssertionsSigned is left out: `true` would turn
    away identity providers that sign the Response alone, which is enough, and where `false` is spelt out SimpleSAMLphp
    leaves the assertion unsigned. An answer in which neither is signed is refused all the same.
    """
    descriptor = md.SPSSODescriptor(
        **_role(identity, keys, decryption),
        authn_requests_signed="true",
        single_logout_service=_single_logout(identity.addresses.sp_logout),
        name_id_format=_formats(PERSISTENT, TRANSIENT, UNSPECIFIED),
        assertion_consumer_service=[
            md.AssertionConsumerService(
                binding=Binding.POST.value,
                location=identity.addresses.assertion_consumer,
                index="0",
                is_default="true",
            )
        ],
        attribute_consuming_service=[_consuming(identity, index, one) for index, one in enumerate(requested)],
    )
    entity = _entity(identity, identity.addresses.sp_entity_id, now, spsso_descriptor=[descriptor])
    return _signed(entity, keys[0])


def idp_metadata(identity: GatewayIdentity, keys: Sequence[SigningKey], now: datetime) -> bytes:
    """Towards services. WantAuthnRequestsSigned is false: whether requests must be signed is agreed per service."""
    descriptor = md.IDPSSODescriptor(
        **_role(identity, keys),
        want_authn_requests_signed="false",
        single_logout_service=[
            *_single_logout(identity.addresses.idp_logout),
            md.SingleLogoutService(binding=Binding.SOAP.value, location=identity.addresses.idp_logout_soap),
        ],
        name_id_format=_formats(TRANSIENT, PERSISTENT),
        single_sign_on_service=[
            md.SingleSignOnService(binding=binding.value, location=identity.addresses.single_sign_on)
            for binding in (Binding.REDIRECT, Binding.POST)
        ],
    )
    entity = _entity(identity, identity.addresses.idp_entity_id, now, idpsso_descriptor=[descriptor])
    return _signed(entity, keys[0])


def period(now: datetime) -> datetime:
    """The start of the day (UTC) whose document `now` gets."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _role(
    identity: GatewayIdentity, keys: Sequence[SigningKey], decryption: Sequence[DecryptionKey] = ()
) -> dict[str, object]:
    display_names = [mdui.DisplayName(text=text, lang=language.value) for language, text in identity.names.items()]
    return {
        "protocol_support_enumeration": SAMLP,
        "extensions": md.Extensions(
            extension_elements=[element_to_extension_element(mdui.UIInfo(display_name=display_names))]
        ),
        "key_descriptor": [
            *(md.KeyDescriptor(use="signing", key_info=_key_info(key)) for key in keys),
            *(
                md.KeyDescriptor(use="encryption", key_info=_key_info(key), encryption_method=_encryption_methods())
                for key in decryption
            ),
        ],
    }


def _single_logout(location: str) -> list[md.SingleLogoutService]:
    return [md.SingleLogoutService(binding=one.value, location=location) for one in (Binding.REDIRECT, Binding.POST)]


def _encryption_methods() -> list[md.EncryptionMethod]:
    return [md.EncryptionMethod(algorithm=algorithm) for algorithm in (*GCM, OAEP_MGF1P, OAEP)]


def _key_info(key: SigningKey | DecryptionKey) -> xmldsig.KeyInfo:
    certificate = xmldsig.X509Certificate(text=key.certificate_base64)
    return xmldsig.KeyInfo(x509_data=[xmldsig.X509Data(x509_certificate=certificate)])


def _formats(*uris: str) -> list[md.NameIDFormat]:
    return [md.NameIDFormat(text=uri) for uri in uris]


def _consuming(identity: GatewayIdentity, index: int, requested: RequestedAttributes) -> md.AttributeConsumingService:
    return md.AttributeConsumingService(
        index=str(index),
        is_default="true" if index == 0 else "false",
        service_name=[md.ServiceName(text=text, lang=language.value) for language, text in identity.names.items()],
        requested_attribute=[
            md.RequestedAttribute(
                name=one.name,
                name_format=requested.name_format,
                is_required="true" if one.required else "false",
            )
            for one in requested.attributes
        ],
    )


def _entity(identity: GatewayIdentity, entity_id: str, now: datetime, **roles: object) -> md.EntityDescriptor:
    languages = [language.value for language in identity.names]
    return md.EntityDescriptor(
        entity_id=entity_id,
        valid_until=write_instant(period(now) + VALIDITY),
        cache_duration=CACHE_DURATION,
        organization=md.Organization(
            organization_name=[md.OrganizationName(text=identity.organisation, lang=one) for one in languages],
            organization_display_name=[
                md.OrganizationDisplayName(text=identity.organisation, lang=one) for one in languages
            ],
            organization_url=[md.OrganizationURL(text=identity.organisation_url, lang=one) for one in languages],
        ),
        contact_person=[
            md.ContactPerson(
                contact_type=contact.kind,
                given_name=md.GivenName(text=contact.name),
                email_address=[md.EmailAddress(text=f"mailto:{contact.email}")],
            )
            for contact in identity.contacts
        ],
        **roles,
    )


def _signed(entity: md.EntityDescriptor, key: SigningKey) -> bytes:
    written = entity.to_string(_PREFIXES)
    root = etree.fromstring(written)
    root.set("ID", f"_{sha256(written).hexdigest()}")
    sign(root, key)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")

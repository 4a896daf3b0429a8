"""A federation of two identity providers, three schools and two services, small enough to keep in the head."""

from dataclasses import replace
from datetime import date

from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.language import Language
from gateway.domain.sector import Sector
from gateway.federation.clients import SamlClient
from gateway.federation.metadata.entities import Binding, Endpoint, IdpMetadata, IndexedEndpoint, SpMetadata
from gateway.federation.models import (
    Agreement,
    AttributeSet,
    IdentityProvider,
    IdpId,
    School,
    Service,
    ServiceId,
)
from gateway.federation.snapshot import Federation

REGENBOOG = School(Brin("99XA"), {Language.NL: "De Regenboog"}, Sector.PO, board="noord", place="Assen")
PETTEFLAT = School(Brin("99XB"), {Language.NL: "Petteflat College"}, Sector.VO, board="noord", place="Breda")
ZONNEBLOEM = School(Brin("99XC"), {Language.NL: "Zonnebloem"}, Sector.VO)

PO_IDP = IdpId("po")
VO_IDP = IdpId("vo")
REKENTUIN = ServiceId("rekentuin")
LEESPLEIN = ServiceId("leesplein")


def identity_provider(idp: IdpId, *schools: School) -> IdentityProvider:
    location = f"https://{idp}.example/sso"
    return IdentityProvider(
        id=idp,
        names={Language.NL: f"Inloggen {idp}"},
        party=IdpMetadata(
            entity_id=f"https://{idp}.example/idp",
            valid_until=None,
            certificates=(),
            single_sign_on=(Endpoint(Binding.REDIRECT, location),),
            want_authn_requests_signed=False,
        ),
        dialect="entree",
        schools=frozenset(school.brin for school in schools),
    )


def service(service_id: ServiceId, *sectors: Sector) -> Service:
    consumer = IndexedEndpoint(Binding.POST, f"https://{service_id}.example/acs", 0, is_default=True)
    return Service(
        id=service_id,
        names={Language.NL: service_id.capitalize()},
        supplier="Uitgeverij Voorbeeld",
        client=SamlClient(
            SpMetadata(
                entity_id=f"https://{service_id}.example/sp",
                valid_until=None,
                certificates=(),
                assertion_consumers=(consumer,),
                authn_requests_signed=False,
                want_assertions_signed=False,
                name_id_formats=(),
                display_names={},
            )
        ),
        sectors=frozenset(sectors),
        attribute_sets={1: AttributeSet(1, {Attribute.ECK_ID: "access", Attribute.GIVEN_NAME: "greeting"})},
        start_url=f"https://{service_id}.example/",
    )


def changed(service: Service, **changes: object) -> Service:
    """A SAML service with changes to its entry or its metadata, wherever the field of that name is."""
    client = service.saml
    of_metadata = {name: value for name, value in changes.items() if hasattr(client.metadata, name)}
    of_client = {name: value for name, value in changes.items() if name not in of_metadata and hasattr(client, name)}
    of_entry = {name: value for name, value in changes.items() if name not in of_metadata | of_client}
    metadata = replace(client.metadata, **of_metadata)
    return replace(service, client=replace(client, metadata=metadata, **of_client), **of_entry)


def small_federation() -> Federation:
    return Federation.of(
        schools=(REGENBOOG, PETTEFLAT, ZONNEBLOEM),
        identity_providers=(identity_provider(PO_IDP, REGENBOOG), identity_provider(VO_IDP, PETTEFLAT, ZONNEBLOEM)),
        services=(service(REKENTUIN, Sector.PO), service(LEESPLEIN, Sector.PO, Sector.VO)),
        agreements=(
            Agreement(REKENTUIN, 1, date(2026, 8, 1), date(2027, 7, 31), "PO-1", schools=frozenset({REGENBOOG.brin})),
            Agreement(LEESPLEIN, 1, date(2026, 8, 1), None, "N-1", boards=frozenset({"noord"})),
        ),
    )

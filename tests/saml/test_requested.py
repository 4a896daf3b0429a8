"""What the gateway asks of schools in its metadata: only what some service may be given."""

from dataclasses import replace

from gateway.domain.fallback import Fallback
from gateway.federation.snapshot import Federation
from gateway.saml.requested import requested_attributes
from tests.support.small_federation import PO_IDP, REGENBOOG, REKENTUIN, identity_provider, service


def asked(fallback: Fallback) -> set[str]:
    federation = Federation.of(
        schools=(REGENBOOG,),
        identity_providers=(identity_provider(PO_IDP, REGENBOOG),),
        services=(replace(service(REKENTUIN), fallback=fallback),),
        agreements=(),
    )
    [entree] = requested_attributes(federation)
    return {attribute.name for attribute in entree.attributes}


def test_a_fallback_of_the_schools_own_is_asked_for_where_a_service_wants_it():
    assert "nlEduPersonRealId" in asked(Fallback.REAL_ID)
    assert "nlEduPersonRealId" not in asked(Fallback.PROVISIONAL)


def test_a_service_that_wants_no_fallback_adds_nothing():
    assert asked(Fallback.NONE) == asked(Fallback.PROVISIONAL)
    assert {"uid", "eckId", "givenName", "eduPersonAffiliation"} <= asked(Fallback.NONE)

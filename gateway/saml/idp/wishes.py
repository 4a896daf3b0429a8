"""Can the gateway do what the service asks? The service is known by now: it is told when not."""

from collections.abc import Mapping
from datetime import timedelta

from lxml import etree

from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.assurance import Level
from gateway.federation.clients import NameIdFormat
from gateway.saml.idp.incoming import Incoming, whole_number
from gateway.saml.instants import read_instant
from gateway.saml.name_id import PERSISTENT, TRANSIENT, UNSPECIFIED
from gateway.xml.namespaces import SAML, SAMLP, name

MAX_AGE = timedelta(minutes=10)
"""How long after its IssueInstant a request is still answered."""
MAX_LISTED = 10
"""How many authentication contexts, and how many requesters, one request may name: they travel on in a query string."""
MAX_URI = 1024
"""Characters of one of them (saml-core 8.3.6 has this bound for entity ids)."""

_FORMATS = {
    TRANSIENT: NameIdFormat.TRANSIENT,
    PERSISTENT: NameIdFormat.PERSISTENT,
}


def check_issue_instant(incoming: Incoming) -> None:
    """Made no longer ago than `MAX_AGE` and not in the future, give or take how far clocks may be off."""
    try:
        age = incoming.now - read_instant(incoming.root.get("IssueInstant", ""))
    except ValueError as cause:
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="IssueInstant") from cause
    if not -incoming.skew <= age <= MAX_AGE + incoming.skew:
        raise SluisError(ErrorCode.REQUEST_STALE, hint="IssueInstant")


def check_no_subject(incoming: Incoming) -> None:
    """A service cannot name whom it wants or set conditions: who logs in is the school's word."""
    for part in ("Subject", "Conditions"):
        if incoming.root.find(name(SAML, part)) is not None:
            raise SluisError(ErrorCode.REQUEST_UNSUPPORTED, hint=f"{part} in an AuthnRequest")


def check_name_id_policy(incoming: Incoming) -> None:
    """The NameID asked for is one that the service's entry has; transient always may be.

    AllowCreate (saml-core 3.4.1.1) makes no difference: pairwise identifiers are derived, none is ever created.
    """
    incoming.name_id = incoming.service.saml.name_id
    policy = incoming.root.find(name(SAMLP, "NameIDPolicy"))
    if policy is None:
        return
    if (
        policy.get("SPNameQualifier", incoming.service.saml.metadata.entity_id)
        != incoming.service.saml.metadata.entity_id
    ):
        raise SluisError(ErrorCode.REQUEST_NAME_ID_POLICY, hint="SPNameQualifier of another")
    asked = policy.get("Format", UNSPECIFIED)
    if asked == UNSPECIFIED:
        return
    wanted = _FORMATS.get(asked)
    if wanted is None or wanted not in {NameIdFormat.TRANSIENT, incoming.service.saml.name_id}:
        raise SluisError(
            ErrorCode.REQUEST_NAME_ID_POLICY, hint=f"the entry has name_id {incoming.service.saml.name_id}"
        )
    incoming.name_id = wanted


def check_authentication_context(incoming: Incoming) -> None:
    """Authentication contexts by class, to be met exactly; or at least, or more than, a level of the configuration.

    Contexts of schools have no order, so `minimum` and `better` of those, and `maximum`, cannot be judged; saml-core
    3.3.2.2.1 wants NoAuthnContext for what cannot be met. The same goes for declarations.
    """
    asked = incoming.root.find(name(SAMLP, "RequestedAuthnContext"))
    if asked is None:
        return
    if asked.find(name(SAML, "AuthnContextDeclRef")) is not None:
        raise SluisError(ErrorCode.REQUEST_AUTHENTICATION_CONTEXT, hint="only AuthnContextClassRef")
    contexts = _listed(asked.findall(name(SAML, "AuthnContextClassRef")))
    incoming.contexts = _compared(asked.get("Comparison", "exact"), contexts, incoming.federation.levels)


def _compared(comparison: str, contexts: tuple[str, ...], levels: Mapping[str, Level]) -> tuple[str, ...]:
    """The contexts of which one must be met exactly, weakest first."""
    if comparison == "exact":
        return contexts
    ranks = [levels[one].rank for one in contexts if one in levels]
    if len(ranks) < len(contexts) or comparison == "maximum":
        raise SluisError(ErrorCode.REQUEST_AUTHENTICATION_CONTEXT, hint="Comparison of contexts without an order")
    least = min(ranks) if comparison == "minimum" else max(ranks) + 1
    met = tuple(level.context for level in sorted(levels.values()) if level.rank >= least)
    if not met:
        raise SluisError(ErrorCode.REQUEST_AUTHENTICATION_CONTEXT, hint="there is no better level")
    return met


def check_proxy_count(incoming: Incoming) -> None:
    """The gateway is a proxy: whoever forbids one (ProxyCount 0) cannot be served."""
    scoping = incoming.root.find(name(SAMLP, "Scoping"))
    if scoping is not None and whole_number(scoping.get("ProxyCount")) == "0":
        raise SluisError(ErrorCode.REQUEST_PROXY_COUNT)


def check_idp_list(incoming: Incoming) -> None:
    """An IDPList limits who may be asked; entity ids that are not of this federation are passed over."""
    entries = incoming.root.findall(f"{name(SAMLP, 'Scoping')}/{name(SAMLP, 'IDPList')}/{name(SAMLP, 'IDPEntry')}")
    known = incoming.federation.idps_by_entity_id
    named = (known.get(entry.get("ProviderID", "").strip(), ()) for entry in entries)
    incoming.idps = tuple(dict.fromkeys(idp for idps in named for idp in idps))
    if entries and not incoming.idps:
        raise SluisError(ErrorCode.REQUEST_NO_AVAILABLE_IDP)


def check_requesters(incoming: Incoming) -> None:
    """The services behind this one are carried on, in front of it.

    eduID takes the first RequesterID for the service that its identifier is aimed at (chain facts 5.2): the end
    service. A service that is a proxy names the services behind it; the chain ends with the service itself. Whom an
    unsigned request names is passed over: anybody may have written it, to have an identifier aimed at somebody else.
    """
    named = incoming.root.findall(f"{name(SAMLP, 'Scoping')}/{name(SAMLP, 'RequesterID')}")
    behind = _listed(named)
    incoming.requesters = tuple(
        dict.fromkeys((*(behind if incoming.signed else ()), incoming.service.saml.metadata.entity_id))
    )


def _listed(elements: list[etree._Element]) -> tuple[str, ...]:
    texts = tuple((element.text or "").strip() for element in elements)
    if len(texts) > MAX_LISTED or any(not 0 < len(text) <= MAX_URI for text in texts):
        raise SluisError(ErrorCode.REQUEST_UNSUPPORTED, hint=f"at most {MAX_LISTED} of at most {MAX_URI} characters")
    return texts

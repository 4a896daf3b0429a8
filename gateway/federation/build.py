"""From settings to the snapshot: metadata read, ids resolved, everything that does not fit together named."""

from collections.abc import Iterator, Mapping

from gateway.domain.attribute import Attribute
from gateway.domain.clock import Clock
from gateway.federation.administrations import Administration
from gateway.federation.assurance import Level, Needed, Saying
from gateway.federation.at_eduid import AttributeApi, SchoolAtEduid
from gateway.federation.checks import Parties, check_dates, check_fit
from gateway.federation.clients import (
    CertificateField,
    CertificateName,
    ClientAuthentication,
    NameIdFormat,
    OidcClient,
    Profile,
    SamlClient,
    SigningAlgorithm,
)
from gateway.federation.encrypting import Encrypt
from gateway.federation.jwks_files import read_jwks
from gateway.federation.metadata.files import MetadataFiles
from gateway.federation.metadata.sources import open_sources
from gateway.federation.models import (
    Agreement,
    AttributeSet,
    Disagreement,
    EckIdSource,
    IdentityProvider,
    IdpId,
    School,
    Service,
    ServiceId,
)
from gateway.federation.openid_provider import OpenIdProvider
from gateway.federation.published_keys import published_jwks
from gateway.federation.snapshot import Federation
from gateway.federation.source_dates import source_dates
from gateway.federation.sso import Notification, SsoRules
from gateway.federation.succession import Subscription
from gateway.settings.loader import Entry, Settings
from gateway.settings.models.agreements import AgreementEntry
from gateway.settings.models.at_eduid import AttributeApiEntry
from gateway.settings.models.identity_providers import (
    IdentityProviderEntry,
    OidcIdentityProviderEntry,
    SamlIdentityProviderEntry,
)
from gateway.settings.models.schools import SchoolEntry
from gateway.settings.models.services import AskEntry, OidcServiceEntry, SamlServiceEntry, ServiceEntry
from gateway.settings.models.sso import NotificationEntry, SchoolSsoEntry, SsoSettings
from gateway.settings.problems import Place, Problem, Problems, errors
from gateway.settings.secrets import SecretReference
from gateway.storage.sealing import SecretKey


def build(settings: Settings, *, clock: Clock, key: SecretKey | None = None) -> tuple[Federation, tuple[Problem, ...]]:
    """The federation, and what else there is to say. Raises Problems when the settings do not fit together.

    What depends on the date alone, such as metadata that has run out, never raises, though it may be an error: it
    touches one party, whose logins are refused, and must not keep the gateway from starting for all others. The same
    holds for what comes from a metadata source. With `key` an index that was made with it saves verifying sources anew.
    """
    sources, problems = open_sources(settings, key)
    files = MetadataFiles(settings.directory, problems, sources)
    levels = _levels(settings)
    parties = Parties(
        settings=settings,
        identity_providers=[_identity_provider(entry, files, levels) for entry in settings.identity_providers],
        services=[_service(entry, files, levels) for entry in settings.services],
    )
    schools = [_school(entry, files, settings.gateway.sso) for entry in settings.schools]
    problems += check_fit(parties)
    now = clock.now()
    dated = [*check_dates(parties, now), *source_dates(settings, sources, now), *sources.problems, *files.of_one_party]
    if errors((*settings.problems, *problems)):
        raise Problems([*problems, *dated])
    federation = Federation.of(
        schools=[school for school in schools if school is not None],
        identity_providers=[idp for idp in parties.identity_providers if idp is not None],
        services=[service for service in parties.services if service is not None],
        agreements=[_agreement(entry.value) for entry in settings.agreements],
        levels=levels.values(),
    )
    return federation, (*problems, *dated)


def _levels(settings: Settings) -> dict[str, Level]:
    entries = enumerate(settings.gateway.assurance)
    return {one.id: Level(one.id, rank, one.context, one.names) for rank, one in entries}


def _identity_provider(
    entry: Entry[IdentityProviderEntry], files: MetadataFiles, levels: Mapping[str, Level]
) -> IdentityProvider | None:
    value = entry.value
    party = (
        files.idp(entry, value)
        if isinstance(value, SamlIdentityProviderEntry)
        else _openid_provider(entry, value, files)
    )
    if party is None:
        return None
    return IdentityProvider(
        id=IdpId(value.id),
        names=value.names,
        party=party,
        dialect=value.dialect,
        schools=frozenset(value.schools),
        eck_id_sources=tuple(EckIdSource(source) for source in value.eck_id),
        disagreement=Disagreement(value.eck_id_disagreement),
        allow_unsolicited=isinstance(value, SamlIdentityProviderEntry) and value.allow_unsolicited,
        allow_cbc=isinstance(value, SamlIdentityProviderEntry) and value.allow_cbc,
        adult_name=value.adult_attribute,
        assurance=Saying(
            {word: levels[one] for one, words in value.assurance.items() if one in levels for word in words},
            levels.get(value.assurance_otherwise or ""),
        ),
        notification=_notification(value.notification),
    )


def _notification(value: NotificationEntry | None) -> Notification:
    return Notification(tuple(value.hosts), frozenset(value.redirect_uris)) if value else Notification()


def _openid_provider(
    entry: Entry[IdentityProviderEntry], value: OidcIdentityProviderEntry, files: MetadataFiles
) -> OpenIdProvider | None:
    secret = None
    if value.client_secret is not None:
        secret = _secret(value.client_secret, "client_secret", entry.place("client_secret"), files)
        if secret is None:
            return None
    return OpenIdProvider(
        issuer=value.issuer,
        client_id=value.client_id,
        authentication=ClientAuthentication(value.authentication),
        secret=secret,
        scopes=tuple(value.scopes),
        contexts=tuple(value.acr_values),
        userinfo=value.userinfo,
        endpoint_is_audience=value.assertion_audience == "token_endpoint",
    )


def _secret(reference: SecretReference, key: str, place: Place, files: MetadataFiles) -> str | None:
    try:
        return reference.read(files.directory).decode()
    except ValueError as cause:
        what = "it is not UTF-8" if isinstance(cause, UnicodeDecodeError) else str(cause)
        files.problems.append(Problem(place, f"{key}: {what}"))
        return None


def _service(entry: Entry[ServiceEntry], files: MetadataFiles, levels: Mapping[str, Level]) -> Service | None:
    value = entry.value
    client = (
        _saml_client(entry, value, files) if isinstance(value, SamlServiceEntry) else _oidc_client(entry, value, files)
    )
    if client is None:
        return None
    return Service(
        id=ServiceId(value.id),
        names=value.names,
        supplier=value.supplier.name,
        helpdesk=value.supplier.helpdesk,
        embedded_by=tuple(value.embedded_by),
        client=client,
        sectors=frozenset(value.sectors),
        attribute_sets={version: _attribute_set(version, asked) for version, asked in value.attribute_sets.items()},
        dialect=value.dialect,
        fallback=value.fallback,
        sector_identifier=value.sector_identifier,
        start_url=value.start_url,
        login_url=value.login_url,
        sso=value.sso == "allowed",
        succession=Subscription(value.succession.attribute, value.succession.notices) if value.succession else None,
        needs=Needed(
            levels.get(value.minimum_assurance or ""),
            {role: levels[one] for role, one in value.minimum_assurance_of.items() if one in levels},
        ),
    )


def _saml_client(entry: Entry[ServiceEntry], value: SamlServiceEntry, files: MetadataFiles) -> SamlClient | None:
    metadata = files.sp(entry, value)
    if metadata is None:
        return None
    return SamlClient(
        metadata=metadata,
        name_id=NameIdFormat(value.name_id),
        require_signed_requests=value.require_signed_requests,
        sign_response=value.sign.response,
        sign_assertion=value.sign.assertion,
        encrypt=Encrypt(value.encrypt_assertion),
        allow_cbc=value.allow_cbc,
    )


def _oidc_client(entry: Entry[ServiceEntry], value: OidcServiceEntry, files: MetadataFiles) -> OidcClient | None:
    jwks = None if value.jwks is None else read_jwks(entry, value.jwks, files.directory, files.problems)
    if value.jwks is not None and jwks is None:
        return None
    if value.jwks_uri is not None:
        jwks = published_jwks(files.directory, value.id, value.jwks_uri)
    signs_userinfo = value.userinfo_signed_response_alg
    return OidcClient(
        client_id=value.client_id or value.id,
        redirect_uris=tuple(value.redirect_uris),
        authentication=frozenset(ClientAuthentication(method) for method in value.token_endpoint_auth_methods),
        native=value.application_type == "native",
        post_logout_redirect_uris=tuple(value.post_logout_redirect_uris),
        frontchannel_logout_uri=value.frontchannel_logout_uri,
        backchannel_logout_uri=value.backchannel_logout_uri,
        secret_hashes=tuple(one.removeprefix("sha256:") for one in value.client_secret_hashes),
        jwks=jwks,
        jwks_uri=value.jwks_uri,
        dpop_bound=value.dpop_bound_access_tokens
        or (value.profile is not None and not value.tls_client_certificate_bound_access_tokens),
        certificate_bound=value.tls_client_certificate_bound_access_tokens,
        certificate_name=_certificate_name(value),
        dpop_nonce=value.require_dpop_nonce,
        require_signed=value.require_signed_request_object,
        profile=Profile(value.profile) if value.profile else None,
        require_pushed=value.require_pushed_authorization_requests or value.profile is not None,
        id_token_algorithm=SigningAlgorithm(value.id_token_signed_response_alg),
        userinfo_algorithm=SigningAlgorithm(signs_userinfo) if signs_userinfo else None,
        claim_names=tuple(value.claim_names.items()),
    )


def _certificate_name(value: OidcServiceEntry) -> CertificateName | None:
    names = {field: getattr(value, field.value) for field in CertificateField}
    return next((CertificateName(field, str(name)) for field, name in names.items() if name is not None), None)


def _attribute_set(version: int, asked: Mapping[Attribute, AskEntry]) -> AttributeSet:
    return AttributeSet(
        version,
        {attribute: one.purpose for attribute, one in asked.items()},
        roles={attribute: frozenset(one.roles) for attribute, one in asked.items() if one.roles},
        reductions={attribute: one.reduction for attribute, one in asked.items() if one.reduction},
    )


def _school(entry: Entry[SchoolEntry], files: MetadataFiles, sso: SsoSettings) -> School | None:
    value = entry.value
    api = None
    if value.eduid.attribute_api is not None:
        api = _attribute_api(value.eduid.attribute_api, entry, files)
        if api is None:
            return None
    administrations = tuple(_administrations(entry, files))
    return School(
        brin=value.brin,
        names=value.names,
        sector=value.sector,
        board=value.board,
        place=value.place,
        domains=tuple(value.domains),
        digi_delivery_id=value.digi_delivery_id,
        denies={ServiceId(service): frozenset(attributes) for service, attributes in value.deny.items()},
        sso=_sso(value.sso, sso),
        administrations=administrations,
        oin=value.oin,
        nicknames=tuple(value.nicknames),
        postcode=value.postcode,
        helpdesk=value.helpdesk,
        at_eduid=SchoolAtEduid(value.eduid.requester_id, api),
    )


def _administrations(entry: Entry[SchoolEntry], files: MetadataFiles) -> Iterator[Administration]:
    for index, one in enumerate(entry.value.administrations):
        place = ("administrations", index, "jwks")
        jwks = None if one.jwks is None else read_jwks(entry, one.jwks, files.directory, files.problems, place)
        names = {
            CertificateField.SUBJECT_DN: one.tls_client_auth_subject_dn,
            CertificateField.SAN_DNS: one.tls_client_auth_san_dns,
        }
        name = next((CertificateName(field, name) for field, name in names.items() if name is not None), None)
        if jwks is not None or name is not None:
            yield Administration(one.id, entry.value.brin, one.idp, jwks, name)


def _sso(own: SchoolSsoEntry, general: SsoSettings) -> SsoRules:
    """The school's own wishes; an idle time beyond the absolute one comes down to that."""
    absolute = own.absolute or general.absolute
    return SsoRules(
        enabled=general.enabled if own.enabled is None else own.enabled,
        idle=min(own.idle or general.idle, absolute),
        absolute=absolute,
        shared=min(general.shared, absolute),
    )


def _attribute_api(value: AttributeApiEntry, entry: Entry[SchoolEntry], files: MetadataFiles) -> AttributeApi | None:
    password = _secret(value.password, "password", entry.place("eduid", "attribute_api", "password"), files)
    if password is None:
        return None
    sign = (value.adult.field, value.adult.value) if value.adult else None
    return AttributeApi(value.base_url, value.user, password, sign)


def _agreement(value: AgreementEntry) -> Agreement:
    return Agreement(
        service=ServiceId(value.service),
        attribute_set=value.attribute_set,
        valid_from=value.valid_from,
        valid_until=value.valid_until,
        reference=value.reference,
        schools=frozenset(value.schools),
        boards=frozenset(value.boards),
        fallback=value.fallback,
        offline_access=value.offline_access,
        branches=frozenset(value.branches),
        groups=frozenset(group.casefold() for group in value.groups),
        suspended=value.suspended,
        reductions=value.reduce,
        namesakes=value.namesakes,
        user_held=value.user_held,
        links=frozenset(value.links),
    )

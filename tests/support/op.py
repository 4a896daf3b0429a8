"""The OpenID provider over a real pipeline and real pages, with a school that says what the test wants."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from werkzeug.test import TestResponse

from gateway.attributes.values import RawAttributes
from gateway.domain.attribute import Attribute
from gateway.domain.key_ring import Ring
from gateway.domain.language import Language
from gateway.domain.protocol import Protocol
from gateway.federation.assurance import Level
from gateway.federation.models import Agreement, IdentityProvider, IdpId, School, Service, ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.consenting import Consenting
from gateway.login.contracts import TowardsIdentityProviders
from gateway.login.dispatch import Dispatcher
from gateway.login.errands import AllErrands
from gateway.login.kept import KeptLogins
from gateway.login.messages import Authentication, AuthenticationRequest
from gateway.login.sso.leaving import Leaving
from gateway.login.sso.logout import Logouts
from gateway.login.steps import Redirect
from gateway.login.transactions import Transactions
from gateway.oidc.op.assembly import OpenIdProvider
from gateway.oidc.op.certificates import ClientCertificates
from gateway.pages import consent, link_schools, linking, mine
from gateway.reports.words import attribute_name
from gateway.settings.private_keys import TokenKey
from gateway.storage.sealed_store import SealedStore
from gateway.storage.sqlite_store import SqliteStore
from tests.support.held import HeldClock, SeededRandomness
from tests.support.held_own_releases import HeldOwnReleases
from tests.support.jose import CLIENT, ISSUER
from tests.support.op_client import PASSWORD, ClientSide, relying_party
from tests.support.paged import Pages
from tests.support.releasing import KEY, SCHOOL, SENT, TODAY, World
from tests.support.signing_keys import elliptic_key, signing_key
from tests.support.signing_on import HeldCookie, HeldHttp, HeldOutbox, registry, signing_on
from tests.support.small_federation import identity_provider


@dataclass
class Schools:
    """Sends the browser to the school; the test answers."""

    asked: list[tuple[IdpId, AuthenticationRequest]] = field(default_factory=list)

    def authenticate(self, idp: IdentityProvider, request: AuthenticationRequest) -> Redirect:
        self.asked.append((idp.id, request))
        return Redirect(f"https://{idp.id}.example/sso")


@dataclass
class Op(ClientSide):
    """The provider, and a client that talks to it."""

    world: World
    directory: Path
    services: tuple[Service, ...] = ()
    clock: HeldClock = field(default_factory=HeldClock)
    offline_access: bool = False
    sent: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(SENT))
    more_idps: tuple[IdentityProvider, ...] = ()
    more_schools: tuple[School, ...] = ()
    levels: tuple[Level, ...] = ()
    schools: Schools = field(default_factory=Schools)
    app: Flask = field(init=False)
    dispatcher: Dispatcher = field(init=False)
    provider: OpenIdProvider = field(init=False)
    store: SealedStore = field(init=False)
    browser: str = "this browser"
    cookie: HeldCookie = field(default_factory=HeldCookie)
    http: HeldHttp = field(default_factory=HeldHttp)
    outbox: HeldOutbox = field(default_factory=HeldOutbox)
    certificates: ClientCertificates | None = None
    admit: Callable[[ServiceId], None] = lambda _service: None
    certificate: str | None = None
    """What the proxy says of the client's certificate, at every request of the client from now on."""

    def __post_init__(self) -> None:
        store = SqliteStore(self.directory / "short-lived.sqlite", clock=self.clock)
        self.store = SealedStore(store, keys=(KEY,), lookup=KEY, randomness=SeededRandomness("sealing"))
        self.randomness = SeededRandomness("op")
        self.load()

    def federation(self) -> Federation:
        return Federation.of(
            schools=(SCHOOL, *self.more_schools),
            identity_providers=(self.world.idp, *self.more_idps),
            services=(self.world.service, *self.services),
            agreements=self.world.agreements,
            levels=self.levels,
        )

    def load(self) -> None:
        """As after a start with a new configuration: the same store, the same records."""
        federation = self.federation()
        releases = self.world.pipeline(federation)
        kept = KeptLogins(store=self.store, federation=federation, releases=releases, clock=self.clock)
        self.provider = OpenIdProvider.of(
            issuer=ISSUER,
            federation=federation,
            rings={
                "RS256": Ring(TokenKey("r1", "RS256", signing_key("op").private_key), next=(), previous=()),
                "ES256": Ring(TokenKey("e1", "ES256", elliptic_key("op")), next=(), previous=()),
                "ES384": Ring(TokenKey("e3", "ES384", elliptic_key("op", ec.SECP384R1)), next=(), previous=()),
            },
            store=self.store,
            kept=kept,
            clock=self.clock,
            randomness=self.randomness,
            access=timedelta(minutes=5),
            refresh=timedelta(hours=8),
            skew=timedelta(seconds=60),
            languages=(Language.NL, Language.EN),
            certificates=self.certificates,
        )
        self.logouts = Logouts(
            federation=federation,
            registry=registry(self.store, self.randomness),
            leaving=Leaving(store=self.store, randomness=self.randomness),
            services={Protocol.OIDC: self.provider.sessions(self.http, self.outbox)},
            identity_providers={},
            cookie=self.cookie,
            clock=self.clock,
            randomness=self.randomness,
            metrics=self.world.metrics,
        )
        asks: dict[Protocol, TowardsIdentityProviders] = {Protocol.SAML: self.schools}
        transactions = Transactions(store=self.store, clock=self.clock, randomness=self.randomness, seconds=900)
        self.errands = AllErrands(
            federation=federation,
            transactions=transactions,
            identity_providers=asks,
            releases=releases,
            links=self.world.links,
            consents=self.world.consents,
            own=HeldOwnReleases(self.world.records),  # type: ignore[arg-type]
            store=self.store,
            registry=self.logouts.registry,
            clock=self.clock,
            randomness=self.randomness,
            seconds=900,
        )
        self.consenting = Consenting(
            federation=federation,
            releases=releases,
            store=self.store,
            registry=self.logouts.registry,
            clock=self.clock,
            randomness=self.randomness,
            seconds=900,
        )
        self.dispatcher = Dispatcher(
            consenting=self.consenting,
            federation=federation,
            transactions=transactions,
            identity_providers=asks,
            errands=self.errands,
            services={Protocol.OIDC: self.provider.role},
            releases=releases,
            kept=kept,
            clock=self.clock,
            randomness=self.randomness,
            metrics=self.world.metrics,
            **signing_on(
                store=self.store,
                federation=federation,
                clock=self.clock,
                randomness=self.randomness,
                cookie=self.cookie,
                braked=False,
                metrics=self.world.metrics,
            ),
        )
        pages = Pages(self.clock)
        front = replace(pages.front, browser=lambda: self.browser)
        for blueprint in (
            *self.provider.blueprints(
                admit=self.admit,
                dispatcher=self.dispatcher,
                logouts=self.logouts,
                respond=front.respond,
                browser=front.browser,
            ),
            consent.blueprint(front, consenting=self.consenting, dispatcher=self.dispatcher, name_of=attribute_name),
            mine.blueprint(front, mine=self.errands.mine, name_of=attribute_name),
            link_schools.blueprint(front, linking=self.errands.linking),
            linking.blueprint(front, linking=self.errands.linking, dispatcher=self.dispatcher),
        ):
            pages.app.register_blueprint(blueprint)
        self.app, self.respond = pages.app, pages.respond

    def finish(self, **facts: Any) -> TestResponse:
        """The school answers the last request."""
        idp, request = self.schools.asked[-1]
        said = {"context": PASSWORD, "instant": self.clock.now(), **facts}
        authentication = Authentication(idp, RawAttributes(tuple(self.sent.items())), **said)
        with self.app.test_request_context():
            return self.respond(
                self.dispatcher.finish(self.dispatcher.expect(request.attempt, self.browser), authentication)
            )  # type: ignore[return-value]


def op(directory: Path, *, purposes: dict[Attribute, str] | None = None, **changes: Any) -> Op:
    """A provider with one client, one school and an agreement between them; changes are made to the client."""
    of_op = {name: changes.pop(name) for name in list(changes) if name in Op.__dataclass_fields__}
    agreement = Agreement(
        ServiceId(CLIENT), 1, TODAY, None, "A-1", schools=frozenset({SCHOOL.brin}),
        offline_access=of_op.get("offline_access", False),
    )  # fmt: skip
    entry = relying_party(purposes=purposes, **changes)
    world = World(entry, identity_provider(IdpId("po"), SCHOOL), (agreement,))
    return Op(world, directory, **of_op)

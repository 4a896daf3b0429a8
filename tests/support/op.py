"""The OpenID provider over a real pipeline and real pages, with a school that says what the test wants.

The client's side is written by hand and shares no code with the provider.
"""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from lxml import html
from werkzeug.test import TestResponse

from gateway.attributes.values import RawAttributes
from gateway.domain.attribute import Attribute
from gateway.domain.key_ring import Ring
from gateway.domain.language import Language
from gateway.domain.protocol import Protocol
from gateway.domain.purpose import Purpose
from gateway.domain.sector import Sector
from gateway.federation.assurance import Level
from gateway.federation.clients import ClientAuthentication, OidcClient
from gateway.federation.models import Agreement, AttributeSet, IdentityProvider, IdpId, School, Service, ServiceId
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
from gateway.web.proxies import CLIENT_CERTIFICATE
from tests.support.held import HeldClock, SeededRandomness
from tests.support.held_own_releases import HeldOwnReleases
from tests.support.jose import CLIENT, ISSUER, verified
from tests.support.paged import Pages
from tests.support.releasing import KEY, SCHOOL, SENT, TODAY, World
from tests.support.signing_keys import elliptic_key, signing_key
from tests.support.signing_on import HeldCookie, HeldHttp, HeldOutbox, registry, signing_on
from tests.support.small_federation import identity_provider, service

CALLBACK = "https://klas.example/callback"
AFTER_LOGOUT = "https://klas.example/bye"
SECRET = "a secret of 256 bits, as add-oidc makes them"
VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ASKED: dict[str, str | None] = {
    "response_type": "code",
    "client_id": CLIENT,
    "redirect_uri": CALLBACK,
    "scope": "openid profile eck school groups",
    "state": "the state",
    "nonce": "the nonce",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
PURPOSES = {
    Attribute.ECK_ID: Purpose.ACCESS,
    Attribute.GIVEN_NAME: Purpose.GREETING,
    Attribute.SURNAME: Purpose.CLASS_LIST,
    Attribute.ROLE: Purpose.ACCESS,
    Attribute.SCHOOL: Purpose.ACCESS,
    Attribute.GROUP: Purpose.PROGRESS_PER_GROUP,
}


def client(**changes: Any) -> OidcClient:
    made = OidcClient(
        client_id=CLIENT,
        redirect_uris=(CALLBACK, "https://klas.example/other?tenant=1"),
        authentication=frozenset({ClientAuthentication.CLIENT_SECRET_BASIC}),
        post_logout_redirect_uris=(AFTER_LOGOUT,),
        secret_hashes=(sha256(SECRET.encode()).hexdigest(),),
    )
    return replace(made, **changes)


def relying_party(name: str = CLIENT, *, purposes: dict[Attribute, str] | None = None, **changes: Any) -> Service:
    """A service that speaks OpenID Connect; changes are made to its client."""
    return replace(
        service(ServiceId(name), Sector.PO),
        client=client(**{"client_id": name, **changes}),
        dialect="oidc",
        attribute_sets={1: AttributeSet(1, PURPOSES if purposes is None else purposes)},
    )


@dataclass
class Schools:
    """Sends the browser to the school; the test answers."""

    asked: list[tuple[IdpId, AuthenticationRequest]] = field(default_factory=list)

    def authenticate(self, idp: IdentityProvider, request: AuthenticationRequest) -> Redirect:
        self.asked.append((idp.id, request))
        return Redirect(f"https://{idp.id}.example/sso")


@dataclass
class Op:
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
        self.errands = AllErrands.of(
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

    # The browser's side.

    def authorize(self, method: str = "GET", query: str | None = None, **changes: str | None) -> TestResponse:
        """An authorization request; None leaves a parameter out."""
        text = urlencode({name: value for name, value in {**ASKED, **changes}.items() if value is not None})
        if method == "POST":
            form = "application/x-www-form-urlencoded"
            return self.app.test_client().post(
                "/oidc/authorize", data=text if query is None else query, content_type=form
            )
        return self.app.test_client().get(f"/oidc/authorize?{text if query is None else query}")

    def finish(self, **facts: Any) -> TestResponse:
        """The school answers the last request."""
        idp, request = self.schools.asked[-1]
        said = {"context": PASSWORD, "instant": self.clock.now(), **facts}
        authentication = Authentication(idp, RawAttributes(tuple(self.sent.items())), **said)
        with self.app.test_request_context():
            return self.respond(
                self.dispatcher.finish(self.dispatcher.expect(request.attempt, self.browser), authentication)
            )  # type: ignore[return-value]

    def log_in(self, **changes: str | None) -> dict[str, str]:
        """What comes back at the redirect URI after a login at the school."""
        self.cookie.drop()
        asked = self.authorize(**changes)
        assert asked.status_code == 303, (asked.status_code, asked.headers.get("Location"))
        assert "klas.example" not in asked.headers["Location"], asked.headers["Location"]
        return back(self.finish())

    # The client's side.

    def post(self, path: str, headers: dict[str, str] | None = None, **form: str | None) -> TestResponse:
        sent = {name: value for name, value in form.items() if value is not None}
        return self.app.test_client().post(path, data=sent, headers=headers or {}, environ_overrides=self._around())

    def _around(self) -> dict[str, str]:
        return {} if self.certificate is None else {CLIENT_CERTIFICATE: self.certificate}

    def push(self, headers: dict[str, str] | None = None, **changes: str | None) -> TestResponse:
        """A pushed authorization request with client_secret_basic, unless it has other headers."""
        return self.post("/oidc/par", basic() if headers is None else headers, **{**ASKED, **changes})

    def bring(self, request_uri: str, **changes: str | None) -> TestResponse:
        """The browser comes with what the client pushed, and nothing else but `changes`."""
        asked = {"client_id": CLIENT, "request_uri": request_uri, **changes}
        return self.authorize(query=urlencode({name: value for name, value in asked.items() if value is not None}))

    def exchange(self, code: str, headers: dict[str, str] | None = None, **changes: str | None) -> TestResponse:
        """A token request with client_secret_basic, unless it has other headers."""
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            **changes,
        }
        return self.post("/oidc/token", basic() if headers is None else headers, **form)

    def tokens(self, **changes: str | None) -> dict[str, Any]:
        """All that a login ends in."""
        answer = self.exchange(self.log_in(**changes)["code"])
        assert answer.status_code == 200, answer.json
        return dict(answer.json or {})

    def refresh(self, token: str, headers: dict[str, str] | None = None, **changes: str) -> TestResponse:
        form = {"grant_type": "refresh_token", "refresh_token": token, **changes}
        return self.post("/oidc/token", basic() if headers is None else headers, **form)

    def userinfo(
        self, token: str, method: str = "GET", *, scheme: str = "Bearer", more: dict[str, str] | None = None
    ) -> TestResponse:
        headers = {"Authorization": f"{scheme} {token}", **(more or {})}
        return self.app.test_client().open(
            "/oidc/userinfo", method=method, headers=headers, environ_overrides=self._around()
        )

    def jwks(self) -> dict[str, Any]:
        return dict(self.app.test_client().get("/oidc/jwks").json or {})

    def id_token(self, tokens: dict[str, Any]) -> dict[str, Any]:
        """The claims of the ID token, verified."""
        return verified(tokens["id_token"], self.jwks())


def basic(secret: str = SECRET, name: str = CLIENT) -> dict[str, str]:
    both = f"{quote_plus(name)}:{quote_plus(secret)}"
    return {"Authorization": f"Basic {b64encode(both.encode()).decode()}"}


def back(answer: TestResponse) -> dict[str, str]:
    """The parameters of a redirect, or the fields of a form, to the client."""
    if answer.status_code == 303:
        parts = urlsplit(answer.headers["Location"])
        assert parts.hostname == "klas.example", answer.headers["Location"]
        values = parse_qs(parts.query, keep_blank_values=True)
        assert all(len(one) == 1 for one in values.values())
        return {name: one for name, [one] in values.items()}
    assert answer.status_code == 200, answer.get_data(as_text=True)
    [form] = html.fromstring(answer.get_data(as_text=True)).forms
    assert form.action == CALLBACK
    return dict(form.form_values())


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

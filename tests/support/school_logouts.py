"""A person who logged in with an OpenID provider in the test's hand, and the gateway's endpoints for logouts of it."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from lxml import html
from werkzeug.test import TestResponse

from gateway.domain.protocol import Protocol
from gateway.federation.snapshot import Federation
from gateway.login.messages import UpstreamSession
from gateway.login.sso.leaving import Leaving
from gateway.login.sso.logout import Logouts, PersonAsked
from gateway.login.sso.registry import Visit
from gateway.observability.metrics import Metrics
from gateway.oidc.rp import logout_endpoint
from gateway.oidc.rp.logout_endpoint import SchoolLogouts
from gateway.oidc.rp.logout_token import EVENT
from gateway.pages import logout
from gateway.storage.sqlite_store import SqliteStore
from tests.support.held import HeldClock, SeededRandomness
from tests.support.held_provider import CLIENT, ISSUER, PO_IDP, HeldProvider, Sitting
from tests.support.paged import Pages
from tests.support.signing_on import HeldCookie, registry
from tests.support.small_federation import REGENBOOG

BACKCHANNEL = "/oidc/backchannel-logout"


@dataclass
class LoggedInThere:
    """`visit` is of Fenna in this browser, in the provider's session s1."""

    directory: Path
    browser: str = "this browser"
    sent: dict[str, list[str]] = field(default_factory=dict)
    to: str = ""
    _number: int = 0

    def __post_init__(self) -> None:
        sitting = Sitting()
        self.provider: HeldProvider = sitting.provider
        self.clock: HeldClock = sitting.provider.clock
        store = SqliteStore(self.directory / "short-lived.sqlite", clock=self.clock)
        randomness = SeededRandomness()
        self.registry = registry(store, randomness)
        self.metrics = Metrics()
        federation = Federation.of(schools=(REGENBOOG,), identity_providers=(sitting.idp,), services=(), agreements=())
        self.logouts = Logouts(
            federation=federation,
            registry=self.registry,
            leaving=Leaving(store=store, randomness=randomness),
            services={},
            identity_providers={Protocol.OIDC: sitting.role.ends},
            cookie=HeldCookie(),
            clock=self.clock,
            randomness=randomness,
            metrics=self.metrics,
        )
        self.pages = Pages(self.clock)
        self.app: Flask = self.pages.app
        self.app.register_blueprint(
            logout_endpoint.blueprint(
                school_logouts=SchoolLogouts(
                    federation, sitting.role.providers, self.logouts, store, self.clock, timedelta(seconds=60)
                ),
                respond=self.pages.respond,
                browser=lambda: self.browser,
            )
        )
        self.app.register_blueprint(
            logout.blueprint(
                logouts=self.logouts,
                store=store,
                randomness=randomness,
                choices=self.pages.choices,
                respond=self.pages.respond,
                browser=lambda: self.browser,
            )
        )
        self.visit = self.open("this browser", "fenna-sub", "s1")

    def open(self, browser: str, subject: str, session: str | None) -> Visit:
        upstream = UpstreamSession(subject, index=session)
        opened, _ = self.registry.open(Visit("", browser, PO_IDP, subject, upstream, shared=False))
        return opened

    def ended(self, visit: Visit) -> bool:
        return self.registry.has_ended(visit.id)

    def token(self, **changes: Any) -> str:
        """A logout token of the provider's; None leaves a claim out."""
        now, self._number = int(self.clock.now().timestamp()), self._number + 1
        claims = {
            "iss": ISSUER,
            "aud": CLIENT,
            "sub": "fenna-sub",
            "iat": now,
            "exp": now + 120,
            "jti": f"{self._number}",
            "events": {EVENT: {}},
            **changes,
        }
        return self.provider.signed({name: value for name, value in claims.items() if value is not None})

    def post(self, token: str) -> TestResponse:
        return self.app.test_client().post(BACKCHANNEL, data={"logout_token": token})

    def told(self, **changes: Any) -> TestResponse:
        return self.post(self.token(**changes))

    def log_out(self) -> str:
        """The page after the person said yes at the gateway."""
        with self.app.test_request_context():
            step = self.logouts.begin(self.registry.of_browser(self.browser), PersonAsked, self.browser)
            return self.pages.respond(step).get_data(as_text=True)

    def sent_to_the_school(self) -> str:
        """The state with which the browser is sent to the provider's end-session endpoint."""
        self.provider.document["end_session_endpoint"] = f"{ISSUER}/end?tenant=1"
        [form] = html.fromstring(self.log_out()).xpath("//form[@id='leave']")
        self.to = form.get("data-to")
        self.sent = parse_qs(urlsplit(self.to).query)
        return self.sent["state"][0]

"""The way of a login, with the protocols and the decision played by stand-ins."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.attributes.canonical import Reading
from gateway.attributes.values import Attributes, RawAttributes
from gateway.domain.attribute import Attribute
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.protocol import Protocol
from gateway.federation.models import IdentityProvider, IdpId, Service, ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.contracts import AuthenticationFacts
from gateway.login.dispatch import Dispatcher
from gateway.login.hints import Hints
from gateway.login.messages import Authentication, AuthenticationRequest, LoginRequest
from gateway.login.steps import PostForm, Redirect
from gateway.login.transactions import Transactions
from gateway.observability import reference
from gateway.observability.metrics import Metrics
from gateway.storage.sqlite_store import SqliteStore
from tests.support.held import HeldClock, SeededRandomness
from tests.support.signing_on import HeldCookie, signing_on
from tests.support.small_federation import LEESPLEIN, PO_IDP, REGENBOOG, small_federation

BROWSER = "browser-one"
READING = Reading(Attributes(), "fenna", frozenset(), (), 0)


@dataclass
class IdentityProviders:
    asked: list[tuple[IdpId, AuthenticationRequest]] = field(default_factory=list)

    def authenticate(self, idp: IdentityProvider, request: AuthenticationRequest) -> Redirect:
        self.asked.append((idp.id, request))
        return Redirect(f"{idp.saml.single_sign_on[0].location}?RelayState={request.attempt}")


@dataclass
class Services:
    keeps_for: int = 0
    answered: list[tuple[ServiceId, str]] = field(default_factory=list)
    refused: list[ErrorCode] = field(default_factory=list)
    told: list[AuthenticationFacts] = field(default_factory=list)

    def answer(self, service: Service, reply: str, released: Any, facts: Any) -> PostForm:
        self.answered.append((service.id, reply))
        self.told.append(facts)
        return PostForm(service.saml.metadata.default_consumer.location, (("SAMLResponse", "signed"),))

    def name_in_logout(self, service: Service, reply: str, released: Any, facts: Any) -> str:
        return "known here as"

    def refuse(self, service: Service, reply: str, error: SluisError) -> PostForm:
        self.refused.append(error.code)
        return PostForm(service.saml.metadata.default_consumer.location, (("SAMLResponse", f"no: {error.kind.peer}"),))


class Decides:
    """Releases for everyone, unless told to refuse."""

    def __init__(self) -> None:
        self.refusal: SluisError | None = None
        self.values: dict[Attribute, tuple[str, ...]] = {}
        self.links = SimpleNamespace(seen=lambda *_, **__: None, told=lambda _: None)

    def read(self, raw: RawAttributes, idp: IdentityProvider, *, now: datetime) -> Reading:
        return READING

    def release(self, **asked: Any) -> Any:
        assert asked["reading"].account == READING.account
        if self.refusal is not None:
            raise self.refusal
        return SimpleNamespace(
            school=REGENBOOG,
            released=SimpleNamespace(subject=SimpleNamespace(kind="eck_id"), values=self.values),
            eck_id=None,
        )


@dataclass
class Login:
    dispatcher: Dispatcher
    identity_providers: IdentityProviders
    services: Services
    releases: Decides
    clock: HeldClock

    def attempt(self) -> str:
        return self.identity_providers.asked[-1][1].attempt

    def authentication(self, idp: IdpId = PO_IDP) -> Authentication:
        return Authentication(idp, RawAttributes(()), "password", self.clock.now())


def played_login(
    directory: Path,
    clock: HeldClock,
    randomness: SeededRandomness,
    *,
    hints: Callable[[Federation], Hints] | None = None,
    federation: Federation | None = None,
) -> Login:
    """A login of the small federation; `hints` come from its browser."""
    reference.bind("0123456789")
    identity_providers, services, releases = IdentityProviders(), Services(), Decides()
    store = SqliteStore(directory / "short-lived.sqlite", clock=clock)
    metrics, federation = Metrics(), federation or small_federation()
    dispatcher = Dispatcher(
        federation=federation,
        transactions=Transactions(store=store, clock=clock, randomness=randomness, seconds=900),
        identity_providers={Protocol.SAML: identity_providers},
        consenting=SimpleNamespace(),  # type: ignore[arg-type]
        errands=SimpleNamespace(finish=lambda *_: pytest.fail("this login is for a service")),  # type: ignore[arg-type]
        services={Protocol.SAML: services},
        releases=releases,  # type: ignore[arg-type]
        kept=SimpleNamespace(keep=lambda *_, **__: pytest.fail("nothing is kept for a service that fetches nothing")),  # type: ignore[arg-type]
        clock=clock,
        randomness=randomness,
        metrics=metrics,
        hints=hints(federation) if hints else None,
        **signing_on(
            store=store,
            federation=federation,
            clock=clock,
            randomness=randomness,
            cookie=HeldCookie(),
            metrics=metrics,
        ),
    )
    return Login(dispatcher, identity_providers, services, releases, clock)


def request(**changes: Any) -> LoginRequest:
    return LoginRequest(**{"service": LEESPLEIN, "reply": "to-leesplein", **changes})


def code_of(go: Callable[[], object]) -> ErrorCode:
    with pytest.raises(SluisError) as caught:
        go()
    return caught.value.code

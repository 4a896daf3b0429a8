"""Ends the sessions of services that speak SAML, and answers those that asked for a logout."""

from collections.abc import Sequence

from gateway.domain.clock import Clock
from gateway.domain.http import Http, HttpFailed
from gateway.domain.randomness import Randomness
from gateway.federation.models import Service
from gateway.login.sso.registry import Given
from gateway.login.steps import PostForm, Redirect
from gateway.saml import name_id
from gateway.saml.idp.given import GivenName
from gateway.saml.logout.messages import COMPLETE, PARTIAL, Named, Sender, by_browser, by_soap
from gateway.saml.logout.reply import Reply
from gateway.saml.logout.soap import SOAP_HEADERS, enveloped, succeeded


class SamlServiceSessions:
    """Fulfils EndsServiceSessions."""

    def __init__(self, *, sender: Sender, http: Http, clock: Clock, randomness: Randomness) -> None:
        self._sender = sender
        self._http = http
        self._clock = clock
        self._randomness = randomness

    def can_tell(self, service: Service) -> bool:
        return by_soap(service.saml.metadata.single_logout) is not None

    def tell(self, service: Service, given: Sequence[Given]) -> bool:
        """One LogoutRequest by SOAP for each name that it knows the person by."""
        endpoint = by_soap(service.saml.metadata.single_logout)
        assert endpoint is not None
        told = []
        for logins in _by_name(given):
            request = f"_{self._randomness.token()}"
            message = self._request(service, logins, request, endpoint.location)
            answer = self._http.send(
                endpoint.location, headers=SOAP_HEADERS, body=enveloped(self._sender.signed(message))
            )
            if answer.status != 200:
                raise HttpFailed(f"status {answer.status}")
            told.append(succeeded(answer.body, request, service.saml.metadata, self._clock.now()))
        return all(told)

    def can_send(self, service: Service) -> bool:
        return by_browser(service.saml.metadata.single_logout) is not None

    def send(self, service: Service, given: Sequence[Given], request: str) -> Redirect | PostForm:
        endpoint = by_browser(service.saml.metadata.single_logout)
        assert endpoint is not None
        # A browser has one session at a service: its latest name is the one that counts there.
        message = self._request(service, _by_name(given)[-1], f"_{request}", endpoint.location)
        return self._sender.by_browser(endpoint.binding, endpoint.location, "SAMLRequest", message, None)

    def frames(self, service: Service, given: Sequence[Given]) -> tuple[str, ...]:  # noqa: ARG002
        """None: a logout of SAML has an answer."""
        return ()

    def revoke(self, given: Given) -> None:
        """Nothing: an assertion is not asked about again."""

    def reply(self, service: Service, reply: str, *, complete: bool) -> Redirect | PostForm | None:
        to = Reply.load(reply)
        endpoint = to.endpoint(service.saml.metadata.single_logout)
        if endpoint is None:
            return None
        status = COMPLETE if complete else PARTIAL
        location = endpoint.response_location
        message = self._sender.response(f"_{self._randomness.token()}", location, to.request, status, self._clock.now())
        return self._sender.by_browser(endpoint.binding, location, "SAMLResponse", message, to.relay_state)

    def _request(self, service: Service, given: Sequence[Given], request: str, destination: str) -> bytes:
        name = GivenName.load(given[0].name)
        named = Named(
            name.value,
            format=name_id.URIS[name.format],
            name_qualifier=self._sender.entity_id,
            sp_name_qualifier=service.saml.metadata.entity_id,
        )
        indexes = [f"_{one.session}" for one in given]
        return self._sender.request(request, destination, named, indexes, self._clock.now())


def _by_name(given: Sequence[Given]) -> list[list[Given]]:
    names: dict[str, list[Given]] = {}
    for one in given:
        names.setdefault(one.name, []).append(one)
    return list(names.values())

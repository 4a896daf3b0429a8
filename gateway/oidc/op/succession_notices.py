"""Tells a service that a learner's identifier changed: a security event token (RFC 8417), pushed (RFC 8935)."""

import json
from dataclasses import dataclass

import structlog

from gateway.domain.clock import Clock
from gateway.domain.http import Http
from gateway.domain.protocol import Protocol
from gateway.domain.randomness import Randomness
from gateway.federation.models import Service
from gateway.observability.metrics import Metrics
from gateway.oidc.op.redelivery import DELAYS
from gateway.oidc.op.signing import Signer
from gateway.storage.known_as import KnownAsStore
from gateway.storage.outbox import Letter

log = structlog.get_logger("sluis")

EVENT = "urn:sluis:event:identifier-succession"
DAY = 86_400
LAST = 30 * DAY
"""Seconds after the change at which a service that does not answer is given up."""


@dataclass(frozen=True, slots=True)
class SuccessionCourier:
    """Fulfils Courier."""

    issuer: str
    signer: Signer
    http: Http
    known: KnownAsStore
    metrics: Metrics
    clock: Clock
    randomness: Randomness

    def can_tell(self, service: Service) -> bool:
        return service.succession is not None and service.succession.notices is not None

    def deliver(self, service: Service, letter: Letter) -> bool:
        """Push a token; 202 says that the service has it (RFC 8935 2.2)."""
        address = service.succession.notices if service.succession else None
        headers = {"Content-Type": "application/secevent+jwt", "Accept": "application/json"}
        answer = self.http.send(address or "", headers=headers, body=self.token(service, letter).encode())
        if answer.status != 202:
            log.warning(
                "succession_not_told", service=service.id, cause=f"status {answer.status}", count=letter.tries + 1
            )
        return answer.status == 202

    def token(self, service: Service, letter: Letter) -> str:
        """The token: `jti` is the letter's, so that one that comes twice is known; `toe` is when the change was."""
        said = json.loads(letter.content)
        event = {
            "former": {"kind": said["former_kind"], "id": said["former"]},
            "current": {"kind": "eck_id", "id": said["identifier"]},
        }
        claims = {
            "iss": self.issuer,
            "aud": service.oidc.client_id if service.protocol is Protocol.OIDC else service.saml.metadata.entity_id,
            "iat": int(self.clock.now().timestamp()),
            "toe": said["at"],
            "jti": letter.id,
            "events": {EVENT: event},
        }
        if said["pairwise"] is not None:
            claims["sub_id"] = {"format": "opaque", "id": said["pairwise"]}
        wanted = service.oidc.id_token_algorithm if service.protocol is Protocol.OIDC else self.signer.algorithms[0]
        return self.signer.sign(claims, wanted, typ="secevent+jwt")

    def next_try(self, letter: Letter) -> int | None:
        if letter.tries < len(DELAYS):
            return DELAYS[letter.tries]
        since = int(self.clock.now().timestamp()) - int(json.loads(letter.content)["at"])
        return DAY if since + DAY <= LAST else None

    def failed(self, service: Service, letter: Letter, cause: str) -> None:
        log.warning("succession_not_told", service=service.id, cause=cause, count=letter.tries + 1)

    def ended(self, service: Service, letter: Letter, *, delivered: bool) -> None:
        said = json.loads(letter.content)
        self.known.heard(service.id, said["reference"])
        if not delivered:
            log.warning("succession_given_up", service=service.id, count=letter.tries + 1)
        self.metrics.succession(service=service.id, outcome="delivered" if delivered else "given_up")

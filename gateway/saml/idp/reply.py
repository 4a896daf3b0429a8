"""Where and how a service is to be answered: the note that a login keeps for this room alone."""

import json
from dataclasses import dataclass, field

from gateway.federation.clients import NameIdFormat
from gateway.federation.models import Service


@dataclass(frozen=True, slots=True)
class Reply:
    """`request` is the AuthnRequest's ID (None for an answer that was not asked for), `consumer` an ACS of metadata."""

    request: str | None
    consumer: str
    relay_state: str | None = field(repr=False)
    name_id: NameIdFormat

    def dump(self) -> str:
        """As text, for `LoginRequest.reply`."""
        fields = {
            "request": self.request,
            "consumer": self.consumer,
            "relay_state": self.relay_state,
            "name_id": self.name_id,
        }
        return json.dumps(fields, separators=(",", ":"))

    @classmethod
    def load(cls, text: str, service: Service) -> "Reply":
        """The note that `dump` wrote; an empty text stands for a login that the service did not ask for."""
        if not text:
            return cls(None, service.saml.metadata.default_consumer.location, None, service.saml.name_id)
        fields = json.loads(text)
        return cls(fields["request"], fields["consumer"], fields["relay_state"], NameIdFormat(fields["name_id"]))

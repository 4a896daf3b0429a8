"""How a SAML party that asked for a logout is answered: the note that the logout keeps for this room alone."""

import json
from dataclasses import asdict, dataclass, field

from gateway.federation.metadata.entities import Binding, LogoutEndpoint


@dataclass(frozen=True, slots=True)
class Reply:
    """The ID of the LogoutRequest, its RelayState, and the binding that it came by."""

    request: str
    relay_state: str | None = field(repr=False)
    binding: Binding

    def dump(self) -> str:
        """As text, for `Initiator.reply`."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> "Reply":
        """The note that `dump` wrote."""
        fields = json.loads(text)
        return cls(fields["request"], fields["relay_state"], Binding(fields["binding"]))

    def endpoint(self, endpoints: tuple[LogoutEndpoint, ...]) -> LogoutEndpoint | None:
        """Where the answer goes: by the binding of the request if that is there, else by another for browsers."""
        fronts = [one for one in endpoints if one.binding is not Binding.SOAP]
        return next((one for one in fronts if one.binding is self.binding), fronts[0] if fronts else None)

"""A request of a client behind the browser's back, on its way through the checks."""

from dataclasses import dataclass, field

from gateway.federation.clients import ClientAuthentication, OidcClient
from gateway.federation.models import Service
from gateway.oidc.op.parameters import Parameters
from gateway.oidc.op.transport import Transport


@dataclass(slots=True, repr=False)
class Called:
    """What arrived at an endpoint for clients, and who it is from as far as is known."""

    parameters: Parameters
    transport: Transport

    method: ClientAuthentication = field(init=False)
    """check_one_method."""
    client_id: str = field(init=False)
    """check_one_method: whom the client says to be."""
    credential: str = field(default="")
    """check_one_method: its secret or its assertion."""
    service: Service = field(init=False)
    """check_client; proven from check_credential on."""

    @property
    def client(self) -> OidcClient:
        """The service as a client; check_client."""
        return self.service.oidc

"""`limits` of `gateway.yaml`: how much of what the gateway takes in a minute, all workers and replicas together."""

import ipaddress
from typing import Annotated

from pydantic import Field

from gateway.settings.fields import Id, Model, Network, Whole

_INSIDE = ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")

AMinute = Annotated[Whole, Field(ge=1, le=100_000_000)]


class Limits(Model):
    """Whoever goes over a limit is asked to come back, and loses nothing."""

    client: AMinute | None = Field(
        default=10_000,
        description="Requests a minute from one address (IPv6: one /64), and those of machines that were refused. "
        "A school of 1,500 pupils that all log in within the same minute needs 6,000; null: no limit",
    )
    unlimited: list[Network] = Field(
        default=[ipaddress.ip_network(network) for network in _INSIDE],
        description="Addresses or networks without that limit: by default those inside, of a proxy that is not in "
        "`trusted_proxies`; add those behind which many large schools are",
    )
    service: AMinute | None = Field(
        default=60_000, description="Logins a minute that begin at one service; null: no limit"
    )
    services: dict[Id, AMinute] = Field(default={}, description="The same for single services, by their ids")
    identity_provider: AMinute | None = Field(
        default=60_000, description="People a minute who are sent to one identity provider; null: no limit"
    )
    identity_providers: dict[Id, AMinute] = Field(
        default={}, description="The same for single identity providers, by their ids"
    )

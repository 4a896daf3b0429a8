"""`tracing` in `gateway.yaml`: where traces of logins go."""

from typing import Annotated

from pydantic import Field

from gateway.settings.fields import Address, FileName, Model
from gateway.settings.secrets import SecretReference

HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]


class Tracing(Model):
    """A collector of OpenTelemetry. It needs packages that `sluis[opentelemetry]` brings."""

    endpoint: Address = Field(
        description="Where it takes traces over OTLP/HTTP, whole: https://collector.example.nl:4318/v1/traces"
    )
    share: Annotated[float, Field(strict=True, gt=0, le=1)] = Field(
        default=0.01, description="Share of the logins that are traced, each of them whole: 0.01 is one in a hundred"
    )
    headers: dict[HeaderName, SecretReference] = Field(
        default={}, max_length=10, description="Headers by which it knows the gateway; their values by file or env"
    )
    authorities: FileName | None = Field(
        default=None, description="File with the certificates (PEM) of who may vouch for it; absent: the system's"
    )

"""`nummervoorziening` in `gateway.yaml`: the service that issues ECK iDs."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.settings.fields import Address, FileName, Model, Whole

ChainUri = Annotated[str, Field(pattern=r"^http://purl\.edustandaard\.nl/begrippenkader/[0-9a-f-]{36}$")]
Oin = Annotated[str, Field(pattern=r"^[0-9A-Z]{20}$")]


class NummervoorzieningEntry(Model):
    """How the gateway asks it. Which chain and sectors there are, `sluis eckid ask` shows."""

    url: Address = Field(description="Address of the service")
    certificate: FileName = Field(description="File with the gateway's certificate (PEM), of PKIoverheid")
    key: FileName = Field(description="File with its private key (PEM)")
    authorities: FileName | None = Field(
        default=None, description="File with the certificates (PEM) of who may vouch for it; absent: the system's"
    )
    chain: ChainUri = Field(description="Id of the chain")
    sectors: dict[Literal["po", "vo", "mbo", "ho"], ChainUri] = Field(
        min_length=1, description="Ids of the sectors in which ECK iDs are asked for"
    )
    login_milliseconds: Annotated[Whole, Field(ge=50, le=5000)] = Field(
        default=800, description="How long a login waits for an ECK iD, before it goes on without"
    )
    batch: Annotated[Whole, Field(ge=1, le=50_000)] = Field(
        default=5000, description="Learners in a batch at most: each batch counts for its daily limit"
    )

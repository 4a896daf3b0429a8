"""`client_certificates` in `gateway.yaml`: certificates by which clients of OpenID Connect prove who they are."""

from typing import Annotated

from pydantic import Field

from gateway.settings.fields import BaseUrl, FileName, Model

HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z](?:[A-Za-z0-9-]{0,98}[A-Za-z0-9])?$")]


class ClientCertificates(Model):
    """Mutual TLS (RFC 8705) ends at the proxy, which says whose certificate it saw."""

    header: HeaderName = Field(
        default="Client-Cert",
        description="Header with the certificate, believed from `trusted_proxies` alone: as RFC 9440 has it, base64 of "
        "DER, or PEM with percent-encoding",
    )
    authorities: FileName | None = Field(
        default=None,
        description="File with the certificates (PEM) of those who may issue clients' certificates; needed for "
        "`tls_client_auth`",
    )
    base_url: BaseUrl | None = Field(
        default=None,
        description="Address at which the proxy asks for a certificate, so that browsers elsewhere are not asked",
    )

"""The gateway's own addresses and names in SAML, all derived from its public base URL."""

from dataclasses import dataclass

METADATA_SP_PATH = "/saml/metadata/sp"
METADATA_IDP_PATH = "/saml/metadata/idp"
ASSERTION_CONSUMER_PATH = "/saml/sp/acs"
SINGLE_SIGN_ON_PATH = "/saml/idp/sso"
DISCOVERY_PATH = "/saml/idp/discovery"
IDP_LOGOUT_PATH = "/saml/idp/slo"
IDP_LOGOUT_SOAP_PATH = "/saml/idp/slo/soap"
SP_LOGOUT_PATH = "/saml/sp/slo"


@dataclass(frozen=True, slots=True)
class Addresses:
    """`base_url` is scheme, host and port, without a slash at the end.

    Each entity id is the address of its own metadata (saml-metadata 4.1, the well-known location method).
    """

    base_url: str

    @property
    def sp_entity_id(self) -> str:
        """The gateway's name towards identity providers."""
        return self.base_url + METADATA_SP_PATH

    @property
    def idp_entity_id(self) -> str:
        """The gateway's name towards services."""
        return self.base_url + METADATA_IDP_PATH

    @property
    def assertion_consumer(self) -> str:
        """Where identity providers post their responses."""
        return self.base_url + ASSERTION_CONSUMER_PATH

    @property
    def single_sign_on(self) -> str:
        """Where services send their requests."""
        return self.base_url + SINGLE_SIGN_ON_PATH

    @property
    def idp_logout(self) -> str:
        """Where services send logout messages by the browser."""
        return self.base_url + IDP_LOGOUT_PATH

    @property
    def idp_logout_soap(self) -> str:
        """Where services send logout requests by SOAP."""
        return self.base_url + IDP_LOGOUT_SOAP_PATH

    @property
    def sp_logout(self) -> str:
        """Where identity providers send logout messages by the browser."""
        return self.base_url + SP_LOGOUT_PATH

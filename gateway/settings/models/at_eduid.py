"""The entry of eduID in `schools/*.yaml`."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from gateway.settings.fields import Address, Model, Text, is_loopback
from gateway.settings.secrets import SecretReference


def _base(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" and not is_loopback(parts.hostname):
        raise ValueError("an attribute API is https; http is for loopback alone")
    if "?" in value or "#" in value or value.endswith("/"):
        raise ValueError("the base of an attribute API has no query, no fragment and no slash at the end")
    return value


class AdultSign(Model):
    """What an answer of the attribute API must hold for somebody to be of age."""

    field: Text = Field(description="Name of the field, such as `eduperson_entitlement`")
    value: Text = Field(description="The value that must be among its values")


class AttributeApiEntry(Model):
    """The school's own attribute API: `GET {base_url}/api/attributes/{eduid}`, over TLS, with a name and a password."""

    base_url: Annotated[Address, AfterValidator(_base)] = Field(description="Its address, up to `/api/attributes`")
    user: Text = Field(pattern=r"^[^:]+$", description="Name that the gateway has there")
    password: SecretReference = Field(description="Its password")
    adult: AdultSign | None = Field(
        default=None, description="What says that somebody is of age; without it nobody is, by this source"
    )


class AtEduidEntry(Model):
    """How a school takes part in logins with eduID."""

    requester_id: Annotated[Text, Field(pattern=r"^[^\s<>&]+$")] | None = Field(
        default=None, description="Entity id of the school, at which eduID aims its identifier (SAML)"
    )
    attribute_api: AttributeApiEntry | None = Field(default=None, description="Its attribute API, if it runs one")

"""Single sign-on: how long one login at a school serves several services."""

import datetime as dt
import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from gateway.settings.fields import Duration, Model, Switch, is_loopback
from gateway.settings.redirect_uris import RedirectUri

_MINUTE = dt.timedelta(minutes=1)
_DAY = dt.timedelta(days=1)
_HOST = re.compile(r"(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*", re.ASCII)


def _web_host(value: str) -> str:
    scheme, _, host = value.partition("://")
    if not _HOST.fullmatch(host) or not (scheme == "https" or (scheme == "http" and is_loopback(host))):
        raise ValueError("a site is written https://host, or https://*.host for all that lies under it")
    return value


WebHost = Annotated[str, AfterValidator(_web_host)]


class NotificationEntry(Model):
    """From where an identity provider's portal says that somebody is logged in (SSO notification)."""

    hosts: list[WebHost] = Field(min_length=1, description="Sites that say so: `https://host` or `https://*.host`")
    redirect_uris: list[RedirectUri] = Field(
        default=[], description="Where the browser may be sent afterwards, compared to the letter"
    )


class SsoSettings(Model):
    """What holds for every school that does not say otherwise."""

    enabled: Switch = Field(default=True, description="Whether one login at the school serves other services as well")
    idle: Duration = Field(
        default=dt.timedelta(minutes=45),
        ge=_MINUTE,
        le=_DAY,
        description="A session ends this long after the last login",
    )
    absolute: Duration = Field(
        default=dt.timedelta(hours=10), ge=_MINUTE, le=_DAY, description="A session ends this long after the login"
    )
    shared: Duration = Field(
        default=dt.timedelta(minutes=15),
        ge=_MINUTE,
        le=dt.timedelta(hours=1),
        description="The same on a computer that the person says is shared",
    )

    query_allow: list[WebHost] = Field(
        default=[],
        description="Whose sites may ask whether somebody is logged in (SSO query): `https://host` or `https://*.host`",
    )
    notified: Duration = Field(
        default=dt.timedelta(hours=1),
        ge=_MINUTE,
        le=dt.timedelta(hours=10),
        description="How long it counts that a portal said where somebody is logged in (SSO notification)",
    )

    @model_validator(mode="after")
    def _order(self) -> "SsoSettings":
        if self.idle > self.absolute:
            raise ValueError("sso: idle is not longer than absolute")
        return self


class SchoolSsoEntry(Model):
    """What this school wants otherwise."""

    enabled: Switch | None = Field(default=None, description="Whether there is any; absent: as `gateway.yaml`")
    idle: Duration | None = Field(default=None, ge=_MINUTE, le=_DAY, description="As in `gateway.yaml`")
    absolute: Duration | None = Field(default=None, ge=_MINUTE, le=_DAY, description="As in `gateway.yaml`")

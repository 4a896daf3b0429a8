"""Single sign-on: how long one login at a school serves several services."""

import datetime as dt

from pydantic import Field, model_validator

from gateway.settings.fields import Duration, Model, Switch

_MINUTE = dt.timedelta(minutes=1)
_DAY = dt.timedelta(days=1)


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

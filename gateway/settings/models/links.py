"""The entry of links in `gateway.yaml`."""

import datetime as dt

from pydantic import Field

from gateway.settings.fields import Duration, Model

_DAY = dt.timedelta(days=1)


class LinkSettings(Model):
    """How long an identity that a person holds stays linked to their account at a school."""

    lifetime: Duration = Field(
        default=dt.timedelta(days=365), ge=_DAY, description="A link, from the last login at the school on"
    )
    school_login: Duration = Field(
        default=dt.timedelta(days=180),
        ge=_DAY,
        description="How long what the school said at its last login may be used: role, school, being of age",
    )

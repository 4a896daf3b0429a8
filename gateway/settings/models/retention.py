"""The entry of retention in `gateway.yaml`."""

import datetime as dt

from pydantic import Field

from gateway.settings.fields import Duration, Model

_DAY = dt.timedelta(days=1)


class Retention(Model):
    """How long records are kept; `sluis purge` deletes what is older."""

    ledger: Duration = Field(
        default=dt.timedelta(days=730), ge=_DAY, description="Releases and refusals, from the login on"
    )
    anomalies: Duration = Field(default=dt.timedelta(days=365), ge=_DAY, description="What was wrong with identifiers")
    consents: Duration = Field(
        default=dt.timedelta(days=365),
        ge=_DAY,
        description="What people with an identity of their own let go to a service; then they are asked again",
    )
    subjects: Duration = Field(
        default=dt.timedelta(days=3650),
        ge=dt.timedelta(days=365),
        description="That a service knows a learner by something else than the ECK iD: longer than anybody stays in a "
        "sector, or learners lose what they made there",
    )

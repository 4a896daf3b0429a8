"""`busy` of `gateway.yaml`: when the gateway says that it is busy, instead of letting people wait."""

import datetime as dt

from pydantic import Field

from gateway.settings.fields import Duration, Model


class Busy(Model):
    """How long a request may have waited for its turn. Whoever waited longer is told to come back, at once."""

    start_waits: Duration = Field(
        default=dt.timedelta(seconds=2),
        ge=dt.timedelta(seconds=1),
        le=dt.timedelta(minutes=10),
        description="The request with which a login begins: who is under way goes first. Where a queue "
        "stands, because more come than can be answered, as many are told sooner as keeps it at an eighth of this",
    )
    other_waits: Duration = Field(
        default=dt.timedelta(seconds=10),
        ge=dt.timedelta(seconds=1),
        le=dt.timedelta(minutes=10),
        description="Every other request: the school's answer, a client's call",
    )

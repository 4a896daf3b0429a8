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
        description="The request with which a login begins: who is under way goes first. An eighth of it where nobody "
        "has waited less than a sixteenth for so long: more come than can be answered",
    )
    other_waits: Duration = Field(
        default=dt.timedelta(seconds=10),
        ge=dt.timedelta(seconds=1),
        le=dt.timedelta(minutes=10),
        description="Every other request: the school's answer, a client's call",
    )

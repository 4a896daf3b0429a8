"""`anomalies` in `gateway.yaml`: what is done when something is wrong with an ECK iD. Each time it is reported too."""

import datetime as dt
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from gateway.domain.anomaly import Anomaly, Rule
from gateway.settings.fields import Duration, Model


class AnomalyRules(Model):
    """A rule for each kind. `hold` refuses the login, `provisional` lets it go on without the ECK iD."""

    eck_id_malformed: Literal["hold", "provisional"] = Field(
        default="hold", description="What stands for an ECK iD is none"
    )
    eck_id_contradictory: Literal["hold", "provisional"] = Field(
        default="hold", description="An account has two, and `eck_id_disagreement` prefers neither"
    )
    eck_id_changed: Literal["report", "hold"] = Field(
        default="report", description="A service with `succession` knew the account by another, and nobody said why"
    )
    eck_id_wrong_sector: Literal["report", "hold", "provisional"] = Field(
        default="provisional", description="It is the ECK iD of another sector"
    )
    eck_id_shared: Literal["report", "hold", "provisional"] = Field(
        default="report", description="Another account of the school was seen with it"
    )
    eck_id_disappeared: Literal["report", "hold"] = Field(
        default="report", description="An account had one and has none any more"
    )
    eck_id_missing: Literal["report", "hold"] = Field(
        default="report", description="A learner has had none for longer than `missing_after`"
    )
    missing_after: Duration = Field(
        default=dt.timedelta(days=30), ge=dt.timedelta(days=1), description="How long a learner may be without"
    )

    @property
    def by_kind(self) -> Mapping[Anomaly, Rule]:
        """The rules, by what they are for."""
        return {kind: Rule(getattr(self, kind)) for kind in Anomaly if kind in type(self).model_fields}

"""What can be wrong with the identifiers of an account, seen at a login."""

from enum import StrEnum


class Anomaly(StrEnum):
    """Stable kinds: they stand in the records, commands, metrics and documentation."""

    ECK_ID_MALFORMED = "eck_id_malformed"
    ECK_ID_CONTRADICTORY = "eck_id_contradictory"
    ECK_ID_CHANGED = "eck_id_changed"
    ECK_ID_WRONG_SECTOR = "eck_id_wrong_sector"
    ECK_ID_SHARED = "eck_id_shared"
    ECK_ID_DISAPPEARED = "eck_id_disappeared"
    ECK_ID_MISSING = "eck_id_missing"
    SCOPE_FOREIGN = "scope_foreign"
    LINK_SUSPENDED = "link_suspended"
    LINK_TAKEN = "link_taken"
    LINK_OTHER_PERSON = "link_other_person"


class Rule(StrEnum):
    """What is done about an anomaly, beside reporting it."""

    REPORT = "report"
    HOLD = "hold"
    PROVISIONAL = "provisional"

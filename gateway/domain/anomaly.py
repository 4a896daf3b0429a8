"""What can be wrong with the identifiers of an account, seen at a login."""

from enum import StrEnum


class Anomaly(StrEnum):
    """Stable kinds: they stand in the records, commands, metrics and documentation."""

    ECK_ID_MALFORMED = "eck_id_malformed"
    ECK_ID_CONTRADICTORY = "eck_id_contradictory"
    ECK_ID_CHANGED = "eck_id_changed"
    SCOPE_FOREIGN = "scope_foreign"
    LINK_SUSPENDED = "link_suspended"
    LINK_TAKEN = "link_taken"
    LINK_OTHER_PERSON = "link_other_person"

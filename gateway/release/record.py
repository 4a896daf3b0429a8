"""The decision record: for every attribute its ruling, as JSON for the ledger. Names and ids, never a value."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.domain.attribute import Attribute
from gateway.domain.reduction import Reduction

_JSON = json.JSONEncoder(separators=(",", ":"))


class Rule(StrEnum):
    """The stable ids of the rules, in the order in which they are tried; `docs/reference/release-rules.md` has each."""

    IDENTIFIER_ECK_ID = "identifier-eck-id"
    IDENTIFIER_LINKED = "identifier-linked"
    IDENTIFIER_SUCCESSION = "identifier-succession"
    IDENTIFIER_FALLBACK = "identifier-fallback"
    IDENTIFIER_REPLACED = "identifier-replaced"
    STOPPED_SECOND_IDENTIFIER = "stopped-second-identifier"
    STOPPED_NOT_AGREED = "stopped-not-agreed"
    STOPPED_OTHER_ROLE = "stopped-other-role"
    STOPPED_POLICY_NEVER = "stopped-policy-never"
    STOPPED_NO_PURPOSE = "stopped-no-purpose"
    STOPPED_SCHOOL_DENIES = "stopped-school-denies"
    STOPPED_NOT_SENT = "stopped-not-sent"
    STOPPED_NOTHING_LEFT = "stopped-nothing-left"
    RELEASED_BASE = "released-base"
    RELEASED_JUSTIFIED = "released-justified"


RELEASING = frozenset(
    {
        Rule.IDENTIFIER_ECK_ID,
        Rule.IDENTIFIER_LINKED,
        Rule.IDENTIFIER_SUCCESSION,
        Rule.IDENTIFIER_FALLBACK,
        Rule.RELEASED_BASE,
        Rule.RELEASED_JUSTIFIED,
    }
)
"""The rules that let an attribute through; all others stop it."""


MEANINGS = {
    Rule.IDENTIFIER_ECK_ID: "it is the one identifier of a learner with an ECK iD",
    Rule.IDENTIFIER_LINKED: "it is the ECK iD that the learner has at another school, whose account they linked",
    Rule.IDENTIFIER_SUCCESSION: "it took the place of the identifier that the service knew the learner by, which is "
    "named beside it in this login alone",
    Rule.IDENTIFIER_FALLBACK: "it is the one identifier of somebody without an ECK iD that this service may see",
    Rule.IDENTIFIER_REPLACED: "there is no ECK iD that this service may see; a fallback goes in its place",
    Rule.STOPPED_SECOND_IDENTIFIER: "a release has one identifier, and it is another",
    Rule.STOPPED_NOT_AGREED: "the version of the attribute set that the school accepted does not name it",
    Rule.STOPPED_OTHER_ROLE: "the attribute set asks it of people in other roles",
    Rule.STOPPED_POLICY_NEVER: "the policy lets it go to nobody of people in this role and sector",
    Rule.STOPPED_NO_PURPOSE: "the policy wants a purpose that fits it, and the attribute set gives another",
    Rule.STOPPED_SCHOOL_DENIES: "the school denies it to this service",
    Rule.STOPPED_NOT_SENT: "no identity provider of the school sends it",
    Rule.STOPPED_NOTHING_LEFT: "the reduction leaves nothing of it",
    Rule.RELEASED_BASE: "agreed, and the policy lets it go to any service with an agreement",
    Rule.RELEASED_JUSTIFIED: "agreed, for a purpose that the policy lets it go for",
}
"""Each rule in a sentence."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """The one rule that decided about an attribute, and the reduction that ran over its values, if one did.

    `json` is made of it, once for all decisions that come to the same.
    """

    rule: Rule
    reduction: Reduction | None = None
    json: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named = {"rule": self.rule.value} | ({"reduction": self.reduction.value} if self.reduction else {})
        object.__setattr__(self, "json", _JSON.encode(named))

    @property
    def goes(self) -> bool:
        """Whether the attribute goes."""
        return self.rule in RELEASING


LINKED = Ruling(Rule.IDENTIFIER_LINKED)
SUCCESSION = Ruling(Rule.IDENTIFIER_SUCCESSION)


def dump(rulings: Mapping[Attribute, Ruling]) -> str:
    """`{"surname":{"rule":"released-base","reduction":"initial"}}`: compact, attributes in alphabetical order."""
    return "{" + ",".join([f'"{one}":{rulings[one].json}' for one in sorted(rulings)]) + "}"


def load(text: str) -> dict[Attribute, Ruling]:
    """The rulings of a ledger row; those of a refusal are none.

    Raises ValueError for a record that this gateway does not understand, such as a newer one's.
    """
    try:
        return {
            Attribute(name): Ruling(Rule(one["rule"]), Reduction(one["reduction"]) if "reduction" in one else None)
            for name, one in json.loads(text).items()
        }
    except (AttributeError, KeyError, TypeError) as cause:
        raise ValueError("not a decision record") from cause

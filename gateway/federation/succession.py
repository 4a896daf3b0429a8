"""How a service hears that a learner is known by another identifier from now on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subscription:
    """`attribute`: in the login that brings the change; `notices`: the address of signed notices, None for none."""

    attribute: bool
    notices: str | None

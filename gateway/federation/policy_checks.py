"""Whether what services ask, schools deny and agreements reduce fits the policy and each other."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.reduction import Reduction, choosable
from gateway.domain.release_class import ReleaseClass
from gateway.domain.role import Role
from gateway.federation.hints import did_you_mean
from gateway.settings.loader import Settings
from gateway.settings.models.policy import PolicyEntry
from gateway.settings.models.services import AskEntry, ServiceEntry
from gateway.settings.problems import Place, Problem, warning


def check_policy(settings: Settings) -> Iterator[Problem]:
    """What the policy does not class goes to nobody; better said than forgotten. Reductions fit their attributes."""
    place = settings.policy_document.place(("attributes",))
    for attribute in Attribute:
        if attribute not in settings.policy.attributes:
            yield warning(place, f"the policy does not class {attribute}: it goes to nobody", "class it: never, too")
    for attribute, entry in settings.policy.attributes.items():
        at = partial(settings.policy_document.place, ("attributes", attribute.value))
        yield from _reduction(attribute, entry.reduction, at)


def check_attribute_sets(settings: Settings) -> Iterator[Problem]:
    """A set names the ECK iD, no other identifier (law 2), and only what the policy allows for that purpose."""
    policy = settings.policy.attributes
    for entry in settings.services:
        for version, asked in entry.value.attribute_sets.items():
            if Attribute.ECK_ID not in asked:
                where = entry.place("attribute_sets", version)
                yield Problem(where, f"set {version} does not name eck_id", "it is the one identifier of a release")
            for attribute, ask in asked.items():
                place = partial(entry.place, "attribute_sets", version, attribute.value)
                yield from _asked(attribute, ask, policy, place)


def check_denials(settings: Settings) -> Iterator[Problem]:
    """Schools deny attributes that a known service asks; the identifier goes or the agreement does not work."""
    services = {entry.value.id: entry.value for entry in settings.services}
    for entry in settings.schools:
        for service, denied in entry.value.deny.items():
            place = entry.place("deny", service)
            if service in services:
                yield from _denied(denied, services[service], place)
            elif service not in settings.unread:
                yield Problem(place, f"no service has the id {service}", did_you_mean(service, services) or "add it")


def check_agreement_reductions(settings: Settings) -> Iterator[Problem]:
    """Agreements reduce what the accepted set asks, and do not contradict themselves."""
    services = {entry.value.id: entry.value for entry in settings.services}
    of_policy = settings.policy.attributes.get(Attribute.SURNAME)
    for entry in settings.agreements:
        agreement = entry.value
        service = services.get(agreement.service)
        accepted = service.attribute_sets.get(agreement.attribute_set) if service is not None else None
        for attribute, reduction in agreement.reduce.items():
            place = partial(entry.place, "reduce", attribute.value)
            yield from _reduction(attribute, reduction, place)
            if accepted is not None and attribute not in accepted:
                what = f"set {agreement.attribute_set} of {agreement.service} does not ask {attribute}"
                yield warning(place(), what, "there is nothing to reduce")
        if agreement.namesakes and Attribute.SURNAME in agreement.reduce:
            what = "it wants full surnames because of namesakes, and reduces them"
            yield Problem(entry.place("namesakes"), what, "leave out one of both")
        elif agreement.namesakes and (of_policy is None or of_policy.reduction is not Reduction.INITIAL):
            yield warning(entry.place("namesakes"), "the policy does not reduce surnames to initials", "leave it out")


def check_unused_purposes(settings: Settings) -> Iterator[Problem]:
    """Purposes that justify an attribute in the policy, though a service that asks it never gives one of them."""
    for attribute, entry in settings.policy.attributes.items():
        given = {
            asked[attribute].purpose
            for service in settings.services
            for asked in service.value.attribute_sets.values()
            if attribute in asked
        }
        unused = [purpose for purpose in entry.purposes if purpose not in given]
        if len(unused) < len(entry.purposes) and unused:
            place = settings.policy_document.place(("attributes", attribute.value))
            what = f"no service asks {attribute} for {', '.join(unused)}"
            yield warning(place, what, "a purpose that nobody gives need not be allowed")


POLICY_CHECKS: tuple[Callable[[Settings], Iterator[Problem]], ...] = (
    check_policy,
    check_attribute_sets,
    check_denials,
    check_agreement_reductions,
    check_unused_purposes,
)


def _asked(
    attribute: Attribute, ask: AskEntry, policy: Mapping[Attribute, PolicyEntry], place: Callable[[], Place]
) -> Iterator[Problem]:
    """One attribute of a set."""
    if attribute is Attribute.ECK_ID and ask.roles:
        yield Problem(place(), "eck_id is asked of some roles alone", "a release has it of everybody")
    if attribute in IDENTIFIERS - {Attribute.ECK_ID}:
        instead = "a release has one identifier; what goes for a learner without ECK iD is `fallback`"
        yield Problem(place(), f"{attribute} is a second identifier", instead)
    elif attribute not in policy:
        yield Problem(place(), f"the policy does not class {attribute}", "add it to policy.yaml")
    else:
        yield from _reduction(attribute, ask.reduction, place)
        if attribute is not Attribute.ECK_ID:
            yield from _fit(attribute, ask, policy[attribute], place)


def _denied(denied: Iterable[Attribute], service: ServiceEntry, place: Place) -> Iterator[Problem]:
    asked = {attribute for one in service.attribute_sets.values() for attribute in one}
    for attribute in denied:
        if attribute in IDENTIFIERS:
            instead = "to let nothing go, have the agreement `suspended`"
            yield Problem(place, f"{attribute} is an identifier, and a release has one", instead)
        elif attribute not in asked:
            yield warning(place, f"{service.id} does not ask {attribute}, so there is nothing to deny")


def _fit(attribute: Attribute, ask: AskEntry, entry: PolicyEntry, place: Callable[[], Place]) -> Iterator[Problem]:
    """By the classes of the roles that are asked, in whatever sector: schools of all may accept the set."""
    classes = entry.classes
    if classes.all_named == {ReleaseClass.NEVER}:
        yield Problem(place(), f"the policy lets {attribute} go to nobody", "take it out of the set")
        return
    if ReleaseClass.JUSTIFIED in classes.all_named and ask.purpose not in entry.purposes:
        what = f"the purpose {ask.purpose} does not justify {attribute}"
        yield Problem(place(), what, f"possible: {', '.join(entry.purposes)}")
    never = [role for role in ask.roles or Role if classes.of_roles.get(role) is ReleaseClass.NEVER]
    if never:
        what = f"the policy does not let {attribute} go of {', '.join(never)}"
        others = ", ".join(role for role in Role if role not in never)
        yield warning(place(), what, f"ask it of others alone: {{purpose: {ask.purpose}, roles: [{others}]}}")


def _reduction(attribute: Attribute, reduction: Reduction | None, place: Callable[[], Place]) -> Iterator[Problem]:
    possible = choosable(attribute)
    if reduction is not None and reduction not in possible:
        what = f"{attribute} cannot be reduced to {reduction}"
        yield Problem(place(), what, f"possible: {', '.join(possible) or 'nothing, an identifier is whole'}")

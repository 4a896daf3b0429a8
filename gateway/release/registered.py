"""What the gateway itself knows of a school and a role, in the place of what the school sends of them."""

from collections.abc import Mapping

from gateway.attributes.school import SchoolOfLogin
from gateway.attributes.values import Attributes
from gateway.domain.attribute import Attribute
from gateway.domain.language import Language, in_language
from gateway.domain.role import Role


def registered_values(attributes: Attributes, found: SchoolOfLogin, role: Role) -> Attributes:
    """What may be released from: the person's attributes, and the school and role as the gateway itself knows them."""
    school = found.school
    registered: Mapping[Attribute, str | None] = {
        Attribute.SCHOOL: str(school.brin.main),
        Attribute.SCHOOL_BRANCH: str(found.branch) if found.branch else None,
        Attribute.SCHOOL_NAME: in_language(school.names, Language.NL),
        Attribute.SCHOOL_DOMAIN: school.domains[0] if school.domains else None,
        Attribute.DIGI_DELIVERY_ID: school.digi_delivery_id,
        Attribute.ROLE: role.value,
    }
    values = {attribute: sent for attribute, sent in attributes.values.items() if attribute not in registered}
    values |= {attribute: (value,) for attribute, value in registered.items() if value is not None}
    return Attributes(values)

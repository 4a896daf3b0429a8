"""What a school's administration said of somebody beside their login."""

from dataclasses import replace

from gateway.attributes.canonical import Reading
from gateway.attributes.school import SchoolOfLogin
from gateway.attributes.values import Attributes
from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.storage.vault_entry import VaultEntry

_SAY_AGE = frozenset({Attribute.ADULT, Attribute.BIRTH_DATE})


def provisioned(reading: Reading, found: SchoolOfLogin, entry: VaultEntry) -> tuple[Reading, SchoolOfLogin]:
    """The two with a branch, and whether the person is of age.

    What the login says of a branch comes first. Of age is who nobody of the two says is a minor.
    """
    if found.branch is None and entry.branch is not None:
        found = replace(found, branch=Brin(entry.branch))
    if entry.adult is None:
        return reading, found
    attributes = reading.attributes
    if _SAY_AGE.isdisjoint(attributes.values):
        said = str(entry.adult).lower()
        attributes = Attributes({**attributes.values, Attribute.ADULT: (said,)})
    adult = entry.adult and reading.adult is not False
    return replace(reading, attributes=attributes, adult=adult), found

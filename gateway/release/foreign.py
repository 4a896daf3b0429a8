"""What an identity provider says of people and schools that are not its own."""

from gateway.attributes.canonical import Reading
from gateway.attributes.dialects import dialect
from gateway.domain.attribute import Attribute
from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.models import IdentityProvider


def refuse_foreign(reading: Reading, idp: IdentityProvider) -> None:
    """A foreign affiliation is as good as not said; a foreign name of a person or a school stops the login."""
    incoming = dialect(idp.dialect).incoming
    for name in reading.foreign:
        if incoming.get(name) is not Attribute.ROLE:
            raise SluisError(ErrorCode.SCOPE_FOREIGN, hint=f"{idp.id}: {name} is of a domain that is not its own")

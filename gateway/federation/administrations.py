"""The systems of a school's administration that provision the vault by themselves."""

from dataclasses import dataclass, field

from gateway.domain.brin import Brin
from gateway.federation.clients import CertificateName


@dataclass(frozen=True, slots=True)
class Administration:
    """One system of one school.

    `idp` is the id of the identity provider whose accounts it names. It proves who it is with a key of `jwks` (the text
    of its JSON Web Key Set) or with a certificate that has `certificate_name` in it: one of both is there.
    """

    id: str
    school: Brin
    idp: str
    jwks: str | None = field(default=None, repr=False)
    certificate_name: CertificateName | None = None

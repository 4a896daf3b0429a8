"""The one error type, the codes it has, and the catalogue that says what each code means to whom.

The person sees plain words and a reference, the peer a standard status and the same reference; only the log has the
cause. Texts are the pages' (`gateway/pages/texts`), wire codes the protocols' (`gateway/saml/status.py`).
"""

from gateway.domain.errors.catalogue import CATALOGUE
from gateway.domain.errors.codes import ErrorCode
from gateway.domain.errors.kinds import Audience, ErrorKind, PeerStatus

__all__ = ["CATALOGUE", "Audience", "ErrorCode", "ErrorKind", "PeerStatus", "SluisError"]


class SluisError(Exception):
    """A login or request that cannot go on.

    `hint` helps the one who must act and may be shown to them: constants and configuration names, never a value
    of a person. `cause`, a sentence or an exception, is for the log alone; it holds no attribute value either.
    `service` is the id of the one that it is about, where it is known: the page leads back to where that starts.
    """

    def __init__(self, code: ErrorCode, *, hint: str = "", cause: str | BaseException = "", service: str = "") -> None:
        super().__init__(code, hint)
        self.code = code
        self.hint = hint
        self.cause = cause
        self.service = service

    @property
    def kind(self) -> ErrorKind:
        """What the catalogue says of this error."""
        return CATALOGUE[self.code]

    def told(self, reference: str) -> str:
        """What a peer may read beside its standard code: the reference, by which a helpdesk finds the login.

        Who must mend a request of its own also reads what is wrong with it. Of a login it hears no more than the code:
        words such as those of an error about a minor would say of a person what no decision released.
        """
        if self.kind.audience is not Audience.SERVICE:
            return f"reference {reference}"
        return f"{self.hint or self.code.value.replace('_', ' ')} (reference {reference})"

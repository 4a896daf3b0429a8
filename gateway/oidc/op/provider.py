"""The answer to an authorization request: a code, or an error (RFC 6749 4.1.2, RFC 9207)."""

from datetime import datetime
from urllib.parse import urlencode

from gateway.domain.errors import SluisError
from gateway.federation.models import Service
from gateway.login.contracts import AuthenticationFacts
from gateway.login.steps import PostForm, Redirect
from gateway.observability import reference
from gateway.oidc.op.claims import claims
from gateway.oidc.op.errors import description, oauth_error
from gateway.oidc.op.grants import CODE_SECONDS, Code, Grant, Grants
from gateway.oidc.op.reply import Reply
from gateway.release.released import ReleasedAttributes

_MADE_AFTER = 5
"""Seconds: the code begins to live a moment after what is kept behind it."""


class OpenIdProviderRole:
    """Fulfils TowardsServices. What it gives out lives in `Grants`."""

    def __init__(self, *, issuer: str, grants: Grants) -> None:
        self._issuer = issuer
        self._grants = grants
        self.keeps_for = CODE_SECONDS + grants.access_seconds + _MADE_AFTER

    def answer(
        self, service: Service, reply: str, released: ReleasedAttributes, facts: AuthenticationFacts
    ) -> Redirect | PostForm:
        """A code for what was released."""
        to = Reply.load(reply)
        grant = Grant(
            session=facts.session,
            service=service.id,
            subject=released.subject.pairwise,
            scopes=to.scopes,
            userinfo=to.userinfo,
            auth_time=_seconds(facts.instant),
            context=facts.context,
            until=self._grants.now() + self._grants.refresh_seconds,
            reference=reference.current(),
        )
        named = claims(service, released, frozenset(to.id_token))
        code = Code(grant, to.redirect_uri, to.challenge, to.nonce, named, to.dpop_jkt)
        return self._to_client(to, {"code": self._grants.new_code(code)})

    def name_in_logout(
        self,
        service: Service,  # noqa: ARG002
        reply: str,  # noqa: ARG002
        released: ReleasedAttributes,
        facts: AuthenticationFacts,  # noqa: ARG002
    ) -> str:
        """The `sub`."""
        return released.subject.pairwise

    def refuse(self, service: Service, reply: str, error: SluisError) -> Redirect | PostForm:  # noqa: ARG002
        """The error in OAuth's words, with the reference of this login and what `SluisError.told` has of it."""
        told = {"error": oauth_error(error), "error_description": description(error, reference.current())}
        return self._to_client(Reply.load(reply), told)

    def _to_client(self, to: Reply, answer: dict[str, str]) -> Redirect | PostForm:
        state = {} if to.state is None else {"state": to.state}
        fields = {**answer, **state, "iss": self._issuer}
        if to.form_post:
            return PostForm(to.redirect_uri, tuple(fields.items()))
        separator = "&" if "?" in to.redirect_uri else "?"
        return Redirect(f"{to.redirect_uri}{separator}{urlencode(fields)}")


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())

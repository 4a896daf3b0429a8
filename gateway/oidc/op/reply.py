"""Where and how a client is to be answered: the note that a login keeps for this room alone."""

import json
from dataclasses import dataclass, field

from gateway.domain.kept_form import known, named, written


@dataclass(frozen=True, slots=True)
class Reply:
    """What of the authorization request is needed for its answer, and for the tokens behind it.

    `redirect_uri` is one that the client registered. `userinfo` and `id_token` are names of claims that were asked for
    one by one (OpenID Connect Core 5.5); `dpop_jkt` the DPoP key that alone may exchange the code (RFC 9449 10).
    """

    redirect_uri: str
    form_post: bool
    state: str | None = field(repr=False)
    nonce: str | None = field(repr=False)
    scopes: tuple[str, ...]
    challenge: str = field(repr=False)
    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()
    dpop_jkt: str | None = field(default=None, repr=False)

    def dump(self) -> str:
        """As text, for `LoginRequest.reply`."""
        return written(named(self))

    @classmethod
    def load(cls, text: str) -> "Reply":
        """The note that `dump` wrote."""
        fields = known(cls, json.loads(text))
        lists = {name: tuple(fields[name]) for name in fields.keys() & {"scopes", "userinfo", "id_token"}}
        return cls(**{**fields, **lists})

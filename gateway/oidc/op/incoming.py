"""An authorization request on its way through the checks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain.brin import Brin
from gateway.domain.language import Language
from gateway.federation.clients import OidcClient
from gateway.federation.models import IdpId, Service, ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.messages import LoginRequest
from gateway.oidc.op.parameters import Parameters
from gateway.oidc.op.pushed import PushedRequests
from gateway.oidc.op.reply import Reply
from gateway.oidc.op.request_objects import RequestObjects
from gateway.oidc.op.signing import Signer


@dataclass(slots=True, repr=False)
class Incoming:
    """What arrived, and what the checks found out so far; each field says which check fills it in."""

    parameters: Parameters
    federation: Federation
    issuer: str
    signer: Signer
    now: datetime
    kept: PushedRequests
    objects: RequestObjects
    admit: Callable[[ServiceId], None]
    proven: str | None = None
    """Thumbprint of the DPoP key that the client proved when it pushed this."""
    signed: bool = False
    """check_request_object; check_pushed, for what was checked when it was pushed."""
    pushed: bool = False
    """Whether the client sent it itself, and proved who it is; check_pushed."""

    service: Service = field(init=False)
    """check_client."""
    redirect_uri: str = field(init=False)
    """check_redirect_uri."""
    state: str | None = None
    """check_state."""
    form_post: bool = False
    """check_response_mode."""
    challenge: str = ""
    """check_code_challenge."""
    scopes: tuple[str, ...] = ()
    """check_scope."""
    nonce: str | None = None
    """check_nonce."""
    force: bool = False
    passive: bool = False
    choose: bool = False
    """check_prompt; `force` also check_max_age."""
    fresh_since: datetime | None = None
    """check_max_age."""
    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()
    """check_claims: names of claims asked for one by one."""
    subject: str | None = None
    """check_claims, check_id_token_hint: the `sub` that the client expects."""
    contexts: tuple[str, ...] = ()
    essential: bool = False
    """check_claims, check_acr_values."""
    school: Brin | None = None
    """check_login_hint, check_school."""
    idps: tuple[IdpId, ...] = ()
    """check_login_hint."""
    dpop_jkt: str | None = None
    """check_dpop_jkt."""
    language: Language | None = None
    """check_ui_locales."""

    @property
    def client(self) -> OidcClient:
        """The service as a client; check_client."""
        return self.service.oidc

    def login_request(self) -> LoginRequest:
        """What the service asks, as far as it was understood; possible once its redirect URI is known."""
        reply = Reply(
            redirect_uri=self.redirect_uri,
            form_post=self.form_post,
            state=self.state,
            nonce=self.nonce,
            scopes=self.scopes,
            challenge=self.challenge,
            userinfo=self.userinfo,
            id_token=self.id_token,
            dpop_jkt=self.dpop_jkt,
        )
        return LoginRequest(
            service=self.service.id,
            reply=reply.dump(),
            force=self.force,
            passive=self.passive,
            contexts=self.contexts,
            idps=self.idps,
            requesters=(self.client.client_id,),
            language=self.language,
            school=self.school,
            fresh_since=self.fresh_since,
            contexts_essential=self.essential,
            choose=self.choose,
            person=self.subject,
        )

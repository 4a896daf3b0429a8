"""The parts of the relying party, put together once."""

from dataclasses import dataclass
from datetime import timedelta

from gateway.domain.clock import Clock
from gateway.domain.http import Http
from gateway.domain.randomness import Randomness
from gateway.federation.snapshot import Federation
from gateway.oidc.rp.client import ClientCredentials
from gateway.oidc.rp.endpoint import AnswerConsumer
from gateway.oidc.rp.exchange import Exchange
from gateway.oidc.rp.proofs import Proofs
from gateway.oidc.rp.providers import Providers
from gateway.oidc.rp.request import CALLBACK_PATH, RelyingParty
from gateway.oidc.rp.upstream import LOGGED_OUT_PATH, OidcUpstreamSessions
from gateway.settings.private_keys import TokenKey
from gateway.storage.sealing import SecretKey


@dataclass(frozen=True, slots=True)
class RelyingPartyRole:
    """What asks, what reads the answers, and what ends sessions; all know the providers by the same copies."""

    asks: RelyingParty
    reads: AnswerConsumer
    ends: OidcUpstreamSessions
    providers: Providers


def relying_party(
    *,
    federation: Federation,
    http: Http,
    base_url: str,
    key: TokenKey | None,
    proof_key: SecretKey,
    clock: Clock,
    randomness: Randomness,
    skew: timedelta,
) -> RelyingPartyRole:
    """`key` signs client assertions; `proof_key` must stay the same as long as attempts last."""
    callback = base_url + CALLBACK_PATH
    providers = Providers(http=http, clock=clock)
    proofs = Proofs(proof_key)
    credentials = ClientCredentials(key=key, clock=clock, randomness=randomness)
    return RelyingPartyRole(
        asks=RelyingParty(providers=providers, proofs=proofs, callback=callback),
        reads=AnswerConsumer(
            federation=federation,
            providers=providers,
            proofs=proofs,
            exchange=Exchange(http, credentials, callback),
            clock=clock,
            skew=skew,
        ),
        ends=OidcUpstreamSessions(providers=providers, logged_out=base_url + LOGGED_OUT_PATH),
        providers=providers,
    )

"""What is kept of a login for services that fetch attributes later: sealed, minimal, short, decided anew each time."""

import json
from dataclasses import dataclass

from gateway.attributes import kept
from gateway.attributes.canonical import Reading
from gateway.domain.attribute import Attribute
from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.kept_form import written
from gateway.federation.models import IdentityProvider, IdpId, Service, ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.kept_parts import held_as_kept, held_of
from gateway.login.sso.session import minimal, needed_by
from gateway.observability import legs
from gateway.observability.reference import bind
from gateway.release.outcome import Outcome
from gateway.release.people import HeldLogin
from gateway.release.pipeline import Releases
from gateway.storage.contracts import ShortLivedStore


@dataclass(frozen=True, slots=True, repr=False)
class _Found:
    idp: IdentityProvider
    reading: Reading
    reference: str
    held: HeldLogin | None


class KeptLogins:
    """Keeps readings under the session of their login, each for one service.

    Protocols get releases of it, never the reading itself: what leaves is always a decision of this moment (law 1).
    """

    def __init__(self, *, store: ShortLivedStore, federation: Federation, releases: Releases, clock: Clock) -> None:
        self._store = store
        self._federation = federation
        self._releases = releases
        self._clock = clock

    def keep(
        self,
        session: str,
        service: Service,
        idp: IdpId,
        reading: Reading,
        *,
        seconds: int,
        reference: str,
        held: HeldLogin | None = None,
    ) -> None:
        """Keep what this service may ask for, and what the decision needs, for so many seconds."""
        # Of what a user-held identity said, nothing but who it is: nothing else of it can go anywhere.
        needed = needed_by((service,)) if held is None else frozenset[Attribute]()
        fields = {
            "service": service.id,
            "idp": idp,
            "reading": kept.dump(minimal(reading, needed)).decode(),
            "reference": reference,
            "held": held_as_kept(held, needed_by((service,))),
        }
        self._store.put(_key(session), written(fields).encode(), seconds=seconds)

    def release(self, session: str, service: Service) -> Outcome:
        """The release to this service as things stand now, with a ledger row of its own.

        The row has the reference of the login, so that who counts logins does not count what is fetched of them.
        Raises SluisError TOKEN_INVALID when nothing is kept (any more), or the one that refuses.
        """
        found = self._find(session, service.id)
        return self._releases.release(
            service=service,
            idp=found.idp,
            reading=found.reading,
            now=self._clock.now(),
            reference=found.reference,
            held=found.held,
        )

    def may_renew(self, session: str, service: Service) -> bool:
        """Whether the agreement as it stands now lets the service renew its tokens. Raises as `release` does."""
        found = self._find(session, service.id)
        outcome = self._releases.proposed(
            service=service,
            idp=found.idp,
            reading=found.reading,
            now=self._clock.now(),
            held=found.held,
        )
        return outcome.decision.agreement.offline_access

    def prolong(self, session: str, *, seconds: int) -> None:
        """Keep it for so many seconds from now; what is gone stays gone."""
        found = self._store.get(_key(session))
        if found is not None:
            self._store.put(_key(session), found, seconds=seconds)

    def forget(self, session: str) -> None:
        """Keep it no longer."""
        forget_kept(self._store, session)

    def _find(self, session: str, service: ServiceId) -> _Found:
        found = self._store.get(_key(session))
        if found is None:
            raise SluisError(ErrorCode.TOKEN_INVALID, hint="the login is over")
        try:
            fields = json.loads(found)
            reading = kept.load(fields["reading"].encode())
            held = held_of(fields["held"])
            of_service, of_idp, reference = fields["service"], IdpId(fields["idp"]), fields["reference"]
        except (ValueError, TypeError, KeyError) as cause:
            raise SluisError(ErrorCode.TOKEN_INVALID, hint="another version of the gateway kept it") from cause
        idp = self._federation.identity_providers.get(of_idp)
        if of_service != service or idp is None:
            raise SluisError(ErrorCode.TOKEN_INVALID, hint="the login is over")
        bind(reference)
        legs.told(service=service, idp=idp.id)
        return _Found(idp, reading, reference, held)


def forget_kept(store: ShortLivedStore, session: str) -> None:
    """Have the store keep nothing of this login any longer, whichever service it was for."""
    store.take(_key(session))


def _key(session: str) -> str:
    return f"kept:{session}"

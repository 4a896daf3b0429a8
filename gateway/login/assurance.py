"""How sure it must be who logs in: what an identity provider is asked, whether its answer is enough, what it is called.

Identity providers and services each have words of their own; between them stand the levels of the configuration.
"""

from gateway.attributes.canonical import Reading
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.role import one_role
from gateway.federation.assurance import AMR, UNSPECIFIED, Level, stronger
from gateway.federation.models import IdentityProvider, Service
from gateway.federation.snapshot import Federation
from gateway.login.messages import LoginRequest


class LevelMissing(SluisError):
    """The person did not log in surely enough; `level` is what would have been."""

    def __init__(self, level: Level, idp: IdentityProvider, service: Service) -> None:
        super().__init__(ErrorCode.ASSURANCE_UNMET, hint=f"{service.id} needs {level.id}; {idp.id} did not say so")
        self.level = level


class Assurance:
    """Judges logins by the levels of the federation."""

    def __init__(self, federation: Federation) -> None:
        self._levels = federation.levels

    def judges(self, request: LoginRequest, service: Service) -> bool:
        """Whether levels play a part; without them a context is what its name says, and compared as it is."""
        return service.needs.anything or any(context in self._levels for context in request.contexts)

    def least(self, service: Service, reading: Reading, idp: IdentityProvider) -> Level | None:
        """What this service needs of this person. Whose role is for another to say may have any."""
        if idp.user_held:
            return service.needs.most
        return service.needs.of(one_role(reading.roles))

    def words(self, idp: IdentityProvider, request: LoginRequest, least: Level | None) -> tuple[str, ...]:
        """What the identity provider is asked, in its own words: none where it has none, or nothing is needed.

        Of what the service asks in order, each as the identity provider says it, and none that is less than `least`.
        """
        saying, found = idp.assurance, list[str]()
        for context in request.contexts:
            level = self._levels.get(context)
            if level is not None:
                found += saying.words(max(level, least) if least else level)
            elif least is None or stronger(saying.of(context), least) is saying.of(context):
                found.append(context)
        if not found and least is not None:
            found += saying.words(least)
        return tuple(dict.fromkeys(found))

    def is_met(
        self, idp: IdentityProvider, context: str, request: LoginRequest, least: Level | None, *, wishes: bool = False
    ) -> bool:
        """Whether a login with this context is enough; with `wishes`, also for what the service would only like."""
        reached = idp.assurance.of(context)
        if least is not None and (reached is None or reached < least):
            return False
        if not request.contexts or not (request.contexts_essential or wishes):
            return True
        return any(self._is(context, reached, asked) for asked in request.contexts)

    def told(self, idp: IdentityProvider, context: str, request: LoginRequest) -> str:
        """What the service is told: of what it asked the first that holds; else what the identity provider said.

        A word that is a level here is told only of a login that reached the level: what an entry does not grant its
        identity provider, nobody is told in the gateway's name.
        """
        reached = idp.assurance.of(context)
        asked = next((one for one in request.contexts if self._is(context, reached, one)), None)
        if asked is not None:
            return asked
        named = self._levels.get(context)
        if context.startswith(AMR) or (named is not None and (reached is None or reached < named)):
            return reached.context if reached is not None else UNSPECIFIED
        return context

    def missing(
        self, request: LoginRequest, least: Level | None, idp: IdentityProvider, service: Service
    ) -> SluisError:
        """What is raised for a login that is not enough."""
        asked = [self._levels[one] for one in request.contexts if one in self._levels]
        level = stronger(least, min(asked) if asked else None)
        if level is None:
            return SluisError(ErrorCode.RESPONSE_AUTHENTICATION_CONTEXT, hint=str(idp.id))
        return LevelMissing(level, idp, service)

    def _is(self, context: str, reached: Level | None, asked: str) -> bool:
        level = self._levels.get(asked)
        return context == asked if level is None else reached is not None and reached >= level

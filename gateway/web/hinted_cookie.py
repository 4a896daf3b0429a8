"""The cookie of hints: which school a browser was told of for a service, until somebody logs in there.

It says `rekentuin.99XA`, and `rekentuin.99XA.gone` once the browser was led there; several with `~` between. Whoever
writes one chooses what a page shows first, in their own browser; nothing else depends on it.
"""

from gateway.domain.brin import Brin
from gateway.federation.models import ServiceId
from gateway.web import jar

_AT_MOST = 5
_GONE = "gone"


class HintedCookie:
    """Fulfils `gateway.login.contracts.Hinted` for the request at hand. The browser drops it when it is closed."""

    def __init__(self, *, https: bool) -> None:
        self.name = jar.name_of("sluis-hint", https=https)

    def school(self, service: ServiceId) -> Brin | None:
        """The school that it was told of."""
        known = self._known().get(service)
        return known[0] if known else None

    def gone(self, service: ServiceId, school: Brin) -> bool:
        """Whether it was led to this school already."""
        return self._known().get(service) == (school, True)

    def keep(self, service: ServiceId, school: Brin, *, gone: bool = False) -> None:
        """Have the browser know it."""
        others = {one: known for one, known in self._known().items() if one != service}
        self._give({service: (school, gone), **others})

    def forget(self, service: ServiceId) -> None:
        """Have the browser forget it."""
        known = self._known()
        if service in known:
            self._give({one: hint for one, hint in known.items() if one != service})

    def _known(self) -> dict[str, tuple[Brin, bool]]:
        found: dict[str, tuple[Brin, bool]] = {}
        for text in (jar.held(self.name) or "").split("~", _AT_MOST)[:_AT_MOST]:
            service, _, rest = text.partition(".")
            school, _, gone = rest.partition(".")
            try:
                found[service] = Brin(school), gone == _GONE
            except ValueError:
                continue
        return found

    def _give(self, hints: dict[str, tuple[Brin, bool]]) -> None:
        if not hints:
            jar.drop(self.name)
            return
        kept = list(hints.items())[:_AT_MOST]
        jar.give(self.name, "~".join(f"{one}.{school}{f'.{_GONE}' if gone else ''}" for one, (school, gone) in kept))

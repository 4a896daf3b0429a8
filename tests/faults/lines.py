"""A gateway whose stores, and a school that speaks OpenID Connect, are at the far end of lines that a test breaks."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.bench.parties import IDP
from tests.bench.saml_oidc import Provider, provider
from tests.faults.page import Seen
from tests.faults.people import AtSchool, english
from tests.support.child_process import Address
from tests.support.held_names import Names, held_names
from tests.support.outages import OnServers, Person, beside
from tests.support.relay import Relay, relay

_CODES = itertools.count(1)


@dataclass(frozen=True)
class Lines:
    """A gateway that reaches its stores by names and through relays, and a school that speaks OpenID Connect."""

    gateway: OnServers
    redis: Relay
    postgresql: Relay
    school: Provider
    to_school: Relay
    names: Names

    def at_school(self) -> AtSchool:
        """Somebody at the school that speaks SAML."""
        return AtSchool.sent_by(self.gateway, only=IDP)

    def log_in(self) -> None:
        """Another one, who must get in."""
        assert self.at_school().comes_back().status == 200

    def log_in_by_openid(self, person: Person | None = None, code: str = "") -> Seen:
        """Somebody, the pupil of this code or the next one, logs in at the other school; what they see in the end."""
        person, code = person or english(self.gateway), code or str(next(_CODES))
        person.only = self.school.issuer
        status, location, page = person.ask()
        if status != 303:
            return Seen(status, page)
        asked = parse_qs(urlsplit(location).query)
        self.school.nonces[code] = asked["nonce"][0]
        query = urlencode({"code": code, "state": asked["state"][0], "iss": self.school.issuer})
        status, _, page = person.open(f"{urlsplit(asked['redirect_uri'][0]).path}?{query}")
        return Seen(status, page)

    def must_log_in_by_openid(self) -> None:
        """As above, and must get in."""
        assert self.log_in_by_openid().status == 200


@contextmanager
def lines_to(stores: OnServers, directory: Path, add: Callable[[Path], None] = lambda _: None) -> Iterator[Lines]:
    """The gateway in a directory of its own, after a login, until the context ends. `add` adds to its configuration."""
    with ExitStack() as stack:
        names = stack.enter_context(held_names())
        redis = stack.enter_context(relay(stores.redis.address))
        postgresql = stack.enter_context(relay(stores.postgresql.address))
        school = stack.enter_context(provider())
        school.clock = stores.clock
        there = urlsplit(school.issuer)
        to_school = stack.enter_context(relay(Address(str(there.hostname), int(there.port or 0))))
        school.issuer = f"http://localhost:{to_school.address.port}"

        def write(made: Path) -> None:
            school.write(made, "openid", "99XC", "oidc-standard")
            add(made)

        gateway = stack.enter_context(
            beside(
                stores,
                directory,
                redis=f"redis://redis.test:{redis.address.port}/0",
                postgresql=f"postgresql+psycopg://sluis@postgresql.test:{postgresql.address.port}/sluis",
                add=write,
            )
        )
        made = Lines(gateway, redis, postgresql, school, to_school, names)
        made.log_in()
        yield made

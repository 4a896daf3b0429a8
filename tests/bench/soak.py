"""Logins of all kinds, for as long as it takes: two workers, Redis, PostgreSQL. Memory, errors, the ledger afterwards.

Not among what `make bench` measures by itself: a hundred thousand logins take most of an hour. `BENCH_SOAK` is how many
at most, `BENCH_SOAK_MINUTES` for how long.
"""

import os
import re
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from lxml import etree

from gateway.domain.clock import SystemClock
from gateway.saml.instants import write_instant
from gateway.saml.redirect import signed_url
from gateway.storage import ledger_reading
from gateway.storage.ledger_answers import Place
from tests.bench.oidc_saml import Client, write_client
from tests.bench.parties import IDP, SERVICE, SERVICE_KEY, Driver
from tests.bench.saml_oidc import Login, Provider, provider
from tests.bench.stand import Stand, commit, stand
from tests.bench.worker import HOST

_LOGINS = int(os.environ.get("BENCH_SOAK", "100000"))
_MINUTES = float(os.environ.get("BENCH_SOAK_MINUTES", "1440"))
_AT_ONCE = 2
_SAMPLES = 100
_NO_LOGINS = ("logouts", "refused_codes")
_FIVE_MINUTES = timedelta(minutes=5)
_LONG_AGO, _FAR_AHEAD = datetime(2020, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_LOGGED_OUT_AT = "https://service.example/slo"
_LOG_FLAWS = ('"level": "error"', '"level": "critical"', "Traceback")


@dataclass
class Soaked:
    """What happened."""

    done: Counter[str] = field(default_factory=Counter)
    """Logins by kind, refusals and logouts too."""
    errors: list[str] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)
    """Of the largest worker, as often as was looked."""

    @property
    def logins(self) -> int:
        """Of all kinds, refused ones too."""
        return sum(count for kind, count in self.done.items() if kind not in _NO_LOGINS)


def measure() -> dict[str, object]:
    """The whole of it, under `soak`."""
    return {"soak": soaked(_LOGINS, until=time.monotonic() + _MINUTES * 60)}


def soaked(logins: int, *, until: float) -> dict[str, object]:
    """So many logins, a fifth of them refused, or those that begin before `until` of the monotonic clock.

    Raises nothing for what goes wrong with a login: that is among the figures.
    """
    with provider() as school:

        def add(directory: Path) -> None:
            school.write(directory, "openid", "99XC", "oidc-standard")
            write_client(directory, "klas", "RS256")
            write_client(directory, "klas-openid", "ES256", brin="99XC")
            _tell_of_logouts(directory / "services/bench.xml")

        with stand(2, add) as running:
            begun, cpu = time.monotonic(), running.cpu()
            found = _run(running, school, logins // 10, until)
            minutes, used = (time.monotonic() - begun) / 60, running.cpu().since(cpu)
            count = max(1, found.logins)
            kept = {
                "redis_kb_per_login": round(running.redis_mb() * 1000 / count, 2),
                "database_kb_per_login": round(running.database_mb() * 1000 / count, 2),
            }
            running.stop()
            return {
                "commit": commit(),
                "logins": found.logins,
                "minutes": round(minutes, 1),
                **{name: found.done[name] for name in sorted(found.done)},
                "errors": len(found.errors),
                **({"first_error": found.errors[0]} if found.errors else {}),
                **_memory(found, count),
                **_ledger(running, found),
                "log_errors": sum(running.log().count(flaw) for flaw in _LOG_FLAWS),
                **used.for_each(count),
                **kept,
            }


def _run(running: Stand, school: Provider, rounds: int, until: float) -> Soaked:
    """All rounds, by several people at once; memory is looked at as often as `_SAMPLES` says."""
    found, lock, numbers = Soaked(), threading.Lock(), iter(range(rounds))
    every = max(1, rounds // _SAMPLES)

    def person(number: int) -> None:
        mine = _Person(running.port, school, (number + 1) * 10_000_000)
        while time.monotonic() < until:
            with lock:
                at = next(numbers, None)
            if at is None:
                break
            problem = mine.round(at)
            with lock:
                found.done.update(mine.done)
                mine.done.clear()
                if problem:
                    found.errors.append(problem)
                if at % every == every - 1:
                    found.memory_mb.append(running.memory_mb())
                    print(f"{found.logins} logins, {found.memory_mb[-1]:.1f} MB", file=sys.stderr, flush=True)
        mine.close()

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(person, range(_AT_ONCE)))
    return found


@dataclass
class _Person:
    """Somebody who logs in in all ways, one after the other."""

    port: int
    school: Provider
    first: int
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._saml = Driver(HOST, self.port, only=IDP)
        self._openid = Login(self.school, Driver(HOST, self.port, only=self.school.issuer), count=self.first)
        self._client, self._other = Client(self.port, "klas"), Client(self.port, "klas-openid", "99XC")
        self._openid.driver.begin_at(self.first + 5_000_000)
        for one in (self._saml, self._client, self._other):
            one.begin_at(self.first)
        self._number = 0

    def round(self, number: int) -> str:
        """Ten logins, two of them refused; what went wrong, or nothing."""
        self._number = number
        for kind, step in self._steps():
            # A connection that lay idle for long may be closed just now.
            self.close()
            try:
                step()
            except (AssertionError, HTTPException, OSError, LookupError) as cause:
                return f"{kind}: {type(cause).__name__}: {cause}"
            self.done[kind] += 1
        return ""

    def close(self) -> None:
        """End the connections; the next request opens another."""
        for one in (self._saml, self._openid.driver, self._client, self._other):
            one.close()

    def _steps(self) -> tuple[tuple[str, Callable[[], object]], ...]:
        saml = self._saml
        return (
            ("saml_from_saml", saml.login),
            ("from_session", saml.login_in_session),
            ("from_session", saml.login_in_session),
            ("logouts", self._says_goodbye),
            ("saml_from_saml", saml.login),
            ("logouts", self._logs_out_at_the_service),
            ("oidc_from_saml", self._client.login),
            ("oidc_from_saml", self._client.login),
            ("refused_codes", self._client.refused_code),
            ("saml_from_oidc", self._openid),
            ("oidc_from_oidc", self._oidc_from_oidc),
            ("refused_messages", lambda: saml.refused_login(self._number)),
            ("refused_people", saml.nobodys_login),
        )

    def _oidc_from_oidc(self) -> None:
        asked = self._other.begin()
        self._openid.count += 1
        code = str(self._openid.count)
        self.school.nonces[code] = asked["nonce"][0]
        query = urlencode({"code": code, "state": asked["state"][0], "iss": self.school.issuer})
        self._other.finish(self._other.open(f"{urlsplit(asked['redirect_uri'][0]).path}?{query}"))

    def _says_goodbye(self) -> None:
        """By the gateway's own page."""
        _, _, page = self._saml.open("/logout")
        [token] = re.findall(r'name="token" value="([^"]+)"', page)
        status, _, page = self._saml.open("/logout", {"token": token})
        if status != 200 or 'id="leave"' not in page:
            raise AssertionError(f"no way to the services that are told: {status}")
        self._is_known_no_more()

    def _logs_out_at_the_service(self) -> None:
        answer = etree.fromstring(self._saml.last_answer)
        name_id = next(answer.iter("{urn:oasis:names:tc:SAML:2.0:assertion}NameID")).text
        index = next(answer.iter("{urn:oasis:names:tc:SAML:2.0:assertion}AuthnStatement")).get("SessionIndex")
        now = SystemClock().now()
        message = (
            '<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"'
            f' xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_o{index}" Version="2.0"'
            f' IssueInstant="{write_instant(now)}" NotOnOrAfter="{write_instant(now + _FIVE_MINUTES)}"'
            f' Destination="{self._saml.addresses.idp_logout}"><saml:Issuer>{SERVICE}</saml:Issuer>'
            f"<saml:NameID>{name_id}</saml:NameID><samlp:SessionIndex>{index}</samlp:SessionIndex></samlp:LogoutRequest>"
        ).encode()
        there = urlsplit(signed_url(self._saml.addresses.idp_logout, "SAMLRequest", message, None, SERVICE_KEY))
        status, location, _ = self._saml.open(f"{there.path}?{there.query}")
        if status not in (200, 303) or (status == 303 and not location):
            raise AssertionError(f"the service could not log out: {status}")
        self._is_known_no_more()

    def _is_known_no_more(self) -> None:
        status, _, _ = self._saml.ask()
        if status != 303:
            raise AssertionError(f"a session answered after its end: {status}")


def _tell_of_logouts(metadata: Path) -> None:
    endpoint = (
        '<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"'
        f' Location="{_LOGGED_OUT_AT}"/>'
    )
    text = metadata.read_text("utf-8")
    metadata.write_text(
        text.replace("<md:AssertionConsumerService", f"{endpoint}<md:AssertionConsumerService"), "utf-8"
    )


def _memory(found: Soaked, logins: int) -> dict[str, object]:
    """The second fifth beside the last: what a gateway takes to get warm is no leak."""
    fifth = max(1, len(found.memory_mb) // 5)
    early, late = (statistics.median(part) for part in (found.memory_mb[fifth : 2 * fifth], found.memory_mb[-fifth:]))
    return {
        "memory_mb_early": round(early, 1),
        "memory_mb_late": round(late, 1),
        "memory_bytes_per_login": round((late - early) * 1e6 / (logins * 0.6)),
    }


def rows_of(done: Counter[str]) -> Counter[str]:
    """The ledger rows that these logins must have, by outcome.

    UserInfo is a release of its own; a message that nobody vouches for is nobody's login.
    """
    saml = sum(done[kind] for kind in ("saml_from_saml", "saml_from_oidc", "from_session"))
    oidc = sum(done[kind] for kind in ("oidc_from_saml", "oidc_from_oidc"))
    return Counter({"released": saml + 2 * oidc, "refused": done["refused_people"]})


def _ledger(running: Stand, found: Soaked) -> dict[str, object]:
    """What is in it, beside what must be."""
    verdict = running.verified()
    answered = ledger_reading.answered(running.engine, since=_LONG_AGO)
    there: Counter[str] = Counter()
    unanswered = 0
    for one in ledger_reading.rows_between(running.engine, since=_LONG_AGO, until=_FAR_AHEAD):
        there[one.chained.row.outcome] += 1
        unanswered += Place(one.chained.writer, one.chained.number) not in answered
    wanted = rows_of(found.done)
    return {
        "rows_released": there["released"],
        "rows_refused": there["refused"],
        "rows_missing": sum((wanted - there).values()),
        "rows_too_many": sum((there - wanted).values()),
        "rows_unanswered": unanswered,
        "ledger_flaws": len(verdict.flaws),
    }

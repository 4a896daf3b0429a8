"""Single sign-on for tests that build a dispatcher themselves: the cookie in the test's hand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.http import HttpAnswer, HttpFailed
from gateway.login.limits import Limits
from gateway.login.loops import LoopBrake
from gateway.login.sso.registry import Registry
from gateway.login.sso.sign_on import SingleSignOn
from gateway.observability.metrics import Metrics
from gateway.settings.models.limits import Limits as LimitSettings
from gateway.storage.outbox import Letter


@dataclass
class HeldCookie:
    """Fulfils SessionCookie for the one browser of a test."""

    value: str | None = None
    shared: bool = False

    def presented(self) -> str | None:
        return self.value

    def give(self, value: str) -> None:
        self.value = value

    def drop(self) -> None:
        self.value = None

    def on_shared_computer(self) -> bool:
        return self.shared


@dataclass
class HeldHttp:
    """Fulfils Http for parties that are told of a logout: keeps what they are sent, answers as the test says."""

    status: int = 200
    hangs: bool = False
    sent: list[tuple[str, Mapping[str, str] | bytes]] = field(default_factory=list)
    body: Callable[[bytes], bytes] = lambda _: b""

    def post(self, url: str, *, headers: Mapping[str, str], form: Mapping[str, str]) -> HttpAnswer:
        self.sent.append((url, form))
        if self.hangs:
            raise HttpFailed("ReadTimeoutError")
        return HttpAnswer(self.status, b"")

    def send(self, url: str, *, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        self.sent.append((url, body))
        return HttpAnswer(self.status, self.body(body))


@dataclass
class HeldOutbox:
    """Fulfils Outbox in memory, for tests of what is told; `broken`: as when the database is gone."""

    letters: dict[str, Letter] = field(default_factory=dict)
    later: dict[str, int] = field(default_factory=dict)
    broken: bool = False

    def keep(self, service: str, contents: Sequence[bytes]) -> tuple[Letter, ...]:
        self._reached()
        kept = tuple(Letter(f"letter {len(self.letters) + n}", service, one) for n, one in enumerate(contents))
        self.letters |= {one.id: one for one in kept}
        return kept

    def done(self, letter: Letter) -> None:
        self._reached()
        del self.letters[letter.id]

    def postpone(self, letter: Letter, *, seconds: int) -> None:
        self._reached()
        self.letters[letter.id] = replace(letter, tries=letter.tries + 1)
        self.later[letter.id] = seconds

    def take(self, *, most: int) -> tuple[Letter, ...]:
        self._reached()
        return tuple(self.letters.values())[:most]

    def _reached(self) -> None:
        if self.broken:
            raise SluisError(ErrorCode.STORE_UNAVAILABLE)


def registry(store: Any, randomness: Any) -> Registry:
    return Registry(store=store, randomness=randomness, seconds=36000, login_seconds=900)


def signing_on(
    *,
    store: Any,
    federation: Any,
    clock: Any,
    randomness: Any,
    cookie: HeldCookie,
    metrics: Metrics,
    braked: bool = True,
    **more: Any,
) -> dict[str, Any]:
    """What a dispatcher needs beside all else. Not `braked`, a test may log in as often as it likes."""
    return {
        "sign_on": SingleSignOn(
            store=store,
            registry=registry(store, randomness),
            cookie=cookie,
            federation=federation,
            clock=clock,
            randomness=randomness,
            **more,
        ),
        "limits": Limits(LimitSettings(), store=store, clock=clock, metrics=metrics),
        "brake": LoopBrake(store=store, randomness=randomness, metrics=metrics)
        if braked
        else SimpleNamespace(check=lambda *_: None),
    }

"""/status: what everybody may know of how logins go."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import html

from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.language import Language
from gateway.federation.models import IdpId
from gateway.login.recent import MOST_NAMES, PLACES, Count, Party, Recent
from gateway.observability.health import Health
from gateway.pages.standings import Standing, standing_of
from gateway.pages.status import Teller, blueprint
from gateway.settings.models.pages import MaintenanceEntry, Pages
from gateway.storage.sqlite_store import SqliteStore
from tests.support.held import HeldClock
from tests.support.paged import Pages as Shown
from tests.support.small_federation import LEESPLEIN, VO_IDP, small_federation


@pytest.fixture
def store(clock: HeldClock, tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "store.sqlite", clock=clock)


class Gone(SqliteStore):
    """A store that does not answer."""

    def add(self, key: str, value: bytes, *, seconds: int) -> bool:
        raise SluisError(ErrorCode.STORE_UNAVAILABLE)

    def get_all(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        raise SluisError(ErrorCode.STORE_UNAVAILABLE)


def logins(recent: Recent, count: int, code: ErrorCode | None = None, idp: str = VO_IDP) -> None:
    for _ in range(count):
        recent.asked(idp)
        outcome = "refused" if code else "released"
        recent.login(service=LEESPLEIN, idp=idp, outcome=outcome, code=code or "")


def test_workers_and_replicas_add_up_and_an_hour_later_nothing_is_left(store: SqliteStore, clock: HeldClock) -> None:
    one, other = Recent(store=store, clock=clock), Recent(store=store, clock=clock)
    logins(one, 3)
    logins(other, 4, ErrorCode.RESPONSE_MALFORMED)
    clock.forward(seconds=31)
    logins(one, 1)
    logins(other, 1)
    clock.forward(seconds=31)
    other.counts()
    assert one.counts()[Party.IDP, VO_IDP] == Count(asked=9, good=5, trouble=4)
    assert one.counts()[Party.SERVICE, LEESPLEIN] == Count(good=5, other=4)
    clock.forward(seconds=3700)
    assert not one.counts()


def test_one_at_rest_for_long_takes_a_place_of_its_own_again(store: SqliteStore, clock: HeldClock) -> None:
    one, other = Recent(store=store, clock=clock), Recent(store=store, clock=clock)
    logins(one, 1)
    clock.forward(seconds=5000)
    logins(other, 1)
    logins(one, 1)
    clock.forward(seconds=31)
    other.counts()
    assert one.counts()[Party.IDP, VO_IDP].good == 2


def test_a_login_does_not_end_because_it_could_not_be_counted(clock: HeldClock, tmp_path: Path) -> None:
    logins(Recent(store=Gone(tmp_path / "store.sqlite", clock=clock), clock=clock), 1)


def test_neither_names_nor_places_grow_without_end(store: SqliteStore, clock: HeldClock) -> None:
    recent = Recent(store=store, clock=clock)
    for number in range(MOST_NAMES + 5):
        recent.asked(f"idp-{number}")
    clock.forward(seconds=31)
    assert len(recent.counts()) == MOST_NAMES
    for _ in range(PLACES + 3):
        Recent(store=store, clock=clock).asked(VO_IDP)
    clock.forward(seconds=31)
    assert recent.counts()[Party.IDP, VO_IDP].asked == PLACES - 1


@pytest.mark.parametrize(
    ("count", "standing"),
    [
        (Count(asked=9, good=9), None),
        (Count(asked=9, good=1, trouble=8), None),
        (Count(asked=40, good=40), Standing.GOOD),
        (Count(asked=40, good=32, trouble=8), Standing.SOME),
        (Count(asked=40, good=20, trouble=20), Standing.BAD),
        (Count(asked=40, good=12), Standing.SOME),
        (Count(asked=40, good=1, other=2), Standing.BAD),
        (Count(asked=40, other=40), None),
    ],
)
def test_a_standing_is_in_words_and_never_of_a_few(count: Count, standing: Standing | None) -> None:
    assert standing_of(count) is standing


class TestPage:
    def shown(self, clock: HeldClock, recent: Recent, pages: Pages | None = None, health: Health | None = None):
        shown = Shown(clock)
        federation = small_federation()
        pages = pages or Pages()
        teller = Teller(health=health or Health({}), recent=recent, federation=federation, pages=pages, clock=clock)
        shown.app.register_blueprint(
            blueprint(teller=teller, renderer=shown.renderer, clock=clock, told=pages.standings)
        )
        return shown.client("en")

    def test_it_names_what_goes_badly_and_nobody(self, store: SqliteStore, clock: HeldClock) -> None:
        recent = Recent(store=store, clock=clock)
        logins(recent, 20, ErrorCode.RESPONSE_SIGNATURE_INVALID)
        logins(recent, 15, idp="gone-since")
        client = self.shown(clock, recent)
        page = html.fromstring(client.get("/status").text)
        rows = [row.text_content().strip() for row in page.iterfind(".//tbody/tr")]
        school = small_federation().identity_providers[IdpId(VO_IDP)].names[Language.NL]
        assert rows == ["LeespleinGoing well", f"{school}Many logins fail"]
        data = client.get("/status.json")
        assert [one["standing"] for one in data.json["identity_providers"]] == ["bad"]
        assert "20" not in json.dumps(data.json["identity_providers"])

    def test_what_is_wrong_inside_stays_inside(self, store: SqliteStore, clock: HeldClock) -> None:
        def fails() -> None:
            raise SluisError(ErrorCode.LEDGER_UNAVAILABLE)

        client = self.shown(clock, Recent(store=store, clock=clock), health=Health({"lasting": fails}))
        answer = client.get("/status")
        assert answer.status_code == 200
        assert "can let nobody log in" in answer.text
        assert "ledger" not in answer.text
        assert client.get("/status.json").json["gateway"] == "down"

    def test_without_its_store_it_still_says_so(self, clock: HeldClock, tmp_path: Path) -> None:
        client = self.shown(clock, Recent(store=Gone(tmp_path / "store.sqlite", clock=clock), clock=clock))
        assert "This is not known right now" in client.get("/status").text

    def test_maintenance_until_it_is_over(self, store: SqliteStore, clock: HeldClock) -> None:
        begin = datetime(2026, 9, 7, 18, 0, tzinfo=UTC)
        planned = MaintenanceEntry(since=begin, until=begin + timedelta(hours=2), text={Language.NL: "Dan even niet."})
        over = MaintenanceEntry(since=begin - timedelta(days=2), until=begin - timedelta(days=1), text=planned.text)
        client = self.shown(clock, Recent(store=store, clock=clock), Pages(maintenance=[planned, over]))
        text = client.get("/status").text
        assert "From 07-09-2026 20:00 until 07-09-2026 22:00" in text
        assert text.count("Dan even niet.") == 1

    def test_names_can_be_left_out(self, store: SqliteStore, clock: HeldClock) -> None:
        recent = Recent(store=store, clock=clock)
        logins(recent, 20)
        client = self.shown(clock, recent, Pages(standings=False))
        assert "Leesplein" not in client.get("/status").text
        assert client.get("/status.json").json["services"] is None

"""Keys that a client publishes (`jwks_uri`): fetched beside logins, and the last good copy is in use."""

import json
import random
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.cli.client_keys import ClientKeys
from gateway.cli.loading import examine
from gateway.cli.refresher import Refresher, Watch, documents
from gateway.domain.http import HttpAnswer, HttpFailed
from gateway.federation.published_keys import key_warnings
from gateway.settings.loader import load
from tests.support.held import HeldClock
from tests.support.jose import client_key, edwards_jwk, edwards_key, public_jwk
from tests.support.metadata_server import metadata_server

ADDRESS = "https://klas.example/jwks"
ONE = public_jwk(client_key("one"), kid="one")
TWO = public_jwk(client_key("two"), kid="two", use="sig")


class Published:
    """What the client has at its address."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer: HttpAnswer | None = None
        self.publish(ONE)

    def publish(self, *keys: object) -> None:
        self.answer = HttpAnswer(200, json.dumps({"keys": keys}).encode())

    def get(self, url, *, headers):
        assert url == ADDRESS
        assert "application/jwk-set+json" in headers["Accept"]
        self.asked += 1
        if self.answer is None:
            raise HttpFailed("TimeoutError")
        return self.answer


@dataclass
class There:
    directory: Path
    clock: HeldClock
    http: Published
    told: int = 0

    def watch(self) -> Watch:
        settings = load(self.directory)
        fetching = ClientKeys(settings, self.http, random.Random(7))
        return Watch(settings, documents(self.directory), lambda _: None, self.tell, keys=fetching)

    def tell(self) -> None:
        self.told += 1

    def client(self):
        examination = examine(self.directory, self.clock)
        assert examination.configuration is not None, examination.problems
        return examination.configuration.federation.service_by_client_id["klas"].oidc

    def kids(self) -> list[str]:
        jwks = self.client().jwks
        return [] if jwks is None else [one["kid"] for one in json.loads(jwks)["keys"]]

    def warnings(self) -> str:
        return " ".join(str(one) for one in examine(self.directory, self.clock).problems)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    directory = tmp_path_factory.mktemp("fresh") / "conf"
    more = ("--rsa-bits", "2048", "--base-url", "https://login.example.nl")
    assert CliRunner().invoke(main, ["init", str(directory), *more]).exit_code == 0
    return directory


def add(directory, *more):
    uri = ("--redirect-uri", "https://klas.example/callback")
    return CliRunner().invoke(main, ["service", "add-oidc", str(directory), "klas", *uri, *more])


@pytest.fixture
def there(fresh, tmp_path, clock):
    directory = shutil.copytree(fresh, tmp_path / "conf")
    made = add(directory, "--auth", "private_key_jwt", "--jwks-uri", ADDRESS)
    assert made.exit_code == 0, made.output
    return There(directory, clock, Published())


def test_they_are_fetched_and_fetched_again(there):
    assert there.kids() == []
    assert "its keys have not been fetched yet" in there.warnings()
    watch = there.watch()
    watch.look(there.clock.now())
    assert (there.http.asked, there.told, there.kids()) == (1, 1, ["one"])
    assert "fetched" not in there.warnings()
    there.clock.forward(minutes=12)
    watch.look(there.clock.now())
    assert there.http.asked == 1
    there.clock.forward(minutes=6)
    watch.look(there.clock.now())
    assert (there.http.asked, there.told) == (2, 1), "what is as it was is told to nobody"
    there.http.publish(ONE, TWO)
    there.clock.forward(minutes=18)
    watch.look(there.clock.now())
    assert (there.told, there.kids()) == (2, ["one", "two"])


def test_the_last_good_copy_stays_and_the_operator_hears_why(there):
    watch = there.watch()
    watch.look(there.clock.now())
    there.http.answer = None
    there.clock.forward(minutes=18)
    for _ in range(2):
        watch.look(there.clock.now())
        there.clock.forward(seconds=120)
    assert there.http.asked == 3
    assert there.kids() == ["one"]
    [(what, why)] = key_warnings(load(there.directory)).items()
    assert what == "keys of klas"
    assert why.startswith("it could not be fetched: TimeoutError (fetched last: 20")
    there.http.publish(TWO)
    there.clock.forward(minutes=10)
    watch.look(there.clock.now())
    assert (there.kids(), key_warnings(load(there.directory))) == (["two"], {})


def test_of_what_was_never_there_nothing_is_in_use(there):
    there.http.answer = HttpAnswer(302, b"", {"location": ADDRESS})
    there.watch().look(there.clock.now())
    assert there.kids() == []
    assert "(fetched last: never)" in key_warnings(load(there.directory))["keys of klas"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<html>", "no JSON Web Key Set"),
        (b"{}", "no JSON Web Key Set"),
        (b'{"keys": ["x"]}', "no JSON Web Key Set"),
        (b"\xff", "no JSON Web Key Set"),
        (b'{"keys": []}', "between 1 and 20 keys"),
        (json.dumps({"keys": [{"kty": "oct", "k": "AAAA"}]}).encode(), "a private key"),
        (json.dumps({"keys": [ONE, {**TWO, "d": "AAAA"}]}).encode(), "a private key"),
        (json.dumps({"keys": [{**ONE, "use": "enc"}]}).encode(), "between 1 and 20 keys"),
        (json.dumps({"keys": [ONE] * 21}).encode(), "between 1 and 20 keys"),
        (json.dumps({"keys": [ONE], "more": "x" * 100_000}).encode(), "more than 100 kB"),
    ],
)
def test_what_is_no_set_of_public_keys_is_not_taken(there, body, says):
    watch = there.watch()
    watch.look(there.clock.now())
    there.http.answer = HttpAnswer(200, body)
    there.clock.forward(minutes=18)
    watch.look(there.clock.now())
    assert there.kids() == ["one"]
    assert says in key_warnings(load(there.directory))["keys of klas"]


def test_keys_for_something_else_are_passed_over(there):
    weak = {"kty": "RSA", "n": "AQAB" * 40, "e": "AQAB", "kid": "weak"}
    other = [{"kty": "EC", "crv": "P-521", "x": "x", "y": "y"}, {"kty": "new"}, {}, weak, {**TWO, "use": "enc"}]
    there.http.publish(*other, ONE, edwards_jwk(edwards_key("klas"), kid="edwards"))
    there.watch().look(there.clock.now())
    assert there.kids() == ["one", "edwards"]


def test_a_copy_from_another_address_counts_for_nothing(there):
    there.watch().look(there.clock.now())
    entry = there.directory / "services" / "klas.yaml"
    entry.write_text(entry.read_text().replace(ADDRESS, "https://other.example/jwks"))
    assert there.kids() == []


def test_a_copy_that_was_spoilt_stops_nothing_but_its_client(there):
    there.watch().look(there.clock.now())
    copy = there.directory / "var/client-keys/klas/jwks.json"
    copy.write_text(json.dumps({"address": ADDRESS, "keys": [{"kty": "none"}]}))
    assert "the copy of its keys: key 1" in there.warnings()
    assert there.client().jwks_uri == ADDRESS
    copy.write_text("{")
    assert there.kids() == []


def test_the_command_fetches_now_and_says_what_came(there):
    def fetch(*names):
        return CliRunner().invoke(main, ["service", "fetch-keys", str(there.directory), *names])

    assert fetch("other").exit_code == 2
    with metadata_server() as served:
        entry = there.directory / "services" / "klas.yaml"
        entry.write_text(entry.read_text().replace(ADDRESS, served.url))
        served.body = json.dumps({"keys": [ONE, TWO]}).encode()
        done = fetch()
        assert (done.exit_code, done.stdout) == (0, "klas: keys one, two\n")
        assert there.kids() == ["one", "two"]
        served.status = 500
        failed = fetch("klas")
        assert (failed.exit_code, failed.stdout) == (1, "")
        assert "klas: it was answered with status 500" in failed.stderr
    assert there.kids() == ["one", "two"]


@pytest.mark.parametrize(
    "more",
    [
        ("--auth", "private_key_jwt"),
        ("--jwks-uri", ADDRESS),
        ("--auth", "private_key_jwt", "--jwks-uri", "http://klas.example/jwks"),
    ],
)
def test_options_that_do_not_go_together(fresh, tmp_path, more):
    directory = shutil.copytree(fresh, tmp_path / "conf")
    assert add(directory, *more).exit_code != 0
    assert not (directory / "services" / "klas.yaml").exists()


def test_a_process_fetches_them_where_there_is_an_address_and_anew_for_another(there, monkeypatch):
    class Child:
        def __init__(self, command, **_):
            started.append(command[3:5])
            self.ended = False

        def poll(self):
            return 0 if self.ended else None

        def terminate(self):
            self.ended = True
            stopped.append(self)

    started: list[list[str]] = []
    stopped: list[Child] = []
    monkeypatch.setattr(subprocess, "Popen", Child)
    entry = there.directory / "services" / "klas.yaml"
    with_keys = entry.read_text()
    refresher = Refresher()
    for _ in range(2):
        refresher.keep_running(load(there.directory))
    assert (started, stopped) == ([["metadata", "watch"]], [])
    entry.write_text(with_keys.replace(ADDRESS, "https://other.example/jwks"))
    refresher.keep_running(load(there.directory))
    assert (len(started), len(stopped)) == (2, 1)
    entry.unlink()
    refresher.keep_running(load(there.directory))
    assert (len(started), len(stopped)) == (2, 2)

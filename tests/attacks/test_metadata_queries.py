"""Answers to metadata queries that are not what was asked for, or of nobody who may say so. No login ever sees them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.federation.metadata.alarms import fetch_warnings
from gateway.federation.metadata.parties import configured_entities
from gateway.federation.metadata.query import asked_before, refresh
from gateway.federation.metadata.refresh import Fetched
from gateway.web.outgoing import OutgoingHttp
from tests.support.configuration import FILES, IDP_ENTITY, SP_ENTITY, aggregate, idp_document, signed, sp_document
from tests.support.held import HeldClock
from tests.support.metadata_server import MetadataServer, metadata_server
from tests.support.signing_keys import signing_key
from tests.support.sourced import FEDERATION, Sourced, write_sourced

UNTIL = "2026-09-20T00:00:00Z"
OTHER = "https://other.example/metadata"


def path(entity: str) -> str:
    return f"/metadata/entities/{quote(entity, safe='')}"


def true_idp() -> bytes:
    return signed(idp_document(valid_until=UNTIL), FEDERATION)


@pytest.fixture
def server() -> Iterator[MetadataServer]:
    with metadata_server() as served:
        true_sp = signed(sp_document(valid_until=UNTIL), FEDERATION)
        served.answers = {path(IDP_ENTITY): true_idp(), path(SP_ENTITY): true_sp}
        yield served


@pytest.fixture
def queried(tmp_path: Path, server: MetadataServer, clock: HeldClock) -> Sourced:
    source = f"id: federation\nmdq: {server.url}\ncertificates: [federation.crt]\n"
    return write_sourced(tmp_path, server.url, clock, {"metadata/federation.yaml": source})


def ask(queried: Sourced, *, accept: bool = False, everything: bool = True, max_bytes: int = 100_000) -> Fetched:
    return refresh(
        queried.source,
        OutgoingHttp(seconds=30, max_bytes=max_bytes),
        now=queried.clock.now(),
        configured=configured_entities(queried.settings, "federation"),
        accept=accept,
        everything=everything,
    )


def location(queried: Sourced) -> str:
    idp = queried.idp()
    return "" if idp is None else idp.saml.single_sign_on[0].location


def test_what_is_true_is_taken_and_only_parties_are_asked_for(queried: Sourced, server: MetadataServer):
    found = ask(queried)
    assert (found.changed, found.problem, found.entities) == (True, "", 2)
    assert location(queried) == "https://idp.petteflat.example/sso"
    assert sorted(one["path"] for one in server.asked) == sorted([path(IDP_ENTITY), path(SP_ENTITY)])
    assert not ask(queried).changed


EVIL = "https://evil.example/sso"
ATTACKER = signing_key("attacker")


def evil(entity: str = IDP_ENTITY, until: str | None = UNTIL) -> bytes:
    return idp_document(entity, location=EVIL, valid_until=until)


ATTACKS = {
    "unsigned": (evil(), "it is not signed"),
    "another key": (signed(evil(), ATTACKER), "its signature does not count"),
    "another entity, truly signed": (signed(evil(OTHER), FEDERATION), f"the answer is about {OTHER}"),
    "an aggregate with another entity": (
        signed(aggregate(evil(), evil(OTHER), attributes=f'ID="_all" validUntil="{UNTIL}"'), FEDERATION),
        "not what was asked for",
    ),
    "without end": (signed(evil(until=None), FEDERATION), "the answer has no validUntil"),
    "past its end": (signed(evil(until="2026-09-01T00:00:00Z"), FEDERATION), "past its validUntil"),
    "no identity provider": (signed(sp_document(IDP_ENTITY, valid_until=UNTIL), FEDERATION), "has no role idp"),
    "not https": (
        signed(idp_document(location="http://evil.example/sso", valid_until=UNTIL), FEDERATION),
        "is not https",
    ),
    "no XML": (b"<html>", "the document is refused"),
    "too large": (signed(evil(), FEDERATION).replace(b"<md:IDP", b" " * 200_000 + b"<md:IDP", 1), "too large"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_answer_that_is_not_to_be_believed_leaves_the_last_good_one(
    attack: str, queried: Sourced, server: MetadataServer
):
    assert ask(queried).changed
    body, says = ATTACKS[attack]
    assert server.answers is not None
    server.answers[path(IDP_ENTITY)] = body
    found = ask(queried)
    assert not found.changed
    assert says in found.problem
    assert location(queried) == "https://idp.petteflat.example/sso"
    assert says in fetch_warnings(queried.settings)["metadata federation"]


@pytest.mark.parametrize("attack", ["unsigned", "another key", "another entity, truly signed", "without end"])
def test_without_a_good_one_from_before_nobody_logs_in_by_it(attack: str, queried: Sourced, server: MetadataServer):
    assert server.answers is not None
    server.answers[path(IDP_ENTITY)] = ATTACKS[attack][0]
    ask(queried)
    assert location(queried) == ""


def test_a_redirect_and_another_content_type(queried: Sourced, server: MetadataServer):
    server.status, server.headers = 302, {"Location": "http://169.254.169.254/latest"}
    assert "a redirect, which is not followed" in ask(queried).problem
    server.status, server.headers, server.content_type = 200, {}, "text/html"
    assert "answered with text/html" in ask(queried).problem
    assert location(queried) == ""


def test_an_answer_kept_on_disk_that_was_changed(queried: Sourced):
    assert ask(queried).changed
    document = queried.source.document
    other = document.read_bytes().replace(document.read_bytes()[60:80], b"A" * 20)
    document.write_bytes(other)
    assert location(queried) == ""


def test_a_no_is_remembered_for_a_while_and_takes_nobody_away(queried: Sourced, server: MetadataServer):
    assert ask(queried).changed
    assert server.answers is not None
    del server.answers[path(IDP_ENTITY)]
    assert "the server knows no such entity" in ask(queried).problem
    assert location(queried) == "https://idp.petteflat.example/sso"
    asked = len(server.asked)
    ask(queried, everything=False)
    assert len(server.asked) == asked, "neither the no nor the answer is asked for again at once"
    queried.clock.forward(hours=2)
    ask(queried, everything=False)
    assert len(server.asked) == asked + 2

    assert ask(queried, accept=True).changed
    assert location(queried) == ""


def test_a_server_that_fails_is_asked_again_soon_for_what_failed_and_not_for_the_rest(
    queried: Sourced, server: MetadataServer
):
    assert ask(queried).changed
    assert server.answers is not None
    good, server.answers[path(IDP_ENTITY)] = server.answers[path(IDP_ENTITY)], b"<broken"
    assert ask(queried).problem
    server.answers[path(IDP_ENTITY)] = good
    asked = len(server.asked)
    queried.clock.forward(minutes=1)
    assert not ask(queried, everything=False).problem
    assert [one["path"] for one in server.asked[asked:]] == [path(IDP_ENTITY)]
    assert asked_before(queried.source.kept)[IDP_ENTITY].problem == ""
    assert "metadata federation" not in fetch_warnings(queried.settings)


def test_the_same_answer_is_not_sent_again(queried: Sourced, server: MetadataServer):
    server.headers = {"ETag": '"one"'}
    assert ask(queried).changed
    assert not ask(queried).problem
    assert {one.get("if-none-match") for one in server.asked[2:]} == {'"one"'}


def test_an_entity_id_cannot_lead_elsewhere(queried: Sourced, server: MetadataServer):
    assert server.answers is not None
    strange = "https://idp.example/../../admin?x=1#y"
    entry = FILES["identity-providers/petteflat.yaml"].replace(
        "metadata: petteflat.xml", f"metadata_source: federation\n  entity_id: {strange}"
    )
    (queried.directory / "identity-providers/petteflat.yaml").write_text(entry)
    ask(queried)
    assert path(strange) in [one["path"] for one in server.asked]
    assert all(one["path"].startswith("/metadata/entities/") for one in server.asked)
    assert all("/" not in one["path"].removeprefix("/metadata/entities/") for one in server.asked)


def sluis(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_show_and_where_know_what_was_asked_for_and_show_asks_for_the_rest(queried: Sourced, server: MetadataServer):
    ask(queried)
    until = (queried.clock.now() + timedelta(days=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert server.answers is not None
    server.answers[path(OTHER)] = signed(idp_document(OTHER, valid_until=until), FEDERATION)

    assert (
        "identity provider at https://idp.petteflat.example/sso"
        in sluis("metadata", "show", queried.directory, IDP_ENTITY).output
    )
    assert "source federation" in sluis("metadata", "where", queried.directory, IDP_ENTITY).output
    shown = sluis("metadata", "show", queried.directory, OTHER)
    assert shown.exit_code == 0
    assert f"{OTHER}, of the source federation, valid until {until[:10]}" in shown.output
    assert sluis("metadata", "where", queried.directory, OTHER).exit_code == 1, "it was not kept"
    unknown = sluis("metadata", "show", queried.directory, "https://nobody.example/")
    assert unknown.exit_code == 1
    assert "the server knows no such entity" in unknown.output


@pytest.mark.parametrize(
    ("address", "certificates", "says"),
    [
        ("http://192.168.1.1/", "[federation.crt]", "http is for loopback alone"),
        ("https://mdq.example/", "[]", "believed by its signature alone"),
        ("https://mdq.example/?a=b", "[federation.crt]", "a base address has no query"),
    ],
)
def test_a_query_service_is_trusted_by_its_signature_over_https(
    address: str, certificates: str, says: str, queried: Sourced
):
    source = f'id: federation\nmdq: "{address}"\ncertificates: {certificates}\n'
    (queried.directory / "metadata/federation.yaml").write_text(source)
    result = sluis("check", queried.directory)
    assert result.exit_code == 1
    assert says in result.output

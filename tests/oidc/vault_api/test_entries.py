"""Entries of the vault over HTTP: written, told, removed, and refused."""

import pytest

from gateway.storage.vault import Vault
from tests.support.vault_api import BASE, DAAN, EMMA, FENNA, OTHER, STAMP


def test_entries_are_written_and_written_again(api):
    first = api.put(
        {"account": "fenna77", "eck_id": FENNA, "adult": False, "checked": "2026-08-20"},
        {"account": "daan12", "school": "99XA", "stampseudonym": DAAN.replace("pilot", "sppilot"), "adult": None},
    )
    assert first.status_code == 200, first.json
    assert first.headers["Cache-Control"] == "no-store"
    assert api.counts() == {"99XA": 2}
    again = api.put({"account": "fenna77", "eck_id": FENNA, "adult": False, "checked": "2026-08-20"})
    assert again.json["entries"] == first.json["entries"][:1]
    assert api.counts() == {"99XA": 2}
    changed = api.put({"account": "fenna77", "eck_id": FENNA, "adult": True})
    assert changed.json["entries"][0]["id"] == first.json["entries"][0]["id"]
    assert changed.json["entries"][0]["etag"] != first.json["entries"][0]["etag"]


def test_a_thousand_in_one_call_and_no_more(api):
    many = [
        {"account": f"pupil-{number}", "eck_id": f"https://ketenid.nl/pilot/{number:0128x}"} for number in range(1001)
    ]
    assert api.put(*many[:1000]).status_code == 200
    assert api.counts() == {"99XA": 1000}
    refused = api.put(*many)
    assert (refused.status_code, refused.json["detail"]) == (400, "between 1 and 1000 entries a call")


def test_what_is_held_is_told_and_no_identifier(api):
    api.put({"account": "fenna77", "school": "99XA01", "eck_id": FENNA, "eck_id_vo": DAAN, "until": "2026-01-31"})
    answer = api.send("POST", "/entries/find", json={"accounts": ["fenna77", "nobody"]}, headers=api.bearer())
    held, none = answer.json["entries"]
    assert none is None
    assert held == {
        "id": held["id"],
        "etag": held["etag"],
        "school": "99XA01",
        "eck_ids": ["po", "vo"],
        "stampseudonym": False,
        "adult": None,
        "until": "2026-01-31",
        "checked": None,
        "in_force": False,
    }
    one = api.send("GET", f"/entries/{held['id']}", headers=api.bearer())
    assert one.json == held
    assert one.get_etag() == (held["etag"], False)
    same = {**api.bearer(), "If-None-Match": f'"{held["etag"]}"'}
    assert api.send("GET", f"/entries/{held['id']}", headers=same).status_code == 304


def test_removed_only_while_it_is_as_the_etag_says(api):
    [made] = api.put({"account": "fenna77", "eck_id": FENNA}).json["entries"]
    [changed] = api.put({"account": "fenna77", "eck_id": EMMA}).json["entries"]
    path = f"/entries/{made['id']}"
    stale = api.send("DELETE", path, headers={**api.bearer(), "If-Match": f'"{made["etag"]}"'})
    assert (stale.status_code, stale.mimetype) == (412, "application/problem+json")
    assert api.counts() == {"99XA": 1}
    assert api.send("DELETE", path, headers={**api.bearer(), "If-Match": f'"{changed["etag"]}"'}).status_code == 204
    assert api.counts() == {}
    assert api.send("DELETE", path, headers=api.bearer()).status_code == 204, "what is gone is gone"
    assert api.send("GET", path, headers=api.bearer()).status_code == 404
    assert api.put({"account": "other", "eck_id": EMMA}).status_code == 200, "its ECK iD is free again"


def test_another_schools_entries_are_not_there(api):
    [made] = api.put({"account": "fenna77", "eck_id": FENNA}).json["entries"]
    other = api.bearer(OTHER)
    assert api.send("GET", f"/entries/{made['id']}", headers=other).status_code == 404
    assert api.send("DELETE", f"/entries/{made['id']}", headers=other).status_code == 204
    assert api.counts() == {"99XA": 1}
    refused = api.put({"account": "x", "school": "99XA", "eck_id": FENNA}, headers=other)
    assert refused.status_code == 422
    assert "alone" in refused.json["problems"][0]["problem"]


WRONG = [
    ({"account": "123456782", "eck_id": FENNA}, "the shape of a citizen number"),
    ({"account": "a", "bsn": "x"}, "a column is named as a citizen number"),
    ({"account": "a", "eck_id": FENNA, "shoe": "38"}, "1 unknown columns"),
    ({"account": "a", "eck_id": FENNA[:-1]}, "an ECK iD is https://ketenid.nl/"),
    ({"account": "a", "eck_id": STAMP}, "this is a stampseudoniem"),
    ({"account": "a", "eck_id": 5}, "a value is a text, true, false or null"),
    ({"account": "a"}, "there is none, and no stampseudonym"),
    ({"account": "a", "eck_id": FENNA, "adult": "20080131"}, "a birth date does not belong here"),
    ({"account": "a", "eck_id": FENNA, "replaced": FENNA}, "it names the ECK iD that is in force"),
    ({"account": "a", "eck_id_vo": FENNA, "replaced": DAAN}, "no ECK iD in the school's sector"),
    ({"account": "a", "eck_id": FENNA, "replaced": "x"}, "replaced: an ECK iD is"),
    ({"account": "a", "eck_id_po": FENNA, "eck_id_vo": FENNA}, "two sectors have the same one"),
    ("fenna77", "an entry is an object"),
    ({"account": "emma", "eck_id": FENNA}, "the same account stands earlier"),
    ({"account": "a", "eck_id": EMMA}, "an account earlier in this request has this ECK iD"),
    ({"account": "a", "eck_id": DAAN}, "another account of the school has this ECK iD"),
]


@pytest.mark.parametrize(("entry", "wrong"), WRONG)
def test_one_wrong_entry_is_named_and_keeps_all_out(api, entry, wrong):
    api.put({"account": "daan12", "eck_id": DAAN})
    answer = api.put({"account": "emma", "eck_id": EMMA}, entry)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    [problem] = answer.json["problems"]
    assert problem["index"] == 1
    assert wrong in problem["problem"]
    assert FENNA[-20:] not in answer.text
    assert api.counts() == {"99XA": 1}


def test_an_eck_id_that_another_request_took_meanwhile_is_named_by_its_entry(api, monkeypatch):
    api.put({"account": "daan12", "eck_id": DAAN})
    monkeypatch.setattr(Vault, "held_by_others", lambda *_: set())
    answer = api.put({"account": "emma", "eck_id": EMMA}, {"account": "a", "eck_id": DAAN})
    assert answer.status_code == 422
    [problem] = answer.json["problems"]
    assert (problem["index"], "another account of the school has this ECK iD" in problem["problem"]) == (1, True)
    assert api.counts() == {"99XA": 1}


@pytest.mark.parametrize("accounts", [["123456782"], [""], [5]])
def test_what_cannot_be_a_user_id_is_not_looked_for(api, accounts):
    answer = api.send("POST", "/entries/find", json={"accounts": accounts}, headers=api.bearer())
    assert (answer.status_code, answer.json["problems"][0]["index"]) == (422, 0)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("not json", "application/json", 400),
        ("[]", "application/json", 400),
        ('{"entries": []}', "application/json", 400),
        ('{"entries": {}}', "application/json", 400),
        ('{"entries": [], "more": 1}', "application/json", 400),
        ('{"entries": [{"account": "a", "account": "b"}]}', "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ("{}", "text/csv", 415),
        ("{}", "application/x-www-form-urlencoded", 415),
        (" " * (2 * 1024 * 1024 + 1), "application/json", 413),
    ],
)
def test_a_body_that_is_none(api, body, kind, status):
    answer = api.send("POST", "/entries", data=body, content_type=kind, headers=api.bearer())
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json["reference"]


def test_a_store_that_is_gone_says_when_to_come_again(api, monkeypatch):
    headers = api.bearer()
    api.put({"account": "a", "eck_id": FENNA})
    api.parts.engine.dispose()
    lasting = api.directory / "var/lasting.sqlite"
    aside = lasting.rename(lasting.with_suffix(".aside"))
    try:
        answer = api.put({"account": "a", "eck_id": FENNA}, headers=headers)
    finally:
        api.parts.engine.dispose()
        aside.rename(lasting)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")


def test_the_document_names_every_address_that_there_is(api):
    told = api.send("GET", "/openapi.json").json
    there = {
        (rule.rule.removeprefix(BASE).replace("<entry_id>", "{id}"), method.lower())
        for rule in api.app.url_map.iter_rules()
        if rule.rule.startswith(BASE) and not rule.rule.endswith("openapi.json")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    named = {
        (path, method)
        for path, item in told["paths"].items()
        for method in item.keys() & {"get", "post", "put", "delete"}
    }
    assert named == there
    assert told["openapi"] == "3.1.0"
    assert set(told["components"]["schemas"]["Entry"]["properties"]) >= {"account", "eck_id", "stampseudonym", "adult"}


def test_a_fault_of_ours_tells_nothing_of_itself(api, monkeypatch):
    headers = api.bearer()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(FENNA)

    monkeypatch.setattr(Vault, "held_by_others", broken)
    answer = api.put({"account": "a", "eck_id": FENNA}, headers=headers)
    assert (answer.status_code, answer.json["title"]) == (500, "internal")
    assert FENNA not in answer.text

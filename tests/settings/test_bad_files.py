"""What an operator reads about a file that has the wrong shape: the place, what is wrong, what would be right."""

from pathlib import Path
from typing import NamedTuple

import pytest

from gateway.settings.loader import load, read
from gateway.settings.problems import Level, Problems
from tests.support.configuration import FILES, edited, write_configuration

G, P = "gateway.yaml", "policy.yaml"
K = "keys.yaml"
I, S, B, A = (  # noqa: E741
    "identity-providers/petteflat.yaml",
    "services/leesplein.yaml",
    "schools/schools.yaml",
    "agreements/agreements.yaml",
)


class Bad(NamedTuple):
    """One slip: in a file, `old` became `new`; the operator is led to a line and reads these words."""

    file: str
    old: str
    new: str
    line: int
    says: tuple[str, ...]


SEALING = next(line for line in FILES[K].splitlines() if line.startswith("sealing: "))
CASES = {
    "misspelt key": Bad(G, "listen: ", "listn: ", 2, ("unknown key listn", "did you mean listen?")),
    "key of nowhere": Bad(
        G, "lifetimes: ", "colour: blue\nlifetimes: ", 6, ("unknown key colour", "possible: base_url, listen")
    ),
    "misspelt inner key": Bad(
        G, "{transaction: 15m}", "{transactions: 15m}", 6, ("lifetimes.transactions", "did you mean transaction?")
    ),
    "missing key": Bad(G, "base_url: https://login.example.nl\n", "", 1, ("base_url is missing", "Public address")),
    "missing inner key": Bad(G, "name: Voorbeeld, ", "", 3, ("organisation.name is missing",)),
    "plain http": Bad(G, "https://login.example.nl", "http://login.example.nl", 1, ("a public address is https",)),
    "base URL with a path": Bad(
        G, "https://login.example.nl", "https://login.example.nl/sluis", 1, ("without a path", "https://login")
    ),
    "base URL with a slash": Bad(
        G, "https://login.example.nl", "https://login.example.nl/", 1, ("a slash at the end",)
    ),
    "base URL with a name and password": Bad(
        G, "https://login.example.nl", "https://me:secret@login.example.nl", 1, ("scheme and host",)
    ),
    "no port": Bad(G, "127.0.0.1:8080", "127.0.0.1", 2, ("listen", "host and port, such as 127.0.0.1:8080")),
    "port that is none": Bad(G, "127.0.0.1:8080", "127.0.0.1:80800", 2, ("host and port",)),
    "workers as a word": Bad(G, "lifetimes: ", "workers: many\nlifetimes: ", 6, ("workers: a whole number",)),
    "no workers": Bad(G, "lifetimes: ", "workers: 0\nlifetimes: ", 6, ("workers: at least 1",)),
    "network with a host in it": Bad(
        G, "lifetimes: ", "trusted_proxies:\n  - 10.0.0.0/8\n  - 10.0.0.7/8\nlifetimes: ", 8, ("10.0.0.0/24",)
    ),
    "duration without a unit": Bad(G, "15m", "15", 6, ("lifetimes.transaction", "90s, 15m or 10h", "PT15M")),
    "duration too short": Bad(G, "15m", "5s", 6, ("lifetimes.transaction: at least 1 minute",)),
    "e-mail without a domain": Bad(G, "beheer@example.nl", "beheer", 5, ("contacts.0.email", "name@domain")),
    "unknown contact type": Bad(
        G, "type: technical", "type: techincal", 5, ("contacts.0.type", "did you mean technical?")
    ),
    "unknown environment": Bad(
        G, "lifetimes: ", "environment: acceptance\nlifetimes: ", 6, ("environment", "production, test")
    ),
    "secret in the file": Bad(
        K,
        "secret: {file: keys/sealing.secret}",
        "secret: aGVsbG8=",
        3,
        ("sealing.0.secret", "{file: ...} or {env"),
    ),
    "secret by file and by environment": Bad(
        K, "{file: keys/sealing.secret}", "{file: a, env: B}", 3, ("sealing.0.secret", "one of them")
    ),
    "state that is none": Bad(K, "{id: s1, state: active", "{id: s1, state: actve", 3, ("did you mean active?",)),
    "moment without a time": Bad(
        K,
        "{id: s1, state: active, since: 2026-08-01T00:00:00Z",
        "{id: s1, state: active, since: 2026-08-01",
        3,
        ("sealing.0.since: a moment is written 2026-08-01T12:00:00Z",),
    ),
    "no key at all": Bad(K, SEALING, "sealing: []", 3, ("sealing: at least 1",)),
    "password in a database address": Bad(
        G,
        "lifetimes: ",
        'stores:\n  lasting:\n    url: "postgresql://sluis:hunter2@db/sluis"\nlifetimes: ',
        8,
        ("stores.lasting.url", "an address with a password is a secret", "{env: ...}"),
    ),
    "unknown store": Bad(
        G, "lifetimes: ", "stores: {short_lived: {kind: memcached}}\nlifetimes: ", 6, ("possible: sqlite, redis",)
    ),
    "store without a kind": Bad(
        G, "lifetimes: ", "stores: {short_lived: {path: x}}\nlifetimes: ", 6, ("stores.short_lived.kind is missing",)
    ),
    "unknown key of one kind of store": Bad(
        G,
        "lifetimes: ",
        "stores:\n  short_lived:\n    kind: redis\n    url: {env: REDIS}\n    path: x\nlifetimes: ",
        10,
        ("unknown key stores.short_lived.path",),
    ),
    "class that is none": Bad(
        P,
        "class: base, source: tests, reason: the one identifier",
        "class: basic, source: tests, reason: x",
        4,
        ("did you mean base?",),
    ),
    "attribute that is none": Bad(P, "  surname:", "  surnam:", 13, ("attributes.surnam", "did you mean surname")),
    "policy without a reason": Bad(P, ", reason: the one identifier", "", 4, ("attributes.eck_id.reason is missing",)),
    "date that no calendar has": Bad(P, "2026-08-01", "2026-02-30", 2, ("date", "a day is written 2026-08-01")),
    "role that is none": Bad(P, "roles: {student:", "roles: {pupil:", 14, ("attributes.email.roles.pupil", "possible")),
    "entry that is a word": Bad(I, FILES[I], "- petteflat\n", 1, ("a mapping belongs here",)),
    "misspelt key in an entry": Bad(I, "  schools: ", "  eckid: []\n  schools: ", 5, ("did you mean eck_id?",)),
    "id with capitals": Bad(I, "id: petteflat", "id: Petteflat", 1, ("id", "lower-case letters, digits and hyphens")),
    "BRIN in lower case": Bad(I, "99XB", "99xb", 5, ("schools.0", "two digits and two capitals")),
    "dialect that is none": Bad(I, "dialect: entree", "dialect: entre", 4, ("dialect", "did you mean entree?")),
    "name in English alone": Bad(I, "{nl: Petteflat", "{en: Petteflat", 2, ("a name in Dutch is needed",)),
    "ECK iD from nowhere": Bad(I, "  schools: ", "  eck_id: [register]\n  schools: ", 5, ("eck_id.0", "assertion")),
    "yes for true": Bad(I, "  schools: ", '  allow_unsolicited: "yes"\n  schools: ', 5, ("true or false",)),
    "sector that is none": Bad(S, "[vo]", "[vmbo]", 5, ("sectors.0", "did you mean mbo?")),
    "fallback that is none": Bad(S, "fallback: provisional", "fallback: realid", 6, ("did you mean real_id?",)),
    "attribute without a purpose": Bad(S, "given_name: greeting", 'given_name: ""', 11, ("not one of the possible",)),
    "attribute with an unknown purpose": Bad(
        S, "given_name: greeting", "given_name: greating", 11, ("did you mean greeting?",)
    ),
    "justified attribute that nothing justifies": Bad(
        P, "reason: staff, purposes: [staff-contact]", "reason: staff", 14, ("needs the purposes that justify it",)
    ),
    "branch that is none": Bad(
        "agreements/agreements.yaml", "  reference: A-1", "  reference: A-1\n  branches: [99XB]", 6, ("6 characters",)
    ),
    "attribute that the gateway does not know": Bad(
        S, "given_name: greeting", "givenname: greeting", 11, ("attribute_sets.2.givenname", "did you mean given_name?")
    ),
    "attribute set without a number": Bad(S, "  1: {eck_id", "  first: {eck_id", 8, ("attribute_sets.first",)),
    "attribute set zero": Bad(S, "  1: {eck_id", "  0: {eck_id", 8, ("attribute_sets.0: at least 1",)),
    "nothing signed": Bad(
        S, "fallback: ", "sign: {response: false, assertion: false}\nfallback: ", 6, ("sign: nothing is signed",)
    ),
    "start address without a scheme": Bad(
        S, "fallback: ", "start_url: leesplein\nfallback: ", 6, ("begins with https",)
    ),
    "number for a name": Bad(S, "name: Letterbos", "name: 42", 3, ("supplier.name", "put quotes around")),
    "domain that is none": Bad(B, "petteflat.example", "petteflat", 5, ("domains.0", "petteflat.example")),
    "GUID that is none": Bad(
        B, "  sector", "  digi_delivery_id: 12\n  sector", 3, ("digi_delivery_id", "text belongs")
    ),
    "GUID of another form": Bad(B, "  sector", "  digi_delivery_id: x\n  sector", 3, ("digi_delivery_id", "form")),
    "ends before it begins": Bad(
        A, "  reference", "  until: 2026-07-31\n  reference", 5, ("until: it lies before the first day, 2026-08-01",)
    ),
    "agreement of nobody": Bad(A, "  schools: [99XB]\n", "", 1, ("schools or boards: name at least one",)),
    "day as a number": Bad(A, "2026-08-01", "20260801", 4, ("from", "a day is written 2026-08-01")),
    "day and time": Bad(A, "2026-08-01", "2026-08-01T00:00:00Z", 4, ("from", "a day is written 2026-08-01")),
    "no reference": Bad(A, "  reference: A-1\n", "", 1, ("reference is missing", "processing agreement")),
    "key that stands twice": Bad(A, "  reference: A-1\n", "  reference: A-1\n  reference: A-2\n", 6, ("twice",)),
    "tab in the indentation": Bad(A, "  reference", "\treference", 5, ("a tab stands in the indentation", "spaces")),
    "bracket that stays open": Bad(A, "[99XB]", "[99XB", 4, ("not YAML",)),
    "two documents in a file": Bad(A, "- service", "---\n- service: x\n---\n- service", 3, ("not YAML",)),
    "object of a programming language": Bad(A, "A-1", "!!python/object:os.system x", 5, ("not YAML", "tag")),
    "merge key": Bad(A, "  reference", "  <<: {}\n  reference", 5, ("a key is a plain word or number",)),
    "list for a key": Bad(A, "  reference: A-1", "  [a]: A-1", 5, ("a key is a plain word or number",)),
}


@pytest.mark.parametrize("bad", CASES.values(), ids=CASES)
def test_says_where_and_what_is_wrong_and_what_would_be_right(bad, tmp_path):
    _, problems = read(write_configuration(tmp_path, edited(bad.file, bad.old, bad.new)))

    assert problems, "nothing was found"
    found = [problem for problem in problems if (problem.place.file, problem.place.line) == (bad.file, bad.line)]
    assert found, [str(problem) for problem in problems]
    text = str(found[0])
    assert text.startswith(f"{bad.file}:{bad.line}: ")
    for words in bad.says:
        assert words in text
    assert len(problems) == 1, [str(problem) for problem in problems]


def test_the_sound_configuration_has_no_problem(tmp_path):
    settings = load(write_configuration(tmp_path))

    assert settings.problems == ()
    assert [entry.value.id for entry in settings.identity_providers] == ["petteflat"]
    assert str(settings.agreements[0].place("from")) == "agreements/agreements.yaml:4"


def test_all_errors_of_all_files_come_at_once(tmp_path):
    changed = {**edited(G, "15m", "soon"), **edited(I, "99XB", "99xb"), **edited(A, "2026-08-01", "tomorrow")}
    changed[S] = FILES[S].replace("sectors: [vo]", "sectors: [nowhere]").replace("fallback:", "falback:")

    with pytest.raises(Problems) as caught:
        load(write_configuration(tmp_path, changed))

    assert [str(problem.place) for problem in caught.value.problems] == [
        f"{A}:4",
        f"{G}:6",
        f"{I}:5",
        f"{S}:5",
        f"{S}:6",
    ]
    assert str(caught.value).count("\n") == 4


def test_no_problem_quotes_a_secret_that_was_written_into_the_file(tmp_path):
    changed = edited(K, "secret: {file: keys/sealing.secret}", "secret: geheim-geheim")
    changed[G] = FILES[G].replace("lifetimes: ", 'stores: {lasting: {url: "postgresql://me:geheim@db/x"}}\nlifetimes: ')
    changed[K] = changed[K].replace("{file: keys/saml.key}", "geheim-geheim")
    changed[G] = changed[G].replace("15m", "geheim")

    with pytest.raises(Problems) as caught:
        load(write_configuration(tmp_path, changed))

    assert len(caught.value.problems) == 4
    assert "geheim" not in f"{caught.value} {caught.value!r}"


def test_a_file_that_is_not_there(tmp_path):
    write_configuration(tmp_path)
    (tmp_path / "policy.yaml").unlink()

    settings, problems = read(tmp_path)

    assert settings is None
    assert [str(problem) for problem in problems] == ["policy.yaml:1: the file is not there"]


def test_a_directory_that_is_not_there(tmp_path):
    _, problems = read(tmp_path / "nowhere")

    assert "there is no such directory" in str(problems[0])
    assert "sluis init" in str(problems[0])


def test_a_file_in_another_encoding_names_the_line(tmp_path):
    write_configuration(tmp_path, {B: FILES[B].replace("Petteflat", "Pëtteflat").encode("latin-1")})

    _, problems = read(tmp_path)

    assert [str(problem) for problem in problems] == [f"{B}:1: the file is not UTF-8 (line 2); save it as UTF-8"]


def test_a_byte_order_mark_is_no_matter(tmp_path):
    write_configuration(tmp_path, {B: FILES[B].encode("utf-8-sig")})

    assert read(tmp_path)[1] == ()


def test_an_empty_file_of_entries_is_a_warning(tmp_path):
    _, problems = read(write_configuration(tmp_path, {"services/later.yaml": "# not yet\n"}))

    assert [str(problem) for problem in problems] == [
        "services/later.yaml:1: warning: the file has no entries; write one, or remove the file"
    ]


def test_a_gateway_file_without_anything_in_it(tmp_path):
    _, problems = read(write_configuration(tmp_path, {G: ""}))

    assert [str(problem) for problem in problems] == [
        "gateway.yaml:1: a mapping belongs here; write `key: value` lines"
    ]


def test_aliases_that_multiply_end_soon(tmp_path):
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + level)}: &{chr(98 + level)} [{','.join([f'*{chr(97 + level)}'] * 10)}]\n" for level in range(8)
    )

    _, problems = read(write_configuration(tmp_path, {G: bomb}))

    assert any("values, aliases counted out" in str(problem) for problem in problems)


def test_an_alias_that_holds_itself(tmp_path):
    _, problems = read(write_configuration(tmp_path, {G: "a: &a [*a]\n"}))

    assert "gateway.yaml:1: an alias contains itself" in [str(problem) for problem in problems]


def test_nesting_without_end(tmp_path):
    _, problems = read(write_configuration(tmp_path, {G: "a: " + "[" * 200 + "]" * 200}))

    assert any("nested deeper than" in str(problem) for problem in problems)


@pytest.mark.parametrize(
    ("file", "hint"),
    [
        ("services/other.yml", "name it other.yaml"),
        ("service/other.yaml", "did you mean services?"),
        ("identity-provider/other.yaml", "did you mean identity-providers?"),
        ("gateway.yml", "did you mean gateway.yaml?"),
        ("notes.yaml", "the gateway reads gateway.yaml, keys.yaml, policy.yaml"),
        ("services/more/other.yaml", "put its .yaml files in services itself"),
    ],
)
def test_a_file_that_is_not_read_is_a_warning(file, hint, tmp_path):
    _, problems = read(write_configuration(tmp_path, {file: "x: 1\n"}))

    assert [problem.level for problem in problems] == [Level.WARNING]
    assert "this is not read" in str(problems[0])
    assert hint in str(problems[0])


def test_hidden_files_and_other_kinds_of_files_are_left_alone(tmp_path):
    write_configuration(
        tmp_path, {"services/.#leesplein.yaml": "[", ".git/config.yaml": "[", "services/notes.txt": "["}
    )

    assert read(tmp_path)[1] == ()


def test_a_file_where_a_directory_belongs(tmp_path: Path):
    write_configuration(tmp_path)
    for path in (tmp_path / "agreements").iterdir():
        path.unlink()
    (tmp_path / "agreements").rmdir()
    (tmp_path / "agreements").write_text("")

    _, problems = read(tmp_path)

    assert [str(problem) for problem in problems] == [
        "agreements:1: this is not a directory; make it one, with .yaml files in it"
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"base_url: \x01\n", "gateway.yaml:1: not YAML: a character that cannot stand in a text file"),
        (b"#" * 20_000_001, "gateway.yaml:1: the file is larger than 20 MB; spread it over several"),
    ],
)
def test_a_file_that_is_no_text_or_far_too_much(content, says, tmp_path):
    _, problems = read(write_configuration(tmp_path, {G: content}))

    assert [str(problem) for problem in problems] == [says]


def test_a_file_that_cannot_be_opened(tmp_path):
    write_configuration(tmp_path)
    (tmp_path / "services/other.yaml").mkdir()

    settings, problems = read(tmp_path)

    assert settings is None
    assert [str(problem) for problem in problems] == ["services/other.yaml:1: the file cannot be read: Is a directory"]


def test_words_that_yaml_takes_for_something_else_are_words_where_they_are_keys(tmp_path):
    _, problems = read(
        write_configuration(tmp_path, edited(S, "{nl: Leesplein}", "{nl: Leesplein, no: x, 2026-08-01: x}"))
    )

    assert [problem.what for problem in problems] == [
        "names.no is not one of the possible values",
        "names.2026-08-01 is not one of the possible values",
    ]


@pytest.mark.parametrize("address", ["leesplein", "javascript:alert(1)", "https://me:secret@x.example", "https://[x"])
def test_an_address_that_is_none(address, tmp_path):
    _, problems = read(write_configuration(tmp_path, edited(S, "fallback: ", f'start_url: "{address}"\nfallback: ')))

    assert [str(problem) for problem in problems] == [f"{S}:6: start_url: an address begins with https://"]


def test_an_address_of_a_store_that_is_none(tmp_path):
    _, problems = read(
        write_configuration(tmp_path, edited(G, "lifetimes: ", "stores: {lasting: {url: x}}\nlifetimes: "))
    )

    assert "stores.lasting.url: the address of a store begins with its kind" in str(problems[0])

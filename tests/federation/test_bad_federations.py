"""What an operator reads about parties that do not fit together."""

import pytest

from gateway.cli.loading import examine
from tests.support.bad_federation import ERROR, S_XML, WARNING, A, B, Bad, G, I, P, S, again, problems_of
from tests.support.configuration import FILES, SP_ENTITY, edited, idp_document, sp_document, write_configuration
from tests.support.held import HeldClock

CASES = {
    "identity provider of an unknown school": Bad(
        edited(I, "[99XB]", "[99XB, 99XY]"), ERROR, f"{I}:5", ("no school has the BRIN 99XY", "did you mean 99XB?")
    ),
    "identity provider of a branch without an entry": Bad(
        edited(I, "[99XB]", "[99XB, 99XB01]"), ERROR, f"{I}:5", ("BRIN 99XB01", "99XB has an entry, and its branches")
    ),
    "school that nobody speaks for": Bad(
        {"schools/more.yaml": "- {brin: 99ZZ, names: {nl: Z}, sector: vo}\n"},
        WARNING,
        "schools/more.yaml:1",
        ("no identity provider speaks for 99ZZ",),
    ),
    "limit of an unknown service": Bad(
        {G: FILES[G] + "limits:\n  services: {leesplien: 5, leesplein: 5}\n  identity_providers: {petteflat: 5}\n"},
        ERROR,
        f"{G}:8",
        ("there is no service leesplien", "there is leesplein"),
    ),
    "limit of an unknown identity provider": Bad(
        {G: FILES[G] + "limits:\n  identity_providers:\n    pettefalt: 5\n"},
        ERROR,
        f"{G}:9",
        ("there is no identity provider pettefalt", "there is petteflat"),
    ),
    "two identity providers of one school": Bad(
        {**again(I, id="hub", metadata="hub.xml"), "identity-providers/hub.xml": idp_document("https://hub.example")},
        WARNING,
        f"{I}:5",
        ("hub speaks for 99XB already, at identity-providers/again.yaml:5", "is sent to hub"),
    ),
    "id of an identity provider twice": Bad(
        {
            "identity-providers/again.yaml": FILES[I].replace("[99XB]", "[99XC]").replace("petteflat.xml", "again.xml"),
            "identity-providers/again.xml": idp_document("https://again.example"),
            "schools/more.yaml": "- {brin: 99XC, names: {nl: Z}, sector: vo}\n",
        },
        ERROR,
        f"{I}:1",
        ("the id petteflat stands at identity-providers/again.yaml:1 already",),
    ),
    "entityID of an identity provider twice": Bad(
        {
            **again(I, id="other", schools="[99XC]"),
            "schools/more.yaml": "- {brin: 99XC, names: {nl: Z}, sector: vo}\n",
        },
        ERROR,
        f"{I}:3",
        ("the entityID https://idp.petteflat.example/metadata stands at identity-providers/again.yaml:3 already",),
    ),
    "entityID of a service twice": Bad(
        {
            **again(S, id="other"),
            "agreements/more.yaml": FILES[A].replace("leesplein", "other"),
        },
        ERROR,
        f"{S}:4",
        (f"the entityID {SP_ENTITY} stands at services/again.yaml:4 already",),
    ),
    "BRIN twice": Bad(
        {"schools/again.yaml": "- {brin: 99XB, names: {nl: P}, sector: vo}\n"},
        ERROR,
        f"{B}:1",
        ("the BRIN 99XB stands at schools/again.yaml:1 already",),
    ),
    "domain twice": Bad(
        edited(B, "[petteflat.example]", "[petteflat.example, PETTEFLAT.example]"),
        ERROR,
        f"{B}:5",
        ("the domain petteflat.example stands at",),
    ),
    "agreement with an unknown service": Bad(
        again(A, service="leespleit"),
        ERROR,
        "agreements/again.yaml:1",
        ("no service has the id leespleit", "did you mean leesplein?"),
    ),
    "agreement of an unknown school": Bad(
        edited(A, "[99XB]", "[99XB, 98QQ]"), ERROR, f"{A}:3", ("no school has the BRIN 98QQ", "add it to schools/")
    ),
    "agreement of an unknown board": Bad(
        edited(A, "[99XB]", "[99XB]\n  boards:\n    - stichtink"),
        ERROR,
        f"{A}:5",
        ("no school has the board stichtink", "did you mean stichting?"),
    ),
    "agreement on an attribute set that is none": Bad(
        again(A, attribute_set="3", schools="[]\n  boards: [stichting]"),
        ERROR,
        "agreements/again.yaml:2",
        ("no attribute set 3", "it has 1, 2"),
    ),
    "two agreements at one time": Bad(
        {"agreements/again.yaml": FILES[A]},
        WARNING,
        f"{A}:4",
        ("99XB has another agreement with leesplein", "again.yaml:1"),
    ),
    "agreement that has ended": Bad(
        edited(A, "  reference", "  until: 2026-09-06\n  reference"), WARNING, f"{A}:5", ("A-1 ended on 2026-09-06",)
    ),
    "agreement that ends soon": Bad(
        edited(A, "  reference", "  until: 2026-09-30\n  reference"), WARNING, f"{A}:5", ("A-1 ends on 2026-09-30",)
    ),
    "agreement that allows another fallback": Bad(
        edited(S, "provisional", "real_id"),
        WARNING,
        f"{A}:1",
        ("leesplein wishes the fallback real_id, this agreement allows provisional", "gets the provisional one"),
    ),
    "agreement that allows no fallback": Bad(
        edited(A, "  reference", "  fallback: none\n  reference"),
        WARNING,
        f"{A}:5",
        ("this agreement allows none", "cannot log in"),
    ),
    "service without an agreement": Bad({A: "[]\n"}, WARNING, f"{S}:1", ("no school has an agreement with leesplein",)),
    "service that asks more than anybody gives": Bad(
        edited(A, "attribute_set: 2", "attribute_set: 1"), WARNING, f"{S}:9", ("no agreement accepts attribute set 2",)
    ),
    "service of other sectors than its schools": Bad(
        edited(S, "[vo]", "[po, mbo]"), WARNING, f"{S}:5", ("no school with an agreement is in these sectors",)
    ),
    "set without the ECK iD": Bad(
        edited(S, "  1: {eck_id: access}", "  1: {given_name: greeting}"), ERROR, f"{S}:8", ("does not name eck_id",)
    ),
    "set with a second identifier": Bad(
        edited(S, "    given_name", "    pupil_number: access\n    given_name"),
        ERROR,
        f"{S}:11",
        ("pupil_number is a second identifier", "one identifier", "`fallback`"),
    ),
    "set with an attribute that goes to nobody": Bad(
        edited(S, "    given_name", "    initials: class-list\n    given_name"),
        ERROR,
        f"{S}:11",
        ("initials go to nobody",),
    ),
    "attribute that the policy forgot": Bad(
        edited(
            P, "  subgroup: {class: justified, source: tests, reason: teachers, purposes: [progress-per-group]}\n", ""
        ),
        WARNING,
        f"{P}:3",
        ("the policy does not class subgroup: it goes to nobody",),
    ),
    "justified attribute for a purpose that does not fit": Bad(
        edited(S, "    given_name", "    group: greeting\n    given_name"),
        ERROR,
        f"{S}:11",
        ("the purpose greeting does not justify group", "possible: progress-per-group"),
    ),
    "attribute of a role that the policy keeps": Bad(
        edited(S, "    given_name", "    email: staff-contact\n    given_name"),
        WARNING,
        f"{S}:11",
        ("does not let email go of student", "roles: [employee, staff, affiliate]"),
    ),
    "reduction that does not fit": Bad(
        edited(S, "given_name: greeting", "given_name: {purpose: greeting, reduction: initial}"),
        ERROR,
        f"{S}:11",
        ("given_name cannot be reduced to initial", "possible: none"),
    ),
    "policy that reduces an identifier": Bad(
        edited(P, "reason: local}", "reason: local, reduction: none}"), ERROR, f"{P}:9", ("pupil_number cannot be",)
    ),
    "identifier of some roles alone": Bad(
        edited(S, "  1: {eck_id: access}", "  1: {eck_id: {purpose: access, roles: [student]}}"),
        ERROR,
        f"{S}:8",
        ("eck_id is asked of some roles alone",),
    ),
    "school that denies an unknown service": Bad(
        edited(B, "  board:", "  deny: {leesplain: [given_name]}\n  board:"),
        ERROR,
        f"{B}:4",
        ("no service has the id leesplain", "did you mean leesplein?"),
    ),
    "school that denies the identifier": Bad(
        edited(B, "  board:", "  deny: {leesplein: [eck_id]}\n  board:"), ERROR, f"{B}:4", ("eck_id is an identifier",)
    ),
    "school that denies what nobody asks": Bad(
        edited(B, "  board:", "  deny: {leesplein: [email]}\n  board:"), WARNING, f"{B}:4", ("does not ask email",)
    ),
    "agreement that reduces what nobody asks": Bad(
        edited(A, "  reference:", "  reduce: {surname: initial}\n  reference:"),
        WARNING,
        f"{A}:5",
        ("set 2 of leesplein does not ask surname",),
    ),
    "agreement that contradicts itself": Bad(
        {
            **edited(A, "  reference:", "  reduce: {surname: initial}\n  namesakes: true\n  reference:"),
            **edited(S, "    given_name", "    surname: class-list\n    given_name"),
        },
        ERROR,
        f"{A}:6",
        ("wants full surnames because of namesakes, and reduces them",),
    ),
    "namesakes where surnames are in full": Bad(
        edited(A, "  reference:", "  namesakes: true\n  reference:"),
        WARNING,
        f"{A}:5",
        ("the policy does not reduce surnames to initials",),
    ),
    "branch of another school": Bad(
        edited(A, "  reference:", "  branches: [99XA01]\n  reference:"),
        ERROR,
        f"{A}:5",
        ("99XA01 is no branch of a school of this agreement",),
    ),
    "suspended agreement": Bad(
        edited(A, "  reference:", "  suspended: a breach\n  reference:"),
        WARNING,
        f"{A}:5",
        ("A-1 is suspended: a breach",),
    ),
    "purpose that nobody gives": Bad(
        {
            **edited(P, "[progress-per-group]}\n  subgroup", "[progress-per-group, class-list]}\n  subgroup"),
            **edited(S, "    given_name", "    group: progress-per-group\n    given_name"),
        },
        WARNING,
        f"{P}:26",
        ("no service asks group for class-list",),
    ),
    "attribute without a name in the dialect": Bad(
        edited(S, "    given_name: greeting", "    given_name: greeting\n    birth_date: norm-referenced-test"),
        ERROR,
        f"{S}:12",
        ("the dialect entree has no name for birth_date",),
    ),
    "attribute that nobody can send": Bad(
        {
            **edited(S, "    given_name", "    surname_prefix: class-list\n    given_name"),
            **edited(I, "entree", "surf"),
        },
        ERROR,
        f"{S}:11",
        ("no identity provider can send surname_prefix: their dialects are surf",),
    ),
    "attribute that no school with the agreement can send": Bad(
        {
            **edited(S, "    given_name", "    surname_prefix: class-list\n    given_name"),
            **edited(I, "entree", "surf"),
            "identity-providers/again.yaml": FILES[I].replace("petteflat", "again").replace("[99XB]", "[99XC]"),
            "identity-providers/again.xml": idp_document("https://again.example"),
            "schools/more.yaml": "- {brin: 99XC, names: {nl: Z}, sector: vo}\n",
        },
        WARNING,
        f"{S}:11",
        ("of the schools that accepted set 2 can send surname_prefix: their dialects are surf", "it never goes"),
    ),
    "fallback without a name in the dialect": Bad(
        {
            S: FILES[S].replace("provisional", "las_key").replace("sectors:", "dialect: surf\nsectors:"),
            **edited(A, "  reference", "  fallback: las_key\n  reference"),
        },
        ERROR,
        f"{S}:7",
        ("the dialect surf has no name for las_key",),
    ),
    "fallback that nobody can send": Bad(
        {
            **edited(S, "provisional", "real_id"),
            **edited(A, "  reference", "  fallback: real_id\n  reference"),
            **edited(I, "entree", "surf"),
        },
        WARNING,
        f"{S}:6",
        ("no identity provider can send real_id", "cannot log in"),
    ),
    "school without a domain where the dialect has no BRIN": Bad(
        {**edited(I, "entree", "surf"), **edited(B, "  domains: [petteflat.example]\n", "")},
        WARNING,
        f"{I}:5",
        ("the dialect surf names a school by its domain, and 99XB has none",),
    ),
}


@pytest.mark.parametrize("bad", CASES.values(), ids=CASES)
def test_names_the_place_and_what_is_wrong(bad, tmp_path):
    bad.is_told(tmp_path)


def test_the_sound_configuration_fits_together(tmp_path):
    assert problems_of(write_configuration(tmp_path)) == ()


@pytest.mark.parametrize("fallback", ["none", "real_id"])
def test_a_service_and_an_agreement_that_wish_the_same(fallback, tmp_path):
    changed = {
        **edited(S, "provisional", fallback),
        **edited(A, "  reference", f"  fallback: {fallback}\n  reference"),
    }

    assert problems_of(write_configuration(tmp_path, changed)) == ()


def test_a_service_that_wishes_less_than_an_agreement_allows_is_served_as_it_wishes(tmp_path):
    for wish, allowed in (("none", "real_id"), ("provisional", "real_id")):
        changed = {
            **edited(S, "provisional", wish),
            **edited(A, "  reference", f"  fallback: {allowed}\n  reference"),
        }
        assert problems_of(write_configuration(tmp_path / wish, changed)) == ()


def test_a_federation_of_nobody_is_allowed_and_said(tmp_path):
    problems = problems_of(write_configuration(tmp_path, {I: "[]\n", S: "[]\n", A: "[]\n", B: "[]\n"}))

    assert [(problem.level, problem.place.file) for problem in problems] == [(WARNING, G), (WARNING, G)]
    assert "there is no identity provider yet: nobody can log in; add one to identity-providers/" in str(problems[0])
    assert "there is no service yet" in str(problems[1])


def test_shapes_and_parties_and_keys_are_judged_in_one_go(tmp_path):
    changed = {
        **edited(G, "15m", "soon"),
        **edited(A, "[99XB]", "[99XB, 98QQ]"),
        **edited(I, "entree", "entre"),
        S_XML: sp_document(location="http://leesplein.example/acs"),
    }
    write_configuration(tmp_path, changed)
    assert [str(one.place) for one in examine(tmp_path, HeldClock()).problems] == [f"{G}:6", f"{I}:4"]

    (tmp_path / G).write_text(FILES[G])
    (tmp_path / "keys/sealing.secret").unlink()
    examination = examine(tmp_path, HeldClock())
    assert [str(one.place) for one in examination.problems] == [f"{A}:3", f"{I}:4", "keys.yaml:3", f"{S}:4"]
    assert examination.configuration is None


def test_nothing_is_said_of_names_in_an_entry_that_could_not_be_read(tmp_path):
    changed = {S: FILES[S].replace("sectors: [vo]", "sectors: [nowhere]"), B: FILES[B].replace("vo", "nowhere")}

    problems = examine(write_configuration(tmp_path, changed), HeldClock()).problems

    assert [str(one.place) for one in problems] == [f"{B}:3", f"{S}:5"]

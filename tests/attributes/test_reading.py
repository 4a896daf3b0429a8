"""From the wire to canonical attributes, in both dialects."""

from datetime import date
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.attributes.canonical import read
from gateway.attributes.citizen_numbers import is_named_so, looks_like_one
from gateway.attributes.dialects import NAMES, dialect, parse
from gateway.attributes.outgoing import wire_attributes
from gateway.attributes.values import Attributes, RawAttributes
from gateway.domain.attribute import Attribute
from gateway.domain.role import Role

MACE = "urn:mace:dir:attribute-def:"
HOME = "urn:mace:terena.org:attribute-def:schacHomeOrganization"


def reading(values, *, name="entree", name_id=None):
    return read(RawAttributes(tuple((key, tuple(v)) for key, v in values.items()), name_id), dialect(name))


def test_entree_names():
    found = reading({"givenName": ["Fenna"], "nlEduPersonUnit": ["groep 6"], "eckId": ["x"]}).attributes
    assert found.one(Attribute.GIVEN_NAME) == "Fenna"
    assert found.one(Attribute.GROUP) == "groep 6"
    assert found.one(Attribute.ECK_ID) == "x"


@pytest.mark.parametrize("wire", [MACE + "givenName", "urn:oid:2.5.4.42"])
def test_surf_names_urn_and_oid(wire):
    assert reading({wire: ["Fenna"]}, name="surf").attributes.one(Attribute.GIVEN_NAME) == "Fenna"


def test_urn_and_oid_of_one_attribute_are_one():
    found = reading({MACE + "sn": ["Vries"], "urn:oid:2.5.4.4": ["Vries"]}, name="surf").attributes
    assert found.all(Attribute.SURNAME) == ("Vries",)


def test_unknown_names_are_dropped_and_named():
    found = reading({"shoeSize": ["43"], "givenName": ["Fenna"], "uid": ["a@b"]})
    assert found.unknown == ("shoeSize",)
    assert list(found.attributes) == [Attribute.GIVEN_NAME]


@pytest.mark.parametrize(
    ("values", "name_id", "account"),
    [
        ({"uid": ["a@b"]}, "c@d", "a@b"),
        ({}, "c@d", "c@d"),
        ({"uid": [""]}, None, None),
        ({"uid": ["111222333@school"]}, None, None),
        ({}, "111222333", None),
        ({}, "\n111222333", None),
        ({"uid": ["a@b", "c@d"]}, "c@d", "c@d"),
        ({"uid": ["a@b", "a@b"]}, None, "a@b"),
        ({"uid": ["111222333", "a@b"]}, None, "a@b"),
        ({"name_id": ["a@b"]}, None, None),
    ],
)
def test_the_local_account(values, name_id, account):
    assert reading(values, name_id=name_id).account == account


@pytest.mark.parametrize(
    ("values", "account"),
    [
        ({MACE + "eduPersonPrincipalName": ["a@b"], MACE + "uid": ["c"]}, "a@b"),
        ({"urn:oid:1.3.6.1.4.1.5923.1.1.1.6": ["a@b"]}, "a@b"),
        ({MACE + "uid": ["c"], HOME: ["school.example"]}, "c@school.example"),
        ({MACE + "uid": ["c"]}, "by-name-id"),
        ({MACE + "uid": ["c"], HOME: ["school.example", "elders.example"]}, "by-name-id"),
    ],
)
def test_the_local_account_in_surf(values, account):
    """A uid names somebody only within its organisation."""
    found = reading(values, name="surf", name_id="by-name-id")
    assert found.account == account
    assert found.unknown == ()


@pytest.mark.parametrize("wire", [MACE + "eduPersonScopedAffiliation", "urn:oid:1.3.6.1.4.1.5923.1.1.1.9"])
def test_scoped_affiliations(wire):
    assert reading({wire: ["Student@school.example"]}, name="surf").roles == {Role.STUDENT}


@pytest.mark.parametrize(
    ("sent", "roles"),
    [
        (["student"], {Role.STUDENT}),
        (["Student", "member"], {Role.STUDENT, Role.AFFILIATE}),
        (["teacher"], {Role.EMPLOYEE}),
        (["employee@school.nl"], {Role.EMPLOYEE}),
        (["king"], set()),
    ],
)
def test_roles(sent, roles):
    assert reading({"eduPersonAffiliation": sent}).roles == roles


def test_roles_never_travel_as_sent():
    assert Attribute.ROLE not in reading({"eduPersonAffiliation": ["student"]}).attributes


@pytest.mark.parametrize("value", ["", "   ", "a\x07b", "x" * 600])
def test_values_that_are_none(value):
    assert Attribute.GIVEN_NAME not in reading({"givenName": [value]}).attributes


def test_values_are_normalised():
    assert reading({"givenName": [" Zoe\u0308 "]}).attributes.one(Attribute.GIVEN_NAME) == "Zoë"
    assert reading({"nlEduPersonHomeOrganizationId": ["99xa00"]}).attributes.one(Attribute.SCHOOL) == "99XA00"


def test_at_most_fifty_values():
    assert len(reading({"ou": [f"groep {n}" for n in range(80)]}).attributes.all(Attribute.SUBGROUP)) == 50


@pytest.mark.parametrize(("sent", "kept"), [("20120531", True), ("20120532", False), ("2012-05-31", True)])
def test_birth_date(sent, kept):
    found = reading({"urn:schac:attribute-def:schacDateOfBirth": [sent]}, name="surf").attributes
    assert (Attribute.BIRTH_DATE in found) is kept


@pytest.mark.parametrize(
    "name",
    [
        "bsn",
        "BSN",
        "urn:x:bsn",
        "pgn",
        "onderwijsnummer",
        "burgerservicenummer",
        "citizenServiceNumber",
        "http://claims.example/bsn",
        "urn:schac:attribute-def:schacPersonalUniqueID",
        "urn:oid:1.3.6.1.4.1.25178.1.2.15",
    ],
)
def test_citizen_number_by_name(name):
    assert is_named_so(name)
    found = reading({name: ["1", "2"]})
    assert found.citizen_numbers == 2
    assert found.unknown == (name,)


@pytest.mark.parametrize("name", ["givenName", "absname", "bsnless", "urn:bsn:x"])
def test_names_that_only_look_alike(name):
    assert not is_named_so(name)


@pytest.mark.parametrize(
    "value",
    [
        "111222333",
        "1112.22.333",
        "111 222 333",
        "111-222-333",
        "111/222/333",
        "111\u2013222\u2013333",
        "111222333@school.nl",
        "10000008",
        "010000008",
        "100000004",
        "\uff11\uff11\uff11\uff12\uff12\uff12\uff13\uff13\uff13",
        "\u0661\u0661\u0661\u0662\u0662\u0662\u0663\u0663\u0663",
        "urn:schac:personalUniqueCode:nl:local:school.nl:studentid:111222333",
        "urn:schac:personalUniqueID:nl:BSN:4711",
    ],
)
def test_citizen_number_by_shape(value):
    assert looks_like_one(value)
    found = reading({"givenName": [value, "Fenna"]})
    assert found.attributes.all(Attribute.GIVEN_NAME) == ("Fenna",)
    assert found.citizen_numbers == 1


@pytest.mark.parametrize(
    "value",
    [
        "111222334",
        "111222339",  # leaves five, as an onderwijsnummer does, but does not begin with 10
        "10000003",
        "000000000",
        "1234567",
        "1112223330",
        "99XA00",
        "",
        "groep 6",
        "fenna@111222333",
        "urn:schac:personalUniqueCode:nl:local:school.nl:studentid:4711",
    ],
)
def test_values_that_are_no_citizen_number(value):
    assert not looks_like_one(value)


@given(st.integers(10_000_000, 99_999_999))
def test_every_number_that_passes_the_eleven_test_is_seen(start):
    digits = [int(digit) for digit in str(start)]
    check = sum(weight * digit for weight, digit in zip(range(9, 1, -1), digits, strict=True)) % 11
    if check < 10:
        assert looks_like_one(f"{start}{check}")


@given(st.binary(max_size=40), st.text(max_size=40))
def test_reading_never_fails(raw, text):
    found = reading({text: [text, raw.decode("latin-1")], "eckId": [text]}, name_id=text)
    assert repr(found)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_dialect_writes_it_can_read_again(name):
    spoken = dialect(name)
    back = {wire: attribute for attribute, wire in spoken.outgoing.items()}
    shared = {wire for wire in back if wire in spoken.incoming}
    assert shared
    assert all(spoken.incoming[wire] is back[wire] for wire in shared)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('given_name = "givenName"', 'first_name = "givenName"', "first_name"),
        ('given_name = "givenName"', 'given_name = "sn"', "entree: two attributes have one outgoing name"),
        ('givenName = "given_name"', 'givenName = "first_name"', "first_name"),
        ('account = ["uid", "name_id"]', "", "account"),
    ],
)
def test_a_dialect_file_that_is_wrong(old, new, words):
    text = (files("gateway.attributes.dialects") / "entree.toml").read_text("utf-8")
    assert old in text
    with pytest.raises((ValueError, KeyError), match=words):
        parse("entree", text.replace(old, new))


def test_an_unknown_dialect():
    with pytest.raises(KeyError):
        dialect("klingon")


def test_outgoing_attributes_have_names_formats_and_order():
    values = {Attribute.SURNAME: ("Vries",), Attribute.ECK_ID: ("x",)}
    eck_id, surname = wire_attributes(values, "surf")
    assert eck_id.name == "urn:mace:surf.nl:attribute-def:eckid"
    assert eck_id.friendly_name == "eck_id"
    assert surname.values == ("Vries",)
    assert eck_id.name_format.endswith(":uri")
    assert [one.friendly_name for one in wire_attributes(values, "entree")] == [None, None]


def test_an_attribute_without_a_name_in_the_dialect():
    with pytest.raises(KeyError, match="surname_prefix"):
        wire_attributes({Attribute.SURNAME_PREFIX: ("de",)}, "surf")


def test_values_do_not_show():
    assert "Fenna" not in repr(RawAttributes((("givenName", ("Fenna",)),)))
    assert "Fenna" not in repr(Attributes({Attribute.GIVEN_NAME: ("Fenna",)}))
    [wire] = wire_attributes({Attribute.GIVEN_NAME: ("Fenna",)}, "entree")
    assert "Fenna" not in repr(wire)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("eduid", {MACE + "givenName": ["Noor"], MACE + "eduPersonScopedAffiliation": ["student@roc.example"]}),
        ("eduid", {"urn:oid:2.5.4.42": ["Noor"], "urn:oid:1.3.6.1.4.1.5923.1.1.1.9": ["student@roc.example"]}),
        ("eduid", {"given_name": ["Noor"], "eduperson_scoped_affiliation": ["student@roc.example"]}),
        ("oidc-standard", {"given_name": ["Noor"], "eduPersonAffiliation": ["student"]}),
        ("entra", {"given_name": ["Noor"], "roles": ["student"]}),
    ],
)
def test_one_person_in_each_form_that_identity_providers_have(name, sent):
    found = reading(sent, name=name, name_id="a-1")

    assert found.attributes.one(Attribute.GIVEN_NAME) == "Noor"
    assert found.roles == {Role.STUDENT}
    assert (found.account, found.unknown) == ("a-1", ())


def test_an_account_of_entra_is_an_object_in_its_tenant():
    assert reading({"oid": ["o"], "tid": ["t"]}, name="entra", name_id="s").account == "o@t"


def test_the_account_at_eduid_is_not_the_id_that_differs_for_every_institution():
    sent = {"urn:mace:eduid.nl:1.1": ["targeted"], "urn:oasis:names:tc:SAML:attribute:subject-id": ["u@eduid.nl"]}

    assert reading(sent, name="eduid").account == "u@eduid.nl"


def of_age(values, today=date(2026, 9, 7)):
    raw = RawAttributes(tuple((key, tuple(v)) for key, v in values.items()), None)
    return read(raw, dialect("oidc-standard"), today=today, adult_name="isAdult").adult


@pytest.mark.parametrize(
    ("values", "adult"),
    [
        ({}, None),
        ({"isAdult": ["true"]}, True),
        ({"isAdult": ["TRUE"]}, True),
        ({"isAdult": ["false"]}, False),
        ({"isAdult": ["yes"]}, None),
        ({"isAdult": []}, None),
        ({"isAdult": ["true", "false"]}, False),
        ({"isAdult": ["true", "?"]}, None),
        ({"birthdate": ["2008-09-07"]}, True),
        ({"birthdate": ["2008-09-08"]}, False),
        ({"birthdate": ["1850-01-01"]}, None),
        ({"birthdate": ["2008-09-07"], "isAdult": ["false"]}, False),
        ({"birthdate": ["2008-09-08"], "isAdult": ["true"]}, False),
    ],
    ids=str,
)
def test_of_age_is_who_the_school_says_so_of_and_nobody_else(values, adult):
    assert of_age(values) is adult


def test_a_sign_of_age_is_no_attribute_that_could_leave():
    raw = RawAttributes((("isAdult", ("true",)),), None)
    found = read(raw, dialect("entree"), adult_name="isAdult")
    assert list(found.attributes) == []
    assert found.unknown == ()


def test_the_eduid_that_is_aimed_at_a_school_is_kept_apart_and_only_if_there_is_one():
    assert reading({"urn:mace:eduid.nl:1.1": ["a"]}, name="eduid").eduid == "a"
    assert reading({"eduid": ["a"]}, name="eduid").eduid == "a"
    assert reading({"eduid": ["a", "b"]}, name="eduid").eduid is None
    assert reading({"eduid": ["a"]}, name="oidc-standard").eduid is None

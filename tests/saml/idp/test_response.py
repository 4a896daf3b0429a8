"""What a service gets: one signed assertion with exactly what was released."""

from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.attributes.dialects import NAMES, dialect
from gateway.domain.attribute import Attribute
from gateway.domain.errors import CATALOGUE, Audience, ErrorCode, PeerStatus, SluisError
from gateway.domain.randomness import SystemRandomness
from gateway.federation.clients import NameIdFormat
from gateway.federation.encrypting import Encrypt
from gateway.federation.metadata.encryption_keys import EncryptionKey
from gateway.login.contracts import AuthenticationFacts
from gateway.observability import reference
from gateway.saml.idp.reply import Reply
from gateway.saml.schemas import schema
from gateway.saml.status import STATUSES
from gateway.xml.decryption import decrypt
from gateway.xml.signatures import verify
from tests.support.answers import (
    ELEVEN,
    FACTS,
    GATEWAY_KEY,
    LOGGED_IN,
    PASSWORD,
    REPLY,
    SUBJECT,
    answer,
    found,
    released,
    response_of,
    role,
    service,
    xml_of,
)
from tests.support.authn_requests import ACS, ADDRESSES, ISSUER
from tests.support.encrypted import GATEWAY_KEY as SERVICE_KEY
from tests.support.encrypted import KEYS
from tests.support.paged import REFERENCE

IDP = ADDRESSES.idp_entity_id
STATUS = "urn:oasis:names:tc:SAML:2.0:status:"


def attributes_of(response):
    return {
        attribute.get("Name"): tuple(value.text or "" for value in attribute)
        for attribute in found(response, "saml:Assertion/saml:AttributeStatement/saml:Attribute")
    }


@pytest.mark.parametrize("changes", [{}, {"sign_assertion": False}, {"sign_response": False}, {"dialect": "surf"}])
def test_the_response_is_valid_by_the_schema(changes):
    values = ELEVEN if "dialect" not in changes else {Attribute.ECK_ID: ELEVEN[Attribute.ECK_ID]}
    assert schema().validate(response_of(answer(values=values, **changes))), schema().error_log


def test_it_goes_to_the_consumer_of_the_request_with_the_relay_state():
    form = answer()
    assert form.url == ACS
    assert dict(form.fields)["RelayState"] == "state"
    response = response_of(form)
    assert response.get("Destination") == ACS
    assert response.get("InResponseTo") == "_request-1"


def test_without_relay_state_no_field_is_posted():
    assert [name for name, _ in answer(replace(REPLY, relay_state=None)).fields] == ["SAMLResponse"]


def test_an_answer_that_nobody_asked_for_says_so():
    form = answer("", name_id=NameIdFormat.PERSISTENT)
    response = response_of(form)
    assert form.url == ACS
    assert not found(response, "//@InResponseTo")
    assert found(response, "//saml:NameID/@Format") == ["urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"]


def test_both_are_issued_by_the_gateway():
    response = response_of(answer())
    assert [issuer.text for issuer in found(response, "//saml:Issuer")] == [IDP, IDP]


@pytest.mark.parametrize(
    ("entry", "wants", "signed"),
    [
        ((True, True), False, {"Response", "Assertion"}),
        ((True, False), False, {"Response"}),
        ((False, True), False, {"Assertion"}),
        ((True, False), True, {"Response", "Assertion"}),
        ((False, False), True, {"Assertion"}),
    ],
)
def test_what_is_signed(entry, wants, signed):
    form = answer(sign_response=entry[0], sign_assertion=entry[1], want_assertions_signed=wants)
    response = response_of(form)
    by_name = {"Response": response, "Assertion": found(response, "saml:Assertion")[0]}
    assert {name for name, element in by_name.items() if found(element, "ds:Signature")} == signed
    for name in signed:
        verify(by_name[name], [GATEWAY_KEY.certificate])


def test_an_entry_by_which_nothing_would_be_signed_gets_nothing():
    with pytest.raises(SluisError) as refused:
        answer(sign_response=False, sign_assertion=False)
    assert refused.value.code is ErrorCode.INTERNAL


def test_the_bearer_has_five_minutes_at_this_consumer():
    [data] = found(response_of(answer()), "//saml:SubjectConfirmation[contains(@Method, 'bearer')]/*")
    assert dict(data.attrib) == {
        "Recipient": ACS,
        "NotOnOrAfter": "2026-09-07T08:35:00Z",
        "InResponseTo": "_request-1",
    }


def test_conditions_begin_half_a_minute_ago_for_clocks_that_are_behind():
    response = response_of(answer())
    [conditions] = found(response, "//saml:Conditions")
    assert dict(conditions.attrib) == {"NotBefore": "2026-09-07T08:29:30Z", "NotOnOrAfter": "2026-09-07T08:35:00Z"}
    assert [audience.text for audience in found(conditions, "saml:AudienceRestriction/saml:Audience")] == [ISSUER]


def test_the_school_s_login_is_told_as_it_was():
    [statement] = found(response_of(answer()), "//saml:AuthnStatement")
    assert statement.get("AuthnInstant") == f"{LOGGED_IN:%Y-%m-%dT%H:%M:%SZ}"
    assert statement.get("SessionIndex") == "_session1"
    assert statement.get("SessionNotOnOrAfter") == "2026-09-07T18:30:00Z"
    assert found(statement, "saml:AuthnContext/*/text()") == [
        PASSWORD,
        "https://behind.example/idp",
        "https://po.example/idp",
    ]


def test_a_transient_name_id_is_that_of_the_visit_and_says_nothing():
    gateway = role()
    visits = (FACTS, replace(FACTS, transient="transient2"))
    forms = [gateway.answer(service(), REPLY.dump(), released(), facts) for facts in visits]
    names = [found(response_of(form), "//saml:NameID")[0] for form in forms]
    assert names[0].get("Format") == "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
    assert names[0].text != names[1].text
    assert all(SUBJECT.pairwise not in name.text and SUBJECT.identifier not in name.text for name in names)


def test_a_persistent_name_id_is_the_pairwise_one():
    [name] = found(response_of(answer(replace(REPLY, name_id=NameIdFormat.PERSISTENT))), "//saml:NameID")
    assert name.text == SUBJECT.pairwise
    assert (name.get("NameQualifier"), name.get("SPNameQualifier")) == (IDP, ISSUER)


def test_the_pairwise_identifier_does_not_leave_beside_a_transient_one():
    xml = xml_of(answer())
    assert SUBJECT.pairwise.encode() not in xml


def test_ids_are_never_used_twice():
    response = response_of(answer())
    ids = found(response, "//@ID")
    assert len(ids) == len(set(ids)) == 2


def test_no_attributes_no_statement():
    response = response_of(answer(values={}))
    assert not found(response, "//saml:AttributeStatement")
    assert schema().validate(response)


def test_markup_in_a_value_is_text():
    sent = {**ELEVEN, Attribute.GIVEN_NAME: ('"]]></saml:AttributeValue><x>&\r\n\té',)}
    assert attributes_of(response_of(answer(values=sent)))["givenName"] == sent[Attribute.GIVEN_NAME]


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x1f", "\ud800", "\ufffe"])
def test_a_character_that_xml_cannot_carry_is_refused_and_not_shown(character):
    with pytest.raises(SluisError) as refused:
        answer(values={**ELEVEN, Attribute.GIVEN_NAME: (f"Fen{character}na",)})
    assert refused.value.code is ErrorCode.INTERNAL
    assert "Fen" not in f"{refused.value!r} {refused.value.cause} {refused.value.__cause__}"


def test_an_instant_of_another_zone_is_written_in_utc():
    facts = AuthenticationFacts(PASSWORD, LOGGED_IN.astimezone(timezone(timedelta(hours=2))), (), "s", "t")
    [statement] = found(response_of(answer(facts=facts)), "//saml:AuthnStatement")
    assert statement.get("AuthnInstant") == f"{LOGGED_IN:%Y-%m-%dT%H:%M:%SZ}"


VALUES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), min_size=1, max_size=40)


@pytest.mark.untraced
@given(data=st.data(), name=st.sampled_from(NAMES))
def test_law_1_nothing_unnamed_leaves(data, name):
    """The attributes in the outgoing message are exactly those of the release, value by value."""
    outgoing = dialect(name).outgoing
    several = st.lists(VALUES, min_size=1, max_size=3).map(tuple)
    values = data.draw(st.dictionaries(st.sampled_from(sorted(outgoing)), several, max_size=11))
    response = response_of(answer(values=values, dialect=name, sign_response=False))
    assert attributes_of(response) == {outgoing[attribute]: texts for attribute, texts in values.items()}
    said = {text.strip() for text in found(response, "//saml:Assertion//text()[not(ancestor::ds:Signature)]")}
    elsewhere = {IDP, ISSUER, PASSWORD, *FACTS.authorities, *found(response, "//saml:NameID/text()"), ""}
    assert said - elsewhere <= {text.strip() for texts in values.values() for text in texts}


def test_every_word_for_peers_has_a_status():
    assert set(STATUSES) == set(PeerStatus)
    assert all(status.top in {f"{STATUS}Requester", f"{STATUS}Responder"} for status in STATUSES.values())


@pytest.mark.parametrize("code", ErrorCode)
def test_a_refusal_is_a_signed_status_of_two_levels_with_the_reference_and_nothing_else(code):
    """A supplier who must mend its own request also reads what is wrong with it."""
    reference.bind(REFERENCE)
    error = SluisError(code, hint="configuration name", cause="what really happened")
    form = role().refuse(service(sign_response=False), REPLY.dump(), error)
    response = response_of(form)
    assert schema().validate(response), schema().error_log
    verify(response, [GATEWAY_KEY.certificate])
    assert (form.url, response.get("InResponseTo")) == (ACS, "_request-1")
    status = STATUSES[CATALOGUE[code].peer]
    expected = [status.top] if status.second is None else [status.top, status.second]
    assert found(response, "samlp:Status//samlp:StatusCode/@Value") == expected
    to_mend = CATALOGUE[code].audience is Audience.SERVICE
    said = f"configuration name (reference {REFERENCE})" if to_mend else f"reference {REFERENCE}"
    assert found(response, "//samlp:StatusMessage/text()") == [said]
    assert not found(response, "//samlp:StatusDetail | //saml:Assertion")
    assert b"what really happened" not in xml_of(form)


def test_the_note_of_where_to_answer_reads_back():
    assert Reply.load(REPLY.dump(), service()) == REPLY
    assert "state" not in repr(REPLY)


ENCRYPTION_KEY = EncryptionKey(SERVICE_KEY.certificate, for_encryption=True, contents=(), transports=())


def test_a_service_that_must_have_it_encrypted_gets_nothing_when_its_key_is_gone():
    with pytest.raises(SluisError) as caught:
        answer(encrypt=Encrypt.ALWAYS)
    assert caught.value.code is ErrorCode.INTERNAL


@pytest.mark.parametrize("changes", [{}, {"sign_assertion": False}, {"sign_response": False}])
def test_a_service_with_an_encryption_key_gets_its_assertion_encrypted_for_it_alone(changes):
    response = response_of(answer(encryption_keys=(ENCRYPTION_KEY,), **changes))
    raw = etree.tostring(response).decode()

    assert schema().validate(response), schema().error_log
    assert found(response, "saml:Assertion") == []
    assert "Fenna" not in raw
    [encrypted] = found(response, "saml:EncryptedAssertion")
    assertion = decrypt(encrypted, KEYS, SystemRandomness(), limit=100_000, elements=1000)
    given = {one.get("Name") for one in assertion.iter("{*}Attribute")}
    assert given == {one.get("Name") for one in found(response_of(answer(**changes)), "//saml:Attribute")}
    if changes.get("sign_assertion", True):
        verify(assertion, [GATEWAY_KEY.certificate])
    if changes.get("sign_response", True):
        verify(response, [GATEWAY_KEY.certificate])

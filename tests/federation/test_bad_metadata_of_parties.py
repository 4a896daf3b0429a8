"""What an operator reads about the metadata of parties: what is not there, not theirs, not safe, or running out."""

from datetime import UTC, datetime

import pytest

from gateway.cli.loading import examine
from gateway.federation.build import build
from gateway.settings.loader import load
from tests.support.bad_federation import ERROR, I_XML, S_XML, WARNING, A, Bad, I, S
from tests.support.configuration import (
    FILES,
    SP_ENTITY,
    aggregate,
    edited,
    idp_document,
    sp_document,
    write_configuration,
)
from tests.support.held import HeldClock

CASES = {
    "consumer over http": Bad(
        {S_XML: sp_document(location="http://leesplein.example/acs")},
        ERROR,
        f"{S}:4",
        ("the AssertionConsumerService http://leesplein.example/acs is not https", "loopback"),
    ),
    "consumer of a script": Bad(
        {S_XML: sp_document(location="javascript:alert(1)")}, ERROR, f"{S}:4", ("is not https",)
    ),
    "identity provider over http": Bad(
        {I_XML: idp_document(location="http://idp.example/sso")},
        ERROR,
        f"{I}:3",
        ("the SingleSignOnService", "not https"),
    ),
    "metadata that has run out": Bad(
        {S_XML: sp_document(valid_until="2026-09-07T08:30:00Z")},
        ERROR,
        f"{S}:4",
        ("the metadata was valid until 2026-09-07", f"logins of {SP_ENTITY} are refused", "fetch it anew"),
    ),
    "metadata that runs out soon": Bad(
        {I_XML: idp_document(valid_until="2026-09-20T00:00:00Z")}, WARNING, f"{I}:3", ("valid until 2026-09-20",)
    ),
    "metadata that is not there": Bad(
        edited(S, "metadata: leesplein.xml", "metadata: other.xml"),
        ERROR,
        f"{S}:4",
        ("other.xml: the file cannot be read: No such file or directory", "beside this one"),
    ),
    "metadata of the other role": Bad({S_XML: idp_document()}, ERROR, f"{S}:4", ("leesplein.xml: it has no SPSSO",)),
    "metadata that is not XML": Bad({I_XML: b"<"}, ERROR, f"{I}:3", ("petteflat.xml: the document is refused",)),
    "entityID that is not in the metadata": Bad(
        edited(S, "sectors:", "entity_id: https://nobody.example\nsectors:"),
        ERROR,
        f"{S}:4",
        ("leesplein.xml: https://nobody.example is not in it",),
    ),
    "unsigned metadata with a certificate": Bad(
        {**edited(S, "sectors:", "metadata_certificate: ../keys/saml.crt\nsectors:")},
        ERROR,
        f"{S}:4",
        ("it is not signed, and its certificate is given",),
    ),
    "certificate of metadata that is not there": Bad(
        edited(S, "sectors:", "metadata_certificate: nothing.crt\nsectors:"),
        ERROR,
        f"{S}:4",
        ("metadata_certificate nothing.crt cannot be read",),
    ),
    "certificate of metadata that is none": Bad(
        edited(S, "sectors:", "metadata_certificate: leesplein.xml\nsectors:"),
        ERROR,
        f"{S}:4",
        ("metadata_certificate leesplein.xml is not a certificate",),
    ),
    "signed requests without a certificate": Bad(
        {**edited(S, "sectors:", "require_signed_requests: true\nsectors:"), S_XML: sp_document(certificates=[])},
        ERROR,
        f"{S}:5",
        ("no signing certificate, so no request of it can be accepted",),
    ),
    "unsigned assertions against the metadata": Bad(
        {
            **edited(S, "sectors:", "sign: {assertion: false}\nsectors:"),
            S_XML: sp_document(attributes='WantAssertionsSigned="true"'),
        },
        WARNING,
        f"{S}:5",
        ("its metadata wants assertions signed, so they are",),
    ),
}


@pytest.mark.parametrize("bad", CASES.values(), ids=CASES)
def test_names_the_place_and_what_is_wrong(bad, tmp_path):
    bad.is_told(tmp_path)


def test_certificates_of_parties_that_end(tmp_path):
    write_configuration(tmp_path)
    later = HeldClock(datetime(2035, 12, 15, tzinfo=UTC))

    _, problems = build(load(tmp_path), clock=later)
    assert [str(problem.place) for problem in problems] == [f"{I}:3", f"{S}:4"]
    assert all("a certificate ends on 2036-01-01" in str(problem) for problem in problems)

    later.forward(days=60)
    _, problems = build(load(tmp_path), clock=later)
    assert all("a certificate ended on 2036-01-01" in str(problem) for problem in problems)
    assert {problem.level for problem in problems} == {WARNING}


def test_what_has_run_out_does_not_keep_the_gateway_from_running(tmp_path):
    write_configuration(tmp_path, {S_XML: sp_document(valid_until="2026-09-01T00:00:00Z")})

    federation, problems = build(load(tmp_path), clock=HeldClock())

    assert "leesplein" in federation.services
    assert [problem.level for problem in problems] == [ERROR]
    assert examine(tmp_path, HeldClock()).configuration is not None


def test_entries_may_share_an_aggregate(tmp_path):
    other = "https://rekentuin.example/metadata"
    changed = {
        S: "- " + FILES[S].replace("\n", "\n  ").rstrip() + f"\n  entity_id: {SP_ENTITY}\n"
        "- id: rekentuin\n  names: {nl: Rekentuin}\n  supplier: {name: X, contact: Y}\n  metadata: leesplein.xml\n"
        f"  entity_id: {other}\n  sectors: [vo]\n  attribute_sets: {{1: {{eck_id: access}}}}\n",
        A: FILES[A] + FILES[A].replace("leesplein", "rekentuin").replace("attribute_set: 2", "attribute_set: 1"),
        S_XML: aggregate(sp_document(), sp_document(other)),
    }

    federation, problems = build(load(write_configuration(tmp_path, changed)), clock=HeldClock())

    assert problems == ()
    assert {service.saml.metadata.entity_id for service in federation.services.values()} == {SP_ENTITY, other}

"""The compiled schemas: one for all threads, made without asking anybody."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from lxml import etree

from gateway.domain.errors import ErrorCode
from gateway.saml.schemas import schema
from tests.support.configuration import idp_document, sp_document
from tests.support.responses import Message, encoded, judge, refusal, signed


def test_threads_share_it():
    good, bad = encoded(signed()), encoded(signed(Message(conditions="<saml:Nothing/>")))

    def verdicts(_: int) -> list[object]:
        return [judge(good).issuer, refusal(bad)]

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(verdicts, range(400)))
    assert outcomes == [["https://po.example/idp", ErrorCode.RESPONSE_SCHEMA]] * 400


def test_it_is_compiled_once():
    assert schema() is schema()


@pytest.mark.parametrize("document", [idp_document(), sp_document(), etree.tostring(signed())])
def test_it_knows_messages_and_metadata(document: bytes):
    root = etree.fromstring(document)
    assert schema().validate(root)
    root.set("surprise", "x")
    assert not schema().validate(root)
